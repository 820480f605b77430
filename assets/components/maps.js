// What a stage of a network gives, as a lattice of maps; a row of units as cells. Numbers below 0
// are violet and darker, those above yellow and lighter, 0 is grey: told apart by lightness alone.
import { Tiles } from "./tiles.js";

const LOW = [58, 12, 96];
const MIDDLE = [132, 132, 132];
const HIGH = [255, 232, 92];
const CELL = 26; // px of a unit at most
const HEIGHT = 280;

export class Maps {
  // onChoose(channel): somebody has clicked one
  constructor(canvas, onChoose = null) {
    this.canvas = canvas;
    this.tall = HEIGHT;
    this.tiles = new Tiles(canvas, { maxHeight: () => this.tall });
    this.tiles.over = (context, i, place) => this.mark(context, i, place);
    this.chosen = null;
    this.turned = new Set();
    canvas.onclick = (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      const i = this.tiles.tileAt(event.clientX - left, event.clientY - top);
      if (i !== null) onChoose?.(i);
    };
  }

  // shape: [channels, h, w] or [units]; bytes: int8; peaks: what 127 stands for, of each map
  show(shape, bytes, peaks, alone) {
    const [count, height = 1, width = 1] = shape;
    const room = Math.max(200, this.canvas.parentElement.clientWidth);
    let columns = Math.ceil(Math.sqrt((count * room) / HEIGHT));
    columns = Math.max(1, Math.min(count, columns, height === 1 ? Infinity : Math.floor(room / 18)));
    const rows = Math.ceil(count / columns);
    const source = document.createElement("canvas");
    const tile = Math.max(width, height);
    source.width = columns * tile;
    source.height = rows * tile;
    const image = new ImageData(source.width, source.height);
    const most = Math.max(...peaks, 1e-30);
    for (let c = 0; c < count; c++) {
      const peak = peaks[Math.min(c, peaks.length - 1)];
      const factor = (alone ? 1 : peak / most) / 127;
      const corner = Math.floor(c / columns) * tile * source.width + (c % columns) * tile;
      for (let i = 0; i < height * width; i++) {
        const at = 4 * (corner + Math.floor(i / width) * source.width + (i % width));
        image.data.set(colour(bytes[c * height * width + i] * factor), at);
      }
    }
    source.getContext("2d").putImageData(image, 0, 0);
    this.tall = height === 1 ? Math.min(HEIGHT, rows * CELL) : Math.min(2 * HEIGHT, Math.max(HEIGHT, rows * 20));
    if (height === 1 && columns === count) this.tall = CELL;
    this.tiles.set(source, { tile, columns, count });
  }

  mark(context, i, { x, y, side, ratio }) {
    const line = 2 * ratio;
    if (this.turned.has(i)) {
      context.strokeStyle = "#ffffff";
      context.lineWidth = line;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(x + side, y + side);
      context.stroke();
    }
    if (i !== this.chosen) return;
    for (const [style, width] of [["#000000", 2 * line], ["#ffffff", line]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.strokeRect(x + width / 2, y + width / 2, side - width, side - width);
    }
  }

  choose(channel, turned = []) {
    this.chosen = channel;
    this.turned = new Set(turned);
    this.tiles.draw();
  }

  close() {
    this.tiles.close();
  }
}

// of a number from -1 to 1
export function colour(value) {
  const end = value < 0 ? LOW : HIGH;
  const share = Math.min(1, Math.abs(value));
  return [...MIDDLE.map((middle, i) => middle + share * (end[i] - middle)), 255];
}

// signed bytes as a picture of its own, S×S
export function signed(bytes, width, height = width) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width, height });
  const image = new ImageData(width, height);
  bytes.forEach((byte, i) => image.data.set(colour(byte / 127), 4 * i));
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// a network as a row of boxes: as tall as its maps are wide, as broad as they are many
export function sketch(place, stages, chosen, onChoose) {
  const largest = Math.max(...stages.map(({ shape }) => Math.log2((shape[1] ?? 1) + 1)), 1);
  place.replaceChildren(...stages.map(({ name, detail, shape }, i) => {
    const button = document.createElement("button");
    const box = document.createElement("i");
    const number = document.createElement("span");
    button.type = "button";
    button.setAttribute("aria-pressed", i + 1 === chosen);
    button.title = `${i + 1}. ${name}${detail ? `, ${detail}` : ""}: ${words(shape)}`;
    button.setAttribute("aria-label", button.title);
    box.style.height = `${8 + (34 * Math.log2((shape[1] ?? 1) + 1)) / largest}px`;
    box.style.width = `${6 + 3 * Math.log2((shape[0] ?? 1) + 1)}px`;
    number.textContent = i + 1;
    button.append(box, number);
    button.onclick = () => onChoose(i + 1);
    return button;
  }));
}

export function words([count, height, width]) {
  return height ? `${count} ${count === 1 ? "map" : "maps"} of ${height}×${width}` : `${count} units`;
}
