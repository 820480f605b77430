// How many images a run had seen, and how long it had trained, at each step. Known at some steps;
// between those, and beyond the newest, as if it went evenly.
const MOST = 600; // known steps

export class Clock {
  constructor() {
    this.clear();
  }

  clear() {
    this.known = [{ steps: 0, images: 0, seconds: 0 }];
  }

  // Known: { steps, images, seconds }. What is beyond a smaller number of steps than the newest
  // never happened: the run went back.
  add(now) {
    let { known } = this;
    if (now.steps <= known.at(-1).steps) known = known.filter(({ steps }) => steps < now.steps);
    if (known.length >= MOST) known = known.filter((_, i) => i % 2 === 0);
    this.known = [...known, now];
  }

  // The images or seconds (``what``) of a step.
  at(step, what) {
    const { known } = this;
    if (known.length < 2) return NaN;
    let low = 0;
    let high = known.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (known[middle].steps <= step) low = middle;
      else high = middle;
    }
    const [a, b] = [known[low], known[high]];
    return a[what] + ((step - a.steps) / (b.steps - a.steps)) * (b[what] - a[what]);
  }
}
