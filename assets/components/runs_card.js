// One run: what it is, how it came out, and what can be done with it.
import { button, element } from "./made.js";
import { bytes, grouped, lasted, short } from "./numbers.js";

const SPELLED = 4; // changed knobs that are shown before "and n more"
const MEASURED = 3; // measures

export class Card {
  constructor(run, { wish, pick, tag }) {
    this.does = { wish, tag };
    this.box = element("li", "gl-run");
    this.picking = Object.assign(element("input"), { type: "checkbox", onchange: pick });
    const picking = element("label", "gl-run-pick");
    picking.title = "Pick two to compare them";
    picking.append(this.picking);
    this.look = button("", () => wish("open"));
    this.look.className = "gl-run-look";
    this.look.tabIndex = -1; // the title does the same
    this.look.setAttribute("aria-hidden", "true");
    this.picture = Object.assign(element("img"), { alt: "", loading: "lazy" });
    this.picture.onerror = () => (this.picture.hidden = true);
    this.look.append(this.picture);
    this.title = button("", () => wish("open"), "Open its page");
    this.title.className = "gl-run-title";
    const head = element("h4");
    head.append(this.title);
    this.state = element("span", "gl-run-state");
    this.kind = element("span");
    const kind = element("p", "gl-run-kind");
    kind.append(this.state, this.kind);
    this.numbers = element("p", "gl-run-numbers");
    this.differs = element("p", "gl-run-differs");
    this.measures = element("p", "gl-run-measures");
    this.tags = element("p", "gl-run-tags");
    this.note = element("p", "gl-run-note");
    this.body = element("div", "gl-run-body");
    this.body.append(head, kind, this.differs, this.numbers, this.measures, this.tags, this.note);
    this.deeds = element("div", "gl-run-deeds");
    this.box.append(picking, this.look, this.body, this.deeds);
  }

  // leading: name of the measure that the cards are ordered by, if they are
  hear(run, { states, thumbnails }, leading) {
    this.thumbnails = thumbnails;
    const now = JSON.stringify([run, leading]);
    if (now === this.now) return; // nothing of it has changed
    this.now = now;
    this.run = run;
    this.title.textContent = called(run);
    this.picking.setAttribute("aria-label", `Pick ${run.title} to compare it`);
    this.state.textContent = states[run.state] ?? run.state;
    this.state.dataset.state = run.state;
    this.kind.textContent = `${run.preset} · ${run.data}`;
    this.numbers.textContent = [
      `step ${grouped(run.steps)}`, ...(run.alone ? [] : [`${grouped(run.images)} images`, lasted(run.seconds)]), bytes(run.size), when(run.created),
    ].join(" · ");
    this.showMeasures(run.measures, run.measuredAt, leading);
    this.told(this.note, run.note);
    this.showDiffers(run.differs);
    this.showPicture(run.thumbnail);
    this.tags.hidden = !run.tags.length;
    this.tags.replaceChildren(...run.tags.map((tag) => button(tag, () => this.does.tag(tag), `Show runs with the tag ${tag} only`)));
    if (!this.form) this.showDeeds();
  }

  told(place, words) {
    place.textContent = words;
    place.hidden = !words;
  }

  showDiffers(differs) {
    const { parent } = this.run;
    const shown = differs.slice(0, SPELLED).map(({ words }) => words);
    if (differs.length > SPELLED) shown.push(`and ${differs.length - SPELLED} more`);
    if (!shown.length) shown.push("as the preset has it");
    if (parent) shown.push(parent);
    this.differs.textContent = shown.join(" · ");
    this.differs.title = differs.map(({ words }) => words).join("\n");
  }

  // the first ones in short, all of them in full for who points at them
  showMeasures(measures, step, leading) {
    const some = [...measures].sort((a, b) => (b.name === leading) - (a.name === leading)).slice(0, MEASURED);
    const parts = some.map(({ title, number }) => {
      const part = element("span", "", `${title.split(",")[0]} `);
      part.append(element("span", "gl-run-number", short(number)));
      return part;
    });
    const more = measures.length - some.length;
    if (more > 0) parts.push(element("span", "", `and ${more} more`));
    const at = `at step ${grouped(step)}`;
    if (parts.length) parts.push(element("span", "", at));
    this.measures.hidden = !parts.length;
    const every = measures.map(({ title, number }) => `${title}: ${short(number)}`);
    this.measures.title = [`Measured ${at}`, ...every].join("\n");
    this.measures.replaceChildren(...parts);
  }

  showPicture(address) {
    address &&= this.thumbnails + address;
    if (this.picture.getAttribute("src") === address) return;
    this.picture.hidden = !address;
    if (address) this.picture.src = address;
  }

  showDeeds() {
    const { run } = this;
    const deed = (words, kind, help) => {
      const made = button(words, () => (kind === "label" ? this.edit() : this.does.wish(kind)), help);
      made.setAttribute("aria-label", `${words}: ${run.title}`);
      made.dataset.deed = kind;
      return made;
    };
    const focused = this.deeds.contains(document.activeElement) ? document.activeElement.dataset.deed : "";
    const deeds = [];
    if (run.can.resume) {
      const resume = deed("Go on training", "resume", "From its last checkpoint");
      resume.className = run.state === "left behind" ? "gl-main" : "";
      deeds.push(resume);
    }
    deeds.push(deed("Open", "open", "Pictures, curves and all that can be done with it"));
    if (run.can.label) deeds.push(deed("Name and tags", "label", "Rename it, tag it, write a note"));
    if (run.can.take) deeds.push(deed("Take it with you", "takeout", "Weights, pictures, curves, a script as files"));
    if (run.can.remove) deeds.push(deed("Delete", "delete", "It can be had back for a while"));
    this.deeds.replaceChildren(...deeds);
    if (focused) this.deeds.querySelector(`[data-deed="${focused}"]`)?.focus();
    this.picking.disabled = !run.can.take;
  }

  pick(yes) {
    this.picking.checked = yes;
    this.box.classList.toggle("gl-picked", yes);
  }

  take() {
    (this.deeds.querySelector("button") ?? this.title).focus();
  }

  // name, tags and note in place of the buttons
  edit() {
    const { run } = this;
    this.form = element("form", "gl-run-form");
    const title = field("Name", "input", run.title, 80);
    const tags = field("Tags, with commas between them", "input", run.tags.join(", "), 400);
    const note = field("Note", "textarea", run.note, 2000);
    const save = Object.assign(button("Save"), { type: "submit", className: "gl-main" });
    const done = () => {
      this.form.remove();
      this.form = null;
      this.showDeeds();
      this.deeds.querySelector('[data-deed="label"]')?.focus();
    };
    this.form.onsubmit = (event) => {
      event.preventDefault();
      const list = tags.value.split(",").map((tag) => tag.trim()).filter(Boolean);
      this.does.wish("label", { title: title.value.trim(), tags: list, note: note.value.trim() });
      done();
    };
    this.form.onkeydown = (event) => {
      if (event.key === "Escape") done();
    };
    const line = element("div", "gl-run-formline");
    line.append(save, button("Cancel", done));
    this.form.append(title.label, tags.label, note.label, line);
    this.deeds.replaceChildren();
    this.body.append(this.form);
    title.focus();
    title.select();
  }
}

// In the place of a run that was just deleted.
export class Gone {
  constructor(run, { wish }) {
    this.box = element("li", "gl-run gl-run-gone");
    this.words = element("span");
    this.words.setAttribute("role", "status");
    this.undo = button("Undo", () => wish("restore"));
    this.undo.setAttribute("aria-label", `Undo: put back ${run.title}`);
    this.box.append(this.words, this.undo);
  }

  hear(run) {
    this.words.textContent = `Deleted: ${run.title}.`;
  }

  take() {
    this.undo.focus();
  }
}

// Its title, and where another one has the same, what tells them apart.
export function called(run) {
  return run.apart ? `${run.title} · ${run.apart}` : run.title;
}

function field(words, tag, value, maxLength) {
  const made = Object.assign(element(tag), { value, maxLength });
  made.label = element("label", "", words);
  made.label.append(made);
  return made;
}

// A moment of the past as people say it.
function when(seconds) {
  const then = new Date(1000 * seconds);
  const time = then.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  if (then.toDateString() === new Date().toDateString()) return `today ${time}`;
  return `${then.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" })} ${time}`;
}
