// One round in slow motion: its phases one after the other, with numbers, pictures and who acts.
// What a phase is: gan_lab/games/phases.py; how it comes here: gan_lab/runs/walk.py.
import { counters } from "./counters.js";
import { Exhibits } from "./exhibits.js";
import { grouped, precise } from "./numbers.js";

const PACE = 2500; // ms that a phase is shown at least while it plays
const READING = 130; // ms for each of its words
const BUSY = "input, textarea, select, [contenteditable], [role=slider], [role=tab], [role=combobox]";

const PANEL = `
  <div class="gl-walk-head">
    <strong>Slow motion</strong>
    <span class="gl-walk-step"></span>
    <button type="button" class="gl-walk-close" aria-label="Close slow motion" title="Close: Esc">✕</button>
  </div>
  <div class="gl-walk-bar">
    <button type="button" class="gl-walk-back" title="Arrow key ←">Back</button>
    <button type="button" class="gl-walk-play"></button>
    <button type="button" class="gl-walk-next" title="Arrow key →">Next</button>
    <span class="gl-walk-at" role="status"></span>
    <button type="button" class="gl-walk-another" title="Plays one more round and shows it">Another round</button>
  </div>
  <div class="gl-walk-way"></div>
  <div class="gl-walk-phases"></div>`;

const part = (name, className, text = "") =>
  Object.assign(document.createElement(name), { className, textContent: text });

export class Walk {
  // act(ids): what acts just now; another(): asks for one more round
  constructor(box, { act, another }) {
    this.box = box;
    this.act = act;
    this.box.innerHTML = PANEL;
    this.phases = [];
    this.shown = null; // take and step of the round in the panel, or that was closed
    const on = (name, what) => this.find(`.gl-walk-${name}`).addEventListener("click", what);
    on("back", () => this.turn(-1));
    on("next", () => this.turn(1));
    on("play", () => (this.playing ? this.rest() : this.play()));
    on("close", () => this.close());
    on("another", () => {
      this.rest();
      this.find(".gl-walk-another").disabled = true; // until it is here
      another();
    });
    this.onKey = (event) => this.key(event);
    this.onVisible = () => document.hidden && this.rest();
    document.addEventListener("keydown", this.onKey);
    document.addEventListener("visibilitychange", this.onVisible);
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // whether this visitor may play another round
  allow(controls) {
    const another = this.find(".gl-walk-another");
    another.hidden = !controls;
    another.disabled = false; // the script has answered, perhaps with a no
  }

  hearMoment({ walk }) {
    if (walk == null) this.clear();
  }

  // The same round comes again with every moment, and then stays as it is.
  show(header, payload) {
    const round = `${header.take}:${header.step}`;
    if (round === this.shown) return;
    this.empty();
    this.shown = round;
    this.box.hidden = false;
    this.find(".gl-walk-another").disabled = false;
    this.find(".gl-walk-step").textContent = `How round ${grouped(header.step)} was played`;
    this.exhibits = new Exhibits(payload);
    this.phases = header.phases.map((phase) => this.phase(phase));
    this.find(".gl-walk-phases").replaceChildren(...this.phases.map(({ place }) => place));
    this.find(".gl-walk-way").replaceChildren(...this.phases.map(({ mark }) => mark));
    this.go(0);
    if (!document.hidden && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.play();
  }

  phase(spec) {
    const place = part("article", "gl-walk-phase");
    const told = part("div", "gl-walk-told");
    const list = part("dl", "gl-walk-numbers");
    for (const [name, value, unit] of spec.numbers) {
      const cell = part("div", "");
      const number = part("dd", "", value === null ? "not a number" : `${precise(value)} ${unit}`.trim());
      number.dataset.value = String(value);
      cell.append(part("dt", "", name), number);
      list.append(cell);
    }
    told.append(part("span", `gl-walk-move gl-of-${spec.role}`, spec.move), part("h3", "", spec.title),
      part("p", "", spec.words), list);
    const shown = spec.exhibits.map((one) => this.exhibits.make(one));
    const exhibits = part("div", "gl-exhibits");
    exhibits.append(...shown.map(({ box }) => box));
    place.append(told, exhibits);
    const mark = part("button", `gl-of-${spec.role}`);
    Object.assign(mark, { type: "button", tabIndex: -1, title: spec.title });
    mark.setAttribute("aria-label", spec.title);
    mark.addEventListener("click", () => {
      this.rest();
      this.go(this.phases.findIndex((one) => one.mark === mark));
    });
    return { spec, place, mark, shown };
  }

  go(at) {
    this.at = at;
    this.phases.forEach(({ place, mark }, i) => {
      place.classList.toggle("gl-on", i === at);
      mark.classList.toggle("gl-on", i <= at);
    });
    const { spec, shown } = this.phases[at];
    for (const one of shown) one.draw();
    this.find(".gl-walk-at").textContent = `${at + 1} of ${this.phases.length}`;
    this.find(".gl-walk-back").disabled = at === 0;
    this.find(".gl-walk-next").disabled = at === this.phases.length - 1;
    this.act(spec.acting);
    counters.walk = { round: this.shown, at: at + 1, of: this.phases.length, title: spec.title };
    this.label();
  }

  turn(by) {
    this.rest();
    const to = this.at + by;
    if (this.phases[to]) this.go(to);
  }

  get last() {
    return this.at === this.phases.length - 1;
  }

  play() {
    if (this.last) this.go(0);
    this.playing = true;
    this.wait();
    this.label();
  }

  wait() {
    const words = this.phases[this.at].spec.words.split(" ").length;
    this.timer = setTimeout(() => {
      this.go(this.at + 1);
      if (this.last) this.rest();
      else this.wait();
    }, Math.max(PACE, READING * words));
  }

  rest() {
    clearTimeout(this.timer);
    this.playing = false;
    this.label();
  }

  label() {
    const words = this.playing ? "Hold" : this.last ? "From the start" : "Play";
    this.find(".gl-walk-play").textContent = words;
    this.find(".gl-walk-phases").setAttribute("aria-live", this.playing ? "off" : "polite");
  }

  key(event) {
    const does = {
      ArrowLeft: () => this.turn(-1), ArrowRight: () => this.turn(1), Escape: () => this.close(),
    }[event.key];
    const plain = !(event.altKey || event.ctrlKey || event.metaKey || event.shiftKey);
    // what shadow roots hide is in the path
    const busy = event.composedPath().some((one) => one.matches?.(BUSY));
    if (!does || !plain || busy || this.box.hidden || event.defaultPrevented) return;
    event.preventDefault();
    does();
  }

  // Nothing to see; the round that is here does not come back by itself.
  close() {
    const { shown } = this;
    this.empty();
    this.shown = shown;
  }

  clear() {
    if (this.shown === null) return;
    this.empty();
  }

  empty() {
    this.rest();
    this.box.hidden = true;
    this.exhibits?.close();
    this.phases = [];
    this.shown = null;
    this.find(".gl-walk-phases").replaceChildren();
    this.find(".gl-walk-way").replaceChildren();
    this.act([]);
    counters.walk = null;
  }

  leave() {
    this.empty();
    document.removeEventListener("keydown", this.onKey);
    document.removeEventListener("visibilitychange", this.onVisible);
  }
}
