// A small panel: what was done at a step, and what every curve did before and after it. The means
// come from the server, which has every step on disk: see gan_lab/runs/around.py.
import { grouped } from "./numbers.js";
import { saying } from "./drawing.js";
import { floats } from "./wire.js";

const PANEL = `
  <header><h3 tabindex="-1"></h3><button type="button" data-do="close" aria-label="Close">×</button></header>
  <ul class="gl-done"></ul>
  <table><thead><tr><th scope="col">Mean of</th><th scope="col">before</th>
    <th scope="col">after</th><th scope="col">change</th></tr></thead><tbody></tbody></table>
  <p></p>
  <footer><button type="button" data-do="earlier">◀ Earlier</button>
    <button type="button" data-do="later">Later ▶</button></footer>`;

export class Around {
  // place: the element that it belongs to; ask(step): puts the question, returns whether it could
  constructor(place, ask) {
    this.ask = ask;
    this.box = Object.assign(document.createElement("aside"), {
      className: "gl-around", popover: "manual", innerHTML: PANEL,
    });
    this.box.setAttribute("aria-label", "What a change did");
    this.box.addEventListener("click", ({ target }) => this.press(target.dataset.do));
    this.box.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.hide();
    });
    place.append(this.box);
    this.step = null; // of what is shown; null while nothing is
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  update({ figures, words, controls }) {
    Object.assign(this, { figures, words, controls });
  }

  show(step) {
    if (!this.ask(step)) return;
    if (this.step === null) this.opener = document.activeElement;
    const fresh = this.step !== step;
    this.step = step;
    this.full = false;
    if (!this.box.matches(":popover-open")) this.box.showPopover();
    if (fresh) this.find("h3").focus();
  }

  hide() {
    if (this.step === null) return;
    this.step = null;
    this.box.hidePopover();
    if (this.opener?.isConnected) this.opener.focus();
  }

  press(what) {
    if (what === "close") this.hide();
    else if (what) this.show(this[what]);
  }

  // With each drawing of the curves, which are of this take: while steps after it are still coming
  // there is more to tell, and once the run has gone back there is nothing.
  refresh(take) {
    if (this.step === null) return;
    if (take > this.take) this.hide();
    else if (!this.full && !document.hidden) this.ask(this.step);
  }

  hear(header, payload) {
    if (header.step !== this.step) return;
    const { done, span, steps, columns } = header;
    const values = floats(payload);
    this.full = steps[1] === span;
    this.take = header.take;
    this.earlier = header.earlier;
    this.later = header.later;
    this.find("h3").textContent = `What changed at step ${grouped(header.step)}`;
    this.find(".gl-done").replaceChildren(
      ...done.map((mark) => part("li", saying(mark, this.words))),
    );
    const means = (column) => {
      const i = columns.indexOf(column);
      return i < 0 ? [NaN, NaN] : [values[i], values[columns.length + i]];
    };
    this.find("tbody").replaceChildren(...this.figures.flatMap((figure) => rows(figure, means)));
    this.find("p").textContent = this.words_of(header);
    for (const way of ["earlier", "later"]) {
      this.find(`[data-do=${way}]`).disabled = header[way] === null;
    }
  }

  words_of({ steps, span, done, others }) {
    const [before, after] = steps;
    const parts = [
      `Over ${before === 1 ? "the step" : `the ${before} steps`} before and the ${after} after`
        + `${after < span ? " so far" : ""}.`,
    ];
    if (others.length) {
      const at = others.map((step) => grouped(step)).join(", ");
      parts.push(`Other knobs were turned at step ${at}: the difference is not due to this change alone.`);
    }
    if (this.controls && done.some(({ undoable }) => undoable)) {
      parts.push("It can be undone: press Undo in the list \u201cWhat you changed\u201d.");
    }
    return parts.join(" ");
  }

  close() {
    this.box.remove();
  }
}

function part(name, text, className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
}

// a row for each curve of a plot of which anything was read
function rows(figure, means) {
  return figure.curves.flatMap((curve) => {
    const [before, after] = means(curve.column);
    if (!Number.isFinite(before) && !Number.isFinite(after)) return [];
    const row = document.createElement("tr");
    const name = part("th", `${figure.title}: ${curve.name}`, `gl-${curve.colour}`);
    name.scope = "row";
    row.append(name, ...[before, after].map((value) => part("td", short(value))));
    row.append(part("td", signed(after - before)));
    return [row];
  });
}

// three digits that count
function short(value) {
  if (!Number.isFinite(value)) return "–";
  if (value !== 0 && (Math.abs(value) < 0.001 || Math.abs(value) >= 1e5)) {
    return value.toExponential(2).replace("e+", "e");
  }
  return `${Number(value.toPrecision(3))}`;
}

function signed(value) {
  if (!Number.isFinite(value)) return "–";
  return `${value > 0 ? "+" : value < 0 ? "−" : ""}${short(Math.abs(value))}`;
}
