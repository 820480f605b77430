// What a phase of slow motion shows: tiles with D's opinion below each, or points of a plane.
import { arrows } from "./plane.js";
import { floats } from "./wire.js";

const SMALL = 40; // px up to which every pixel of a tile is drawn as a square
const ACROSS = 8; // square tiles in a row
const FEW = 4; // tiles that are drawn larger, as all of them fit into one row
const ARROWS = 60; // points that have one
const DOT = [1, 3.5]; // px, half the side of a point that D is sure is fake, or real
const SEEN = 2; // px, of one that nobody judged

const part = (name, className, text = "") =>
  Object.assign(document.createElement(name), { className, textContent: text });

export class Exhibits {
  // payload: where all of them lie
  constructor(payload) {
    this.payload = payload;
    this.urls = new Map(); // by place
    this.canvases = new ResizeObserver((entries) => entries.forEach(({ target }) => target.redraw()));
  }

  // { box, draw() }; draw when it comes into sight
  make(spec) {
    const box = part("figure", `gl-exhibit gl-of-${spec.colour}`);
    const judged = spec.opinions !== null;
    const words = spec.name.length > 1 ? `${spec.name[0].toUpperCase()}${spec.name.slice(1)}` : spec.name;
    const caption = part("figcaption", "", words);
    const shown = spec.reach ? this.points(spec) : this.tiles(spec);
    const says = judged && !spec.reach ? ` D's opinions: ${spec.opinions.map(opinion).join(", ")}.` : "";
    shown.box.setAttribute("role", "img");
    shown.box.setAttribute("aria-label", `${words}, ${spec.count} of them.${says}`);
    const hints = spec.of > spec.count ? [`${spec.count} of ${spec.of}`] : [];
    if (judged) hints.push(spec.reach ? "larger: more real to D" : "below: D's opinion");
    if (spec.pushes) hints.push("arrows: where the loss asks them to go");
    caption.append(...hints.map((hint) => part("span", "", hint)));
    box.append(caption, shown.box);
    return { box, draw: shown.draw };
  }

  bytes({ from, length }) {
    return this.payload.subarray(from, from + length);
  }

  url(spec) {
    if (!this.urls.has(spec.from)) {
      this.urls.set(spec.from, URL.createObjectURL(new Blob([this.bytes(spec)], { type: spec.mime })));
    }
    return this.urls.get(spec.from);
  }

  tiles(spec) {
    const { count, columns, width, height, opinions } = spec;
    const box = part("div", `gl-tiles${count <= FEW ? " gl-few" : ""}`);
    const rows = Math.ceil(count / columns);
    const at = (i, of) => (of > 1 ? (100 * i) / (of - 1) : 0);
    const faces = Array.from({ length: count }, (_, i) => {
      const tile = part("div", "gl-tile");
      const face = part("i", Math.max(width, height) > SMALL ? "" : "gl-crisp");
      Object.assign(face.style, {
        aspectRatio: `${width} / ${height}`,
        backgroundSize: `${100 * columns}% ${100 * rows}%`,
        backgroundPosition: `${at(i % columns, columns)}% ${at(Math.floor(i / columns), rows)}%`,
      });
      tile.append(face);
      if (opinions) {
        const says = part("span", "gl-says", opinion(opinions[i]));
        says.style.setProperty("--gl-says", opinions[i] ?? 0);
        tile.append(says);
      }
      return { tile, face };
    });
    const most = Math.max(2, Math.round((ACROSS * height) / width));
    box.style.setProperty("--gl-across", count <= FEW ? Math.max(2, count) : most);
    box.append(...faces.map(({ tile }) => tile));
    const draw = () => {
      for (const { face } of faces) face.style.backgroundImage ||= `url("${this.url(spec)}")`;
    };
    return { box, draw };
  }

  points(spec) {
    const box = part("canvas", "gl-points");
    const values = floats(this.bytes(spec));
    box.redraw = () => drawn(box, spec, values);
    this.canvases.observe(box);
    return { box, draw: box.redraw };
  }

  close() {
    this.canvases.disconnect();
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
    this.urls.clear();
  }
}

const opinion = (value) => (value === null ? "–" : value.toFixed(2));

function drawn(canvas, { count, reach, colour, opinions, pushes }, values) {
  const ratio = window.devicePixelRatio || 1;
  const side = Math.round(canvas.clientWidth * ratio);
  if (!side) return;
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const pen = {
    context, side, ratio, ink: style.color,
    x: (value) => (value / reach + 1) * (side / 2),
    y: (value) => (1 - value / reach) * (side / 2),
  };
  context.fillStyle = style.getPropertyValue(`--gl-${colour}`).trim() || style.color;
  context.globalAlpha = 0.75;
  for (let i = 0; i < count; i++) {
    const half = ratio * (opinions ? DOT[0] + (DOT[1] - DOT[0]) * (opinions[i] ?? 0) : SEEN);
    const [x, y] = [pen.x(values[2 * i]), pen.y(values[2 * i + 1])];
    context.fillRect(x - half, y - half, 2 * half, 2 * half);
  }
  context.globalAlpha = 1;
  if (pushes) arrows(pen, values, values.subarray(2 * count, 2 * Math.min(2 * count, count + ARROWS)));
}
