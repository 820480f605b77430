// What lies over a plot: the cursor at a step, and a stretch of steps that somebody points at. As
// shapes of plotly's they would cost a drawing of the plot at every step of a film.

export class Over {
  // box: what the plot stands in, and is placed by
  constructor(box, plot) {
    this.plot = plot;
    this.cursor = layer(box, "gl-cursor");
    this.stretch = layer(box, "gl-stretch");
  }

  // place(step): where on the horizontal axis; step: of the cursor, or null; stretch: [first, last]
  // or null
  stand(place, step, stretch) {
    this.cursor.hidden = true;
    this.stretch.hidden = true;
    const { xaxis, yaxis } = this.plot._fullLayout ?? {};
    if (!xaxis || !place) return;
    const length = xaxis._length;
    const at = (one) => xaxis.d2p(place(one));
    const put = (box, from, to) => {
      box.hidden = false;
      box.style.left = `${this.plot.offsetLeft + xaxis._offset + from}px`;
      box.style.width = `${to - from}px`;
      box.style.top = `${this.plot.offsetTop + yaxis._offset}px`;
      box.style.height = `${yaxis._length}px`;
    };
    if (step !== null && at(step) >= 0 && at(step) <= length) put(this.cursor, at(step), at(step));
    if (stretch === null) return;
    const [from, to] = stretch.map((one) => Math.min(length, Math.max(0, at(one))));
    if (at(stretch[0]) <= length && at(stretch[1]) >= 0) put(this.stretch, from, Math.max(to, from + 3));
  }
}

function layer(box, className) {
  const made = Object.assign(document.createElement("div"), { className, hidden: true });
  box.append(made);
  return made;
}
