// How well each direction predicts what pictures show: a table, and some words for each direction.
import { button, element } from "./made.js";

const WORTH = 0.15; // a correlation nearer to 0 is not worth a word
const WORDS = 3; // attributes that a direction's words name at most

export class Predictions {
  constructor(explorer, rows) {
    this.explorer = explorer;
    this.rows = rows;
    this.box = element("div", "gl-predictions");
    this.button = button("What do they change?", () => this.measure(), "Measure what pictures show along each direction");
    this.status = element("p", "gl-status");
    this.status.setAttribute("role", "status");
    this.place = element("div", "gl-table");
    this.place.tabIndex = 0;
    this.fold = element("details");
    this.fold.append(element("summary", "", "Which direction predicts what: the whole table"), this.place);
    this.box.append(this.status, this.fold);
    this.fold.hidden = this.status.hidden = true;
  }

  offer(any) {
    this.box.hidden = !any;
  }

  measure() {
    const rows = this.rows().slice(0, 64);
    this.button.disabled = true;
    this.status.hidden = false;
    this.status.textContent = "Measuring…";
    const over = (text) => {
      this.button.disabled = false;
      this.status.textContent = text;
    };
    this.explorer.ask("predicts", { directions: rows.map(({ plain }) => plain) }, {
      onAnswer: (header) => {
        if (!header.table) {
          this.status.textContent = `Learning to measure, from real pictures: ${Math.round(100 * header.share)} %`;
          return;
        }
        this.show(rows, header);
        over("");
        this.status.hidden = true;
      },
      onError: over,
    });
  }

  show(rows, { table, attributes, pictures, held_out, step }) {
    const shown = attributes.map((attribute, k) => ({ ...attribute, k })).filter(({ trusted }) => trusted);
    rows.forEach((row, i) => (row.told.textContent = inWords(table[i], shown)));
    const made = element("table");
    const caption = element("p", "gl-hint",
      `How well a place along each direction predicts what ${pictures.toLocaleString("en")} pictures show ` +
      `(step ${step.toLocaleString("en")}): correlation, from −1 to 1; 0 means not at all. ` +
      "In brackets, of what is there or not: how often a picture with it lies further along than one without.");
    const head = made.createTHead().insertRow();
    head.append(element("th", "", "Direction"));
    for (const { name, flag, skill } of shown) {
      const cell = element("th", "", name);
      cell.scope = "col";
      cell.append(element("small", "", `${flag ? "AUC" : "R²"} ${skill.toFixed(2)}`));
      head.append(cell);
    }
    const body = made.createTBody();
    rows.forEach((row, i) => {
      const line = body.insertRow();
      const name = element("th", "", row.plain.name);
      name.scope = "row";
      line.append(name);
      for (const { k } of shown) line.append(cellOf(table[i][k]));
    });
    const blind = attributes.filter(({ trusted }) => !trusted).map(({ name }) => name);
    const judged =
      `Below each name: how well it is measured on ${held_out.toLocaleString("en")} real pictures that the measure has not learned from (1 is perfect).` +
      (blind.length ? ` Not well enough to be shown: ${blind.join(", ")}.` : "");
    this.place.replaceChildren(made);
    this.fold.replaceChildren(this.fold.firstChild, caption, this.place, element("p", "gl-hint", judged));
    this.fold.hidden = false;
  }
}

function cellOf([r, auc]) {
  const cell = element("td", "", r === null ? "–" : signed(r));
  if (auc !== null) cell.append(element("small", "", `(${auc.toFixed(2)})`));
  if (r !== null) cell.style.setProperty("--gl-share", `${Math.round(60 * Math.abs(r))}%`);
  return cell;
}

function inWords(cells, shown) {
  const strongest = shown
    .map(({ name, k }) => ({ name, r: cells[k][0] }))
    .filter(({ r }) => r !== null && Math.abs(r) >= WORTH)
    .sort((a, b) => Math.abs(b.r) - Math.abs(a.r))
    .slice(0, WORDS);
  if (!strongest.length) return "Predicts nothing that is measured.";
  return `Predicts ${strongest.map(({ name, r }) => `“${name}” ${signed(r)}`).join(", ")}`;
}

const signed = (r) => `${Math.round(100 * r) < 0 ? "−" : "+"}${Math.abs(r).toFixed(2)}`;
