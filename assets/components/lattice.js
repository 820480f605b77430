// The pictures of a plane through latent space, at the points of lattices: one lattice for each level,
// whose points are 2^level apart. What is not there yet is asked for, the nearest first.
import { Atlas } from "./atlas.js";
import { counters } from "./counters.js";

const AT_ONCE = 160; // places in one question
export const SIDE = 64; // px; larger pictures are reduced to it

export class Lattice {
  // changed(): there is something new to draw; trouble(text)
  constructor(explorer, changed, trouble) {
    this.explorer = explorer;
    this.changed = changed;
    this.trouble = trouble;
    this.set(null);
  }

  // another plane, and nothing of the old one
  set(plane) {
    this.asking?.cancel();
    this.asking = null;
    this.plane = plane;
    this.atlas = null;
    this.since = null; // the oldest step of the generator that pictures may be of
    this.step = null; // the newest that there are any of
    this.halted = false; // after a refusal, until somebody moves
  }

  // Pictures of older steps are to be made again: a G that trains has moved on.
  refresh() {
    if (!this.asking && this.step !== null) this.since = this.explorer.step;
    this.halted = false;
  }

  fresh(name) {
    const stamp = this.atlas?.stamp(name);
    return Boolean(stamp) && stamp.label === this.explorer.label && stamp.step >= this.since;
  }

  // Have all pictures around a place: cells (i, j) of a level, i from left to right, j upwards.
  want(level, cells) {
    if (!this.plane || this.asking || this.halted) return;
    const missing = cells.filter(([i, j]) => !this.fresh(name(level, i, j)));
    if (missing.length) this.ask(level, missing.slice(0, AT_ONCE));
  }

  ask(level, cells) {
    const { origin, across, up } = this.plane; // a Section
    const { label } = this.explorer;
    const spacing = 2 ** level;
    const vectors = { origin: [...origin], across: [...across], up: [...up] };
    const places = cells.map(([i, j]) => [i * spacing, j * spacing]);
    let reading = Promise.resolve(); // answers are read one after the other
    const question = this.explorer.ask("lattice", { ...vectors, places, side: SIDE, label }, {
      onAnswer: (header, payload) => {
        reading = reading.then(async () => {
          const bitmap = await createImageBitmap(new Blob([payload], { type: header.mime }));
          if (this.asking === question) this.read(header, bitmap, level, cells, label);
          bitmap.close();
        }).catch(() => this.fail(question, "The pictures could not be read."));
      },
      onError: (text) => this.fail(question, text),
    });
    this.asking = question;
  }

  read({ first, count, columns, tile, step, done }, bitmap, level, cells, label) {
    const back = step < (this.step ?? step); // the run was taken back: what came later never was
    if (this.atlas?.side !== tile || back) this.atlas = new Atlas(tile);
    this.step = step;
    if (this.since === null || back) this.since = step;
    for (let k = 0; k < count; k++) {
      const [x, y] = [tile * (k % columns), tile * Math.floor(k / columns)];
      this.atlas.put(name(level, ...cells[first + k]), { label, step }, bitmap, x, y);
    }
    if (done) this.asking = null;
    this.changed();
  }

  fail(question, text) {
    if (this.asking !== question && this.asking !== null) return;
    this.asking = null;
    this.halted = true;
    this.trouble(text);
  }

  // the picture of a cell onto a canvas; returns whether there is one, be it of another step
  draw(level, i, j, context, x, y, side) {
    return this.atlas?.draw(name(level, i, j), context, x, y, side) ?? false;
  }

  // What a picture between four others might look like: a mean of these, weighted by nearness.
  // Returns whether all four were there.
  blend(level, x, y, context, side) {
    const [u, v] = [x / 2 ** level, y / 2 ** level];
    const [i, j] = [Math.floor(u), Math.floor(v)];
    const [right, above] = [u - i, v - j];
    const four = [
      [i, j, (1 - right) * (1 - above)], [i + 1, j, right * (1 - above)],
      [i, j + 1, (1 - right) * above], [i + 1, j + 1, right * above],
    ];
    let sum = 0;
    context.imageSmoothingEnabled = false;
    for (const [a, b, weight] of four) {
      if (weight < 1e-3) continue;
      sum += weight;
      context.globalAlpha = weight / sum;
      if (this.draw(level, a, b, context, 0, 0, side)) continue;
      context.globalAlpha = 1;
      return false;
    }
    context.globalAlpha = 1;
    return true;
  }

  count(level, cells) {
    counters.tiles = cells.filter(([i, j]) => this.fresh(name(level, i, j))).length;
  }
}

function name(level, i, j) {
  return `${level} ${i} ${j}`;
}
