// A viewer's copy of the curves, grown by cursor: see History.curves and wire.curves_frame.
import { floats } from "./wire.js";

const SMOOTH = 0.92; // share of the old in each new smoothed value

// The smoothed value after one more, which is finite; the state is NaN before the first.
export function smoothed(state, value) {
  return Number.isNaN(state) ? value : SMOOTH * state + (1 - SMOOTH) * value;
}

const MARKS = 60; // newest interventions that are kept for the plots

export class Curves {
  constructor() {
    this.reset(-1, []);
    this.marks = [];
    this.marksEnd = 0;
    this.records = 0;
    this.take = 0; // grows when the run goes back: what is here is then void
  }

  reset(level, columns) {
    this.level = level;
    this.columns = columns;
    this.x = [];
    this.end = 0; // number of the bucket after the last
    this.series = Object.fromEntries(
      columns.map((name) => [name, { low: [], mean: [], high: [], smooth: [], state: NaN }]),
    );
  }

  // what the server should send next
  get cursor() {
    return { level: this.level, since: this.end, marks: this.marksEnd, take: this.take };
  }

  apply(header, payload) {
    const { columns, level, first, buckets } = header;
    if (header.take !== this.take) {
      this.take = header.take;
      this.marks = [];
      this.reset(level, columns);
    }
    if (level !== this.level || first !== this.end || columns.length !== this.columns.length) {
      this.reset(level, columns);
    }
    const values = floats(payload);
    const width = 2 ** level;
    for (let i = 0; i < buckets; i++) {
      this.x.push((first + i) * width + (width + 1) / 2);
      columns.forEach((name, j) => {
        const at = 3 * i * columns.length + j;
        const one = this.series[name];
        const mean = values[at + columns.length];
        one.low.push(values[at]);
        one.mean.push(mean);
        one.high.push(values[at + 2 * columns.length]);
        if (Number.isFinite(mean)) one.state = smoothed(one.state, mean);
        one.smooth.push(Number.isFinite(mean) ? one.state : NaN);
      });
    }
    this.end = first + buckets;
    this.records = header.records;
    this.marks = [...this.marks, ...header.marks].slice(-MARKS);
    this.marksEnd = header.marks_end;
  }
}
