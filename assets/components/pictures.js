// All pictures that a run names, in its order: each a canvas, with what stands above its columns
// and what is to say about it; or the plane of a run with points.
import { Badges } from "./badges.js";
import { grouped } from "./numbers.js";
import { Plane } from "./plane.js";
import { Tiles } from "./tiles.js";

const TALLEST = 0.85; // share of the window's height that a picture with columns may take

const FIGURE = `
  <div class="gl-frame gl-square">
    <div class="gl-sheet"><div class="gl-heads"></div><canvas role="img" aria-label="No pictures yet"></canvas></div>
    <span class="gl-wait"></span>
  </div>
  <figcaption><strong></strong> <span></span></figcaption>`;

class Picture {
  // scores: of all pictures, see scores.js
  constructor(place, scores) {
    this.box = document.createElement("figure");
    this.box.className = "gl-picture";
    this.box.innerHTML = FIGURE;
    place.append(this.box);
    this.name = null; // of no picture yet
    this.canvas = this.find("canvas");
    const room = this.find(".gl-frame");
    this.tiles = new Tiles(this.canvas, {
      room, maxHeight: () => (this.square ? Infinity : Math.max(420, TALLEST * innerHeight)),
    });
    this.square = true;
    this.badges = new Badges(this.box, this.tiles, () => scores.of(this.name, this.step));
    this.clear();
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  call(name) {
    this.name = name;
    const words = name.replaceAll("_", " ");
    this.find("strong").textContent = `${words[0]?.toUpperCase() ?? ""}${words.slice(1)}.`;
  }

  clear() {
    this.name = null;
    this.tiles.clear();
    this.badges.clear();
    this.find(".gl-wait").textContent = "The first pictures are on their way.";
    for (const words of this.box.querySelectorAll("strong, figcaption span, .gl-heads")) {
      words.replaceChildren();
    }
  }

  show(header, payload, onShown) {
    return this.tiles.show(payload, header.mime, header, () => {
      this.explain(header);
      onShown(header);
    }, () => {
      this.step = header.step;
      this.shape(header);
    });
  }

  // before it is drawn: how much room there is depends on it
  shape({ columns, count, heads }) {
    this.square = !heads?.length && Math.ceil(count / columns) === columns;
    this.find(".gl-frame").classList.toggle("gl-square", this.square);
    const place = this.find(".gl-heads");
    const words = heads ?? [];
    if (words.join("\n") === [...place.children].map((one) => one.textContent).join("\n")) return;
    place.style.setProperty("--gl-columns", columns);
    place.replaceChildren(...words.map((text) => {
      const head = document.createElement("span");
      head.textContent = text;
      return head;
    }));
  }

  // what is on the canvas; null if nothing is
  get drawn() {
    const { source, shape } = this.tiles;
    return source && { source, shape };
  }

  explain({ step, caption, count, heads }) {
    this.find(".gl-wait").textContent = "";
    const words = `At step ${grouped(step)}. ${caption ?? ""}`.trim();
    this.find("figcaption span").textContent = words;
    const columns = heads?.length ? ` Columns: ${heads.join(", ")}.` : "";
    this.canvas.setAttribute("aria-label", `${this.name}, ${count} pictures. ${words}${columns}`);
  }

  close() {
    this.badges.close();
    this.tiles.close();
    this.box.remove();
  }
}

export class Pictures {
  constructor(place, scores) {
    this.place = place;
    this.scores = scores;
    this.all = [new Picture(place, scores)]; // an empty place, until a name is known
  }

  // The names of all pictures of the run, in order, and which of them are planes; none if it has
  // not made any yet.
  expect(names, planes = []) {
    const wanted = names.map((name) => [name, planes.includes(name) ? Plane : Picture]);
    const fits = ([name, kind], i) => this.all[i]?.name === name && this.all[i] instanceof kind;
    if (!names.length || (this.all.length === names.length && wanted.every(fits))) return;
    const before = this.all;
    this.all = wanted.map(([name, kind]) => this.known(name, kind) ?? this.fresh(name, kind));
    for (const one of before) if (!this.all.includes(one)) one.close();
    this.place.append(...this.all.map((one) => one.box));
  }

  known(name, kind) {
    return this.all.find((one) => one.name === name && one instanceof kind);
  }

  fresh(name, kind) {
    const one = this.known(null, kind) ?? new kind(this.place, this.scores);
    one.call(name);
    return one;
  }

  show(header, payload, onShown) {
    const { name } = header;
    if (!this.all.some((one) => one.name === name)) {
      this.expect([...this.all.map((one) => one.name).filter((known) => known !== null), name]);
    }
    return this.all.find((one) => one.name === name).show(header, payload, onShown);
  }

  // What was drawn last under this name: a bitmap and its shape, or the parts of a plane.
  drawn(name) {
    return this.all.find((one) => one.name === name)?.drawn ?? null;
  }

  // For another run; one place stays, so that the page does not jump.
  clear() {
    this.all.splice(1).forEach((one) => one.close());
    this.all[0].clear();
  }

  close() {
    this.all.forEach((one) => one.close());
  }
}
