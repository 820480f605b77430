// A map of a plane through latent space: pictures at the points of a lattice. One is at the cross in
// its middle, and the large picture is of there; who drags the map moves.
import { Axes } from "./axes.js";
import { Gestures } from "./gestures.js";
import { Lattice, SIDE } from "./lattice.js";
import { grouped } from "./numbers.js";
import { Section, norm } from "./section.js";

export const map = { id: "map", title: "Map", make: (place, explorer) => new MapPanel(place, explorer) };

const TILE = 40; // px; a tile is from once to twice as large
const LEVELS = [-6, 3]; // how dense a lattice may be, as powers of 2
const PATIENCE = 50; // ms without an exact picture, after which a guess is shown
const REDUCED = "(prefers-reduced-motion: reduce)";

const PAGE = `
  <div class="gl-axes"></div>
  <div class="gl-chart">
    <canvas tabindex="0" role="application"
      aria-label="Map of a plane through latent space. Arrow keys move, plus and minus zoom."></canvas>
    <span class="gl-x"></span><span class="gl-y"></span>
    <div class="gl-zoom">
      <button type="button" title="Nearer" aria-label="Nearer">+</button>
      <button type="button" title="Farther" aria-label="Farther">−</button>
      <button type="button" title="To the middle, (0, 0)" aria-label="To the middle">0</button>
    </div>
  </div>
  <p class="gl-where" role="status"></p>
  <p class="gl-drawn"><span></span><button type="button" hidden>Draw again</button></p>
  <p class="gl-hint">Drag the map, or click a picture: the cross is where you are. Wheel or two fingers
    zoom. <span class="gl-circle">The dashed circle is where z are as long as those that G was trained with:
    towards its middle pictures get plainer, far outside they are exaggerated.</span></p>`;

class MapPanel {
  constructor(place, explorer) {
    this.place = place;
    this.explorer = explorer;
    place.innerHTML = PAGE;
    this.canvas = this.find("canvas");
    this.guessed = document.createElement("canvas");
    this.at = { x: 0, y: 0 };
    this.scale = 0; // px of one unit of z
    this.plane = null;
    this.visible = false;
    this.exactAt = 0;
    this.lattice = new Lattice(explorer, () => this.dirty(), (text) => this.say(text));
    this.axes = new Axes(this.find(".gl-axes"), explorer, {
      onPlane: (plane) => this.open(plane), onTrouble: (text) => this.say(text),
    });
    this.wire();
    this.off = [
      explorer.on("moved", () => this.moved()),
      explorer.on("picture", () => this.exact()),
      explorer.on("step", () => this.footer()),
      explorer.on("known", () => this.visible && this.axes.begin()),
      explorer.on("line", (open) => open && this.visible && this.retry()),
    ];
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  wire() {
    const { canvas } = this;
    this.gestures = new Gestures(canvas, {
      begin: () => this.begin(),
      move: (dx, dy) => this.go(this.at.x - dx / this.scale, this.at.y + dy / this.scale),
      zoom: (factor) => this.zoom(factor),
      press: (x, y) => this.glide(this.at.x + x / this.scale, this.at.y - y / this.scale),
      step: (dx, dy) => {
        this.begin();
        this.go(this.at.x + dx * 2 ** this.level, this.at.y + dy * 2 ** this.level);
      },
      home: () => this.glide(0, 0),
    });
    const [nearer, farther, middle] = this.place.querySelectorAll(".gl-zoom button");
    nearer.onclick = () => this.zoom(Math.SQRT2);
    farther.onclick = () => this.zoom(Math.SQRT1_2);
    middle.onclick = () => this.glide(0, 0);
    this.find(".gl-drawn button").onclick = () => this.retry();
    this.observer = new ResizeObserver(() => this.dirty());
    this.observer.observe(this.find(".gl-chart"));
  }

  // -- planes -----------------------------------------------------------------------------------

  // as axes.js gives it
  open(given) {
    this.stop();
    const plane = (this.plane = new Section(given));
    this.lattice.set(plane);
    const width = this.find(".gl-chart").clientWidth || 400;
    const { reach, z } = this.explorer;
    this.scale = this.bounded(plane.marks ? (0.6 * width) / plane.width : width / (2.4 * reach));
    this.find(".gl-x").textContent = `${plane.names[0]} →`;
    this.find(".gl-y").textContent = `↑ ${plane.names[1]}`;
    if (plane.marks && !plane.has(z)) this.go(plane.middle.x, plane.middle.y);
    else this.moved(); // if somebody has moved meanwhile
  }

  // somebody else has moved: the plane goes along, unless it belongs to three pictures
  moved() {
    if (!this.plane || this.moving) return;
    this.stop();
    const { z } = this.explorer;
    if (!this.plane.marks && !this.plane.has(z)) {
      this.plane = this.plane.through(z);
      this.lattice.set(this.plane);
    }
    this.at = this.plane.nearest(z);
    this.dirty();
  }

  // -- where one is -----------------------------------------------------------------------------

  begin() {
    this.stop();
    this.lattice.refresh();
  }

  go(x, y) {
    const { plane } = this;
    if (!plane) return;
    this.at = { x: plane.held(x), y: plane.held(y) };
    this.moving = true;
    this.explorer.go(plane.z(this.at.x, this.at.y));
    this.moving = false;
    this.dirty();
  }

  // there on the straight way, within a moment
  glide(x, y) {
    if (!this.plane) return;
    this.stop();
    if (matchMedia(REDUCED).matches) {
      this.go(x, y);
      return;
    }
    const from = this.at;
    const begun = performance.now();
    const step = (now) => {
      const t = Math.min(1, Math.max(0, (now - begun) / 250));
      const eased = t * t * (3 - 2 * t);
      this.gliding = t < 1 ? requestAnimationFrame(step) : null;
      this.go(from.x + eased * (x - from.x), from.y + eased * (y - from.y));
    };
    this.gliding = requestAnimationFrame(step);
  }

  stop() {
    cancelAnimationFrame(this.gliding);
    this.gliding = null;
  }

  bounded(scale) {
    return Math.max(TILE / 2 ** LEVELS[1], Math.min((1.99 * TILE) / 2 ** LEVELS[0], scale));
  }

  zoom(factor) {
    if (!this.plane) return;
    this.scale = this.bounded(factor * this.scale);
    this.lattice.refresh();
    this.dirty();
  }

  // -- drawing ----------------------------------------------------------------------------------

  get level() {
    return Math.ceil(Math.log2(TILE / this.scale));
  }

  dirty() {
    if (this.visible) this.frame ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.frame = null;
    if (!this.plane || !this.visible) return;
    const ratio = window.devicePixelRatio || 1;
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (this.canvas.width !== Math.round(width * ratio)) this.canvas.width = Math.round(width * ratio);
    if (this.canvas.height !== Math.round(height * ratio)) this.canvas.height = Math.round(height * ratio);
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const { level } = this;
    const cells = this.cells(level, width, height);
    this.drawTiles(context, level, cells, width, height);
    this.drawSigns(context, width, height);
    this.lattice.want(level, cells);
    this.lattice.count(level, cells);
    this.guess(level);
    this.footer();
  }

  // the lattice's points in sight, the nearest to the middle first
  cells(level, width, height) {
    const side = this.scale * 2 ** level;
    const [u, v] = [this.at.x / 2 ** level, this.at.y / 2 ** level];
    const [across, down] = [width / side / 2 + 0.5, height / side / 2 + 0.5];
    const cells = [];
    for (let i = Math.ceil(u - across); i <= u + across; i++) {
      for (let j = Math.ceil(v - down); j <= v + down; j++) cells.push([i, j]);
    }
    const far = ([i, j]) => (i - u) ** 2 + (j - v) ** 2;
    return cells.sort((a, b) => far(a) - far(b));
  }

  // what is missing is filled by pictures of a wider lattice, or of a denser one
  drawTiles(context, level, cells, width, height) {
    const missing = cells.filter((cell) => !this.drawTile(context, level, cell, width, height));
    if (!missing.length) return;
    for (const other of [level + 1, level - 1]) {
      for (const cell of this.cells(other, width, height)) this.drawTile(context, other, cell, width, height);
    }
    for (const cell of cells) this.drawTile(context, level, cell, width, height);
  }

  drawTile(context, level, [i, j], width, height) {
    const side = this.scale * 2 ** level;
    const x = width / 2 + (i * 2 ** level - this.at.x) * this.scale - side / 2;
    const y = height / 2 - (j * 2 ** level - this.at.y) * this.scale - side / 2;
    context.imageSmoothingEnabled = side < (this.lattice.atlas?.side ?? SIDE);
    const gap = Math.max(1, Math.round(0.06 * side)); // pictures run into each other without one
    return this.lattice.draw(level, i, j, context, Math.round(x), Math.round(y), Math.max(1, Math.floor(side) - gap));
  }

  drawSigns(context, width, height) {
    const { radius, marks } = this.plane;
    const [middle, centre] = [{ x: width / 2, y: height / 2 }, this.at];
    const there = (x, y) => [middle.x + (x - centre.x) * this.scale, middle.y - (y - centre.y) * this.scale];
    const [x, y] = there(0, 0);
    twice(context, () => {
      context.beginPath();
      context.setLineDash([7, 5]);
      if (radius > 0 && radius * this.scale < 1e4) context.arc(x, y, radius * this.scale, 0, 2 * Math.PI);
    });
    context.setLineDash([]);
    twice(context, () => {
      context.beginPath();
      context.arc(middle.x, middle.y, 9, 0, 2 * Math.PI);
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(middle.x + 9 * dx, middle.y + 9 * dy);
        context.lineTo(middle.x + 22 * dx, middle.y + 22 * dy);
      }
    });
    (marks ?? []).forEach((mark, k) => label(context, ...there(...mark), "ABC"[k]));
    label(context, x, y, "0");
  }

  // -- the large picture, until the exact one comes ---------------------------------------------

  exact() {
    this.exactAt = performance.now();
  }

  // While one moves faster than pictures come, what lies around the place tells how it might look.
  guess(level) {
    const moves = this.gestures.held || this.gliding;
    const side = this.explorer.tile;
    if (!moves || !side || performance.now() - this.exactAt < PATIENCE) return;
    if (this.guessed.width !== side) this.guessed.width = this.guessed.height = side;
    const context = this.guessed.getContext("2d");
    if (this.lattice.blend(level, this.at.x, this.at.y, context, side)) this.explorer.guess(this.guessed);
  }

  // -- words ------------------------------------------------------------------------------------

  say(text) {
    this.find(".gl-where").textContent = text;
  }

  footer() {
    if (!this.plane || !this.visible) return;
    const { names, typical, radius } = this.plane;
    this.find(".gl-circle").hidden = !radius; // there is none on a plane that is too far from 0
    const { z, step } = this.explorer;
    if (!this.lattice.halted) {
      const places = names.map((name, k) => `${name} = ${signed(k ? this.at.y : this.at.x)}`);
      const far = `z is ${norm(z).toFixed(1)} long (those that are drawn, about ${typical.toFixed(1)})`;
      const away = this.plane.has(z) ? "" : "The large picture is not on this plane: drag to come back. ";
      this.say(`${away}${places.join(", ")} · ${far}`);
    }
    const { since, step: newest } = this.lattice;
    const [words, again] = this.find(".gl-drawn").children;
    const to = newest > since ? ` to ${grouped(newest)}` : "";
    words.textContent = newest === null ? "" : `Map of G at step ${grouped(since)}${to}`;
    again.hidden = newest === null || since >= step;
  }

  retry() {
    this.lattice.refresh();
    if (this.plane) this.dirty();
    else this.axes.begin();
  }

  show() {
    this.visible = true;
    if (this.explorer.known) this.retry();
  }

  hide() {
    this.visible = false;
    this.stop();
  }

  close() {
    this.hide();
    cancelAnimationFrame(this.frame);
    this.lattice.set(null);
    this.axes.close();
    this.observer.disconnect();
    this.off.forEach((off) => off());
  }
}

// light lines with a dark border are seen on every picture
function twice(context, path) {
  for (const [colour, width] of [["rgba(0, 0, 0, 0.75)", 4], ["#fff", 1.75]]) {
    path();
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    context.stroke();
  }
}

function label(context, x, y, text) {
  Object.assign(context, { font: "600 12px sans-serif", textAlign: "center", textBaseline: "middle" });
  context.fillStyle = "rgba(0, 0, 0, 0.8)";
  context.beginPath();
  context.arc(x, y, 9, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = "#fff";
  context.fillText(text, x, y + 1);
}

function signed(value) {
  return value.toFixed(2).replace("-", "−");
}
