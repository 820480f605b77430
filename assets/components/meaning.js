// "What does this curve mean?": a small panel with an answer for what is trained, and for its numbers
// now. The answers come from the server: {"meaning": column} is answered by a "meaning" frame.

const PANEL = `
  <header><h3 tabindex="-1"></h3><button type="button" aria-label="Close">×</button></header>
  <p class="gl-answer"></p>`;

export class Meaning {
  // place: the element that it belongs to; ask(column): puts the question, returns whether it could
  constructor(place, ask) {
    this.ask = ask;
    this.box = Object.assign(document.createElement("aside"), {
      className: "gl-around gl-what", popover: "auto", innerHTML: PANEL,
    });
    this.box.setAttribute("aria-label", "What a curve means");
    this.find("button").onclick = () => this.box.hidePopover();
    this.box.addEventListener("toggle", ({ newState }) => {
      if (newState === "closed") this.curves = null;
    });
    place.append(this.box);
    this.curves = null; // what is told of; null while nothing is
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // curves: { column, name } each, or a measure as the only one; title: what they are together; known:
  // what can be said before anybody answers
  show(curves, title, known) {
    this.box.showPopover();
    this.curves = curves;
    this.answers = new Map();
    this.find("h3").textContent = title;
    this.find("p").textContent = known;
    this.find("h3").focus();
    for (const { column } of curves) this.ask(column);
  }

  hear({ of, text }) {
    if (!text || !this.curves?.some(({ column }) => column === of)) return;
    this.answers.set(of, text);
    const answered = this.curves.filter(({ column }) => this.answers.has(column));
    const texts = answered.map(({ column }) => this.answers.get(column));
    const [own, common] = parted(texts);
    const named = this.curves.length > 1;
    const said = own.map((one, i) => (named ? called(answered[i].name, one) : one));
    this.find("p").textContent = [...said, common].filter(Boolean).join("\n\n");
  }

  hide() {
    if (this.curves) this.box.hidePopover();
  }

  close() {
    this.box.remove();
  }
}

// an answer that begins with the name does not say it twice
function called(name, text) {
  return !text || text.startsWith(name) ? text : `${name}: ${text}`;
}

// What each of several texts says alone, and the sentences that all of them end with.
function parted(texts) {
  if (texts.length < 2) return [texts, ""];
  const sentences = texts.map((text) => text.split(/(?<=[.?!])\s+/));
  const [first] = sentences;
  let same = 0;
  while (same < first.length && sentences.every((one) => one.at(-1 - same) === first.at(-1 - same))) same++;
  return [
    sentences.map((one) => one.slice(0, one.length - same).join(" ")),
    first.slice(first.length - same).join(" "),
  ];
}

// the button that asks
export function asking(title, ask) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "gl-ask", textContent: "?", onclick: ask });
  button.title = "What does this curve mean?";
  button.setAttribute("aria-label", `What does this mean: ${title}?`);
  return button;
}
