// A table of words and numbers that changes in place.
export class Table {
  // heads: of the columns, the first over what the rows are called
  constructor(place, caption, heads) {
    this.box = document.createElement("table");
    this.box.className = "gl-table";
    this.box.createCaption().textContent = caption;
    const head = this.box.createTHead().insertRow();
    for (const words of heads) head.append(cell("th", words, "col"));
    this.body = this.box.createTBody();
    this.columns = heads.length - 1;
    this.cells = {};
    place.append(this.box);
  }

  // All rows: [key, name, hint]. What was in rows that stay is kept.
  rows(rows) {
    const before = this.cells;
    this.cells = {};
    this.body.replaceChildren(...rows.map(([key, name, hint]) => {
      const row = document.createElement("tr");
      const head = cell("th", name, "row");
      if (hint) head.title = hint;
      this.cells[key] = before[key] ?? Array.from({ length: this.columns }, () => cell("td", "–"));
      row.append(head, ...this.cells[key]);
      return row;
    }));
  }

  // texts: by key, for one column
  fill(column, texts) {
    for (const [key, text] of Object.entries(texts)) {
      const place = this.cells[key]?.[column];
      if (place && place.textContent !== text) place.textContent = text;
    }
  }

  clear() {
    for (const row of Object.values(this.cells)) for (const one of row) one.textContent = "–";
  }
}

function cell(kind, text, scope = "") {
  const one = document.createElement(kind);
  one.textContent = text;
  if (scope) one.scope = scope;
  return one;
}
