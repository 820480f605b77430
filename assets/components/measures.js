// "How good are the fakes?": what is measured while the run trains, one small plot a measure. What
// comes: checkup_frame in gan_lab/runs/wire.py.
import { counters } from "./counters.js";
import { course } from "./course.js";
import { fold, folded } from "./folds.js";
import { asking } from "./meaning.js";
import { grouped, short } from "./numbers.js";

const STORE = "ganlab-measures-folded";
const REACH = 1.1; // the axis follows the run once it is so much longer

export const BETTER = { less: ["↓", "less is better"], more: ["↑", "more is better"] };
const OF_REAL = ["d-gap"]; // of the pictures that it rests on

const EMPTY = "The first measure comes after a few seconds of training.";
const OFF = "Measuring is switched off. The knob “Measuring” under “Measures and coach” switches it on.";

const PAGE = `
  <summary class="gl-fold">How good are the fakes?</summary>
  <p class="gl-key-line"><span class="gl-key">averaged G</span>
    <span class="gl-key gl-dash">G itself</span>
    <span class="gl-key gl-real gl-rest">floor: real against real</span>
    <span>★ best state kept</span></p>
  <p class="gl-empty"></p>
  <div class="gl-courses"></div>`;

const PLOT = `<header><h4></h4></header><div class="gl-course" role="img"></div><p class="gl-now"></p>`;

class Plot {
  // onAsk(curves, title, known): as Meaning shows it
  constructor(name, onAsk) {
    this.name = name;
    this.box = document.createElement("section");
    this.box.className = "gl-measure";
    this.box.innerHTML = PLOT;
    this.place = this.find(".gl-course");
    this.ask = asking("", () => onAsk([{ column: this.name }], this.words.title, this.known));
    this.find("header").append(this.ask);
    this.stale = true;
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // rows: of the averaged G and of G itself, either may be lacking
  hear(rows, best) {
    this.rows = rows;
    this.best = best?.measure === this.name ? best : null;
    this.words = rows.averaged ?? rows.raw;
    this.stale = true;
    this.label();
  }

  // also while it is out of sight and not drawn: a screen reader reads what is there
  label() {
    const [arrow, way] = BETTER[this.words.better] ?? ["", ""];
    const title = this.find("h4");
    title.textContent = arrow ? `${this.words.title}\u00a0${arrow}` : this.words.title;
    title.title = way;
    this.ask.setAttribute("aria-label", `What does this mean: ${this.words.title}?`);
    this.place.setAttribute("aria-label", `${this.words.title}. ${this.told}`);
  }

  // what it is and how it stands, in words
  get known() {
    const { meaning, better } = this.words;
    const [, way] = BETTER[better] ?? ["", better];
    return [meaning, way && `${way[0].toUpperCase()}${way.slice(1)}.`, this.told].filter(Boolean).join(" ");
  }

  get told() {
    const { averaged, raw } = this.rows;
    const parts = [];
    if (averaged) parts.push(`averaged ${short(averaged.numbers.at(-1))}`);
    if (raw) parts.push(`G itself ${short(raw.numbers.at(-1))}`);
    if (this.words.floor !== null) parts.push(`floor ${short(this.words.floor)}`);
    const best = this.best ? ` ★ Best of the saved states: ${short(this.best.number)} at step ${grouped(this.best.step)}.` : "";
    const n = grouped(this.words.n);
    const of = OF_REAL.includes(this.name) ? `n = ${n}` : `of ${n} fakes`;
    return `At step ${grouped(this.words.steps.at(-1))}, ${of}: ${parts.join(", ")}.${best}`;
  }

  draw(until) {
    const width = this.place.clientWidth;
    if (!this.stale || !width) return;
    this.stale = false;
    this.place.replaceChildren(course(this.rows, { best: this.best, until, width }));
    this.find(".gl-now").textContent = this.told;
    counters.courses++;
  }
}

export class Measures {
  // box: the <details> to fill
  constructor(box, onAsk) {
    this.box = box;
    this.onAsk = onAsk;
    this.box.innerHTML = PAGE;
    this.box.open = !folded(STORE);
    this.plots = new Map(); // by the name of the measure
    this.until = 0;
    this.seen = true;
    this.measuring = true;
    this.box.addEventListener("toggle", () => {
      fold(STORE, !this.box.open);
      this.refresh();
    });
    this.sight = new IntersectionObserver((entries) => {
      this.seen = entries.at(-1).isIntersecting; // the newest of several
      this.refresh();
    });
    this.sight.observe(box);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(box);
    this.onVisible = () => this.refresh();
    document.addEventListener("visibilitychange", this.onVisible);
    this.clear();
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  update({ measuring = true }) {
    this.measuring = measuring;
    this.tell();
  }

  hear({ measured, best }) {
    const rows = new Map();
    for (const row of measured) rows.set(row.name, { ...rows.get(row.name), [row.weights]: row });
    for (const [name, plot] of this.plots) {
      if (rows.has(name)) continue;
      plot.box.remove();
      this.plots.delete(name);
    }
    for (const [name, both] of rows) {
      if (!this.plots.has(name)) {
        this.plots.set(name, new Plot(name, this.onAsk));
        this.find(".gl-courses").append(this.plots.get(name).box);
      }
      this.plots.get(name).hear(both, best);
    }
    this.tell();
    this.refresh();
  }

  // how many steps there are: the axis is that of the losses
  reach(steps) {
    if (steps >= this.until && steps < REACH * this.until) return;
    this.until = steps;
    this.again();
  }

  resize() {
    const width = this.box.clientWidth;
    if (width === this.width) return;
    this.width = width;
    this.again();
  }

  again() {
    for (const plot of this.plots.values()) plot.stale = true;
    this.refresh();
  }

  tell() {
    const empty = this.find(".gl-empty");
    empty.hidden = this.plots.size > 0;
    empty.textContent = this.measuring ? EMPTY : OFF;
    this.find(".gl-key-line").hidden = !this.plots.size;
  }

  // draws only what can be seen
  refresh() {
    if (!this.seen || !this.box.open || document.hidden) return;
    for (const plot of this.plots.values()) plot.draw(this.until);
  }

  clear() {
    counters.courses = 0;
    this.until = 0;
    for (const { box } of this.plots.values()) box.remove();
    this.plots.clear();
    this.tell();
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisible);
    this.sight.disconnect();
    this.sizes.disconnect();
  }
}
