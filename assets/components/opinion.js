// What each D thinks: its scores of real pictures and fakes as two hills, how many it tells, and the
// pictures at their edges. What comes: opinion_frame in gan_lab/runs/wire.py.
import { counters } from "./counters.js";
import { fold, folded } from "./folds.js";
import { hills } from "./hills.js";
import { grouped, scored } from "./numbers.js";
import { Tiles } from "./tiles.js";

const STORE = "ganlab-opinion-folded";
const TALLEST = 150; // px of a portrait
const HINT = "Some fixed real pictures and the fakes on this page, as D sees them at rest. Two equal"
  + " hills of so few pictures overlap by 80 to 90 %, by chance alone.";

const JUDGE = `
  <p class="gl-told"><b></b> <span></span></p>
  <div class="gl-evidence">
    <div class="gl-hills">
      <div class="gl-keys">
        <span class="gl-key gl-real"></span><span class="gl-key gl-g gl-dash"></span>
        <span class="gl-shared"></span>
      </div>
      <canvas role="img"></canvas>
      <div class="gl-axis"></div>
      <div class="gl-meaning"></div>
    </div>
    <div class="gl-portraits"><div class="gl-sheet">
      <div class="gl-heads"></div><canvas role="img"></canvas><div class="gl-heads gl-marks"></div>
    </div></div>
  </div>`;

class Judge {
  constructor(place, name, { several, portraits }) {
    this.name = name;
    this.box = document.createElement("section");
    this.box.className = "gl-judge";
    this.box.innerHTML = JUDGE;
    place.append(this.box);
    this.find(".gl-told b").textContent = several ? `${name}.` : "";
    this.find(".gl-hills").title = HINT;
    this.find(".gl-portraits").hidden = !portraits;
    this.canvas = this.find(".gl-hills canvas");
    this.tiles = new Tiles(this.find(".gl-portraits canvas"), {
      room: this.find(".gl-portraits"), maxHeight: TALLEST,
    });
    this.clear();
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  clear() {
    this.news = null; // what was heard and is not drawn yet
    this.heard = null;
    this.tiles.clear();
    this.find(".gl-told span").textContent = "D has not been asked yet.";
    for (const words of this.box.querySelectorAll(".gl-key, .gl-shared, .gl-axis, .gl-meaning, .gl-heads")) {
      words.replaceChildren();
    }
    this.canvas.setAttribute("aria-label", `${this.name}'s scores: none yet`);
    this.find(".gl-portraits canvas").setAttribute("aria-label", `Pictures that ${this.name} scored: none yet`);
    this.draw();
  }

  hear(header, payload) {
    this.news = { header, payload };
  }

  // What is newest, if it is not on the page yet.
  refresh() {
    if (!this.news) return;
    const { header, payload } = this.news;
    this.news = null;
    this.heard = header;
    this.explain(header);
    this.draw();
    if (header.portraits) this.portray(header, payload);
    counters.opinions[this.name] = header.step;
  }

  explain({ step, words, caption, names, axis, meaning, overlap, ...one }) {
    const text = [`At step ${grouped(step)}.`, caption, words].filter(Boolean).join(" ");
    this.find(".gl-told span").textContent = text;
    const [real, fake] = this.box.querySelectorAll(".gl-key");
    real.textContent = share(names[0], one.told_real, one.of_real);
    fake.textContent = share(names[1], one.told_fake, one.of_fake);
    this.find(".gl-shared").textContent = `overlap ${Math.round(100 * overlap)} %`;
    this.find(".gl-axis").textContent = `${axis} →`;
    this.find(".gl-meaning").textContent = meaning;
    this.canvas.setAttribute("aria-label", `${this.name}'s scores of ${names.join(" and ")}. ${words}`
      + ` Overlap ${Math.round(100 * overlap)} %.`);
  }

  portray({ portraits, marks }, payload) {
    this.tiles.show(payload, portraits.mime, portraits, () => {}, () => {
      const [heads, below] = this.box.querySelectorAll(".gl-heads");
      write(heads, portraits.heads);
      write(below, marks.map(scored));
      const words = portraits.heads.map((head, i) => `${head}: ${scored(marks[i])}`).join(", ");
      this.find(".gl-portraits canvas").setAttribute("aria-label", words);
    });
  }

  draw() {
    hills(this.canvas, this.heard);
  }

  close() {
    this.tiles.close();
    this.box.remove();
  }
}

export class Opinions {
  // box: the <details> to fill
  constructor(box) {
    this.box = box;
    this.judges = [];
    this.seen = true;
    this.box.open = !folded(STORE);
    this.box.addEventListener("toggle", () => {
      fold(STORE, !this.box.open);
      this.refresh();
    });
    const head = document.createElement("summary");
    head.className = "gl-fold";
    head.textContent = "What D thinks right now";
    this.box.append(head);
    this.sizes = new ResizeObserver(() => this.judges.forEach((one) => one.draw()));
    this.sizes.observe(this.box);
    this.sight = new IntersectionObserver((entries) => {
      this.seen = entries.at(-1).isIntersecting; // the newest of several
      this.refresh();
    });
    this.sight.observe(this.box);
    this.onVisible = () => this.refresh();
    document.addEventListener("visibilitychange", this.onVisible);
    this.update();
  }

  // Whom there is to ask: { names, portraits: whether there are pictures to show }
  update({ names = [], portraits = false } = {}) {
    const known = this.judges.map((one) => one.name).join();
    if (known === names.join() && this.portraits === portraits) return;
    this.portraits = portraits;
    this.judges.forEach((one) => one.close());
    const several = names.length > 1;
    this.judges = names.map((name) => new Judge(this.box, name, { several, portraits }));
    this.box.hidden = !names.length;
  }

  hear(header, payload) {
    this.judges.find((one) => one.name === header.name)?.hear(header, payload);
    this.refresh();
  }

  // Draws only what can be seen.
  refresh() {
    if (!this.seen || !this.box.open || document.hidden) return;
    this.judges.forEach((one) => one.refresh());
  }

  clear() {
    counters.opinions = {};
    this.judges.forEach((one) => one.clear());
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisible);
    this.sizes.disconnect();
    this.sight.disconnect();
    this.judges.forEach((one) => one.close());
  }
}

function share(name, told, of) {
  return `${name}: ${told} of ${of} right, ${Math.round((100 * told) / of)} %`;
}

function write(place, words) {
  place.style.setProperty("--gl-columns", words.length);
  if (place.children.length !== words.length) {
    place.replaceChildren(...words.map(() => document.createElement("span")));
  }
  words.forEach((text, i) => {
    if (place.children[i].textContent !== text) place.children[i].textContent = text;
  });
}
