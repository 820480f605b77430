// A plane through latent space, as gan_lab/latent/plane.py gives it: z = origin + x · across + y · up,
// with vectors of length 1 at a right angle. names: of its axes; marks: places of the three pictures
// that it was laid through, if any; typical: how long a z is that is drawn.
const FARTHEST = 99; // of a number in z
const OFF = 1e-3; // of the length of z: nearer than that is on the plane

export class Section {
  constructor({ origin, across, up, names, marks, typical }) {
    Object.assign(this, { origin, across, up, names, marks, typical });
    this.limit = (FARTHEST - most(origin)) / (most(across) + most(up)); // of x and y
  }

  z(x, y) {
    return this.origin.map((value, i) => value + x * this.across[i] + y * this.up[i]);
  }

  // the place nearest to z
  nearest(z) {
    return { x: dot(z, this.across), y: dot(z, this.up) };
  }

  has(z) {
    const { x, y } = this.nearest(z);
    const there = this.z(x, y);
    return norm(z.map((value, i) => value - there[i])) <= OFF * (norm(z) || 1);
  }

  // the same axes through another z
  through(z) {
    const { x, y } = this.nearest(z);
    const origin = z.map((value, i) => value - x * this.across[i] - y * this.up[i]);
    return new Section({ ...this, origin });
  }

  // of the circle around (0, 0) on which z are as long as they usually are; 0 if there is none
  get radius() {
    return Math.sqrt(Math.max(0, this.typical ** 2 - dot(this.origin, this.origin)));
  }

  // in the middle of the marks
  get middle() {
    const mean = (k) => this.marks.reduce((sum, mark) => sum + mark[k], 0) / this.marks.length;
    return { x: mean(0), y: mean(1) };
  }

  // how far the marks are from each other at most
  get width() {
    const { marks } = this;
    return Math.max(...marks.flatMap((a) => marks.map((b) => Math.hypot(a[0] - b[0], a[1] - b[1]))));
  }

  held(value) {
    return Math.max(-this.limit, Math.min(this.limit, value));
  }
}

export function norm(values) {
  return Math.sqrt(dot(values, values));
}

function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

function most(values) {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
