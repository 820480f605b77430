// The arrows between the boxes of the scene: straight ones between neighbours, others in a lane
// above or below all boxes.
const SVG = "http://www.w3.org/2000/svg";
const HEAD = 7; // px
const ROUND = 7; // px of a corner
const LANE = 9; // px from the boxes to the lane

// place: see layout() of scene.js
export function arrows(svg, all, place) {
  svg.setAttribute("aria-hidden", "true");
  svg.replaceChildren(...all.map((arrow) => drawn(arrow, place)));
}

arrows.below = (all, boxes, rows) => {
  const of = Object.fromEntries(boxes.map(({ id, place: [column, row] }) => [id, { column, row }]));
  return all.some((arrow) => way(arrow, { of, rows }) === "below");
};

function way({ start, end, kind }, { of, rows }) {
  const [a, b] = [of[start], of[end]];
  if (kind === "answer") return a.row <= (rows - 1) / 2 ? "above" : "below";
  if (a.column === b.column) return "up";
  return Math.abs(a.column - b.column) <= 1 ? "across" : "below";
}

function drawn(arrow, place) {
  const group = document.createElementNS(SVG, "g");
  group.setAttribute("class", `gl-arrow gl-arrow-${arrow.kind}`);
  group.dataset.id = arrow.id;
  const title = document.createElementNS(SVG, "title");
  title.textContent = arrow.hint;
  const { line, head, lane } = path(arrow, place);
  group.append(title, stroke("gl-hit", line), stroke("gl-line", line), stroke("gl-head", head));
  if (lane && arrow.label) group.append(label(arrow.label, lane));
  return group;
}

function stroke(name, d) {
  const one = document.createElementNS(SVG, "path");
  one.setAttribute("class", name);
  one.setAttribute("d", d);
  return one;
}

function path(arrow, place) {
  const [a, b] = [place.of[arrow.start], place.of[arrow.end]];
  const goes = way(arrow, place);
  if (goes === "across") {
    const right = b.x > a.x;
    const y = a.h < b.h ? a.y + a.h / 2 : b.y + b.h / 2;
    const [from, to] = right ? [a.x + a.w + 2, b.x - 3] : [a.x - 2, b.x + b.w + 3];
    return { line: `M${from} ${y}H${to}`, head: tip(to, y, right ? 1 : -1, 0) };
  }
  if (goes === "up") {
    const down = b.y > a.y;
    const x = a.x + a.w / 2;
    const [from, to] = down ? [a.y + a.h + 2, b.y - 3] : [a.y - 2, b.y + b.h + 3];
    return { line: `M${x} ${from}V${to}`, head: tip(x, to, 0, down ? 1 : -1) };
  }
  const sign = goes === "above" ? -1 : 1;
  const edge = (one) => (goes === "above" ? one.y - 2 : one.y + one.h + 2);
  const lane = goes === "above" ? Math.min(edge(a), edge(b)) - LANE : Math.max(edge(a), edge(b)) + LANE;
  const [from, to] = [a.x + a.w / 2, b.x + b.w / 2];
  const turn = to > from ? ROUND : -ROUND;
  return {
    line: `M${from} ${edge(a)}V${lane - sign * ROUND}Q${from} ${lane} ${from + turn} ${lane}`
      + `H${to - turn}Q${to} ${lane} ${to} ${lane - sign * ROUND}V${edge(b) + sign}`,
    head: tip(to, edge(b) + sign, 0, -sign),
    lane: { x: (from + to) / 2, y: lane },
  };
}

function tip(x, y, dx, dy) {
  const [back, side] = [HEAD, HEAD * 0.55];
  return `M${x - dx * back - dy * side} ${y - dy * back - dx * side}L${x} ${y}`
    + `L${x - dx * back + dy * side} ${y - dy * back + dx * side}Z`;
}

function label(words, { x, y }) {
  const text = document.createElementNS(SVG, "text");
  text.setAttribute("x", x);
  text.setAttribute("y", y);
  text.textContent = words;
  return text;
}
