// A plot as plotly.js wants it: traces, layout, config. What a spec is: charts.js.

import { beyond, robustRange, smoothedWithin } from "./axis_range.js";

// What goes to the right.
export const STEPS = "steps";
// What the trace of what was done is known by; its customdata are steps.
export const MARKS = "marks";

// How the lines of the first run are drawn and those of the second, which are finer as well, where
// the first run's are solid and where they are dashed: no two are alike.
const DASHES = [{ "": "solid", dash: "dash" }, { "": "8px,4px", dash: "12px,3px,3px,3px" }];
const WIDTHS = [2, 1.6];

// spec: the plot; tracks: all that is known of each run, see charts.js; place = { plot, name: of
// what is shown, by: what goes to the right, colours, words: what the entries of the ledger are
// called }
export function drawing(spec, tracks, { plot, name, by, colours, words }) {
  const style = getComputedStyle(plot);
  const ink = style.color;
  // anything but a player or the real pictures is drawn in ink
  const colour = (one) => colours[one] ?? ink;
  const touch = matchMedia("(pointer: coarse)").matches;
  const every = tracks.map((track, i) => ({
    ...track, dashes: DASHES[i], width: WIDTHS[i],
    x: (steps) => (by === STEPS ? steps : steps.map((step) => track.clock.at(step, by))),
    call: (what) => (track.letter ? `${track.letter} ${what}` : what),
  }));
  const range = spec.log || spec.range ? null : rangeOf(spec, tracks);
  return {
    traces: [
      ...every.flatMap((track) => lines(spec, track, colour, tracks.length === 1, range)),
      ...(range ? every.flatMap((track) => outside(spec, track, colour, range)) : []),
      ...marks(every, ink, words),
    ],
    layout: {
      uirevision: `${name} ${by}`, showlegend: false,
      datarevision: tracks.map(({ curves }) => `${curves.take}:${curves.records}`).join(" "),
      margin: { l: 44, r: 10, t: 6, b: 26 },
      width: plot.clientWidth || 300, height: plot.clientHeight || 180,
      paper_bgcolor: "transparent", plot_bgcolor: "transparent",
      font: { color: ink, family: style.fontFamily, size: 12 },
      hovermode: "x unified", hoverlabel: {
        bgcolor: style.getPropertyValue("--gl-panel").trim(), font: { color: ink },
      },
      dragmode: touch ? false : "zoom",
      shapes: [...rests(spec, colour), ...marked(every, ink)],
      ...axes({ ...spec, range: range ?? spec.range }, tracks, ink, touch),
    },
    config: {
      displaylogo: false,
      displayModeBar: touch ? false : "hover",
      modeBarButtons: [["zoom2d", "pan2d", "autoScale2d", "toImage"]],
    },
  };
}

function rangeOf(spec, tracks) {
  const every = tracks.flatMap(({ curves }) => spec.curves.map(({ column }) => curves.series[column]));
  return robustRange(every.filter(Boolean));
}

// an arrow at the border of the plot for each value beyond its axis, which the hover names
function outside(spec, track, colour, range) {
  const x = track.x(track.curves.x);
  return spec.curves.flatMap((curve) => {
    const one = track.curves.series[curve.column];
    const points = one ? beyond(one, range) : [];
    if (!points.length) return [];
    return [{
      x: points.map(({ place }) => x[place]), y: points.map(({ above }) => range[above ? 1 : 0]),
      customdata: points.map(({ value }) => value), name: track.call(curve.name), cliponaxis: false,
      type: "scatter", mode: "markers", marker: {
        symbol: points.map(({ above }) => (above ? "arrow-bar-up" : "arrow-bar-down")),
        size: 8, color: colour(curve.colour),
      },
      hovertemplate: "%{customdata:.4~g}, beyond the axis",
    }];
  });
}

// noisy: with what the smoothed lines were smoothed from; range: of the axis, null where it follows
// the curves
function lines(spec, track, colour, noisy, range) {
  const { series, level } = track.curves;
  const x = track.x(track.curves.x);
  return spec.curves.flatMap((curve) => {
    const one = series[curve.column];
    if (!one) return [];
    const line = { color: colour(curve.colour), width: track.width, dash: track.dashes[curve.dash] };
    const smooth = range ? smoothedWithin(one.mean, range) : one.smooth;
    const strong = {
      x, y: curve.plain ? one.mean : smooth, name: track.call(curve.name), line,
      connectgaps: true, type: "scatter", mode: "lines", hovertemplate: "%{y:.4~g}",
    };
    return curve.plain || !noisy ? [strong] : [raw(x, one, level, line.color), strong];
  });
}

// single records as a faint line; where many stand for one point, the band from least to greatest
function raw(x, one, level, color) {
  const common = {
    type: "scatter", mode: "lines", hoverinfo: "skip", opacity: 0.28, connectgaps: true,
  };
  if (level === 0) return { ...common, x, y: one.mean, line: { color, width: 1 } };
  const known = x.map((_, i) => i).filter((i) => Number.isFinite(one.mean[i]));
  const back = [...known].reverse();
  return {
    ...common, opacity: 1, line: { width: 0 }, fill: "toself", fillcolor: faded(color, 0.2),
    x: [...known.map((i) => x[i]), ...back.map((i) => x[i])],
    y: [...known.map((i) => one.high[i]), ...back.map((i) => one.low[i])],
  };
}

// what was done to the runs, to be hovered over
function marks(tracks, ink, words) {
  return tracks.filter(({ curves }) => curves.marks.length).map(({ curves, x, call }) => ({
    x: x(curves.marks.map((mark) => mark.step)), y: curves.marks.map(() => 0.03), yaxis: "y2",
    text: curves.marks.map((mark) => call(saying(mark, words))), name: "you",
    meta: MARKS, customdata: curves.marks.map((mark) => mark.step),
    type: "scatter", mode: "markers", marker: { symbol: "triangle-up", size: 8, color: ink },
    hovertemplate: "%{text}<extra></extra>",
  }));
}

function marked(tracks, ink) {
  return tracks.flatMap(({ curves, x, dashes }) =>
    x(curves.marks.map((mark) => mark.step)).map((at) => ({
      type: "line", yref: "paper", y0: 0, y1: 1, x0: at, x1: at, layer: "below",
      line: { color: ink, width: 1, dash: dashes[""] }, opacity: 0.35,
    })),
  );
}

// dotted, where curves settle; in ink where several settle together
function rests(spec, colour) {
  const values = new Map();
  for (const curve of spec.curves) {
    if (!Number.isFinite(curve.rest) || (spec.log && curve.rest <= 0)) continue;
    values.set(curve.rest, values.has(curve.rest) ? "ink" : curve.colour);
  }
  return [...values].map(([value, name]) => ({
    type: "line", xref: "paper", x0: 0, x1: 1, y0: value, y1: value, layer: "below",
    line: { color: colour(name), width: 1.5, dash: "dot" },
  }));
}

// No more ticks than there are steps: half a step is none.
function few(tracks) {
  return Math.min(5, 1 + Math.max(...tracks.map(({ curves }) => curves.records)));
}

function axes(spec, tracks, ink, touch) {
  const faint = faded(ink, 0.14);
  const axis = {
    gridcolor: faint, zeroline: false, linecolor: faint, tickfont: { size: 11 },
    automargin: false, fixedrange: touch,
  };
  return {
    xaxis: { ...axis, nticks: few(tracks), hoverformat: "d", tickformat: "~s", rangemode: "tozero" },
    yaxis: {
      ...axis, nticks: 5, tickformat: "~g", range: spec.range ?? undefined,
      autorange: !spec.range, ...(spec.log ? logAxis(spec, tracks) : {}),
    },
    yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true },
  };
}

// at least a decade high, with ticks that people read at a glance
function logAxis(spec, tracks) {
  let low = Infinity;
  let high = 0;
  for (const { curves } of tracks) {
    for (const { column, plain } of spec.curves) {
      const one = curves.series[column];
      for (const value of (plain ? one?.mean : one?.smooth) ?? []) {
        if (!(value > 0)) continue;
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  if (high === 0) return { type: "log" };
  let [from, to] = [Math.log10(low) - 0.15, Math.log10(high) + 0.15];
  const short = Math.max(0, 1 - (to - from)) / 2;
  [from, to] = [from - short, to + short];
  const digits = to - from > 2.5 ? [1] : [1, 2, 5];
  const every = Math.ceil((to - from) / 6); // decades from tick to tick
  const ticks = [];
  for (let decade = Math.floor(from) - 1; decade <= Math.ceil(to); decade += every) {
    for (const digit of digits) ticks.push(Number(`${digit}e${decade}`));
  }
  return {
    type: "log", range: [from, to], autorange: false, tickmode: "array", tickvals: ticks,
    ticktext: ticks.map((tick) => (tick < 0.01 || tick > 9999 ? tick.toExponential() : `${tick}`)
      .replace("e+", "e")),
  };
}

// A colour as #rrggbb or rgb(), more or less transparent; plotly reads no color-mix().
function faded(color, share) {
  if (color.startsWith("#")) return color + Math.round(255 * share).toString(16).padStart(2, "0");
  return color.replace(/^rgba?\(([^,]+,[^,]+,[^,)]+).*/, `rgba($1, ${share})`);
}

// plotly reads a few tags in texts, so angle brackets are taken out
export function saying({ path, old, new: value }, words) {
  const plain = (part) => String(part).replace(/[<>&]/g, "");
  const name = words[path] ?? plain(path);
  return value === null ? name : `${name}: ${plain(old)} → ${plain(value)}`;
}
