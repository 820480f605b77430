// The coach: how the run is in one line, and unfolded what it found, why, and what to try. What
// comes: checkup_frame in gan_lab/runs/wire.py.
import { counters } from "./counters.js";
import { fold, folded } from "./folds.js";
import { grouped, told } from "./numbers.js";

const STORE = "ganlab-coach-open";
const OVER = ["finished", "stopped", "failed"];

// a word for each condition; its sign is in coach.css
const WORDS = {
  starting: "Starting",
  healthy: "Healthy",
  improving: "Improving",
  converged: "Converged",
  caution: "Caution",
  trouble: "Trouble",
};
const FIRST = { condition: "starting", line: "The coach has not looked at this run yet.", findings: [] };

const PAGE = `
  <summary><b class="gl-condition" role="status"></b> <span class="gl-says"></span></summary>
  <div class="gl-found"><p class="gl-none"></p><div class="gl-findings"></div>
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

class Finding {
  // actions = { apply(rule, index), point(finding) }
  constructor(actions) {
    this.actions = actions;
    this.box = document.createElement("article");
    this.box.className = "gl-finding";
    this.box.innerHTML = FINDING;
    this.pointer = this.find(".gl-point");
    this.pointer.onclick = () => actions.point(this.said);
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // what is said of it now; may = { controls, over, knobs }: who reads it, and how the run is
  show(said, may) {
    this.said = said;
    this.box.dataset.weight = said.weight;
    write(this.find("h4"), said.title);
    write(this.find(".gl-sure"), sure(said.sure));
    write(this.find(".gl-seen"), said.seen);
    write(this.find(".gl-why"), said.why);
    write(this.find("cite"), said.source && `Source: ${said.source}`);
    this.pointer.hidden = !said.columns.length;
    this.find("h5").hidden = !said.advice.length;
    const list = this.find(".gl-advice");
    while (list.children.length > said.advice.length) list.lastChild.remove();
    said.advice.forEach((advice, i) => this.advise(list, advice, i, may));
  }

  advise(list, advice, index, { controls, over, knobs }) {
    const item = list.children[index] ?? list.appendChild(document.createElement("li"));
    if (!item.children.length) {
      item.append(document.createElement("span"), document.createElement("button"));
      item.lastChild.type = "button";
      item.lastChild.onclick = () => this.actions.apply(this.said.rule, index);
    }
    const [text, button] = item.children;
    const later = !advice.live || over;
    const changes = advice.changes.map(([path, value]) => turn(path, value, knobs)).join(", ");
    const restart = advice.changes.length && !advice.live ? " It applies on restart." : "";
    const reading = changes && !controls ? ` (${changes})` : "";
    write(text, `${advice.text}${restart}${reading}`);
    button.hidden = !changes || !controls;
    write(button, later ? `For the next start: ${changes}` : changes);
  }

  pointed(yes) {
    this.pointer.setAttribute("aria-pressed", yes);
  }
}

// "G: Learning rate: 2e-4 → 1e-4"
function turn(path, value, knobs) {
  const [name, now] = knobs[path] ?? [path, null];
  return now === null ? `${name}: ${told(value)}` : `${name}: ${now} → ${told(value)}`;
}

export class Coach {
  // box: the <details> to fill; apply(rule, index) takes an advice; shade({ columns, first, last })
  // shows a stretch on the curves, null for none
  constructor(box, { apply, shade }) {
    this.box = box;
    this.shade = shade;
    this.actions = { apply, point: (said) => this.point(said.rule) };
    this.box.innerHTML = PAGE;
    this.box.open = folded(STORE);
    this.box.addEventListener("toggle", () => {
      fold(STORE, this.box.open);
      this.refresh();
    });
    this.cards = new Map(); // by the name of the rule
    this.may = { controls: false, over: false, knobs: {} };
    this.clear();
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // who reads it, and how the knobs stand
  update({ controls = false, knobs = {} }) {
    Object.assign(this.may, { controls, knobs });
    this.refresh();
  }

  hearMoment({ state }) {
    const over = OVER.includes(state);
    if (over === this.may.over) return;
    this.may.over = over;
    this.refresh();
  }

  hear({ number, health, past }) {
    counters.checkup = number;
    this.health = health ?? FIRST;
    this.past = past;
    this.head();
    this.refresh();
  }

  clear() {
    counters.checkup = 0;
    this.health = FIRST;
    this.past = [];
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
    write(this.find(".gl-says"), after(word, line));
    this.find("summary").title = line;
  }

  // what is unfolded; the boxes of what is still found stay, and with them the keyboard's place
  refresh() {
    const { findings, line } = this.health;
    if (!findings.some(({ rule }) => rule === this.pointed)) this.point(null);
    if (!this.box.open) return;
    this.find(".gl-none").hidden = findings.length > 0;
    write(this.find(".gl-none"), line);
    const place = this.find(".gl-findings");
    for (const [rule, card] of this.cards) {
      if (findings.some((said) => said.rule === rule)) continue;
      card.box.remove();
      this.cards.delete(rule);
    }
    findings.forEach((said, i) => {
      if (!this.cards.has(said.rule)) this.cards.set(said.rule, new Finding(this.actions));
      const card = this.cards.get(said.rule);
      card.show(said, this.may);
      card.pointed(said.rule === this.pointed);
      if (place.children[i] !== card.box) place.insertBefore(card.box, place.children[i] ?? null);
    });
    this.remember();
  }

  remember() {
    this.find(".gl-gone").hidden = !this.past.length;
    const list = this.find(".gl-gone ul");
    const texts = [...this.past].reverse().map(
      ({ title, since, until }) => `${title}: from step ${grouped(since)} to ${grouped(until)}`,
    );
    while (list.children.length > texts.length) list.lastChild.remove();
    texts.forEach((text, i) => {
      write(list.children[i] ?? list.appendChild(document.createElement("li")), text);
    });
  }

  // the stretch of this rule's finding on the curves, or nothing if it is shown there already
  point(rule) {
    this.pointed = rule === this.pointed ? null : rule;
    const said = this.health.findings.find((one) => one.rule === this.pointed);
    for (const [name, card] of this.cards) card.pointed(name === this.pointed);
    this.shade(said ? { columns: said.columns, first: said.first, last: said.last } : null);
  }
}
