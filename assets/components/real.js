// Real pictures that come out of noise, for whoever has not pressed anything yet. Cheap: a few
// small pictures, four times a second, nothing while hidden, standing still for those who ask.
import { plotly } from "./charts.js";
import { Tiles } from "./tiles.js";

const COLUMNS = 10;
const ROWS = 4;
const TICK = 250; // ms
const COMING = 12; // ticks from noise to picture
const STAYING = 20; // ticks that it stays, at least

class Real {
  constructor(root, component) {
    this.box = document.createElement("div");
    this.box.className = "gl-real-pictures";
    this.canvas = document.createElement("canvas");
    this.canvas.setAttribute("role", "img");
    this.box.append(this.canvas);
    root.append(this.box);
    this.tiles = new Tiles(this.canvas, { maxHeight: 300 });
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.seen = true;
    this.observer = new IntersectionObserver((entries) => (this.seen = entries.at(-1).isIntersecting));
    this.observer.observe(this.box);
    this.update(component);
    this.timer = setInterval(() => this.tick(), TICK);
    // what the first moments after Start need is then already here
    this.soon = setTimeout(async () => {
      await import("./live.js");
      await plotly(component.data.plotly).catch(() => {});
    }, 600);
  }

  async update({ data }) {
    if (data.mosaic === this.mosaic) return;
    this.mosaic = data.mosaic;
    this.canvas.setAttribute("aria-label", data.label);
    const blob = await (await fetch(data.mosaic)).blob();
    const bitmap = await createImageBitmap(blob);
    if (data.mosaic !== this.mosaic) return;
    const { tile, columns, count } = data;
    const scratch = new OffscreenCanvas(bitmap.width, bitmap.height)
      .getContext("2d", { willReadFrequently: true });
    scratch.drawImage(bitmap, 0, 0);
    this.real = Array.from({ length: count }, (_, i) =>
      scratch.getImageData((i % columns) * tile, Math.floor(i / columns) * tile, tile, tile).data);
    this.grey = data.grey;
    this.tile = tile;
    this.sheet = new OffscreenCanvas(COLUMNS * tile, ROWS * tile).getContext("2d");
    this.cells = Array.from({ length: COLUMNS * ROWS }, (_, i) => ({
      picture: i % count,
      age: this.still ? COMING : -Math.floor(Math.random() * COMING),
    }));
    this.cells.forEach((cell, i) => this.paint(cell, i));
    this.show();
  }

  tick() {
    if (this.still || !this.seen || document.hidden || !this.cells) return;
    this.cells.forEach((cell, i) => {
      cell.age++;
      if (cell.age > COMING + STAYING && Math.random() < 0.06) {
        cell.picture = Math.floor(Math.random() * this.real.length);
        cell.age = 0;
      }
      if (cell.age <= COMING) this.paint(cell, i);
    });
    this.show();
  }

  paint(cell, i) {
    const { tile } = this;
    const part = Math.min(1, Math.max(0, cell.age / COMING));
    const mix = part * part * (3 - 2 * part);
    const real = this.real[cell.picture];
    const image = new ImageData(tile, tile);
    for (let p = 0; p < real.length; p += 4) {
      const grey = 255 * Math.random();
      for (let c = 0; c < 3; c++) {
        const noise = this.grey ? grey : 255 * Math.random();
        image.data[p + c] = mix * real[p + c] + (1 - mix) * noise;
      }
      image.data[p + 3] = 255;
    }
    this.sheet.putImageData(image, (i % COLUMNS) * tile, Math.floor(i / COLUMNS) * tile);
  }

  show() {
    this.tiles.set(this.sheet.canvas, { tile: this.tile, columns: COLUMNS, count: this.cells.length });
  }

  close() {
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.observer.disconnect();
    this.tiles.close();
    this.box.remove();
  }
}

export function mount(root, component) {
  return new Real(root, component);
}
