// D's score on every tile of a picture: a badge in its corner, if wanted, and words for the tile
// that is pointed at.
import { scored } from "./numbers.js";

const STORE = "ganlab-badges";
const ROOMY = 96; // px of a tile from which on a badge does not hide much of it
const LARGE = 12; // px of a badge's text, where there is room
const SHARE = 0.24; // of a tile's side, at most

export class Badges {
  // box: of the picture; tiles: its Tiles; find(): its scores, see scores.js
  constructor(box, tiles, find) {
    this.tiles = tiles;
    this.find = find;
    this.scores = null;
    this.at = null; // the tile that is pointed at
    this.make(box);
    tiles.over = (pen, i, place) => this.draw(pen, i, place);
    tiles.before = () => this.refresh();
  }

  make(box) {
    const part = (name, className) => Object.assign(document.createElement(name), { className });
    this.label = part("label", "gl-layer gl-badges");
    this.label.title = "The number that D gives each picture. Point at a picture, or touch it, to"
      + " read it without this.";
    this.switch = Object.assign(document.createElement("input"), { type: "checkbox" });
    this.switch.addEventListener("change", () => {
      store(this.switch.checked);
      this.tiles.draw();
    });
    this.label.append(this.switch, "D's scores");
    this.label.style.visibility = "hidden"; // but its place is kept
    box.querySelector("figcaption").before(this.label);
    this.tip = part("div", "gl-tip");
    this.tip.hidden = true;
    box.querySelector(".gl-frame").append(this.tip);
    const { canvas } = this.tiles;
    const point = (event) => this.point(this.tiles.tileAt(event.offsetX, event.offsetY));
    canvas.addEventListener("pointermove", point);
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") this.point(null); // a finger that is lifted has pointed
    });
    this.off = (event) => {
      if (event.target !== canvas) this.point(null);
    };
    document.addEventListener("pointerdown", this.off);
  }

  // Before the tiles are drawn: what is known of them, and whether it is to be shown.
  refresh() {
    this.scores = this.find();
    if (this.scores) this.label.style.visibility = "";
    const wanted = stored() ?? this.tiles.side >= ROOMY;
    if (this.switch.checked !== wanted) this.switch.checked = wanted;
    this.point(this.at);
  }

  draw(context, i, { x, y, side, ratio }) {
    const one = this.switch.checked ? this.scores?.[i] : undefined;
    if (!one) return;
    const size = Math.min(LARGE * ratio, SHARE * side);
    const text = scored(one.value);
    context.font = `600 ${size}px sans-serif`;
    const width = context.measureText(text).width + 0.7 * size;
    context.fillStyle = "rgba(0, 0, 0, 0.72)";
    context.fillRect(x, y + side - 1.3 * size, width, 1.3 * size);
    context.fillStyle = "#fff";
    context.textBaseline = "middle";
    context.fillText(text, x + 0.35 * size, y + side - 0.62 * size);
  }

  point(i) {
    this.at = i;
    const one = i === null ? undefined : this.scores?.[i];
    this.tip.hidden = !one;
    if (!one) return;
    const words = `${one.judge} gives it ${scored(one.value)}: ${one.real ? "real, it thinks" : "a fake, it thinks"}`;
    if (this.tip.textContent !== words) this.tip.textContent = words;
    const { canvas } = this.tiles;
    const place = this.tiles.place(i);
    const room = this.tip.parentElement.clientWidth - this.tip.offsetWidth;
    const frame = this.tip.parentElement.getBoundingClientRect();
    const sheet = canvas.getBoundingClientRect();
    const left = sheet.left - frame.left + place.x + (place.side - this.tip.offsetWidth) / 2;
    const above = sheet.top - frame.top + place.y - this.tip.offsetHeight - 2;
    this.tip.style.left = `${Math.max(0, Math.min(room, left))}px`;
    this.tip.style.top = `${above >= 0 ? above : sheet.top - frame.top + place.y + place.side + 2}px`;
  }

  clear() {
    this.scores = null;
    this.point(null);
  }

  close() {
    document.removeEventListener("pointerdown", this.off);
  }
}

// true, false, or null if nobody has said
function stored() {
  try {
    return { on: true, off: false }[localStorage.getItem(STORE)] ?? null;
  } catch {
    return null; // a browser that stores nothing
  }
}

function store(on) {
  try {
    localStorage.setItem(STORE, on ? "on" : "off");
  } catch {
    // as above
  }
}
