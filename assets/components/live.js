// The live view of a run: its state, its numbers, its pictures, its curves.
import { Around } from "./around.js";
import { Charts } from "./charts.js";
import { Coach } from "./coach.js";
import { counters } from "./counters.js";
import { Feed, STATES } from "./feed.js";
import { Film } from "./film.js";
import { Meaning } from "./meaning.js";
import { Measures } from "./measures.js";
import { NUMBERS, grouped, progress, relation } from "./numbers.js";
import { Opinions } from "./opinion.js";
import { Pictures } from "./pictures.js";
import { Rhythm } from "./rhythm.js";
import { Scene } from "./scene.js";
import { Scores } from "./scores.js";
import { WORDS } from "./socket.js";
import { Walk } from "./walk.js";

const BESIDE = 215; // px that a plot beside the pictures should have, with all that is around it

const LOOKS = ["picture", "plane", "opinion"];

const PAGE = `
  <details class="gl-scene"></details>
  <section class="gl-walk" aria-label="Slow motion" hidden></section>
  <div class="gl-status">
    <span class="gl-state" role="status"></span>
    <dl class="gl-numbers"></dl>
  </div>
  <p class="gl-relation"></p>
  <details class="gl-coach"></details>
  <div class="gl-note" role="alert" hidden></div>
  <p class="gl-parent" hidden></p>
  <div class="gl-board"><div class="gl-sight"><div class="gl-pictures"></div>
    <section class="gl-film"></section></div>
  </div>
  <details class="gl-measured"></details>
  <details class="gl-opinion"></details>`;

class Live {
  constructor(root, component) {
    this.box = document.createElement("div");
    this.box.className = "gl-live";
    this.box.innerHTML = PAGE;
    root.append(this.box);
    this.numbers = this.makeNumbers();
    const place = this.find(".gl-pictures");
    this.scores = new Scores();
    this.pictures = new Pictures(place, this.scores);
    this.opinions = new Opinions(this.find(".gl-opinion"));
    this.scene = new Scene(this.find(".gl-scene"), {
      drawn: (name) => this.pictures.drawn(name),
      ask: (name) => this.feed.send({ still: name }),
    });
    this.walk = new Walk(this.find(".gl-walk"), {
      act: (ids) => this.scene.act(ids),
      another: () => this.component.setTriggerValue("another", true),
    });
    this.around = new Around(this.box, (step) => this.feed.send({ around: step }));
    this.asked = component.data.around?.number;
    this.meaning = new Meaning(this.box, (column) => this.feed.send({ meaning: column }));
    this.charts = new Charts(this.find(".gl-board"), component.data, {
      onMark: (step) => this.around.show(step),
      onAsk: ({ curves, title, hint, meaning }) => this.meaning.show(curves, title, `${hint} ${meaning}`),
    });
    this.coach = new Coach(this.find(".gl-coach"), {
      apply: (rule, advice) => this.component.setTriggerValue("advice", { rule, advice }),
      shade: (stretch) => this.charts.shade(stretch),
    });
    this.measures = new Measures(this.find(".gl-measured"), (...one) => this.meaning.show(...one));
    this.newest = new Map(); // what came last under each name
    this.film = new Film(this.find(".gl-film"), {
      draw: (header, payload, onShown) => this.draw(header, payload, onShown),
      point: (step) => this.point(step),
      fork: (step) => this.component.setTriggerValue("fork", step),
    });
    this.rhythm = new Rhythm(() => this.drawCurves());
    this.room = new ResizeObserver(() => this.arrange());
    this.room.observe(this.find(".gl-sight"));
    this.onVisible = () => this.visible();
    document.addEventListener("visibilitychange", this.onVisible);
    this.adopt(component);
    this.watch(component.data.socket);
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  makeNumbers() {
    const list = this.find(".gl-numbers");
    return Object.fromEntries(NUMBERS.map(([key, label, hint]) => {
      const cell = document.createElement("div");
      const term = document.createElement("dt");
      const value = document.createElement("dd");
      term.textContent = label;
      value.textContent = "–";
      cell.title = hint;
      cell.append(term, value);
      list.append(cell);
      return [key, value];
    }));
  }

  // As many plots beside the pictures as their height has room for, the rest below both.
  arrange() {
    const { height } = this.find(".gl-sight").getBoundingClientRect();
    const plots = [...this.box.querySelectorAll(".gl-chart")];
    const beside = Math.min(plots.length, Math.max(2, Math.floor(height / BESIDE)));
    this.find(".gl-board").style.setProperty("--gl-beside", beside);
    const odd = (plots.length - beside) % 2 === 1;
    plots.forEach((plot, i) => plot.classList.toggle("gl-alone", odd && i === plots.length - 1));
  }

  adopt(component) {
    this.component = component;
    this.setColours(component.data.colours);
    this.scene.update(component.data.scene);
    this.opinions.update(component.data.judges);
    this.walk.allow(component.data.controls);
    this.around.update(component.data);
    this.coach.update(component.data);
    this.measures.update(component.data);
    this.film.update(component.data);
    this.name(component.data.parent);
  }

  // the run that a forked one comes from
  name(parent) {
    const place = this.find(".gl-parent");
    place.hidden = !parent;
    if (!parent) return;
    const run = document.createElement(parent.link ? "a" : "span");
    run.textContent = parent.run;
    if (parent.link) run.href = parent.link;
    place.replaceChildren(`Goes on from step ${grouped(parent.step)} of `, run);
  }

  setColours(colours) {
    for (const [name, colour] of Object.entries(colours)) {
      this.box.style.setProperty(`--gl-${name}`, colour);
    }
  }

  watch(path) {
    this.told = null;
    this.newest.clear();
    this.film.watch(this.component.data.film);
    this.pictures.clear();
    this.scores.clear();
    this.opinions.clear();
    this.scene.clear();
    this.walk.clear();
    this.around.hide();
    this.meaning.hide();
    this.coach.clear();
    this.measures.clear();
    this.charts.clear(path);
    counters.pictureStep = 0;
    this.find(".gl-relation").textContent = "";
    this.say("Connecting");
    this.feed = new Feed(path, {
      onFrame: (header, payload) => this.hear(header, payload),
      onLine: (open, reason) => {
        if (open) return;
        this.say(WORDS[reason]);
        this.scene.lost();
        // the server may have been started anew: the page then offers what was left behind
        if (reason === "unknown") this.component.setStateValue("heard", reason);
      },
    });
    this.tracks = [{ curves: this.feed.curves }];
    this.rhythm.follow([this.feed]);
  }

  update(component) {
    this.adopt(component);
    if (component.data.socket !== this.feed.path) {
      this.feed.close();
      this.watch(component.data.socket);
    }
    this.charts.update(component.data);
    this.arrange();
    this.tell();
    const { around } = component.data; // a line of the list below was pressed
    if (around && around.number !== this.asked) {
      this.asked = around.number;
      this.around.show(around.step);
    }
  }

  say(text, kind = "") {
    const state = this.find(".gl-state");
    if (state.textContent !== text) state.textContent = text;
    state.dataset.state = kind;
  }

  hear(header, payload) {
    counters.frames++;
    if (header.kind === "moment") this.hearMoment(header);
    else if (LOOKS.includes(header.kind)) this.hearLook(header, payload);
    else if (header.kind === "walk") this.walk.show(header, payload);
    else if (header.kind === "around") this.around.hear(header, payload);
    else if (header.kind === "checkup") this.hearCheckup(header);
    else if (header.kind === "meaning") this.meaning.hear(header);
    else if (header.kind === "still") this.scene.hearStill(header, payload);
  }

  hearCheckup(checkup) {
    this.coach.hear(checkup);
    this.measures.hear(checkup);
  }

  hearMoment(moment) {
    counters.step = moment.counts.steps;
    counters.state = moment.state;
    this.say(STATES[moment.state] ?? moment.state, moment.state);
    if (!document.hidden) this.showNumbers(moment);
    this.pictures.expect(moment.pictures ?? [], moment.planes);
    const note = this.find(".gl-note");
    note.hidden = !moment.note;
    note.textContent = moment.note;
    note.dataset.state = moment.state;
    this.scene.hearMoment(moment);
    this.walk.hearMoment(moment);
    this.film.hearMoment(moment);
    this.coach.hearMoment(moment);
    this.tell();
    this.rhythm.want();
  }

  // the script draws buttons and knobs: it should know of what happened without it
  tell() {
    if (!this.feed.moment) return;
    const { state, take, interventions } = this.feed.moment;
    const heard = `${state}:${take}:${interventions}`;
    if (heard === this.component.data.heard || heard === this.told) return;
    this.told = heard;
    this.component.setStateValue("heard", heard);
  }

  showNumbers(moment) {
    const texts = progress(moment);
    for (const [key, value] of Object.entries(this.numbers)) value.textContent = texts[key];
    this.find(".gl-relation").textContent = relation(moment.counts);
  }

  // What the page draws: a picture, a plane, an opinion. While it shows the past, only the newest
  // is kept.
  hearLook(header, payload) {
    if (document.hidden) return;
    this.newest.set(`${header.kind} ${header.name}`, [header, payload]);
    if (!this.film.away) this.drawNewest(header, payload);
  }

  drawNewest(header, payload) {
    this.draw(header, payload, () => {
      if (header.kind === "opinion") return;
      counters.pictures++;
      counters.pictureStep = this.feed.pictureStep = header.step;
    });
  }

  draw(header, payload, onShown) {
    if (header.kind === "opinion") {
      this.scores.hear(header);
      this.opinions.hear(header, payload);
      onShown();
      return;
    }
    this.pictures.show(header, payload, () => {
      counters.measures = header.measures;
      this.scene.show(header.name);
      onShown();
    });
  }

  // A step of the past, or null for now.
  point(step) {
    this.box.classList.toggle("gl-past", step !== null);
    this.charts.point(step);
    if (step !== null) return;
    for (const one of this.newest.values()) this.drawNewest(...one);
    if (this.feed) this.scene.read(this.feed.curves);
  }

  drawCurves() {
    const { curves } = this.feed;
    counters.records = curves.records;
    if (!this.film.away) this.scene.read(curves); // its pictures are of then
    this.around.refresh(curves.take);
    this.measures.reach(curves.records);
    return this.charts.draw(this.tracks);
  }

  visible() {
    this.feed.hide();
    this.rhythm.want();
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisible);
    this.rhythm.close();
    this.feed.close();
    this.room.disconnect();
    this.film.close();
    this.pictures.close();
    this.opinions.close();
    this.walk.leave();
    this.scene.close();
    this.around.close();
    this.meaning.close();
    this.measures.close();
    this.charts.close();
    this.box.remove();
  }
}

export function mount(root, component) {
  return new Live(root, component);
}
