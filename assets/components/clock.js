// How many images a run had seen, and how long it had trained, at each step. Known at some steps;
// between those, and beyond the newest, as if it went evenly.
const MOST = 600; // known steps

export class Clock {
  constructor() {
    this.clear();
  }

  clear() {
    this.known = { images: [[0, 0]], seconds: [[0, 0]] };
  }

  // pairs: steps, each with how many images or seconds (``what``) it took to come there
  add(what, pairs) {
    const every = [...new Map([...this.known[what], ...pairs])].sort(([a], [b]) => a - b);
    const keep = (_, i) => i % 2 === 0 || i === every.length - 1;
    this.known[what] = every.length > MOST ? every.filter(keep) : every;
  }

  // The images or seconds (``what``) at a step; NaN while nothing is known.
  at(step, what) {
    const known = this.known[what];
    if (known.length < 2) return NaN;
    let low = 0;
    let high = known.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (known[middle][0] <= step) low = middle;
      else high = middle;
    }
    const [[from, before], [to, after]] = [known[low], known[high]];
    return before + ((step - from) / (to - from)) * (after - before);
  }
}
