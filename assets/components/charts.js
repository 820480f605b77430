// The plots of a run, or of several over each other, as the page's data names them: plotly.js,
// updated in place so that zoom and hover survive.
import { counters } from "./counters.js";
import { drawing, MARKS, STEPS } from "./drawing.js";
import { asking } from "./meaning.js";
import { Over } from "./over.js";

const SETTLED = 1000; // records before which no figure lags behind the others
const CALM = 4; // a calm figure is drawn at every fourth update
const REDRAW = 80; // ms after which a plot follows a new size of its place

let loading = null;
export function plotly(url) {
  loading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = url;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js could not be fetched"));
    document.head.append(script);
  });
  return loading;
}

// A plot is { title, hint, meaning, curves, range, log, calm }, a curve { column, name, colour,
// rest, dash, plain }: gan_lab/games/base.py says what they mean. What is drawn is a list of
// tracks, one a run, { curves, letter, clock }: the letter is what the run is called where there
// are several.
export class Charts {
  // onMark(step): a mark was clicked on; onAsk(spec): somebody wants to know what a plot means
  constructor(board, data, { onMark = null, onAsk = null } = {}) {
    this.board = board;
    this.onMark = onMark;
    this.onAsk = onAsk;
    this.data = data;
    this.Plotly = null;
    this.by = STEPS; // what goes to the right
    this.step = null; // where the cursor stands
    this.stretch = null; // what is pointed at: { columns, first, last }
    this.figures = [];
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const figure = this.figures.find((one) => one.box === entry.target);
        if (!figure) continue;
        figure.seen = entry.isIntersecting;
        if (figure.seen && figure.stale && this.tracks) this.drawOne(figure);
      }
    });
    this.sizes = new ResizeObserver(() => {
      clearTimeout(this.resizing);
      this.resizing = setTimeout(() => this.resize(), REDRAW);
    });
    this.place(data.figures);
    plotly(data.plotly).then(
      (Plotly) => {
        this.Plotly = Plotly;
        if (this.tracks) this.draw(this.tracks);
      },
      (error) => this.figures.forEach((figure) => (figure.plot.textContent = error.message)),
    );
  }

  // A plot that is there already keeps its place and its zoom.
  place(specs) {
    const before = this.figures;
    const order = before.map((figure) => figure.box);
    this.figures = specs.map(
      (spec) => before.find((figure) => figure.spec.title === spec.title) ?? this.make(),
    );
    for (const figure of before) if (!this.figures.includes(figure)) this.remove(figure);
    this.figures.forEach((figure, i) => this.label(figure, specs[i], i === 0));
    const boxes = this.figures.map((figure) => figure.box);
    if (boxes.some((box, i) => box !== order[i])) this.board.append(...boxes);
  }

  make() {
    const part = (name, className) =>
      Object.assign(document.createElement(name), { className });
    const figure = {
      spec: {}, box: part("section", "gl-chart"), head: part("div", "gl-chart-head"),
      plot: part("div", "gl-plot"), meaning: part("p", "gl-meaning"),
      marked: this.legend(), seen: true, stale: true, rested: 0, heeded: false,
    };
    figure.marked.style.visibility = "hidden"; // its place is kept: nothing jumps
    figure.plot.setAttribute("role", "img");
    figure.box.append(figure.head, figure.plot, figure.meaning);
    figure.over = new Over(figure.box, figure.plot);
    figure.ask = this.onAsk && asking("", () => this.onAsk(figure.spec));
    this.observer.observe(figure.box);
    this.sizes.observe(figure.plot);
    return figure;
  }

  // of the marks; where a click on one is of use, it is a button and stands for the newest
  legend() {
    const legend = document.createElement(this.onMark ? "button" : "span");
    legend.className = "gl-mark";
    legend.textContent = "▲ change";
    legend.title = "Somebody turned a knob or pressed a button; hover over the mark to see which.";
    if (this.onMark) {
      legend.type = "button";
      legend.title += " Click on it to see what the curves did before and after.";
      legend.addEventListener("click", () => this.onMark(this.newest()));
    }
    return legend;
  }

  newest() {
    return Math.max(...this.tracks.flatMap(({ curves }) => curves.marks.map(({ step }) => step)));
  }

  // plotly tells of all points above and below the pointer
  heed(figure) {
    if (figure.heeded) return;
    figure.heeded = true;
    figure.plot.on?.("plotly_relayout", () => this.stand(figure)); // another zoom
    if (!this.onMark) return;
    figure.plot.on("plotly_click", ({ points }) => {
      const mark = points.find(({ data }) => data.meta === MARKS);
      if (mark) this.onMark(mark.customdata);
    });
  }

  remove(figure) {
    this.observer.unobserve(figure.box);
    this.sizes.unobserve(figure.plot);
    this.Plotly?.purge(figure.plot);
    figure.box.remove();
  }

  // title, keys of the curves, and in words what the numbers mean
  label(figure, spec, first) {
    figure.spec = spec;
    const title = document.createElement("h3");
    title.textContent = spec.title;
    const noisy = !this.data.letters && spec.curves.some((curve) => !curve.plain);
    const arrows = spec.log || spec.range ? "" : " An arrow at the border: a value beyond the axis.";
    title.title = `${spec.hint}${noisy ? " Faint: as measured. Strong: smoothed." : ""}${arrows}`;
    const keys = spec.curves.map(({ name, colour, dash }) => key(name, `gl-${colour}`, dash));
    for (const letter of this.data.letters ?? []) keys.push(key(letter, `gl-run-${letter}`));
    if (spec.curves.some((curve) => Number.isFinite(curve.rest))) {
      keys.push(key("balance", "gl-rest"));
      keys.at(-1).title = "Where it settles once fakes are like real pictures";
    }
    figure.ask?.setAttribute("aria-label", `What does this mean: ${spec.title}?`);
    const last = [first && figure.marked, figure.ask].filter(Boolean);
    figure.head.replaceChildren(title, ...keys, ...last);
    figure.meaning.textContent = spec.meaning;
    figure.meaning.hidden = !spec.meaning;
    figure.plot.setAttribute("aria-label", `${spec.title}. ${spec.hint} ${spec.meaning}`.trim());
  }

  // Empty plots for what is watched now, of which ``name`` is the name: no zoom of another one
  // stays.
  clear(name) {
    this.name = name;
    this.tracks = null;
    this.stretch = null;
    this.point(null);
    for (const figure of this.figures) {
      Object.assign(figure, { stale: true, rested: 0, news: null, heeded: false });
      figure.marked.style.visibility = "hidden";
      this.Plotly?.purge(figure.plot);
    }
  }

  // new colours of the theme, new resting values, other plots
  update(data) {
    this.data = data;
    this.place(data.figures);
    if (this.tracks) this.draw(this.tracks);
  }

  // Steps, images or seconds to the right: see drawing.js.
  show(by) {
    this.by = by;
    if (this.tracks) this.draw(this.tracks);
  }

  // Draws what is on the screen, each figure in a task of its own, so that a press or a drag in
  // between is not held up. Resolves to the ms that it took; 0 if it could not be drawn.
  async draw(tracks) {
    this.tracks = tracks;
    if (!this.Plotly) return 0;
    let took = 0;
    for (const figure of this.figures) {
      if (tracks !== this.tracks) break; // another run has come onto the screen
      figure.stale = true;
      if (!figure.seen || this.mayRest(figure)) continue;
      const begun = performance.now();
      this.drawOne(figure);
      took += performance.now() - begun;
      await new Promise((resolve) => setTimeout(resolve));
    }
    counters.curves++;
    counters.drawing = took;
    return took;
  }

  // plots whose place has another size than what was drawn into it
  resize() {
    if (!this.tracks) return;
    for (const figure of this.figures) {
      const { clientWidth, clientHeight } = figure.plot;
      if (!figure.size || (figure.size[0] === clientWidth && figure.size[1] === clientHeight)) {
        continue;
      }
      figure.stale = true;
      if (figure.seen) this.drawOne(figure);
    }
  }

  // straight lines need not be drawn as often as others
  mayRest(figure) {
    const every = this.tracks.map(({ curves }) => curves);
    if (every.some(({ records }) => records < SETTLED)) return false;
    const news = [this.by, ...every.map(({ marksEnd, level }) => `${marksEnd}:${level}`)].join();
    if (!figure.spec.calm || figure.news !== news || ++figure.rested >= CALM) {
      figure.news = news;
      figure.rested = 0;
      return false;
    }
    return true;
  }

  drawOne(figure) {
    if (!this.Plotly || !figure.box.isConnected) return;
    figure.stale = false;
    const { spec, plot } = figure;
    figure.size = [plot.clientWidth, plot.clientHeight];
    const changed = this.tracks.some(({ curves }) => curves.marks.length);
    figure.marked.style.visibility = changed ? "visible" : "hidden";
    const { colours, words } = this.data;
    const { traces, layout, config } = drawing(spec, this.tracks, {
      plot, name: this.name, by: this.by, colours, words,
    });
    this.Plotly.react(plot, traces, layout, config);
    this.heed(figure);
    this.stand(figure);
  }

  // A line at this step in every plot; null for none.
  point(step) {
    this.step = step;
    this.figures.forEach((figure) => this.stand(figure));
  }

  // Points at { columns, first, last } in the plots that have one of these columns, and brings the
  // first of them into sight; null for nothing.
  shade(stretch) {
    this.stretch = stretch;
    this.figures.forEach((figure) => this.stand(figure));
    if (stretch) this.figures.find((figure) => this.shows(figure))?.box.scrollIntoView({ block: "nearest" });
  }

  shows({ spec }) {
    return spec.curves.some(({ column }) => this.stretch?.columns.includes(column));
  }

  stand(figure) {
    const [first] = this.tracks ?? [];
    const place = (step) => (this.by === STEPS ? step : first.clock.at(step, this.by));
    const stretch = this.shows(figure) ? [this.stretch.first, this.stretch.last] : null;
    figure.over.stand(first && place, this.step, stretch);
  }

  close() {
    this.observer.disconnect();
    this.sizes.disconnect();
    clearTimeout(this.resizing);
    for (const { plot } of this.figures) this.Plotly?.purge(plot);
  }
}

function key(text, className, dash = "") {
  const place = document.createElement("span");
  place.className = `gl-key ${className} ${dash && "gl-dash"}`.trim();
  place.textContent = text;
  return place;
}
