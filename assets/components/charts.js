// The plots of a run: plotly.js, updated in place so that zoom and hover survive.
import { counters } from "./counters.js";

const SETTLED = 1000; // records before which no figure lags behind the others
const CALM = 4; // a calm figure is drawn at every fourth update

const FIGURES = [
  {
    title: "Losses",
    hint: "What each player tries to make small. Faint: as measured. Strong: smoothed. Dotted: "
      + "where it rests once D cannot tell fake from real.",
    lines: [
      { column: "loss/D", name: "D", colour: "d", rest: "d" },
      { column: "loss/G", name: "G", colour: "g", rest: "g" },
    ],
  },
  {
    title: "D's opinion",
    hint: "What D says to real pictures, D(x), and to fakes, D(G(z)). 1: surely real. 0: surely "
      + "fake. Dotted: it cannot tell.",
    lines: [
      { column: "D(x)", name: "D(x)", colour: "real", rest: "opinion" },
      { column: "D(G(z))", name: "D(G(z))", colour: "g" },
    ],
    range: [-0.03, 1.03],
  },
  {
    title: "Gradient norms",
    hint: "How hard each player is pushed. Near zero: it learns no more. Growing without end: it "
      + "is about to break.",
    lines: [
      { column: "grad/D", name: "D", colour: "d" },
      { column: "grad/G", name: "G", colour: "g" },
    ],
    log: true,
  },
  {
    title: "Learning rates",
    hint: "The size of each player's steps, as the schedule and your knobs make it.",
    lines: [
      { column: "lr/D", name: "D", colour: "d", plain: true },
      { column: "lr/G", name: "G", colour: "g", plain: true, dash: "dash" },
    ],
    log: true,
    calm: true,
  },
];

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

export class Charts {
  constructor(places, data) {
    this.data = data;
    this.Plotly = null;
    this.figures = FIGURES.map((spec, i) => this.place(spec, places[i]));
    this.observer = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const figure = this.figures.find((one) => one.box === entry.target);
        figure.seen = entry.isIntersecting;
        if (figure.seen && figure.stale && this.curves) this.drawOne(figure);
      }
    });
    this.figures.forEach((figure) => this.observer.observe(figure.box));
    plotly(data.plotly).then(
      (Plotly) => {
        this.Plotly = Plotly;
        if (this.curves) this.draw(this.curves);
      },
      (error) => this.figures.forEach((figure) => (figure.plot.textContent = error.message)),
    );
  }

  place(spec, box) {
    const head = document.createElement("div");
    head.className = "gl-chart-head";
    const title = document.createElement("h3");
    title.textContent = spec.title;
    title.title = spec.hint;
    head.append(title);
    for (const line of spec.lines) {
      const key = document.createElement("span");
      key.className = `gl-key gl-${line.colour}`;
      key.textContent = line.name;
      head.append(key);
    }
    if (spec.lines.some((line) => line.rest)) {
      const key = document.createElement("span");
      key.className = "gl-key gl-rest";
      key.textContent = "balance";
      key.title = "Where it rests once D cannot tell fake from real";
      head.append(key);
    }
    const marked = document.createElement("span");
    marked.className = "gl-mark";
    marked.textContent = "▲ change";
    marked.title = "A knob was turned or a button pressed; hover over the mark to see which.";
    marked.style.visibility = "hidden"; // its place is kept: nothing jumps
    if (spec === FIGURES[0]) head.append(marked);
    const plot = document.createElement("div");
    plot.className = "gl-plot";
    plot.setAttribute("role", "img");
    plot.setAttribute("aria-label", `${spec.title}. ${spec.hint}`);
    box.append(head, plot);
    return { spec, box, plot, marked, seen: true, stale: true, rested: 0 };
  }

  // Empty plots for the run that is watched over this path: no zoom of another one stays.
  clear(path) {
    this.path = path;
    this.curves = null;
    for (const figure of this.figures) {
      Object.assign(figure, { stale: true, rested: 0, news: null });
      figure.marked.style.visibility = "hidden";
      this.Plotly?.purge(figure.plot);
    }
  }

  // new colours of the theme or new resting values
  update(data) {
    this.data = data;
    if (this.curves) this.draw(this.curves);
  }

  // Draws what is on the screen, each figure in a task of its own, so that a press or a drag in
  // between is not held up. Resolves to the ms that it took; 0 if it could not be drawn.
  async draw(curves) {
    this.curves = curves;
    if (!this.Plotly) return 0;
    let took = 0;
    for (const figure of this.figures) {
      if (curves !== this.curves) break; // another run has come onto the screen
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

  // straight lines need not be drawn as often as others
  mayRest(figure) {
    if (this.curves.records < SETTLED) return false;
    const news = `${this.curves.marksEnd}:${this.curves.level}`;
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
    this.ink = getComputedStyle(plot).color;
    figure.marked.style.visibility = this.curves.marks.length ? "visible" : "hidden";
    const touch = matchMedia("(pointer: coarse)").matches;
    this.Plotly.react(plot, this.traces(spec), this.layout(spec, plot, touch), {
      responsive: true,
      displaylogo: false,
      displayModeBar: touch ? false : "hover",
      modeBarButtons: [["zoom2d", "pan2d", "autoScale2d", "toImage"]],
    });
  }

  traces(spec) {
    const { x, series, level } = this.curves;
    const traces = [];
    for (const { column, name, colour, plain, dash } of spec.lines) {
      const one = series[column];
      if (!one) continue;
      const line = { color: this.data.colours[colour], width: 2, dash };
      if (!plain) traces.push(raw(x, one, level, line.color));
      traces.push({
        x, y: plain ? one.mean : one.smooth, name, line,
        type: "scatter", mode: "lines", hovertemplate: "%{y:.4~g}",
      });
    }
    const { marks } = this.curves;
    if (marks.length) {
      traces.push({
        x: marks.map((mark) => mark.step), y: marks.map(() => 0.03), yaxis: "y2",
        text: marks.map(saying), name: "you", type: "scatter", mode: "markers",
        marker: { symbol: "triangle-up", size: 8, color: this.ink },
        hovertemplate: "%{text}<extra></extra>",
      });
    }
    return traces;
  }

  layout(spec, plot, touch) {
    const style = getComputedStyle(plot);
    // plotly reads no color-mix(), so the faint ink is made by hand
    const faint = this.ink.replace(/^rgba?\(([^,]+,[^,]+,[^,)]+).*/, "rgba($1, 0.14)");
    const axis = {
      gridcolor: faint, zeroline: false, linecolor: faint, tickfont: { size: 11 },
      automargin: false, fixedrange: touch,
    };
    const across = (value, color) => ({
      type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value,
      line: { color, width: 1.5, dash: "dot" }, layer: "below",
    });
    const rests = spec.lines
      .filter((line) => line.rest && Number.isFinite(this.data.resting[line.rest]))
      .map((line) => across(
        this.data.resting[line.rest],
        line.rest === "opinion" ? this.ink : this.data.colours[line.colour],
      ));
    const marks = this.curves.marks.map(({ step }) => ({
      type: "line", yref: "paper", y0: 0, y1: 1, x0: step, x1: step, layer: "below",
      line: { color: this.ink, width: 1 }, opacity: 0.35,
    }));
    return {
      uirevision: this.path, datarevision: this.curves.records, autosize: true, showlegend: false,
      margin: { l: 44, r: 10, t: 6, b: 26 }, height: plot.clientHeight || 180,
      paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { color: this.ink, family: style.fontFamily, size: 12 },
      hovermode: "x unified", hoverlabel: {
        bgcolor: style.getPropertyValue("--gl-panel").trim(), font: { color: this.ink },
      },
      dragmode: touch ? false : "zoom",
      shapes: [...rests, ...marks],
      xaxis: { ...axis, nticks: 5, hoverformat: "d", tickformat: "~s", rangemode: "tozero" },
      yaxis: {
        ...axis, nticks: 5, tickformat: "~g", range: spec.range, autorange: !spec.range,
        ...(spec.log ? this.logAxis(spec) : {}),
      },
      yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true },
    };
  }

  // at least a decade high, with ticks that people read at a glance
  logAxis(spec) {
    let low = Infinity;
    let high = 0;
    for (const { column, plain } of spec.lines) {
      const one = this.curves.series[column];
      for (const value of (plain ? one?.mean : one?.smooth) ?? []) {
        if (!(value > 0)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
    if (high === 0) return { type: "log" };
    let [from, to] = [Math.log10(low) - 0.15, Math.log10(high) + 0.15];
    const short = Math.max(0, 1 - (to - from)) / 2;
    [from, to] = [from - short, to + short];
    const digits = to - from > 2.5 ? [1] : [1, 2, 5];
    const ticks = [];
    for (let decade = Math.floor(from) - 1; decade <= Math.ceil(to); decade++) {
      for (const digit of digits) ticks.push(Number(`${digit}e${decade}`));
    }
    return {
      type: "log", range: [from, to], autorange: false, tickmode: "array", tickvals: ticks,
      ticktext: ticks.map((tick) => (tick < 0.01 || tick > 9999 ? tick.toExponential() : `${tick}`)
        .replace("e+", "e")),
    };
  }

  close() {
    this.observer.disconnect();
    for (const { plot } of this.figures) this.Plotly?.purge(plot);
  }
}

// single records as a faint line; where many stand for one point, the band from least to greatest
function raw(x, one, level, color) {
  const common = { type: "scatter", mode: "lines", hoverinfo: "skip", opacity: 0.28 };
  if (level === 0) return { ...common, x, y: one.mean, line: { color, width: 1 } };
  const known = x.map((_, i) => i).filter((i) => Number.isFinite(one.mean[i]));
  const back = [...known].reverse();
  return {
    ...common, opacity: 1, line: { width: 0 }, fill: "toself", fillcolor: `${color}33`,
    x: [...known.map((i) => x[i]), ...back.map((i) => x[i])],
    y: [...known.map((i) => one.high[i]), ...back.map((i) => one.low[i])],
  };
}

// plotly reads a few tags in texts, so angle brackets are taken out
function saying({ path, old, new: value }) {
  const plain = (part) => String(part).replace(/[<>&]/g, "");
  return value === null ? plain(path) : `${plain(path)}: ${plain(old)} → ${plain(value)}`;
}
