// Search, order and filters of the runs: what is typed and chosen here stays in this browser tab.
import { button, element } from "./made.js";

const STORE = "ganlab:runs";
const ORDERS = {
  newest: ["Newest first", (run) => -run.created],
  oldest: ["Oldest first", (run) => run.created],
  steps: ["Most steps first", (run) => -run.steps],
  size: ["Largest first", (run) => -run.size],
  title: ["By name", (run) => run.title.toLowerCase()],
};

export class Finder {
  constructor(onChange) {
    this.onChange = onChange;
    this.haystacks = new WeakMap();
    this.measures = [];
    this.box = element("form", "gl-runs-finder");
    this.box.setAttribute("role", "search");
    this.box.onsubmit = (event) => event.preventDefault();
    this.text = Object.assign(element("input"), { type: "search", placeholder: "Name, tag, note, preset, data, knob" });
    this.order = element("select");
    this.state = element("select");
    this.tag = element("select");
    this.kept = kept();
    this.text.value = this.kept.text ?? "";
    this.text.oninput = () => this.changed();
    for (const one of [this.order, this.state, this.tag]) one.onchange = () => this.changed();
    this.all = button("Show all", () => {
      this.text.value = this.state.value = this.tag.value = "";
      this.changed();
      this.text.focus();
    });
    this.box.append(named("Search", this.text), named("Order", this.order), named("State", this.state),
      named("Tag", this.tag), this.all);
  }

  hear({ runs, states, measures }) {
    this.measures = measures;
    const orders = Object.entries(ORDERS).map(([name, [words]]) => [name, words]);
    const best = measures.map(({ name, title }) => [`measure:${name}`, `Best ${title} first`]);
    offer(this.order, [...orders, ...best], this.kept.order ?? "newest");
    const there = new Set(runs.map((run) => run.state));
    offer(this.state, [["", "Any"], ...Object.entries(states).filter(([name]) => there.has(name))], this.kept.state ?? "");
    const tags = [...new Set(runs.flatMap((run) => run.tags))].sort((a, b) => a.localeCompare(b));
    offer(this.tag, [["", tags.length ? "Any" : "None yet"], ...tags.map((tag) => [tag, tag])], this.kept.tag ?? "");
    this.tag.disabled = !tags.length;
    this.showAll();
  }

  filterBy(tag) {
    this.tag.value = tag;
    this.changed();
  }

  changed() {
    this.kept = { text: this.text.value, order: this.order.value, state: this.state.value, tag: this.tag.value };
    try {
      sessionStorage.setItem(STORE, JSON.stringify(this.kept));
    } catch {
      // a browser that stores nothing
    }
    this.showAll();
    this.onChange();
  }

  showAll() {
    this.all.disabled = !(this.text.value.trim() || this.state.value || this.tag.value);
  }

  wants(run) {
    if (this.state.value && run.state !== this.state.value) return false;
    if (this.tag.value && !run.tags.includes(this.tag.value)) return false;
    const words = this.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const hay = words.length ? this.haystack(run) : "";
    return words.every((word) => hay.includes(word));
  }

  haystack(run) {
    if (!this.haystacks.has(run)) {
      const changed = run.differs.map(({ words }) => words);
      const parts = [run.title, run.name, ...run.tags, run.note, run.preset, run.data, ...changed];
      this.haystacks.set(run, parts.join(" ").toLowerCase());
    }
    return this.haystacks.get(run);
  }

  sorted(runs) {
    const key = this.key();
    const after = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    return [...runs].sort((a, b) => after(key(a), key(b)) || b.created - a.created);
  }

  // that the order goes by, if it goes by one
  get measure() {
    return this.measures.find(({ name }) => this.order.value === `measure:${name}`);
  }

  key() {
    const { measure } = this;
    if (!measure) return (ORDERS[this.order.value] ?? ORDERS.newest)[1];
    const sign = measure.less ? 1 : -1;
    return (run) => {
      const found = run.measures.find(({ name }) => name === measure.name);
      return found ? sign * found.number : Infinity; // what was not measured comes last
    };
  }
}

function named(words, field) {
  const label = element("label", "", words);
  label.append(field);
  return label;
}

// Options of a list; what was chosen stays chosen where it is still offered.
function offer(select, options, wanted) {
  const now = JSON.stringify(options);
  if (select.offered === now) return;
  select.offered = now;
  select.replaceChildren(...options.map(([value, words]) => Object.assign(element("option", "", words), { value })));
  select.value = options.some(([value]) => value === wanted) ? wanted : options[0][0];
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(STORE)) ?? {};
  } catch {
    return {};
  }
}
