// Two runs beside each other: their pictures, what differs, their curves in the same plots.
import { Charts } from "./charts.js";
import { Clock } from "./clock.js";
import { counters } from "./counters.js";
import { Feed, STATES } from "./feed.js";
import { BETTER } from "./measures.js";
import { NUMBERS, grouped, newest, progress, short } from "./numbers.js";
import { Pictures } from "./pictures.js";
import { MEASURES } from "./plane.js";
import { Rhythm } from "./rhythm.js";
import { Scores } from "./scores.js";
import { WORDS } from "./socket.js";
import { Table } from "./table.js";

const EVERY = 1000; // ms between two fillings of the table
const RIGHT = [["steps", "Steps"], ["images", "Images seen"], ["seconds", "Seconds of training"]];
const PROGRESS = [
  ...NUMBERS.filter(([key]) => key !== "batches" && key !== "publishing"),
  ["seconds", "Seconds", "Of training, without pauses. Two runs at once share the processor, so each"
    + " is slower than it would be alone."],
];

const PAGE = `
  <div class="gl-pair"><div class="gl-tables"></div></div>
  <div class="gl-over">
    <fieldset class="gl-right"><legend>Curves over</legend></fieldset>
    <span class="gl-key gl-run-A">A, solid</span>
    <span class="gl-key gl-run-B">B, dashed and finer</span>
  </div>
  <div class="gl-board"></div>`;

const SIDE = `
  <h3><b></b> <span class="gl-title"></span></h3>
  <div class="gl-status"><span class="gl-state" role="status"></span></div>
  <div class="gl-note" hidden></div>
  <div class="gl-pictures"></div>`;

// One of the two.
class Side {
  // heard(side) is called when something is known of the run that was not known before
  constructor(letter, heard) {
    this.letter = letter;
    this.heard = heard;
    this.box = document.createElement("section");
    this.box.className = `gl-side gl-side-${letter}`;
    this.box.innerHTML = SIDE;
    this.find("b").textContent = letter;
    this.scores = new Scores();
    this.pictures = new Pictures(this.find(".gl-pictures"), this.scores);
    this.clock = new Clock();
    this.feed = null;
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  update({ socket, title }) {
    this.find(".gl-title").textContent = title;
    this.find("h3").title = title;
    if (socket !== this.feed?.path) this.watch(socket);
  }

  watch(path) {
    this.feed?.close();
    this.pictures.clear();
    this.scores.clear();
    this.take = null;
    this.measures = {};
    this.judged = new Map();
    this.say("Connecting");
    this.find(".gl-note").hidden = true;
    this.feed = new Feed(path, {
      onFrame: (header, payload) => this.hear(header, payload),
      onLine: (open, reason) => {
        if (!open) this.say(WORDS[reason]);
      },
    });
    this.track = { curves: this.feed.curves, letter: this.letter, clock: this.clock };
  }

  say(words, state = "") {
    const place = this.find(".gl-state");
    if (place.textContent !== words) place.textContent = words;
    place.dataset.state = state;
  }

  hear(header, payload) {
    if (header.kind === "moment") this.hearMoment(header);
    else if (header.kind === "opinion") this.scores.hear(header);
    else if (header.kind === "checkup") this.judged = judged(header.measured);
    else if (["picture", "plane"].includes(header.kind) && !document.hidden) {
      this.pictures.show(header, payload, () => {
        this.feed.pictureStep = header.step;
        this.count({ pictureStep: header.step });
        this.measures = header.measures ?? {};
      });
    }
  }

  hearMoment(moment) {
    const { counts, seconds, note, state, take } = moment;
    this.say(STATES[state] ?? state, state);
    if (take !== this.take) this.clock.clear(); // it went back
    this.take = take;
    this.clock.add("images", [[counts.steps, counts.images]]);
    this.clock.add("seconds", [[counts.steps, seconds]]);
    this.pictures.expect(moment.pictures ?? [], moment.planes);
    const place = this.find(".gl-note");
    place.hidden = !note;
    place.textContent = note;
    place.dataset.state = state;
    this.count({ step: counts.steps, state });
    this.heard(this);
  }

  count(news) {
    counters.pair = { ...counters.pair, [this.letter]: { ...counters.pair?.[this.letter], ...news } };
  }

  // what the page's script compares with what it knows
  get known() {
    const { state, take, interventions } = this.feed.moment ?? {};
    return state && `${state}:${take}:${interventions}`;
  }

  // The texts of its column of the table of results.
  texts(figures) {
    const { moment, curves } = this.feed;
    const found = moment ? progress(moment) : {};
    for (const { column, plain } of figures.flatMap((figure) => figure.curves)) {
      const one = curves.series[column];
      const value = newest(plain ? one?.mean : one?.smooth);
      found[column] = value === null ? "–" : short(value);
    }
    for (const [key, , tell] of MEASURES) {
      found[key] = key in this.measures ? tell(this.measures) : "–";
    }
    for (const [name, { number }] of this.judged) found[name] = short(number);
    return found;
  }

  close() {
    this.feed.close();
    this.pictures.close();
  }
}

class Compare {
  constructor(root, component) {
    this.box = document.createElement("div");
    this.box.className = "gl-live gl-compare";
    this.box.innerHTML = PAGE;
    root.append(this.box);
    this.sides = component.data.letters.map((letter) => new Side(letter, () => this.hear()));
    const tables = this.find(".gl-tables");
    tables.before(...this.sides.map((side) => side.box));
    this.differs = new Table(tables, "What differs", ["Knob", ...component.data.letters]);
    // many rows: they scroll, so that the curves stay in sight
    const results = document.createElement("div");
    results.className = "gl-results";
    results.tabIndex = 0;
    results.setAttribute("role", "region");
    results.setAttribute("aria-label", "What came of it");
    tables.append(results);
    this.results = new Table(results, "What came of it", ["Reading", ...component.data.letters]);
    this.notes = document.createElement("div");
    this.notes.className = "gl-notes";
    tables.append(this.notes);
    this.charts = new Charts(this.find(".gl-board"), component.data);
    this.rhythm = new Rhythm(() => this.drawCurves());
    this.makeChoice();
    this.onVisible = () => this.visible();
    document.addEventListener("visibilitychange", this.onVisible);
    this.timer = setInterval(() => this.fill(), EVERY);
    this.update(component);
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  makeChoice() {
    const name = `gl-right-${Math.random()}`;
    this.find(".gl-right").append(...RIGHT.map(([by, words]) => {
      const label = document.createElement("label");
      const button = Object.assign(document.createElement("input"), {
        type: "radio", name, value: by, checked: by === this.charts.by,
      });
      button.addEventListener("change", () => this.charts.show(by));
      label.append(button, words);
      return label;
    }));
  }

  update(component) {
    this.component = component;
    const { data } = component;
    for (const [name, colour] of Object.entries(data.colours)) {
      this.box.style.setProperty(`--gl-${name}`, colour);
    }
    this.sides.forEach((side, i) => side.update(data.runs[i]));
    this.showWords(data);
    const name = data.runs.map(({ socket }) => socket).join(" ");
    if (name === this.name) {
      this.charts.update(data);
    } else {
      this.name = name;
      this.told = null;
      this.results.clear();
      this.charts.clear(name);
      this.charts.update(data);
      this.tracks = this.sides.map((side) => side.track);
      this.rhythm.follow(this.sides.map((side) => side.feed));
    }
    this.fill();
    this.tell();
  }

  showWords({ differs, figures, notes }) {
    this.differs.rows(differs.map(([words], i) => [`${i}`, words]));
    [0, 1].forEach((i) => this.differs.fill(i, Object.fromEntries(
      differs.map((row, j) => [`${j}`, row[i + 1]]),
    )));
    this.differs.box.hidden = !differs.length;
    this.readings = readings(figures);
    this.measured = null;
    this.notes.replaceChildren(...notes.map((text) => {
      const note = document.createElement("p");
      note.textContent = text;
      return note;
    }));
  }

  hear() {
    this.tell();
    this.rhythm.want();
  }

  // the script draws buttons and tables: it should know of what happened without it
  tell() {
    const known = this.sides.map((side) => side.known);
    if (!known.every(Boolean)) return;
    const heard = known.join(" ");
    if (heard === this.component.data.heard || heard === this.told) return;
    this.told = heard;
    this.component.setStateValue("heard", heard);
  }

  fill() {
    if (document.hidden) return;
    const judged = new Map(this.sides.flatMap((side) => [...side.judged]));
    const measured = MEASURES.filter(([key]) => this.sides.some((side) => key in side.measures))
      .map(([key, words, , hint]) => [key, words, hint]);
    const rows = [...[...judged].map(([name, { words, hint }]) => [name, words, hint]), ...measured];
    const named = rows.map(([key]) => key).join(" ");
    if (named !== this.measured) {
      this.measured = named;
      this.results.rows([...PROGRESS, ...rows, ...this.readings]);
    }
    const { figures } = this.component.data;
    const none = Object.fromEntries(rows.map(([key]) => [key, "–"]));
    this.sides.forEach((side, i) => this.results.fill(i, { ...none, ...side.texts(figures) }));
  }

  drawCurves() {
    counters.records = Math.min(...this.sides.map(({ feed }) => feed.curves.records));
    return this.charts.draw(this.tracks);
  }

  visible() {
    for (const { feed } of this.sides) feed.hide();
    this.rhythm.want();
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisible);
    clearInterval(this.timer);
    this.rhythm.close();
    for (const side of this.sides) side.close();
    this.charts.close();
    this.box.remove();
  }
}

// By name, what was measured of the averaged G last.
function judged(measured) {
  return new Map(measured.filter(({ weights }) => weights === "averaged").map(
    ({ name, title, better, meaning, numbers, n }) => {
      const [arrow, way] = BETTER[better] ?? ["", ""];
      const hint = `${meaning} ${way ? `${way[0].toUpperCase()}${way.slice(1)}. ` : ""}Of ${grouped(n)} fakes of the averaged G.`;
      return [name, { number: numbers.at(-1), words: `${title} ${arrow}`.trim(), hint }];
    },
  ));
}

function readings(figures) {
  return figures.flatMap(({ title, hint, curves }) =>
    curves.map(({ column, name }) => [column, `${title}: ${name}`, `${hint} Here: the newest, smoothed.`]),
  );
}

export function mount(root, component) {
  return new Compare(root, component);
}
