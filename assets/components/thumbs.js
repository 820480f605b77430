// Small pictures inside a box of the scene: tiles of a picture, points of a plane, rows of numbers.
const GAP = 2; // px between two
const FLAT = 45; // px of height in which one row of pictures is shown, not two
const DOTS = 150; // points of a plane that a small picture has room for
const STEEP = 2.5; // the size of a number whose bar is as long as can be
const SVG = "http://www.w3.org/2000/svg";

// source: { source, shape } | { parts, reach } | null
export function thumbs(canvas, source, spec) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((n) => Math.round(n * ratio));
  if (!width || !height) return;
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
  }
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, width, height);
  if (!source) return;
  const pen = { context, width, height, ratio, style: getComputedStyle(canvas) };
  if (source.parts) points(pen, source, spec);
  else tiles(pen, source, spec);
}

// Two by two, or where that would leave them tiny, as many in a row as there is room for.
function squares({ width, height, ratio }, count) {
  const gap = GAP * ratio;
  const inRow = height < FLAT * ratio;
  const columns = Math.min(count, inRow ? Math.max(1, Math.floor((width + gap) / (height + gap))) : 2);
  const rows = inRow ? 1 : Math.ceil(Math.min(count, 4) / columns);
  const side = Math.floor(Math.min((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows));
  const left = Math.floor((width - columns * side - gap * (columns - 1)) / 2);
  const top = Math.floor((height - rows * side - gap * (rows - 1)) / 2);
  return Array.from({ length: Math.min(count, rows * columns) }, (_, i) => ({
    x: left + (i % columns) * (side + gap), y: top + Math.floor(i / columns) * (side + gap), side,
  }));
}

function tiles(pen, { source, shape }, { view, tiles: wanted }) {
  const { tile, columns, count } = shape;
  const which = view ? wanted.filter((i) => i < count) : Array.from({ length: count }, (_, i) => i);
  squares(pen, which.length).forEach(({ x, y, side }, i) => {
    const [column, row] = [which[i] % columns, Math.floor(which[i] / columns)];
    pen.context.imageSmoothingEnabled = side < tile;
    pen.context.drawImage(source, column * tile, row * tile, tile, tile, x, y, side, side);
  });
}

function points(pen, { parts, reach }, { part, colour }) {
  const { context, width, height, ratio, style } = pen;
  const side = Math.min(width, height);
  const values = parts[part]?.values ?? [];
  context.fillStyle = style.getPropertyValue(`--gl-${colour}`).trim() || style.color;
  const [left, top] = [(width - side) / 2, (height - side) / 2];
  for (let i = 0; i < Math.min(values.length, 2 * DOTS); i += 2) {
    const x = (values[i] / reach + 1) * (side / 2);
    const y = (1 - values[i + 1] / reach) * (side / 2);
    if (x >= 0 && x < side && y >= 0 && y < side) context.fillRect(left + x, top + y, 1.5 * ratio, 1.5 * ratio);
  }
}

// Rows of numbers, float32 rows×columns, as bars in the colour of the text.
export function bars({ bars: values, rows, columns }) {
  const signed = values.some((value) => value < 0);
  const [middle, most] = signed ? [0.5, STEEP * 2] : [1, 1];
  return Array.from({ length: rows }, (_, row) => {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${columns} 1`);
    svg.setAttribute("preserveAspectRatio", "none");
    let way = `M0 ${middle}H${columns}v.02H0z`;
    for (let i = 0; i < columns; i++) {
      const tall = Math.max(middle - 1, Math.min(middle, values[row * columns + i] / most));
      way += `M${i + 0.12} ${middle}h.76v${(-tall).toFixed(3)}h-.76z`;
    }
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", way);
    svg.append(path);
    return svg;
  });
}
