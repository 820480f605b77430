// Two histograms over each other on a canvas, what they share hatched, and a line between "real" and
// "fake". Real: a solid outline; fakes: a dashed one.
import { scored } from "./numbers.js";

const ABOVE = 17; // px, for the words at the line
const BELOW = 17; // px, for the numbers of the axis

// opinion: { real, fake: counts in bins; low, high: where the first begins and the last ends;
// threshold } or null for none
export function hills(canvas, opinion) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width || !height) return;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  const style = getComputedStyle(canvas);
  const pen = {
    context, width, height, ink: style.color, font: style.fontFamily,
    colour: (name) => style.getPropertyValue(`--gl-${name}`).trim(),
  };
  if (opinion) kinds(pen, opinion);
  base(pen);
  if (opinion) axis(pen, opinion);
}

function kinds(pen, { real, fake }) {
  const { context, width, height, ink } = pen;
  const [a, b] = [shares(real), shares(fake)];
  const most = Math.max(...a, ...b);
  const room = height - ABOVE - BELOW;
  // a hill begins and ends where its bins do: empty ones have no outline
  const path = (values) => {
    const outline = new Path2D();
    const y = (i) => height - BELOW - (room * (values[i] ?? 0)) / most;
    const x = (i) => (i * width) / values.length;
    values.forEach((value, i) => {
      if (!value) return;
      if (!values[i - 1]) outline.moveTo(x(i), y(-1));
      outline.lineTo(x(i), y(i));
      outline.lineTo(x(i + 1), y(i));
      if (!values[i + 1]) outline.lineTo(x(i + 1), y(-1));
    });
    return outline;
  };
  for (const [values, name, dash] of [[a, "real", []], [b, "g", [5, 3]]]) {
    const outline = path(values);
    context.fillStyle = context.strokeStyle = pen.colour(name);
    context.globalAlpha = 0.3;
    context.fill(outline);
    context.globalAlpha = 1;
    context.lineWidth = 1.8;
    context.setLineDash(dash);
    context.stroke(outline);
  }
  context.setLineDash([]);
  context.fillStyle = hatch(context, ink);
  context.globalAlpha = 0.55;
  context.fill(path(a.map((value, i) => Math.min(value, b[i]))));
  context.globalAlpha = 1;
}

function base({ context, width, height, ink }) {
  context.strokeStyle = ink;
  context.globalAlpha = 0.4;
  context.lineWidth = 1;
  context.strokeRect(0, height - BELOW, width, 0);
  context.globalAlpha = 1;
}

function axis({ context, width, height, ink, font, colour }, { low, high, threshold }) {
  const x = Math.max(1, Math.min(width - 1, (width * (threshold - low)) / (high - low)));
  context.strokeStyle = colour("d");
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, ABOVE - 2);
  context.lineTo(x, height - BELOW + 4);
  context.stroke();
  context.font = `12px ${font}`;
  context.fillStyle = ink;
  context.textBaseline = "top";
  const left = "“fake” ◂";
  const right = `▸ “real”`;
  context.textAlign = "right";
  if (x > context.measureText(left).width + 6) context.fillText(left, x - 5, 0);
  context.textAlign = "left";
  if (width - x > context.measureText(right).width + 6) context.fillText(right, x + 5, 0);
  context.textBaseline = "bottom";
  context.fillText(scored(low), 0, height);
  context.textAlign = "right";
  context.fillText(scored(high), width, height);
  context.textAlign = "center";
  if (x > 45 && x < width - 45) context.fillText(scored(threshold), x, height);
}

function shares(counts) {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => count / all);
}

function hatch(context, ink) {
  const tile = new OffscreenCanvas(6, 6);
  const pen = tile.getContext("2d");
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  pen.beginPath();
  for (const from of [-6, 0, 6]) {
    pen.moveTo(from, 6);
    pen.lineTo(from + 6, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}
