// One measure over the run, drawn as a small plot: of the averaged G solid, of G itself dashed, the
// floor dotted, a star where the best state is kept. Drawn by hand: a measure has a number every few
// seconds, and many plots of plotly's would cost more than all else on the page.
import { grouped, short } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";
const HEIGHT = 150;
const EDGE = { left: 44, right: 10, top: 8, bottom: 20 };
const MARKERS = 40; // up to so many numbers each has a marker

// rows: { averaged, raw }, each { steps, numbers, floor } or undefined; best: { step, number } or
// null; until: the step at the right edge. Returns an <svg> as wide as said.
export function course({ averaged, raw }, { best, until, width }) {
  const svg = make("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": true });
  const there = [averaged, raw].filter(Boolean);
  const floor = there.find((row) => row.floor !== null)?.floor ?? null;
  const values = there.flatMap((row) => row.numbers).concat(floor ?? []);
  const [low, high] = room(values);
  const last = Math.max(until, 1, ...there.flatMap((row) => row.steps));
  const x = (step) => EDGE.left + (step / last) * (width - EDGE.left - EDGE.right);
  const y = (value) => HEIGHT - EDGE.bottom - ((value - low) / (high - low)) * (HEIGHT - EDGE.bottom - EDGE.top);
  for (const value of ticks(low, high, 4)) {
    svg.append(make("path", { d: `M${EDGE.left} ${y(value)}H${width - EDGE.right}`, class: "gl-gridline" }));
    svg.append(text(short4(value), EDGE.left - 6, y(value) + 4, "end"));
  }
  for (const step of ticks(0, last, width > 300 ? 5 : 3).filter(Number.isInteger)) {
    svg.append(text(thousands(step), x(step), HEIGHT - 5, "middle"));
  }
  if (floor !== null) {
    svg.append(make("path", { d: `M${EDGE.left} ${y(floor)}H${width - EDGE.right}`, class: "gl-floor" }));
  }
  for (const [row, kind] of [[raw, "raw"], [averaged, "averaged"]]) if (row) svg.append(...line(row, kind, x, y));
  if (best) svg.append(text("★", x(best.step), y(best.number) + 5, "middle", "gl-star"));
  return svg;
}

function line({ steps, numbers }, kind, x, y) {
  const at = steps.map((step, i) => `${x(step).toFixed(1)} ${y(numbers[i]).toFixed(1)}`);
  const parts = [make("path", { d: `M${at.join("L")}`, class: `gl-${kind}` })];
  if (steps.length > MARKERS) return parts;
  steps.forEach((step, i) => {
    const dot = make("circle", { cx: x(step), cy: y(numbers[i]), r: 2.5, class: `gl-${kind}` });
    const told = make("title");
    const whose = kind === "raw" ? "G itself" : "averaged G";
    told.textContent = `step ${grouped(step)}, ${whose}: ${short(numbers[i])}`;
    dot.append(told);
    parts.push(dot);
  });
  return parts;
}

// from the least to the greatest, with some air; never of no height
function room(values) {
  const low = Math.min(...values);
  const high = Math.max(...values);
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  return [low >= 0 ? Math.max(0, low - air) : low - air, high + air];
}

function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10);
  const found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(Number((i * step).toPrecision(8)));
  return found;
}

function short4(value) {
  const size = Math.abs(value);
  return size !== 0 && (size < 0.001 || size >= 10000) ? value.toExponential() : String(value);
}

function thousands(step) {
  if (step >= 1e6) return `${Number((step / 1e6).toPrecision(3))}M`;
  return step >= 1000 ? `${Number((step / 1000).toPrecision(3))}k` : String(step);
}

function make(name, attributes = {}) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function text(words, x, y, anchor, className = "") {
  const made = make("text", { x, y, "text-anchor": anchor, class: className });
  made.textContent = words;
  return made;
}
