// The time machine: back through what a run has shown, as a slider or as a film, and a new run from
// there. What it fetches: gan_lab/server/film.py.
import { counters } from "./counters.js";
import { grouped } from "./numbers.js";
import { decode } from "./wire.js";

const FRESH = 2000; // ms after which the list of what there is is fetched again
const AT_ONCE = 500; // ms, where somebody reaches for the slider, or nothing is on the film yet
const TICK = 100; // ms from one shot of a playing film to the next
const KEPT = 6; // newest steps with a state that are listed
const AHEAD = 3; // shots that are fetched before they are played

const PAGE = `
  <div class="gl-film-bar">
    <button type="button" class="gl-play"></button>
    <input type="range" class="gl-time" min="0" max="1" value="1" step="1" aria-label="Time machine">
    <button type="button" class="gl-now">Back to now</button>
  </div>
  <p class="gl-when"></p>
  <div class="gl-then"></div>
  <div class="gl-film-bar">
    <button type="button" class="gl-fork"></button>
    <a class="gl-save" download data-kind="gif">Save as GIF</a>
    <a class="gl-save" download data-kind="webp">as WebP</a>
  </div>`;

const HINT = "Time machine: drag the slider to see what was shown before, or play it as a film.";

export class Film {
  // draw(header, payload, onShown) shows a picture in its place; point(step) is told where the page
  // stands, null for now; fork(step) begins a new run
  constructor(box, { draw, point, fork }) {
    this.box = box;
    this.box.innerHTML = PAGE;
    Object.assign(this, { draw, point, fork });
    this.slider = this.find(".gl-time");
    this.slider.addEventListener("input", () => this.slide());
    for (const event of ["pointerenter", "focus"]) {
      this.slider.addEventListener(event, () => this.refresh(AT_ONCE));
    }
    this.find(".gl-play").addEventListener("click", () => this.playOrPause());
    this.find(".gl-now").addEventListener("click", () => this.back());
    this.find(".gl-fork").addEventListener("click", () => this.start());
    this.seen = false;
    this.sight = new IntersectionObserver((entries) => {
      this.seen = entries.at(-1).isIntersecting; // the newest of several
      this.refresh(FRESH);
    });
    this.sight.observe(box);
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // The film of another run.
  watch(path) {
    this.path = path;
    this.index = { shots: [], states: [], changes: [] };
    this.fetched = -Infinity;
    this.playing = false;
    this.wanted = null; // the shot that should be on the page; null for now
    this.shown = counters.shot = null; // what the shot on the page says of itself
    this.going = false;
    this.moment = null;
    for (const link of this.box.querySelectorAll(".gl-save")) {
      link.href = `${path}/animation.${link.dataset.kind}`;
    }
    this.point(null);
    this.arrange();
  }

  // other words, other figures
  update(data) {
    this.data = data;
    if (this.shown) this.tell();
  }

  hearMoment(moment) {
    const last = this.moment;
    this.moment = moment;
    const back = last !== null && last.take !== moment.take;
    if (back) this.back(); // what is on the page may never have happened
    if (back || last?.state !== moment.state) this.refresh(0);
    else this.refresh(this.index.shots.length ? FRESH : AT_ONCE);
    // what is kept last may be on the disk only after the last moment has been told
    clearTimeout(this.last);
    this.last = setTimeout(() => this.refresh(0), FRESH);
  }

  // whether the page shows the past
  get away() {
    return this.wanted !== null;
  }

  // Fetches the list of what there is, if it is older than so many ms; while the page shows the
  // past it stays as it is. 0 also if it is being fetched: once more then.
  async refresh(age) {
    if (!this.path || this.away || document.hidden || (!this.seen && age)) return;
    if (this.fetching) this.stale ||= !age;
    if (this.fetching || performance.now() - this.fetched < age) return;
    this.fetching = true;
    this.stale = false;
    const { path } = this;
    try {
      const answer = await fetch(path);
      const index = answer.ok ? await answer.json() : null;
      if (path !== this.path || this.away || !index) return;
      this.index = index;
      this.arrange();
    } catch {
      // the server is away; the next moment tries again
    } finally {
      this.fetching = false;
      this.fetched = performance.now();
    }
    if (this.stale) this.refresh(0);
  }

  get shots() {
    return this.index.shots.map(([step, seconds, tag]) => ({ step, seconds, tag }));
  }

  arrange() {
    const { length } = this.index.shots;
    this.slider.max = Math.max(1, length);
    this.slider.disabled = !length;
    this.find(".gl-play").disabled = !length;
    counters.shots = length;
    if (this.away) return;
    this.slider.value = this.slider.max;
    this.tell();
  }

  slide() {
    this.playing = false;
    const place = Number(this.slider.value);
    if (place >= this.index.shots.length) this.back();
    else this.go(place);
  }

  // Shows the shot at a place of the film; of several that are wanted, the newest. Resolves once it
  // is on the page.
  async go(place) {
    this.wanted = this.shots[place];
    this.slider.value = place;
    this.label();
    if (this.going) return;
    this.going = true;
    const { path } = this;
    try {
      let done = null;
      while (path === this.path && this.wanted && this.wanted !== done) {
        done = this.wanted;
        await this.show(done);
      }
    } finally {
      if (path === this.path) this.going = false;
    }
  }

  async show(shot) {
    const { path } = this;
    const every = await this.messages(shot);
    if (path !== this.path || this.wanted !== shot) return;
    if (!every) {
      this.lost();
      return;
    }
    const [{ header }, ...pictures] = every;
    this.shown = header;
    this.point(shot.step);
    this.tell();
    await Promise.all(pictures.map(({ header: one, payload }) => new Promise((resolve) => {
      this.draw(one, payload, resolve);
      setTimeout(resolve, 10 * TICK); // a newer one may have come in between
    })));
    if (path === this.path && this.wanted === shot) counters.shot = shot.step;
  }

  // null where it is not there any more
  async messages({ step, tag }) {
    try {
      const answer = await fetch(`${this.path}/${step}-${tag}`);
      return answer.ok ? [...cut(await answer.arrayBuffer())].map(decode) : null;
    } catch {
      return null;
    }
  }

  // it was thinned away, or the run went back
  lost() {
    this.back();
    this.refresh(0);
  }

  // to what the run shows now
  back() {
    this.playing = false;
    if (!this.away) return;
    this.wanted = this.shown = counters.shot = null;
    this.arrange();
    this.point(null);
    this.refresh(0);
  }

  playOrPause() {
    if (this.playing) {
      this.playing = false;
      this.label();
    } else this.play();
  }

  async play() {
    this.playing = true; // at once: a second press holds it
    const { path } = this;
    await this.refresh(AT_ONCE);
    if (path !== this.path) return;
    const at = this.away ? Number(this.slider.value) + 1 : 0;
    for (let place = at; this.playing && place < this.index.shots.length; place++) {
      const begun = performance.now();
      for (const next of this.shots.slice(place + 1, place + 1 + AHEAD)) this.messages(next);
      await this.go(place);
      await new Promise((resolve) => setTimeout(resolve, TICK - (performance.now() - begun)));
      if (path !== this.path || document.hidden) break;
    }
    if (path !== this.path) return;
    if (this.playing && !document.hidden) this.back();
    this.playing = false;
    this.label();
  }

  // the newest state that a new run can start from, at or before what is shown
  get state() {
    const until = this.wanted?.step ?? Infinity;
    return this.index.states.filter((step) => step <= until).at(-1);
  }

  start() {
    const { state } = this;
    if (state === undefined || !this.away) return;
    this.fork(state);
  }

  label() {
    const play = this.find(".gl-play");
    play.textContent = this.playing ? "❚❚ Hold" : "▶ Play";
    this.find(".gl-now").disabled = !this.away;
    const fork = this.find(".gl-fork");
    const { state } = this;
    fork.disabled = !this.away || state === undefined;
    fork.textContent = fork.disabled ? "New run from here" : `New run from step ${grouped(state)}`;
    fork.title = fork.disabled
      ? "Go back first; then a new run can start from there."
      : `A new run goes on from step ${grouped(state)}, the kept state next before what is shown,`
        + " with the knobs of then. The run on this page stays.";
    const when = this.wanted
      ? `At step ${grouped(this.wanted.step)}, ${lasted(this.wanted.seconds)} into training` : HINT;
    this.find(".gl-when").textContent = when;
    this.slider.setAttribute("aria-valuetext", this.wanted ? when : "Now");
  }

  // what the shot on the page says: readings, and knobs that are other now
  tell() {
    this.label();
    const rows = this.shown ? [...this.knobs(), ...this.readings()] : this.kept();
    this.find(".gl-then").replaceChildren(...rows.map(([name, value]) => {
      const row = document.createElement("span");
      const strong = document.createElement("b");
      strong.textContent = value;
      row.append(`${name} `, strong);
      return row;
    }));
  }

  // what there is to go back to
  kept() {
    const { shots, states } = this.index;
    if (!shots.length) return [];
    const steps = states.slice(-KEPT).map((step) => grouped(step));
    const [first, last] = [shots[0][0], shots.at(-1)[0]].map((step) => grouped(step));
    const range = shots.length === 1 ? `1 moment, step ${first}` : `${grouped(shots.length)} moments, steps ${first} to ${last}`;
    return [
      ["Kept so far:", range],
      ["A new run can go on from step", (states.length > KEPT ? "…, " : "") + steps.join(", ")],
    ];
  }

  readings() {
    const { readings } = this.shown;
    return (this.data?.figures ?? []).flatMap(({ title, curves }) => {
      const known = curves.filter(({ column }) => column in readings);
      if (!known.length) return [];
      return [[`${title}:`, known.map(({ name, column }) => `${name} ${brief(readings[column])}`).join(", ")]];
    });
  }

  knobs() {
    const before = new Map(); // what a later change found
    const now = new Map();
    for (const { place, path, old, new: value } of this.index.changes) {
      now.set(path, value);
      if (place >= this.shown.done && !before.has(path)) before.set(path, old);
    }
    return [...before].filter(([path, old]) => told(old) !== told(now.get(path))).map(
      ([path, old]) => [`${this.data?.words[path] ?? path} then:`, `${told(old)} (now ${told(now.get(path))})`],
    );
  }

  close() {
    this.playing = false;
    clearTimeout(this.last);
    this.path = null;
    this.sight.disconnect();
  }
}

// the messages in the file of a shot, each behind its length
function* cut(buffer) {
  const view = new DataView(buffer);
  for (let at = 0; at + 4 <= buffer.byteLength;) {
    const length = view.getUint32(at, true);
    yield buffer.slice(at + 4, at + 4 + length);
    at += 4 + length;
  }
}

function lasted(seconds) {
  if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function brief(value) {
  return Math.abs(value) >= 0.01 && Math.abs(value) < 1000 ? value.toFixed(2) : value.toPrecision(2);
}

function told(value) {
  return Array.isArray(value) ? value.join(", ") : String(value);
}
