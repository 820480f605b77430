// "What does this curve mean?": a small panel with an answer for what is trained, and for its numbers
// now. The answer comes from the server: {"meaning": title} is answered by a "meaning" frame.

const PANEL = `
  <header><h3 tabindex="-1"></h3><button type="button" aria-label="Close">×</button></header>
  <p class="gl-answer"></p>`;

export class Meaning {
  // place: the element that it belongs to; ask(of): puts the question, returns whether it could
  constructor(place, ask) {
    this.ask = ask;
    this.box = Object.assign(document.createElement("aside"), {
      className: "gl-around gl-what", popover: "auto", innerHTML: PANEL,
    });
    this.box.setAttribute("aria-label", "What a curve means");
    this.find("button").onclick = () => this.box.hidePopover();
    this.box.addEventListener("toggle", ({ newState }) => {
      if (newState === "closed") this.of = null;
    });
    place.append(this.box);
    this.of = null; // what is shown; null while nothing is
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  // of: what the server knows it by; title: what people do; known: what can be said meanwhile
  show(of, title = of, known = "") {
    this.box.showPopover();
    this.of = of;
    this.known = known;
    this.find("h3").textContent = title;
    this.find("p").textContent = known || "One moment …";
    this.find("h3").focus();
    if (!this.ask(of) && !known) this.find("p").textContent = "The connection is lost, so nobody can answer.";
  }

  hear({ of, text }) {
    if (of !== this.of || !text) return;
    this.find("p").textContent = text;
  }

  hide() {
    if (this.of !== null) this.box.hidePopover();
  }

  close() {
    this.box.remove();
  }
}

// the button that asks
export function asking(title, ask) {
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "gl-ask", textContent: "?", onclick: ask });
  button.title = "What does this curve mean?";
  button.setAttribute("aria-label", `What does this mean: ${title}?`);
  return button;
}
