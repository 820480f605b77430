// Films along paths: between pictures, straight and along an arc side by side, or at random.
import { grouped } from "./numbers.js";
import { NormCurve } from "./norms.js";
import { Player, Saver } from "./player.js";
import { floats } from "./wire.js";

export const paths = { id: "paths", title: "Paths", make: (place, explorer) => new Paths(place, explorer) };

const MOST = 16; // pictures that a path goes through
const AT_FIRST = 4; // that are drawn, so that there is something to see
const LASTS = 50; // ms of a frame
const CALM = matchMedia("(prefers-reduced-motion: reduce)");

const PAGE = `
  <div class="gl-path-kinds" role="radiogroup" aria-label="What kind of path">
    <label><input type="radio" name="gl-path-kind" value="path" checked> Between pictures</label>
    <label><input type="radio" name="gl-path-kind" value="wander"> Random walk from here</label>
  </div>
  <div class="gl-between">
    <div class="gl-stops" role="group" aria-label="The path goes through"></div>
    <div class="gl-path-row">
      <button type="button" class="gl-here">Add where I am</button>
      <button type="button" class="gl-kept-all">Add what I keep</button>
      <button type="button" class="gl-others">Four others</button>
    </div>
  </div>
  <div class="gl-path-row">
    <label>Frames <input type="number" class="gl-frames" min="2" max="240" step="1" value="60"></label>
    <label><input type="checkbox" class="gl-loop" checked> Go round</label>
    <label class="gl-between"><input type="checkbox" class="gl-ease"> Slow down at each picture</label>
    <button type="button" class="gl-again">Another walk</button>
  </div>
  <p class="gl-path-status" role="status"></p>
  <div class="gl-films">
    <figure data-way="linear"><canvas width="1" height="1" role="img" aria-label="Straight line"></canvas><figcaption></figcaption></figure>
    <figure data-way="spherical"><canvas width="1" height="1" role="img" aria-label="Arc"></canvas><figcaption></figcaption></figure>
    <figure data-way="random"><canvas width="1" height="1" role="img" aria-label="Random walk"></canvas><figcaption></figcaption></figure>
  </div>
  <div class="gl-player"></div>
  <div class="gl-norms"></div>
  <p class="gl-why"></p>
  <div class="gl-path-row">
    <label class="gl-between">Of <select class="gl-which"><option value="spherical">the arc</option><option value="linear">the straight line</option></select></label>
    <button type="button" class="gl-goto">Go to this frame</button>
    <span class="gl-save-path"></span>
  </div>`;

const WHY = {
  spherical: "Gaussian noise lives in a shell: nearly every z that G has learned from is about as far from 0"
    + " as the band shows. The straight line cuts through the inside of it, where G has to guess; the arc keeps to it.",
  linear: "Uniform noise fills a cube. The straight line between two z of it stays inside; an arc may leave it,"
    + " so here the straight line is right.",
  random: "Each frame by itself is noise as in training, so the walk stays where G has learned.",
};
const CLASSES = " A class cannot be half of two, so it changes midway.";

class Paths {
  constructor(place, explorer) {
    place.innerHTML = PAGE;
    this.place = place;
    this.explorer = explorer;
    this.stops = [];
    this.seed = 1;
    this.z = {};
    this.visible = false;
    this.stale = true;
    const canvases = Object.fromEntries([...place.querySelectorAll("[data-way]")].map(
      (figure) => [figure.dataset.way, figure.querySelector("canvas")],
    ));
    this.curve = new NormCurve(this.find(".gl-norms"));
    this.player = new Player(this.find(".gl-player"), canvases, {
      lasts: LASTS, label: "Frame", onFrame: (i) => this.curve.point(i), said: (i) => this.said(i),
    });
    this.saver = new Saver(this.find(".gl-save-path"), explorer, () => this.wanted());
    this.listen();
    this.arrange();
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  listen() {
    const { explorer } = this;
    for (const input of this.place.querySelectorAll("[name=gl-path-kind], .gl-frames, .gl-loop, .gl-ease")) {
      input.onchange = () => this.changed();
    }
    this.find(".gl-here").onclick = () => this.here();
    this.find(".gl-kept-all").onclick = () => this.add(explorer.shelf.items);
    this.find(".gl-others").onclick = () => this.draw();
    this.find(".gl-again").onclick = () => {
      this.seed = Math.floor(Math.random() * 2 ** 31);
      this.ask();
    };
    this.find(".gl-goto").onclick = () => this.leave();
    this.off = [
      explorer.on("shelf", () => this.arrange()),
      explorer.on("known", () => this.visible && this.start()),
      explorer.on("step", () => this.tell()),
    ];
  }

  get kind() {
    return this.find("[name=gl-path-kind]:checked").value;
  }

  get loop() {
    return this.find(".gl-loop").checked;
  }

  get frames() {
    const input = this.find(".gl-frames");
    const value = Math.round(input.valueAsNumber || 60);
    input.value = Math.max(2, Math.min(240, value));
    return input.valueAsNumber;
  }

  // -- what to go through -----------------------------------------------------------------------

  start() {
    if (!this.explorer.known) return;
    if (!this.stops.length && this.kind === "path") this.draw();
    else if (this.stale) this.ask();
  }

  draw() {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const { label } = this.explorer;
    this.explorer.ask("stops", { count: AT_FIRST, seed, label }, {
      onAnswer: async ({ z, mime, tile, columns, step }, payload) => {
        const sheet = await createImageBitmap(new Blob([payload], { type: mime }));
        this.stops = z.map((one, i) => ({
          z: Float32Array.from(one), label, step, image: piece(sheet, i, tile, columns),
        }));
        this.changed();
      },
      onError: (text) => this.say(text),
    });
  }

  here() {
    const { z, label, step } = this.explorer;
    const canvas = this.place.closest(".gl-latent").querySelector(".gl-frame canvas");
    this.add([{ z, label, step, image: canvas.toDataURL() }]);
  }

  add(items) {
    this.stops = [...this.stops, ...items.map((item) => ({ ...item }))].slice(0, MOST);
    this.changed();
  }

  changed() {
    this.arrange();
    if (this.visible && this.explorer.known) this.ask();
    else this.stale = true;
  }

  arrange() {
    const between = this.kind === "path";
    const full = this.stops.length >= MOST;
    for (const part of this.place.querySelectorAll(".gl-between")) part.hidden = !between;
    this.find(".gl-again").hidden = between;
    this.find(".gl-here").disabled = full;
    this.find(".gl-kept-all").disabled = full || !this.explorer.shelf.items.length;
    for (const figure of this.place.querySelectorAll("[data-way]")) {
      figure.hidden = (figure.dataset.way === "random") === between;
    }
    const cards = this.stops.map((stop, i) => {
      const card = document.createElement("button");
      const image = document.createElement("img");
      const name = this.explorer.classes[stop.label];
      Object.assign(image, { src: stop.image, alt: "", draggable: false });
      Object.assign(card, { type: "button", title: "Take it out" });
      card.setAttribute("aria-label", `Take out picture ${i + 1}${name ? ` (${name})` : ""}`);
      card.onclick = () => {
        this.stops = this.stops.filter((one) => one !== stop);
        this.changed();
      };
      const number = document.createElement("span");
      number.textContent = name ? `${i + 1}: ${name}` : `${i + 1}`;
      card.append(image, number);
      return card;
    });
    this.find(".gl-stops").replaceChildren(...cards);
  }

  // -- the films --------------------------------------------------------------------------------

  fields() {
    const { frames, loop, stops, explorer } = this;
    if (this.kind === "wander") {
      return { frames, loop, seed: this.seed, z: [...explorer.z], label: explorer.label };
    }
    const labels = stops.map(({ label }) => label);
    return { frames, loop, labels, ease: this.find(".gl-ease").checked, stops: stops.map(({ z }) => [...z]) };
  }

  ask() {
    this.question?.cancel();
    this.stale = false;
    this.saver.allow(false);
    const { kind } = this;
    const few = kind === "path" && this.stops.length < 2;
    this.asked = few ? null : this.fields();
    this.z = {};
    this.step = null;
    this.player.begin(few ? 0 : this.asked.frames, this.loop);
    this.curve.begin(few ? 0 : this.asked.frames);
    if (few) {
      this.say("Choose at least two pictures to go between.");
      return;
    }
    this.what = kind;
    this.say("Making the frames…");
    this.question = this.explorer.ask(kind, this.asked, {
      onAnswer: (header, payload) => this.hear(header, payload),
      onError: (text) => this.say(text),
    });
  }

  hear(header, payload) {
    const { way, first, count, norms, shell, step } = header;
    const { player, explorer } = this;
    const length = 4 * count * explorer.dim;
    const z = floats(payload.subarray(0, length));
    for (let i = 0; i < count; i++) {
      (this.z[way] ??= [])[first + i] = z.slice(i * explorer.dim, (i + 1) * explorer.dim);
    }
    this.curve.add(way, first, norms, shell);
    this.step = step;
    player.add(way, first, payload.subarray(length), header)
      .catch(() => this.say("The frames could not be read"));
    if (!first) this.explain(header.natural);
    if (!header.done) return;
    this.saver.allow(true);
    this.tell();
    if (!CALM.matches) player.play();
  }

  explain(natural) {
    const random = this.what === "wander";
    const classes = !random && this.explorer.classes.length ? CLASSES : "";
    this.find(".gl-why").textContent = WHY[random ? "random" : natural] + classes;
    const names = { linear: "Straight (linear)", spherical: "Arc (spherical)", random: "Random walk" };
    for (const figure of this.place.querySelectorAll("[data-way]")) {
      const { way } = figure.dataset;
      const right = way === natural ? ": right for this noise" : "";
      figure.querySelector("figcaption").textContent = names[way] + right;
    }
    if (!this.chosen) this.find(".gl-which").value = natural;
    this.chosen = true;
  }

  get way() {
    return this.what === "wander" ? "random" : this.find(".gl-which").value;
  }

  // what to save: as it is shown
  wanted() {
    return this.asked && { ...this.asked, what: this.what, way: this.way };
  }

  leave() {
    const z = this.z[this.way]?.[this.player.at];
    if (!z) return;
    this.player.hold();
    const near = this.what === "path" ? this.nearest() : this.asked.label;
    this.explorer.go(z, near);
  }

  nearest() {
    const legs = this.loop ? this.stops.length : this.stops.length - 1;
    const whole = this.loop ? this.player.total : this.player.total - 1;
    const place = Math.floor((this.player.at * legs) / whole + 0.5) % this.stops.length;
    return this.asked.labels[place];
  }

  said(i) {
    return `${i + 1} of ${this.player.total}`;
  }

  tell() {
    if (this.step === null || this.step === undefined) return;
    const now = this.explorer.step;
    const later = now > this.step ? `; G is at step ${grouped(now)} now` : "";
    this.say(`Made by G at step ${grouped(this.step)}${later}`);
  }

  say(text) {
    const status = this.find(".gl-path-status");
    if (status.textContent !== text) status.textContent = text;
  }

  show() {
    this.visible = true;
    this.player.show();
    this.start();
  }

  hide() {
    this.visible = false;
    this.player.hide();
  }

  close() {
    this.hide();
    this.question?.cancel();
    this.off.forEach((off) => off());
  }
}

function piece(sheet, i, tile, columns) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = tile;
  const [x, y] = [(i % columns) * tile, Math.floor(i / columns) * tile];
  canvas.getContext("2d").drawImage(sheet, x, y, tile, tile, 0, 0, tile, tile);
  return canvas.toDataURL();
}
