// The plane of a run that is played with points: what is real, what G makes, what D thinks.
import { grouped } from "./numbers.js";
import { floats } from "./wire.js";

const LAYERS = [
  ["opinion", "D's opinion", "The stronger the colour, the surer D is that what lies there is real."],
  ["lattice", "G's fabric", "Where G takes a straight grid of noise. Darker: more fakes come to lie"
    + " there. G can stretch and fold it, but not tear it."],
  ["real", "Real", "Some of the real points."],
  ["fake", "Fakes", "What G makes of the same random numbers every time."],
  ["pushes", "D's push", "Which way G would have to move some of its fakes to please D more. Longer:"
    + " more to gain."],
];

export const MEASURES = [
  ["modes", "Heaps found", ({ modes, of }) => (of ? `${modes} of ${of}` : ""),
    "Heaps of real points near which at least one fake lies (within 3σ)."],
  ["near", "On target", ({ near }) => `${(100 * near).toFixed(0)} %`,
    "Share of the fakes within 3σ of a heap, or of the curve. Of real points it is 99 %."],
  ["js", "JS", ({ js }) => js.toFixed(3),
    "Jensen-Shannon divergence between the histograms of real points and fakes, in nats: 0 if they"
    + " are equal, 0.693 if they share nothing. Chance alone leaves about 0.01."],
  ["kl", "KL", ({ kl }) => kl.toFixed(2),
    "Kullback-Leibler divergence from the fakes' histogram to the real points', in nats, with half"
    + " a point added to every cell. It is large where real points have no fakes."],
];

const STORE = "ganlab-plane-hidden";
const LONGEST = 0.09; // share of the window that the longest push takes

const PAGE = `
  <div class="gl-frame gl-square"><canvas role="img" aria-label="No points yet"></canvas><span class="gl-wait"></span></div>
  <div class="gl-layers"></div>
  <dl class="gl-numbers gl-measures"></dl>
  <figcaption><strong></strong> <span></span></figcaption>`;

export class Plane {
  constructor(place) {
    this.box = document.createElement("figure");
    this.box.className = "gl-picture gl-plane";
    this.box.innerHTML = PAGE;
    place.append(this.box);
    this.name = null;
    this.canvas = this.find("canvas");
    this.hidden = new Set(stored());
    this.makeLayers();
    this.measures = this.makeMeasures();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.find(".gl-frame"));
    this.clear();
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  makeLayers() {
    this.find(".gl-layers").append(...LAYERS.map(([key, words, hint]) => {
      const label = document.createElement("label");
      label.className = `gl-layer gl-layer-${key}`;
      label.title = hint;
      const box = document.createElement("input");
      box.type = "checkbox";
      box.checked = !this.hidden.has(key);
      box.addEventListener("change", () => {
        if (box.checked) this.hidden.delete(key);
        else this.hidden.add(key);
        store([...this.hidden]);
        this.draw();
      });
      label.append(box, words);
      return label;
    }));
  }

  makeMeasures() {
    return MEASURES.map(([key, words, tell, hint]) => {
      const cell = document.createElement("div");
      cell.title = hint;
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = words;
      cell.append(term, value);
      this.find(".gl-measures").append(cell);
      return { key, tell, cell, value };
    });
  }

  call(name) {
    this.name = name;
    this.find("strong").textContent = "Plane.";
  }

  clear() {
    this.name = null;
    this.parts = null;
    this.find(".gl-wait").textContent = "The first points are on their way.";
    this.find("figcaption span").textContent = "";
    for (const { value } of this.measures) value.textContent = "–";
    this.draw();
  }

  show(header, payload, onShown) {
    const values = floats(payload);
    let from = 0;
    this.parts = Object.fromEntries(header.parts.map(([name, shape]) => {
      const size = shape.reduce((product, side) => product * side, 1);
      const part = { shape, values: values.subarray(from, from + size) };
      from += size;
      return [name, part];
    }));
    this.reach = header.reach;
    this.explain(header);
    this.draw();
    onShown(header);
  }

  get drawn() {
    const { parts, reach } = this;
    return parts && { parts, reach };
  }

  explain({ step, caption, measures }) {
    this.find(".gl-wait").textContent = "";
    const words = `At step ${grouped(step)}. ${caption ?? ""}`.trim();
    this.find("figcaption span").textContent = words;
    const told = [];
    for (const { key, tell, cell, value } of this.measures) {
      cell.hidden = !(key in measures);
      if (cell.hidden) continue;
      value.textContent = tell(measures);
      told.push(`${cell.firstChild.textContent}: ${value.textContent}`);
    }
    this.canvas.setAttribute("aria-label", `Real points and fakes in the plane. ${words} ${told.join(", ")}.`);
  }

  draw() {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const side = Math.round(this.find(".gl-frame").clientWidth * ratio);
    if (!side) return;
    if (canvas.width !== side) {
      canvas.width = canvas.height = side;
      canvas.style.width = canvas.style.height = `${side / ratio}px`;
    }
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, side, side);
    if (!this.parts) return;
    const style = getComputedStyle(this.box);
    const colour = (name) => style.getPropertyValue(`--gl-${name}`).trim();
    const pen = {
      context, side, ratio, colour, ink: style.color,
      x: (value) => (value / this.reach + 1) * (side / 2),
      y: (value) => (1 - value / this.reach) * (side / 2),
    };
    for (const [key] of LAYERS) if (!this.hidden.has(key)) DRAW[key](pen, this.parts);
  }

  close() {
    this.observer.disconnect();
    this.box.remove();
  }
}

const DRAW = {
  opinion({ context, side, colour }, { opinion }) {
    const [rows, columns] = opinion.shape;
    const [red, green, blue] = rgb(colour("d"));
    const image = new ImageData(columns, rows);
    for (let i = 0; i < opinion.values.length; i++) {
      const row = rows - 1 - Math.floor(i / columns); // from below to from above
      image.data.set([red, green, blue, 140 * opinion.values[i]], 4 * (row * columns + (i % columns)));
    }
    const sheet = new OffscreenCanvas(columns, rows);
    sheet.getContext("2d").putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    context.drawImage(sheet, 0, 0, side, side);
  },

  lattice({ context, ratio, colour, x, y }, { lattice }) {
    const [rows, columns] = lattice.shape;
    const at = (row, column) => {
      const i = 2 * (row * columns + column);
      return [x(lattice.values[i]), y(lattice.values[i + 1])];
    };
    context.strokeStyle = context.fillStyle = colour("g");
    for (let row = 0; row + 1 < rows; row++) {
      for (let column = 0; column + 1 < columns; column++) {
        const corners = [at(row, column), at(row, column + 1), at(row + 1, column + 1), at(row + 1, column)];
        const share = (context.canvas.width / columns) ** 2 / Math.max(1, area(corners));
        context.globalAlpha = Math.min(0.5, 0.06 * Math.sqrt(share));
        context.beginPath();
        corners.forEach((corner, i) => (i ? context.lineTo(...corner) : context.moveTo(...corner)));
        context.fill();
      }
    }
    context.globalAlpha = rows > 1 ? 0.45 : 0.9;
    context.lineWidth = (rows > 1 ? 0.7 : 2) * ratio;
    context.beginPath();
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) context[column ? "lineTo" : "moveTo"](...at(row, column));
    }
    for (let column = 0; rows > 1 && column < columns; column++) {
      for (let row = 0; row < rows; row++) context[row ? "lineTo" : "moveTo"](...at(row, column));
    }
    context.stroke();
    context.globalAlpha = 1;
  },

  real: (pen, { real }) => dots(pen, real, "real", 1.5),
  fake: (pen, { fake }) => dots(pen, fake, "g", 2),

  pushes: (pen, { fake, pushes }) => arrows(pen, fake.values, pushes.values),
};

// From each of the points, pairs of numbers, the way in which it is pushed.
export function arrows({ context, side, ratio, ink, x, y }, points, pushes) {
  let most = 0;
  for (let i = 0; i < pushes.length; i += 2) most = Math.max(most, Math.hypot(pushes[i], pushes[i + 1]));
  if (!(most > 0)) return;
  context.strokeStyle = ink;
  context.lineWidth = 1.2 * ratio;
  context.beginPath();
  for (let i = 0; i < pushes.length; i += 2) {
    const length = Math.hypot(pushes[i], pushes[i + 1]);
    if (!length) continue;
    // the root, so that weak pushes can be seen beside strong ones
    const scale = (side * LONGEST * Math.sqrt(length / most)) / length;
    arrow(context, x(points[i]), y(points[i + 1]), scale * pushes[i], -scale * pushes[i + 1]);
  }
  context.stroke();
}

function dots({ context, ratio, colour, x, y }, { values }, name, radius) {
  context.fillStyle = colour(name);
  context.globalAlpha = 0.75;
  const r = radius * ratio;
  for (let i = 0; i < values.length; i += 2) {
    context.fillRect(x(values[i]) - r, y(values[i + 1]) - r, 2 * r, 2 * r);
  }
  context.globalAlpha = 1;
}

function arrow(context, x, y, dx, dy) {
  const [tipX, tipY] = [x + dx, y + dy];
  context.moveTo(x, y);
  context.lineTo(tipX, tipY);
  for (const turn of [2.6, -2.6]) {
    const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
    context.moveTo(tipX, tipY);
    context.lineTo(tipX + 0.3 * (cos * dx - sin * dy), tipY + 0.3 * (sin * dx + cos * dy));
  }
}

function area(corners) {
  let twice = 0;
  corners.forEach(([ax, ay], i) => {
    const [bx, by] = corners[(i + 1) % corners.length];
    twice += ax * by - bx * ay;
  });
  return Math.abs(twice) / 2;
}

function rgb(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function stored() {
  try {
    const known = JSON.parse(localStorage.getItem(STORE) ?? "[]");
    return Array.isArray(known) ? known : [];
  } catch {
    return []; // a browser that stores nothing
  }
}

function store(hidden) {
  try {
    localStorage.setItem(STORE, JSON.stringify(hidden));
  } catch {
    // as above
  }
}
