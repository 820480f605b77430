// The vertical range of a plot whose curves have a few values far outside the others: the axis
// follows the values that are usual now, and what is beyond it is marked at its border.
import { smoothed } from "./curves.js";

const FEW = 10; // points below which nothing can be called unusual
const LEAST = 0.05; // share of the points that is left out at either end
const FLAT = 12; // times the usual height; a curve higher than that would look flat

// The range [low, high] for some curves, or null where the usual way shows them well.
// every: the curves as { low, mean, high }, lists with a number for each point; NaN where nothing
// was read.
export function robustRange(every) {
  let [low, high, least, greatest] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const one of every) {
    for (const value of one.low) if (Number.isFinite(value)) least = Math.min(least, value);
    for (const value of one.high) if (Number.isFinite(value)) greatest = Math.max(greatest, value);
    const known = one.mean.filter(Number.isFinite);
    if (!known.length) continue;
    const recent = known.slice(-Math.max(FEW, Math.ceil(known.length / 2))).sort((a, b) => a - b);
    const out = recent.length < FEW ? 0 : Math.max(1, Math.floor(LEAST * recent.length));
    low = Math.min(low, recent[out]);
    high = Math.max(high, recent[recent.length - 1 - out]);
  }
  const height = Math.max(high - low, Math.abs(low), Math.abs(high), 1e-6);
  if (!Number.isFinite(height) || greatest - least <= FLAT * height) return null;
  return [Math.max(least - 0.1 * height, low - height), Math.min(greatest + 0.1 * height, high + height)];
}

// The points of a curve outside a range: { place: in the list, value: the one farthest outside,
// above: whether it is above the range }.
export function beyond({ low, high }, [from, to]) {
  return high.flatMap((greatest, place) => {
    const up = greatest - to;
    const down = from - low[place];
    if (!(Math.max(up, down) > 0)) return [];
    return [{ place, value: up >= down ? greatest : low[place], above: up >= down }];
  });
}

// The smoothed curve, in which a value outside the range counts as one at its border: a single one
// does not lift the curve for a hundred points.
export function smoothedWithin(mean, [from, to]) {
  let state = NaN;
  return mean.map((value) => {
    if (!Number.isFinite(value)) return NaN;
    state = smoothed(state, Math.min(to, Math.max(from, value)));
    return state;
  });
}
