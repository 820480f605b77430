// Every run as a card: searched, sorted, filtered and paged here; what is to be done with one is
// told to the page as a wish. Cards that stay are kept, so that typing and focus survive an update.
import { Card, Gone, called } from "./runs_card.js";
import { Finder } from "./runs_finder.js";
import { counters } from "./counters.js";
import { button, element } from "./made.js";
import { bytes, grouped } from "./numbers.js";

const PAGE = 20; // cards at a time
const LEFT = "left behind";
const LATE = 20_000; // ms after which a card may be pressed again, though no answer came

class Runs {
  constructor(root, component) {
    this.cards = new Map(); // by the run's name
    this.gone = new Map(); // deleted while this page was open: what they were
    this.picked = []; // names, at most two
    this.asked = null; // name of the card whose wish is under way
    this.shown = PAGE;
    this.box = element("div", "gl-runs");
    this.finder = new Finder(() => {
      this.shown = PAGE;
      this.draw();
    });
    this.count = element("p", "gl-runs-count");
    this.count.setAttribute("role", "status");
    this.pair = new Pair(() => this.wish("compare", "", { names: this.picked }), () => this.pick(null));
    this.left = new Part("Left behind", "The server went away while these trained. All is kept up to the"
      + " last checkpoint, and they can go on from there.");
    this.other = new Part("All others", "");
    this.more = button("", () => {
      const before = this.other.list.children.length;
      this.shown += PAGE;
      this.draw();
      this.other.list.children[before]?.querySelector('button:not([tabindex="-1"])')?.focus();
    });
    this.more.className = "gl-runs-more";
    this.bin = new Bin((name) => this.wish("restore", name));
    this.box.append(this.finder.box, this.count, this.left.box, this.other.box, this.more, this.bin.box,
      this.pair.box);
    root.append(this.box);
    this.update(component);
  }

  update(component) {
    const { data } = component;
    const before = this.data?.runs ?? [];
    this.component = component;
    this.data = data;
    const names = new Set(data.runs.map((run) => run.name));
    const trash = new Set(data.trash.map(({ name }) => name));
    for (const run of before) if (!names.has(run.name) && trash.has(run.name)) this.gone.set(run.name, run);
    for (const name of this.gone.keys()) if (names.has(name) || !trash.has(name)) this.gone.delete(name);
    this.picked = this.picked.filter((name) => names.has(name));
    if (data.answered !== this.answered) this.ready();
    this.answered = data.answered;
    this.finder.hear(data);
    this.bin.hear(data.trash);
    this.draw();
    counters.runs = data.runs.length;
  }

  // every card that the finder lets through, those of deleted runs in their old places
  draw() {
    const every = [...this.data.runs, ...this.gone.values()];
    const found = this.finder.sorted(every.filter((run) => this.finder.wants(run)));
    const left = found.filter((run) => run.state === LEFT);
    const others = found.filter((run) => run.state !== LEFT);
    const page = others.slice(0, this.shown);
    this.place(this.left, left);
    this.place(this.other, page);
    this.left.box.hidden = !left.length;
    this.other.head.hidden = !left.length || !others.length;
    const hidden = others.length - page.length;
    this.more.hidden = !hidden;
    this.more.textContent = `Show ${Math.min(PAGE, hidden)} more of ${grouped(hidden)}`;
    const drawn = new Set([...left, ...page].map((run) => run.name));
    for (const name of this.cards.keys()) if (!drawn.has(name)) this.cards.delete(name);
    this.count.textContent = this.told(found.length - this.found(this.gone), this.data.runs.length);
    this.showPicked();
  }

  found(gone) {
    return [...gone.values()].filter((run) => this.finder.wants(run)).length;
  }

  told(found, every) {
    const { used, bound } = this.data.room;
    const room = `${bytes(used)}${bound ? ` of at most ${bytes(bound)}` : ""} on this server's disk`;
    const runs = (n) => `${grouped(n)} ${n === 1 ? "run" : "runs"}`;
    if (found === every) return `${runs(every)}, ${room}`;
    return found ? `${grouped(found)} of ${runs(every)}` : `None of ${runs(every)} is like that.`;
  }

  // nodes that are at their place already are not touched
  place(part, runs) {
    const nodes = runs.map((run) => this.card(run).box);
    nodes.forEach((node, i) => {
      if (part.list.children[i] !== node) part.list.insertBefore(node, part.list.children[i] ?? null);
    });
    while (part.list.children.length > nodes.length) part.list.lastChild.remove();
  }

  card(run) {
    const Kind = this.gone.has(run.name) ? Gone : Card;
    let card = this.cards.get(run.name);
    if (!(card instanceof Kind)) {
      const focused = card?.box.contains(document.activeElement);
      card = new Kind(run, {
        wish: (kind, more) => this.wish(kind, run.name, more),
        pick: () => this.pick(run.name),
        tag: (tag) => this.finder.filterBy(tag),
      });
      this.cards.set(run.name, card);
      if (focused || this.asked === run.name) queueMicrotask(() => card.take());
    }
    card.hear(run, this.data, this.finder.measure?.name);
    return card;
  }

  pick(name) {
    if (name === null) this.picked = [];
    else if (this.picked.includes(name)) this.picked = this.picked.filter((one) => one !== name);
    else this.picked = [...this.picked, name].slice(-2);
    this.showPicked();
  }

  showPicked() {
    for (const [name, card] of this.cards) card.pick?.(this.picked.includes(name));
    const picked = this.picked.map((name) => this.data.runs.find((run) => run.name === name));
    this.pair.hear(picked.filter(Boolean).map(called));
  }

  wish(kind, name, more = {}) {
    if (this.busy) return;
    this.asked = name;
    this.busy = setTimeout(() => this.ready(), LATE);
    this.box.setAttribute("aria-busy", "true");
    this.component.setTriggerValue("wish", { kind, name, ...more });
  }

  ready() {
    clearTimeout(this.busy);
    this.busy = 0;
    this.box.removeAttribute("aria-busy");
    queueMicrotask(() => (this.asked = null));
  }

  close() {
    clearTimeout(this.busy);
    this.box.remove();
  }
}

// A heading, a sentence and a list.
class Part {
  constructor(title, about) {
    this.box = element("section", "gl-runs-part");
    this.head = element("h3", "", title);
    this.list = element("ul");
    this.box.append(this.head);
    if (about) this.box.append(element("p", "gl-runs-about", about));
    this.box.append(this.list);
  }
}

// What is said of the runs that are picked to be compared; it stays in sight.
class Pair {
  constructor(onCompare, onForget) {
    this.box = element("div", "gl-runs-pair");
    this.words = element("span");
    this.words.setAttribute("role", "status");
    this.go = button("Compare", onCompare);
    this.go.className = "gl-main";
    this.box.append(this.words, this.go, button("None of them", onForget));
  }

  hear(titles) {
    this.box.hidden = !titles.length;
    const [one, other] = titles;
    this.words.textContent = other === undefined
      ? `Picked: ${one}. Pick another one to set beside it.` : `Picked: ${one} and ${other}`;
    this.go.disabled = titles.length < 2;
  }
}

// What was deleted and can still be had back.
class Bin {
  constructor(onBack) {
    this.onBack = onBack;
    this.box = element("details", "gl-runs-bin");
    this.head = element("summary");
    this.list = element("ul");
    this.box.append(this.head, this.list);
  }

  hear(trash) {
    this.box.hidden = !trash.length;
    this.head.textContent = `Deleted lately: ${grouped(trash.length)}`;
    const now = JSON.stringify(trash);
    if (now === this.now) return;
    this.now = now;
    this.list.replaceChildren(...trash.map(({ name, title }) => {
      const row = element("li", "", title);
      const back = button("Put back", () => this.onBack(name));
      back.setAttribute("aria-label", `Put back ${title}`);
      row.append(back);
      return row;
    }));
  }
}

export function mount(root, component) {
  return new Runs(root, component);
}
