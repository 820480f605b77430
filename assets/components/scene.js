// The picture of the game: who plays with whom for what, with live losses and small pictures. What
// boxes and arrows are: gan_lab/games/base.py.
import { arrows } from "./arrows.js";
import { fold, folded } from "./folds.js";
import { newest, short } from "./numbers.js";
import { bars, thumbs } from "./thumbs.js";
import { floats } from "./wire.js";

const STORE = "ganlab-scene-folded";
const WIDEST = 118; // px of a box
const GAP = [18, 64]; // px between two columns, at least and at most
const LANE = 15; // px above and below the boxes, for arrows that pass others
const ROW = 102; // px, the height of a box where there is one row
const ROWS = [80, 70]; // px, where there are two of boxes with small pictures: narrow ones, others
const NARROW = 520; // px
const DASH = 12; // px of a dash and its gap, as live.css has them
const STRIDE = 5; // px that dashes move at once
const NOTHING = "Point at a part of it to read what it does.";
const CALM = matchMedia("(prefers-reduced-motion: reduce)");
const LINES = 52; // px, where there are two of numbers

export class Scene {
  // drawn(name): what the page shows of a view; ask(name): for something that never changes,
  // returns whether it could be asked
  constructor(box, { drawn, ask }) {
    this.box = box;
    this.drawn = drawn;
    this.ask = ask;
    this.spec = null;
    this.seen = true;
    this.acting = [];
    this.moved = 0;
    this.make();
    this.sizes = new ResizeObserver(() => this.arrange());
    this.sizes.observe(this.stage);
    this.sight = new IntersectionObserver((entries) => {
      this.seen = entries.at(-1).isIntersecting; // the newest of several
      this.refresh();
      if (this.values) this.read(this.values);
    });
    this.sight.observe(this.stage);
    this.clear();
  }

  make() {
    const part = (name, className) => Object.assign(document.createElement(name), { className });
    this.box.open = !folded(STORE);
    this.box.addEventListener("toggle", () => {
      fold(STORE, !this.box.open);
      this.arrange();
    });
    const head = part("summary", "gl-scene-head");
    head.textContent = "The game";
    this.stage = part("div", "gl-stage");
    this.words = part("p", "gl-scene-hint");
    for (const event of ["pointerover", "focusin", "click"]) {
      this.stage.addEventListener(event, ({ target }) => this.explain(target.closest("[data-id]")));
    }
    this.lines = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.stage.append(this.lines);
    this.box.append(head, this.stage, this.words);
  }

  // In words, as a finger has no hover: what somebody points at, or what there is to point at.
  explain(part) {
    const id = part?.dataset.id;
    const { boxes = [], arrows: all = [] } = this.spec ?? {};
    this.words.textContent = [...boxes, ...all].find((one) => one.id === id)?.hint ?? NOTHING;
  }

  // Another game, or the same with other words.
  update(spec) {
    const text = JSON.stringify(spec ?? null);
    if (text === this.text) return;
    this.text = text;
    this.spec = spec?.boxes.length ? spec : null;
    this.box.hidden = !this.spec;
    for (const { box } of this.players ?? []) box.remove();
    this.players = (this.spec?.boxes ?? []).map((one) => this.player(one));
    this.stage.append(...this.players.map(({ box }) => box));
    this.arrange();
    this.act(this.acting);
    this.explain(null);
  }

  player(spec) {
    const part = (name, className) => Object.assign(document.createElement(name), { className });
    const box = part("div", `gl-box gl-${spec.kind} gl-of-${spec.colour}`);
    const [name, canvas, value] = [part("b", ""), part("canvas", ""), part("span", "gl-value")];
    const [reads, number, role] = [part("span", ""), part("span", ""), part("i", "")];
    const strips = part("div", "gl-bars");
    box.dataset.id = spec.id;
    box.title = spec.hint;
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    name.textContent = spec.label;
    reads.textContent = spec.reads;
    role.textContent = spec.role;
    for (const one of [canvas, strips]) one.setAttribute("aria-hidden", "true");
    value.append(reads, " ", number);
    if (spec.role && spec.kind !== "player") name.append(" ", role);
    box.append(name);
    if (spec.role && spec.kind === "player") box.append(role);
    if (spec.view || spec.still) box.append(canvas);
    if (spec.reading) box.append(value);
    const one = { spec, box, canvas, strips, number };
    this.tell(one, null);
    return one;
  }

  // For another run: nothing of the last one stays.
  clear() {
    this.stills = new Map(); // by name; null while one is on its way
    this.values = null;
    this.box.dataset.state = "";
    for (const one of this.players ?? []) this.tell(one, null);
    this.refresh();
  }

  // ids of boxes and arrows that act just now, the others fade; none: all are as usual
  act(ids) {
    this.acting = ids;
    this.stage.classList.toggle("gl-acting", ids.length > 0);
    for (const one of this.stage.querySelectorAll("[data-id]")) {
      one.classList.toggle("gl-on", ids.includes(one.dataset.id));
    }
  }

  get awake() {
    return this.spec !== null && this.seen && this.box.open && !document.hidden;
  }

  hearMoment({ state }) {
    this.box.dataset.state = state;
    this.flow(state);
    if (state === "loading" || !this.box.open) return;
    for (const { spec } of this.players) {
      if (!spec.still || this.stills.has(spec.still)) continue;
      if (this.ask(spec.still)) this.stills.set(spec.still, null);
    }
  }

  // The line is gone, and with it what was on its way.
  lost() {
    for (const [name, one] of this.stills) if (one === null) this.stills.delete(name);
  }

  // Dashes move on with every moment: an animation, even of a few frames a second, costs 3 % of a
  // core where the processor draws, and goes on while the run waits.
  flow(state) {
    if (state !== "running" || !this.awake || CALM.matches) return;
    this.moved = (this.moved + STRIDE) % DASH;
    this.lines.style.strokeDashoffset = -this.moved;
  }

  async hearStill(header, payload) {
    const { stills } = this;
    const one = header.bars
      ? { bars: floats(payload), rows: header.rows, columns: header.columns }
      : { source: await createImageBitmap(new Blob([payload], { type: header.mime })), shape: header };
    if (stills !== this.stills) return; // another run is on the screen
    stills.set(header.name, one);
    this.refresh((spec) => spec.still === header.name);
  }

  // A view has been drawn.
  show(name) {
    this.refresh((spec) => spec.view === name);
  }

  // The newest values of the curves, smoothed as they are drawn.
  read(curves) {
    this.values = curves;
    if (!this.awake) return;
    for (const one of this.players) {
      if (one.spec.reading) this.tell(one, newest(curves.series[one.spec.reading]?.smooth));
    }
  }

  tell({ spec, box, number }, value) {
    const words = value === null ? "–" : spec.kind === "player" ? short(value) : percent(value);
    if (number.textContent === words) return;
    number.textContent = words;
    const reading = spec.reading ? ` ${spec.reads} ${words}.` : "";
    box.setAttribute("aria-label", `${spec.label}. ${spec.hint}${reading}`);
  }

  refresh(which = () => true) {
    if (!this.awake) return;
    for (const { spec, canvas, strips } of this.players) {
      if (!(spec.view || spec.still) || !which(spec)) continue;
      const source = (spec.still ? this.stills.get(spec.still) : this.drawn(spec.view)) ?? null;
      if (source?.bars) {
        if (strips.parentNode) continue; // they never change
        strips.replaceChildren(...bars(source));
        canvas.replaceWith(strips);
      } else {
        strips.replaceWith(canvas);
        thumbs(canvas, source, spec);
      }
    }
  }

  arrange() {
    if (!this.spec) return;
    const { boxes } = this.spec;
    const width = this.stage.clientWidth;
    const place = layout(this.spec, width);
    this.stage.style.height = `${place.height}px`;
    if (!width) return;
    this.players.forEach(({ box }, i) => {
      const { x, y, w, h } = place.of[boxes[i].id];
      Object.assign(box.style, {
        left: `${x}px`, top: `${y}px`, width: `${w}px`, height: `${h}px`,
      });
    });
    arrows(this.lines, this.spec.arrows, place);
    this.act(this.acting);
    this.refresh();
    if (this.values) this.read(this.values);
  }

  close() {
    this.sizes.disconnect();
    this.sight.disconnect();
  }
}

// Where every box stands in the width at hand: { of: { id: { x, y, w, h, row } }, rows, height }
function layout({ boxes, arrows: all }, width) {
  const columns = 1 + Math.max(...boxes.map(({ place }) => place[0]));
  const rows = 1 + Math.max(...boxes.map(({ place }) => Math.floor(place[1])));
  const w = Math.max(40, Math.min(WIDEST, (width - GAP[0] * (columns - 1)) / columns));
  const gap = Math.min(GAP[1], (width - w * columns) / Math.max(1, columns - 1));
  const left = Math.max(0, (width - w * columns - gap * (columns - 1)) / 2);
  const full = boxes.some(({ place }) => place[1] % 1 !== 0); // some stand over both rows
  const h = rows === 1 ? ROW : full ? LINES : ROWS[width > NARROW ? 1 : 0];
  const between = full ? 8 : 24;
  const height = rows * h + (rows - 1) * between;
  const passes = (kind) => all.some((arrow) => arrow.kind === kind);
  const above = passes("answer") ? LANE : 2;
  const below = arrows.below(all, boxes, rows) ? LANE : 2;
  const of = Object.fromEntries(boxes.map(({ id, place: [column, row] }) => {
    const whole = row % 1 === 0;
    return [id, {
      x: left + column * (w + gap), w, column, row,
      y: above + (whole ? row * (h + between) : 0), h: whole ? h : height,
    }];
  }));
  return { of, rows, height: above + height + below };
}

const percent = (share) => `${Math.round(100 * share)} %`;
