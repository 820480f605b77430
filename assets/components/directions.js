// Directions in latent space: found in the weights, in many pictures, in labels or in pictures that
// somebody chose; each a slider, to be named and kept.
import { Groups } from "./groups.js";
import { element, button } from "./made.js";
import { grouped } from "./numbers.js";
import { Predictions } from "./predictions.js";
import { Row } from "./row.js";

export const directions = {
  id: "directions",
  title: "Directions",
  make: (place, explorer) => new Directions(place, explorer),
};

const WAYS = [
  ["pca", "Find by PCA", "What changes most in 2,000 pictures (principal components of an early layer)"],
  ["sefa", "Find by SeFa", "What the first layer's weights react to most; no picture is drawn"],
  ["labels", "Find by labels", "One direction for each thing that is known of the real pictures"],
];
const SETTLED = 350; // ms without a move before previews are drawn anew
const AT_ONCE = 12; // previews in one question
const MOST_NAME = 40;

class Directions {
  constructor(place, explorer) {
    this.place = place;
    this.explorer = explorer;
    this.rows = [];
    this.base = Float32Array.from(explorer.z); // where one is while every slider is in the middle
    this.owns = null; // whether the run keeps what this visitor saves; null before it is known
    this.asked = Promise.resolve(); // settled once all questions about what is kept are answered
    this.visible = false;
    this.build();
    this.off = [
      explorer.on("moved", () => this.follow()),
      explorer.on("known", () => this.soon()),
      explorer.on("step", () => this.age()),
      explorer.on("line", (open) => open && !this.loaded && this.load()),
      explorer.on("shelf", () => this.groups.drawShelf()),
    ];
  }

  build() {
    const ways = element("div", "gl-ways");
    ways.append(...WAYS.map(([how, title, hint]) => button(title, () => this.find(how, {}), hint)));
    this.status = element("p", "gl-status");
    this.status.setAttribute("role", "status");
    this.groups = new Groups(this.explorer, (how, fields, done) => this.find(how, fields, done));
    this.aged = element("p", "gl-aged");
    this.agedWords = element("span");
    this.aged.append(this.agedWords, button("Find them anew", () => this.anew()));
    this.middle = button("All back to the middle", () => this.reset());
    this.exports = element("span", "gl-exports");
    this.exports.append(
      button("Download JSON", () => this.download("json"), "All directions of this list"),
      button("Download for NumPy", () => this.download("npz"), "The same as an npz file"),
    );
    this.predictions = new Predictions(this.explorer, () => this.rows);
    this.tools = element("div", "gl-list-tools");
    this.tools.append(this.predictions.button, this.middle, this.exports);
    this.list = element("ul", "gl-ways-found");
    this.place.append(
      element("p", "gl-hint", "A direction changes one thing in every picture, if you are lucky. Find some, then move their sliders."),
      ways, this.groups.box, this.status, this.aged, this.tools, this.predictions.box, this.list,
    );
    this.seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const row = this.rows.find(({ box }) => box === target);
        if (row) row.inSight = isIntersecting;
      }
      this.soon();
    });
    this.refresh();
  }

  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  // -- finding ----------------------------------------------------------------------------------

  // done(): it was found; without it nothing more than the list changes
  find(how, fields, done = () => {}) {
    this.finding?.cancel();
    this.say("Looking…");
    this.finding = this.explorer.ask("directions", { how, ...fields }, {
      onAnswer: ({ share, found, step }) => {
        if (!found) return this.say(`Learning what the real pictures show: ${Math.round(100 * share)} %`);
        this.replace(how, found);
        this.say(`Found ${found.length} at step ${grouped(step)}. Move a slider and watch the picture.`);
        done();
      },
      onError: (text) => this.say(text),
      onReplaced: (text) => this.say(text),
    });
  }

  // those found in the same way before give way, but what somebody named or saved stays
  replace(how, found) {
    const alone = how === "groups" || how === "difference";
    const gone = (row) => !alone && row.how === how && !row.named && !row.saved;
    this.rows.filter(gone).forEach((row) => this.drop(row));
    const made = found.map((plain) => this.add({ ...plain, name: this.free(plain.name) }, { how }));
    this.sort(made);
  }

  // new ones stand at the top, where one looks for them
  sort(made) {
    this.rows = [...made, ...this.rows.filter((row) => !made.includes(row))];
    this.list.replaceChildren(...this.rows.map(({ box }) => box));
    this.refresh();
  }

  add(plain, { how = null, saved = false } = {}) {
    const row = new Row(plain, {
      onTurn: () => this.turn(),
      onName: (name) => this.rename(row, name),
      onSave: () => this.save(row),
      onDelete: () => this.remove(row),
    });
    row.how = how;
    row.setSaved(saved);
    this.rows.push(row);
    this.list.append(row.box);
    this.seen.observe(row.box);
    return row;
  }

  drop(row) {
    this.seen.unobserve(row.box);
    row.box.remove();
    this.rows = this.rows.filter((other) => other !== row);
    this.refresh();
  }

  // a name that no other one has
  free(name, own = null) {
    const taken = new Set(this.rows.filter((row) => row !== own).map((row) => row.plain.name));
    let [tried, number] = [name, 2];
    while (taken.has(tried)) tried = `${name.slice(0, MOST_NAME - 4)} ${number++}`;
    return tried;
  }

  // what lists, words and buttons follow from the rows
  refresh() {
    const any = this.rows.length > 0;
    this.tools.hidden = !any;
    this.predictions.offer(any);
    this.age();
    this.soon();
  }

  // -- moving -----------------------------------------------------------------------------------

  turn() {
    const z = Float32Array.from(this.base);
    for (const { far, plain } of this.rows) {
      if (far) plain.vector.forEach((value, i) => (z[i] += far * plain.sigma * value));
    }
    this.turning = true;
    this.explorer.go(z, this.explorer.label);
    this.turning = false;
  }

  // somebody went elsewhere by another way: that is the new middle
  follow() {
    if (this.turning) return;
    this.base = Float32Array.from(this.explorer.z);
    this.rows.forEach((row) => row.set(0));
    this.rows.forEach((row) => (row.stale = true));
    this.soon();
  }

  reset() {
    this.rows.forEach((row) => row.set(0));
    this.turn();
  }

  // -- previews ---------------------------------------------------------------------------------

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.preview(), SETTLED);
  }

  preview() {
    if (!this.visible || document.hidden || this.previewing || this.mute) return;
    const rows = this.rows.filter((row) => row.stale && row.inSight).slice(0, AT_ONCE);
    if (!rows.length) return;
    rows.forEach((row) => (row.stale = false));
    const fields = { z: [...this.base], label: this.explorer.label, directions: rows.map(({ plain }) => plain) };
    this.previewing = true;
    const over = () => {
      this.previewing = false;
      this.preview();
    };
    this.explorer.ask("strips", fields, {
      onAnswer: async (header, payload) => {
        try {
          const bitmap = await createImageBitmap(new Blob([payload], { type: header.mime }));
          rows.forEach((row, i) => row.show(bitmap, header, i));
          bitmap.close();
        } finally {
          over();
        }
      },
      onError: () => {
        this.previewing = false;
        this.mute = true; // until the panel is shown again: such a generator may have no pictures
      },
    });
  }

  // -- a generator that trains on ---------------------------------------------------------------

  age() {
    const { step } = this.explorer;
    const old = this.rows.filter(({ plain }) => step !== null && plain.step !== step);
    this.aged.hidden = !old.length;
    if (!old.length) return;
    const first = Math.min(...old.map(({ plain }) => plain.step));
    const many = old.length === 1 ? "One of these was" : `${old.length} of these were`;
    this.agedWords.textContent =
      `${many} found at step ${grouped(first)}${old.length > 1 ? " or later" : ""}; G is at step ${grouped(step)} ` +
      "and may have moved on, so check that they still do what they are called.";
  }

  // one way after the other; what was chosen by hand has to be chosen again, with new eyes
  anew() {
    const hows = WAYS.map(([how]) => how).filter((how) => this.rows.some((row) => row.how === how));
    const next = () => {
      const how = hows.shift();
      if (how) this.find(how, {}, next);
    };
    if (hows.length) next();
    else this.say("These came from pictures that you chose: choose them again, as they look now.");
  }

  // -- keeping ----------------------------------------------------------------------------------

  // One question after the other, as each may change what is kept, and a newer one would take the
  // place of the one under way. Resolves to whether it was answered.
  ask(fields, onAnswer = () => {}) {
    this.asked = this.asked.then(() => new Promise((resolve) => {
      this.explorer.ask("kept", fields, {
        onAnswer: (header) => {
          onAnswer(header);
          resolve(true);
        },
        onError: (text) => {
          this.say(text);
          resolve(false);
        },
      });
    }));
    return this.asked;
  }

  load() {
    return this.ask({ do: "list" }, ({ kept, owns }) => {
      if (this.loaded) return;
      this.loaded = true;
      this.owns = owns;
      const here = owns ? [] : keptHere(this.explorer);
      for (const plain of kept) this.add({ ...plain, name: this.free(plain.name) }, { saved: true });
      for (const plain of here) {
        this.add({ ...plain, name: this.free(plain.name) }, { saved: true }).here = true;
      }
      this.refresh();
    });
  }

  async save(row) {
    if (!this.loaded) await this.asked; // who keeps it
    if (!this.loaded && !(await this.load())) return;
    if (!this.owns) {
      row.setSaved(true);
      row.here = true;
      const stored = this.storeHere();
      this.say(stored ? "Saved in this browser; the run itself is somebody else's, or came with the app." : "This browser keeps nothing.");
      return;
    }
    const { name } = row.plain;
    this.ask({ do: "keep", direction: { ...row.plain } }, () => {
      row.setSaved(true);
      this.say(`Saved with the run: ${name}`);
    });
  }

  remove(row) {
    this.drop(row);
    if (row.far) this.turn();
    if (row.saved) this.forget(row.plain.name);
  }

  forget(name) {
    if (!this.owns) return this.storeHere();
    this.ask({ do: "forget", name });
  }

  rename(row, wanted) {
    const old = row.plain.name;
    const name = this.free(wanted.trim().slice(0, MOST_NAME) || old, row);
    row.rename(name);
    if (name === old) return;
    row.named = true;
    if (!row.saved) return;
    if (!this.owns) {
      row.setSaved(row.here); // the run's own keeps its name there
      return this.storeHere();
    }
    this.ask({ do: "keep", direction: { ...row.plain } }, () => this.forget(old));
  }

  storeHere() {
    const plain = this.rows.filter(({ here }) => here).map((row) => row.plain);
    try {
      localStorage.setItem(placeOf(this.explorer), JSON.stringify(plain));
      return true;
    } catch {
      return false;
    }
  }

  // -- files ------------------------------------------------------------------------------------

  download(kind) {
    const listed = this.rows.map(({ plain }) => plain);
    if (kind === "json") {
      const text = JSON.stringify({ directions: listed }, null, 1);
      offer(new Blob([text], { type: "application/json" }), "directions.json");
      return;
    }
    this.explorer.ask("archive", { directions: listed }, {
      onAnswer: (_, payload) => offer(new Blob([payload], { type: "application/zip" }), "directions.npz"),
      onError: (text) => this.say(text),
    });
  }

  show() {
    this.visible = true;
    this.mute = false;
    if (!this.loaded) this.load();
    this.groups.show();
    this.soon();
  }

  hide() {
    this.visible = false;
  }

  close() {
    clearTimeout(this.waiting);
    this.seen.disconnect();
    this.off.forEach((off) => off());
  }
}

const placeOf = ({ data }) => `gl-directions ${data.socket}`;

// what this browser keeps for a generator; anything else in its place is passed over
function keptHere(explorer) {
  try {
    return JSON.parse(localStorage.getItem(placeOf(explorer))).filter(
      ({ name, vector, sigma, step, reach }) =>
        typeof name === "string" && vector.length === explorer.dim &&
        [...vector, sigma, step, reach].every(Number.isFinite),
    );
  } catch {
    return [];
  }
}

function offer(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
