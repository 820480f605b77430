// A slider and a number box for each number of z, the ones that move the picture most first.
import { grouped } from "./numbers.js";
import { floats } from "./wire.js";

export const dials = { id: "dials", title: "Sliders", make: (place, explorer) => new Dials(place, explorer) };

const PAGE = `
  <div class="gl-draws">
    <label title="The same seed draws the same z again">Seed
      <input type="number" class="gl-seed" min="0" step="1"></label>
    <label>Truncation <input type="range" class="gl-scale" min="0.1" max="1.5" step="0.05" value="1">
      <output></output></label>
    <span class="gl-drawn"></span>
  </div>
  <p class="gl-hint">Truncation multiplies every number of z, also of those drawn next: towards 0
    pictures get more typical and more alike, above 1 stranger than what G was trained for. (The
    command line's --truncation draws large numbers again instead.)</p>
  <div class="gl-order">
    <h3></h3>
    <label>Order <select>
      <option value="effect">strongest first</option><option value="number">by number</option>
    </select></label>
    <button type="button">Measure again</button>
  </div>
  <p class="gl-hint gl-measured" role="status"></p>
  <p class="gl-hint">A number that is ticked is locked: it stays when a new z is drawn, and when all goes to zero.</p>
  <div class="gl-sliders" role="group" tabindex="0"></div>`;

class Dials {
  constructor(place, explorer) {
    this.place = place;
    this.explorer = explorer;
    place.innerHTML = PAGE;
    this.effects = null; // how much each number moves the picture
    this.measuredAt = 0; // step of the G that this is known of
    this.touched = false; // whether somebody uses the sliders, which then stay where they are
    this.visible = false;
    this.seen = new Set(); // rows in sight
    this.wire();
    this.makeRows();
    this.off = [explorer.on("moved", () => this.follow()), explorer.on("known", () => this.visible && this.measureOnce()),
                explorer.on("line", (open) => open && this.visible && this.measureOnce()),
                explorer.on("step", () => this.visible && this.measureOnce())];
    this.follow();
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  wire() {
    const { explorer } = this;
    this.seed = this.find(".gl-seed");
    this.seed.onchange = () => this.draw();
    this.scale = this.find(".gl-scale");
    this.scale.oninput = () => explorer.shrink(this.scale.valueAsNumber);
    this.order = this.find(".gl-order select");
    this.order.onchange = () => this.sort();
    this.again = this.find(".gl-order button");
    this.again.onclick = () => this.measure(true);
  }

  // -- rows, made when they come into sight: there may be 512 of them ----------------------------

  makeRows() {
    const { dim, reach } = this.explorer;
    this.find("h3").textContent = `z: ${dim} numbers, −${reach} to ${reach}`;
    const panel = this.find(".gl-sliders");
    panel.setAttribute("aria-label", `The ${dim} numbers of z`);
    this.observer = new IntersectionObserver((entries) => this.look(entries), {
      root: panel, rootMargin: "200px",
    });
    this.rows = Array.from({ length: dim }, (_, i) => {
      const box = document.createElement("div");
      box.className = "gl-dial";
      this.observer.observe(box);
      return { i, box, slider: null };
    });
    this.byBox = new Map(this.rows.map((row) => [row.box, row]));
    panel.replaceChildren(...this.rows.map(({ box }) => box));
  }

  look(entries) {
    for (const { target, isIntersecting } of entries) {
      const row = this.byBox.get(target);
      if (!isIntersecting) {
        this.seen.delete(row);
        continue;
      }
      this.seen.add(row);
      if (!row.slider) this.fill(row);
      this.showRow(row);
    }
  }

  fill(row) {
    const { i } = row;
    const { explorer } = this;
    const name = `z${i + 1}`;
    const label = document.createElement("label");
    const lock = (row.lock = document.createElement("input"));
    const slider = (row.slider = field("range", explorer.reach));
    const number = (row.number = field("number", explorer.reach));
    const reset = (row.reset = document.createElement("button"));
    const bar = (row.bar = document.createElement("i"));
    Object.assign(lock, { type: "checkbox", title: `Lock ${name}`, checked: explorer.locks.has(i) });
    lock.onchange = () => explorer.locks[lock.checked ? "add" : "delete"](i);
    label.textContent = name;
    label.htmlFor = slider.id = `gl-z-${i + 1}`;
    number.setAttribute("aria-label", `${name}, exact`);
    Object.assign(reset, { type: "button", textContent: "0", title: `${name} back to 0` });
    slider.oninput = () => this.turn(i, slider.valueAsNumber, slider);
    number.oninput = () => this.turn(i, number.valueAsNumber, number);
    number.onblur = () => this.showRow(row);
    reset.onclick = () => this.turn(i, 0, reset);
    row.box.append(lock, label, slider, number, reset, bar);
    this.showBar(row);
  }

  turn(i, value, from) {
    if (!Number.isFinite(value)) return;
    const { explorer } = this;
    const z = Float32Array.from(explorer.z);
    z[i] = Math.max(-explorer.reach, Math.min(explorer.reach, value));
    this.touched = true;
    this.turning = from;
    explorer.go(z);
    this.turning = null;
  }

  showRow({ i, slider, number, reset }) {
    const value = this.explorer.z[i];
    if (slider !== this.turning) slider.value = value;
    if (number !== this.turning) number.value = value.toFixed(2);
    reset.disabled = value === 0;
  }

  follow() {
    const { explorer } = this;
    this.seen.forEach((row) => this.showRow(row));
    if (explorer.seed !== null) this.seed.value = explorer.seed;
    this.find(".gl-drawn").textContent = explorer.seed === null ? "z has moved since it was drawn" : "";
    if (this.scale.valueAsNumber !== explorer.scale) this.scale.value = explorer.scale;
    this.find("output").textContent = `× ${explorer.scale.toFixed(2)}`;
  }

  draw() {
    const seed = this.seed.valueAsNumber;
    if (Number.isSafeInteger(seed) && seed >= 0) this.explorer.random({ seed });
    else this.seed.value = this.explorer.seed ?? "";
  }

  // -- what each number moves -------------------------------------------------------------------

  // and again once G has trained for twice as long, or bars would tell of a G that had learned nothing
  measureOnce() {
    const { known, step } = this.explorer;
    const old = !this.effects || step > 2 * this.measuredAt + 100;
    if (known && old && !this.measuring) this.measure(false);
  }

  // sort: whether the rows may change places although somebody uses them
  measure(sort) {
    this.measuring?.cancel();
    this.again.disabled = true;
    this.say("Measuring what each number moves…");
    const over = () => {
      this.measuring = null;
      this.again.disabled = false;
    };
    this.measuring = this.explorer.ask("effects", { label: this.explorer.label }, {
      onAnswer: (header, payload) => {
        this.effects = floats(payload);
        if (!header.done) return;
        over();
        this.report(header);
        this.seen.forEach((row) => this.showBar(row));
        this.rows.forEach((row) => row.slider && !this.seen.has(row) && this.showBar(row));
        if (sort || !this.touched) this.sort();
      },
      onError: (text) => {
        over();
        this.say(text);
      },
    });
  }

  report({ unit, step }) {
    this.measuredAt = step;
    const most = Math.max(...this.effects);
    const figure = most >= 10 ? Math.round(most) : most.toPrecision(2);
    this.say(`Bars: how far the picture moves with one unit of a number, at step ${grouped(step)};`
      + ` a full bar is ${figure} ${unit}.`);
  }

  say(text) {
    this.find(".gl-measured").textContent = text;
  }

  showBar({ i, bar }) {
    if (!this.effects) return;
    const share = this.effects[i] / (Math.max(...this.effects) || 1);
    bar.style.setProperty("--share", share.toFixed(3));
    bar.title = `${this.effects[i].toPrecision(2)}`;
  }

  sort() {
    const byEffect = this.order.value === "effect" && this.effects;
    const rows = [...this.rows];
    if (byEffect) rows.sort((a, b) => this.effects[b.i] - this.effects[a.i]);
    this.find(".gl-sliders").replaceChildren(...rows.map(({ box }) => box));
  }

  show() {
    this.visible = true;
    this.measureOnce();
  }

  hide() {
    this.visible = false;
  }

  close() {
    this.measuring?.cancel();
    this.observer.disconnect();
    this.off.forEach((off) => off());
  }
}

function field(type, reach) {
  const input = document.createElement("input");
  Object.assign(input, { type, min: -reach, max: reach, step: type === "range" ? 0.01 : 0.1 });
  return input;
}
