// The coach: how the run is in one line, and unfolded what it found, why, and what to try. What
// comes: checkup_frame in gan_lab/runs/wire.py.
import { counters } from "./counters.js";
import { fold, folded } from "./folds.js";
import { grouped, told } from "./numbers.js";

const STORE = "ganlab-coach-open";
const CALM = 5000; // ms without a pointer or key event after which things may move
const OVER = ["finished", "stopped", "failed", "at rest"];

// a word for each condition; its sign is in coach.css
const WORDS = {
  starting: "Starting",
  watching: "Watching",
  healthy: "Healthy",
  improving: "Improving",
  converged: "Converged",
  caution: "Caution",
  trouble: "Trouble",
};
const LOOKS = "the curves, the settings, the outputs of both networks, the variety of G's fakes, and the"
  + " metrics";
const FIRST = { condition: "starting", line: "The coach has not looked at this run yet.", findings: [] };

const PAGE = `
  <summary><b class="gl-condition" role="status"></b> <span class="gl-says"></span>
    <span class="gl-unfold"></span></summary>
  <div class="gl-found" tabindex="-1" role="region" aria-label="Findings"><p class="gl-none"></p><div class="gl-findings"></div>
    <section class="gl-gone" hidden><h4>Came and went</h4><ul></ul></section></div>`;

const FINDING = `
  <header><h4></h4><span class="gl-sure"></span></header>
  <p class="gl-seen"></p>
  <p class="gl-why"></p>
  <h5>What to try</h5>
  <ul class="gl-advice"></ul>
  <footer><button type="button" class="gl-point" aria-pressed="false">Show on the curves</button>
    <cite></cite></footer>`;

function write(place, text) {
  if (place.textContent !== text) place.textContent = text;
}

// a line that begins with the word that stands before it does not say it twice
function after(word, line) {
  const rest = line.startsWith(`${word}: `) ? line.slice(word.length + 2) : line;
  return rest && rest[0].toUpperCase() + rest.slice(1);
}

function sure(share) {
  const word = share >= 0.9 ? "Almost certain" : share >= 0.7 ? "Likely" : share >= 0.5 ? "Perhaps" : "A hint";
  return `${word}, ${Math.round(100 * share)} %`;
}

// One advice. Its place and its button belong to it alone: another advice gets others, so that
// neither the focus nor a click ever passes from one to the next.
class Tip {
  constructor(press) {
    this.press = press;
    this.box = document.createElement("li");
    this.text = this.box.appendChild(document.createElement("span"));
    this.button = null;
  }

  show(advice, { controls, over, knobs, busy }) {
    this.advice = advice;
    this.box.classList.remove("gl-greyed");
    this.left = null;
    this.changes = turned(advice, knobs).map(([path, value]) => turn(path, value, knobs)).join(", ");
    const restart = advice.changes.length && !advice.live ? " It applies on restart." : "";
    const reading = this.changes && !controls ? ` (${this.changes})` : "";
    write(this.text, `${advice.text}${restart}${reading}`);
    this.offer(Boolean(this.changes || advice.undo) && controls);
    if (!this.button) return;
    const { undo } = advice;
    if (undo) write(this.button, `Undo this change: go back to step ${grouped(undo.step)}`);
    else write(this.button, !advice.live || over ? `For the next start: ${this.changes}` : this.changes);
    this.rest(busy);
  }

  offer(yes) {
    if (yes === Boolean(this.button)) return;
    this.button?.remove();
    this.button = yes ? this.box.appendChild(document.createElement("button")) : null;
    if (!yes) return;
    this.button.type = "button";
    this.button.onclick = () => this.resting || this.press(this);
  }

  // not "disabled": that would take the keyboard's place away
  rest(yes) {
    this.resting = yes;
    this.button?.setAttribute("aria-disabled", yes);
  }

  // it is not advised any more; for a while it stays where it is, as it was
  leave() {
    this.left ??= performance.now();
    this.box.classList.add("gl-greyed");
    this.rest(true);
  }
}

class Finding {
  // actions = { apply(rule, tip), point(rule) }
  constructor(actions) {
    this.actions = actions;
    this.box = document.createElement("article");
    this.box.className = "gl-finding";
    this.box.innerHTML = FINDING;
    this.pointer = this.find(".gl-point");
    this.pointer.onclick = () => this.gone || actions.point(this.said.rule);
    this.tips = new Map(); // by what is advised
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // what is said of it now; may = { controls, over, knobs, busy }: who reads it, and how the run is
  show(said, may) {
    this.said = said;
    this.left = null;
    this.stay(true);
    this.box.dataset.weight = said.weight;
    write(this.find("h4"), said.title);
    write(this.find(".gl-sure"), sure(said.sure));
    write(this.find(".gl-seen"), said.seen);
    write(this.find(".gl-why"), said.why);
    write(this.find("cite"), said.source && `Source: ${said.source}`);
    write(this.pointer, said.columns.length ? "Show on the curves" : "Show the measures");
    this.advise(said.advice.filter((one) => fits(one, may)), may);
  }

  advise(advices, may) {
    const now = new Map(advices.map((advice) => [JSON.stringify([advice.text, advice.changes]), advice]));
    for (const [key, tip] of this.tips) if (!now.has(key)) tip.leave();
    for (const [key, advice] of now) {
      if (!this.tips.has(key)) {
        const tip = new Tip((one) => this.actions.apply(this.said.rule, one));
        this.tips.set(key, tip);
        this.find(".gl-advice").append(tip.box);
      }
      this.tips.get(key).show(advice, may);
    }
    this.find("h5").hidden = !this.tips.size;
  }

  // it is not found any more
  leave() {
    this.left ??= performance.now();
    this.stay(false);
    write(this.find(".gl-sure"), "Not seen any more");
    for (const tip of this.tips.values()) tip.leave();
  }

  stay(yes) {
    this.gone = !yes;
    this.box.classList.toggle("gl-greyed", !yes);
    this.pointer.setAttribute("aria-disabled", !yes);
  }

  // takes the advices away that have not been given since a time
  drop(time, remove) {
    for (const [key, tip] of this.tips) {
      if (tip.left === null || tip.left > time) continue;
      remove(tip.box);
      this.tips.delete(key);
    }
    this.find("h5").hidden = !this.tips.size;
  }

  pointed(yes) {
    this.pointer.setAttribute("aria-pressed", yes);
  }
}

// whether an advice is of use to the reader: only the owner can undo, and only while the run lives
function fits(advice, { controls, over, knobs }) {
  if (advice.undo) return controls && !over;
  return !advice.changes.length || turned(advice, knobs).length > 0;
}

// what an advice would change of how the knobs stand
function turned({ changes }, knobs) {
  return changes.filter(([path, value]) => !stands(path, value, knobs));
}

function stands(path, value, knobs) {
  return knobs[path]?.[1] === told(value);
}

// "G: Learning rate: 2e-4 → 1e-4"
function turn(path, value, knobs) {
  const [name, now] = knobs[path] ?? [path, null];
  return now === null ? `${name}: ${told(value)}` : `${name}: ${now} → ${told(value)}`;
}

export class Coach {
  // box: the <details> to fill; apply(rule, { text, changes, undo }) takes an advice, as it was said; shade({ columns, first, last })
  // shows a stretch on the curves, null for none
  constructor(box, { apply, shade }) {
    this.box = box;
    this.shade = shade;
    this.actions = { apply: (rule, tip) => this.take(rule, tip), point: (rule) => this.point(rule) };
    this.apply = apply;
    this.box.innerHTML = PAGE;
    this.box.open = folded(STORE);
    this.box.addEventListener("toggle", () => {
      fold(STORE, this.box.open);
      if (!this.box.open) this.forget();
      this.refresh();
    });
    for (const left of ["pointerout", "focusout"]) this.box.addEventListener(left, () => this.later());
    for (const one of ["pointermove", "pointerdown", "keydown", "focusin", "wheel"]) {
      this.box.addEventListener(one, () => this.touch(), { passive: true });
    }
    this.calm = CALM;
    this.touched = -Infinity; // when somebody last used the panel
    this.cards = new Map(); // by the name of the rule
    this.may = { controls: false, over: false, knobs: {}, busy: false };
    this.step = 0;
    this.taken = null; // the advice whose effect is watched; null for none
    this.clear();
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // who reads it, and how the knobs stand
  update({ controls = false, knobs = {} }) {
    Object.assign(this.may, { controls, knobs });
    this.await();
    this.refresh();
  }

  hearMoment({ state, counts }) {
    this.step = counts.steps;
    const over = OVER.includes(state);
    if (over === this.may.over) return;
    this.may.over = over;
    if (over) this.release();
    this.refresh();
  }

  hear({ number, take, health, past }) {
    counters.checkup = number;
    this.health = health ?? FIRST;
    this.past = past;
    if (take !== this.number || this.health.step > this.taken?.step) this.release();
    this.number = take;
    this.head();
    this.refresh();
  }

  clear() {
    counters.checkup = 0;
    this.health = FIRST;
    this.past = [];
    this.step = 0;
    this.release();
    this.forget();
    this.point(null);
    this.head();
    this.refresh();
  }

  head() {
    const { condition, line } = this.health;
    const place = this.find(".gl-condition");
    place.dataset.condition = condition;
    const word = WORDS[condition] ?? condition;
    write(place, word);
    const said = this.taken ? this.watching : after(word, line);
    write(this.find(".gl-says"), said);
    this.find("summary").title = this.taken ? said : line;
  }

  // Takes an advice. Until the coach has seen what came of it there is none other to take.
  take(rule, { advice, changes }) {
    const { text, live, undo } = advice;
    if (!this.may.over) {
      const step = Math.max(this.step, this.health.step ?? 0);
      this.taken = { changes, live, undo, all: advice.changes, step, done: false };
      this.may.busy = true;
    }
    this.apply(rule, { text, changes: advice.changes, undo });
    this.head();
    this.refresh();
  }

  get watching() {
    const { changes, live, undo, done } = this.taken;
    if (undo) return `Going back to step ${grouped(undo.step)} …`;
    if (!live) return `For the next start: ${changes}.`;
    return done ? `Changed ${changes}; watching what it does.` : `Changing ${changes} …`;
  }

  // what was taken is done once the knobs stand so; what was looked at before does not count
  await() {
    const { taken } = this;
    if (!taken || taken.done || taken.undo) return;
    if (!taken.all.every(([path, value]) => stands(path, value, this.may.knobs))) return;
    taken.done = true;
    taken.step = Math.max(taken.step, this.step);
    this.head();
  }

  release() {
    this.taken = null;
    this.may.busy = false;
    this.head();
  }

  // with the next unfolding everything is in the coach's order again
  forget() {
    this.cards.clear();
    this.find(".gl-findings").replaceChildren();
  }

  // The pointer or the keyboard is at work here: nothing moves under it until it has been still for
  // a while.
  touch() {
    this.touched = performance.now();
    clearTimeout(this.timer);
    this.timer = null;
    this.wake();
  }

  wake() {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      if (this.box.isConnected) this.refresh();
    }, this.calm + 20);
  }

  get still() {
    return performance.now() - this.touched >= this.calm;
  }

  // What is unfolded, in the order in which the headline names it. A finding that is gone stays for a
  // while, greyed out, below the others. Nothing moves while somebody uses a button.
  refresh() {
    const { findings } = this.health;
    if (!findings.some(({ rule }) => rule === this.pointed)) this.point(null);
    if (!this.box.open) return;
    for (const [rule, card] of this.cards) {
      if (!findings.some((said) => said.rule === rule)) card.leave();
    }
    for (const said of findings) {
      if (!this.cards.has(said.rule)) {
        this.cards.set(said.rule, new Finding(this.actions));
        this.find(".gl-findings").append(this.cards.get(said.rule).box);
      }
      const card = this.cards.get(said.rule);
      card.show(said, this.may);
      card.pointed(said.rule === this.pointed);
    }
    this.drop();
    this.sort();
    const none = this.find(".gl-none");
    none.hidden = this.cards.size > 0;
    write(none, this.looked);
    this.find(".gl-found").classList.toggle("gl-few", !this.cards.size);
    this.remember();
  }

  // once the pointer and the keyboard are elsewhere
  later() {
    requestAnimationFrame(() => this.box.isConnected && this.refresh());
  }

  sort() {
    const list = this.find(".gl-findings");
    if (!this.still && list.querySelector("button:hover, button:focus")) return;
    const found = this.health.findings.map(({ rule }) => this.cards.get(rule).box);
    const gone = [...this.cards.values()].filter((card) => card.gone).map((card) => card.box);
    const focused = document.activeElement;
    [...found, ...gone].forEach((box, place) => {
      const at = () => list.children[place];
      // an element that is moved loses the focus, so the others move around it
      if (box.contains(focused)) while (at() !== box) list.append(at());
      else if (at() !== box) list.insertBefore(box, at());
    });
  }

  // Takes away what has been greyed out for a while, once nobody uses the panel. The focus goes to
  // the panel where it was on something that is taken away.
  drop() {
    const gone = [...this.cards].filter(([, card]) => card.gone);
    const time = this.still ? performance.now() - this.calm : -Infinity;
    const remove = (box) => {
      const focused = box.contains(document.activeElement);
      box.remove();
      if (focused) this.find(".gl-found").focus({ preventScroll: true });
    };
    for (const [rule, card] of gone) {
      if (card.left > time) continue;
      remove(card.box);
      this.cards.delete(rule);
    }
    for (const card of this.cards.values()) if (!card.gone) card.drop(time, remove);
    if (this.find(".gl-greyed")) this.wake();
  }

  // what was looked at where nothing was found
  get looked() {
    const { condition, step } = this.health;
    if (condition === "starting") return `After the first steps the coach looks at ${LOOKS}.`;
    return `Up to step ${grouped(step)} the coach looked at ${LOOKS}. It found nothing that you should change.`;
  }

  remember() {
    this.find(".gl-gone").hidden = !this.past.length;
    const list = this.find(".gl-gone ul");
    const texts = [...this.past].reverse().map(
      (one) => `${one.title}: from step ${grouped(one.since)} to ${grouped(one.until)}${this.holds(one)}`,
    );
    while (list.children.length > texts.length) list.lastChild.remove();
    texts.forEach((text, i) => {
      write(list.children[i] ?? list.appendChild(document.createElement("li")), text);
    });
  }

  // a change that was found to do harm and is still there, once the finding is gone
  holds({ advice }) {
    const undo = advice.find((one) => one.undo)?.undo;
    const back = advice.filter((one) => one.changes.length);
    if (!undo || !this.may.controls || this.may.over) return "";
    if (!back.some((one) => turned(one, this.may.knobs).length)) return "";
    return `. The change of step ${grouped(undo.step)} still holds; Undo it in the list “What you changed”.`;
  }

  // the stretch of this rule's finding on the curves, or nothing if it is shown there already
  point(rule) {
    this.pointed = rule === this.pointed ? null : rule;
    const said = this.health.findings.find((one) => one.rule === this.pointed);
    for (const [name, card] of this.cards) card.pointed(name === this.pointed);
    this.shade(said ? { columns: said.columns, first: said.first, last: said.last } : null);
    if (said) this.sight(said);
  }

  // brings the first plot where it is shown into sight, or the measures; a plot that is not drawn yet
  // is in sight already
  sight({ columns }) {
    const page = this.box.parentElement;
    const shown = page.querySelector(".gl-stretch:not([hidden])")?.closest(".gl-chart");
    const measures = page.querySelector(".gl-measured");
    if (!shown && columns.length) return;
    if (!shown && measures) measures.open = true;
    (shown ?? measures)?.scrollIntoView({ block: shown ? "center" : "start", behavior: "smooth" });
  }
}
