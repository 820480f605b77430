// Which plane the map shows.
import { floats } from "./wire.js";

const PAGE = `
  <label>Axes <select>
    <option value="strongest">the two strongest numbers of z</option>
    <option value="numbers">two numbers of z</option>
    <option value="principal">the two main directions (PCA)</option>
    <option value="random">two random directions</option>
    <option value="pictures">three pictures that you keep</option>
  </select></label>
  <span class="gl-numbers" hidden>
    <label>across z<input type="number" min="1"></label>
    <label>up z<input type="number" min="1"></label>
  </span>
  <button type="button" hidden>Two others</button>
  <div class="gl-three" role="group" aria-label="Three pictures" hidden></div>`;

export class Axes {
  // onPlane({ origin, across, up, names, marks, typical }), onTrouble(text)
  constructor(place, explorer, { onPlane, onTrouble }) {
    this.place = place;
    this.explorer = explorer;
    this.onPlane = onPlane;
    this.onTrouble = onTrouble;
    place.innerHTML = PAGE;
    this.select = place.querySelector("select");
    this.select.onchange = () => this.choose();
    this.numbers = [...place.querySelectorAll(".gl-numbers input")];
    this.numbers.forEach((box, k) => {
      Object.assign(box, { max: explorer.dim, value: k + 1, onchange: () => this.choose() });
    });
    this.others = place.querySelector("button");
    this.others.onclick = () => this.choose();
    this.three = place.querySelector(".gl-three");
    this.chosen = []; // of the shelf, at most three
    this.off = explorer.on("shelf", () => this.drawThree());
    this.begun = false;
  }

  begin() {
    if (this.begun) return;
    this.begun = true;
    this.choose();
  }

  choose() {
    const of = this.select.value;
    this.place.querySelector(".gl-numbers").hidden = of !== "numbers";
    this.others.hidden = of !== "random";
    this.three.hidden = of !== "pictures";
    this.asking?.cancel();
    const { explorer } = this;
    if (of === "principal") {
      this.ask("directions", { how: "pca" }, ({ found }) => {
        const two = found.slice(0, 2);
        if (two.length < 2) this.onTrouble("There are no two such directions here.");
        else this.span({ of: "vectors", vectors: two.map((one) => one.vector) }, two.map((one) => one.name));
      });
    } else if (of === "numbers") {
      const [i, j] = this.numbers.map((box) => box.valueAsNumber - 1);
      this.span({ of, i, j });
    } else if (of === "pictures") {
      this.drawThree();
      this.spanThree();
    } else if (of === "random") {
      this.span({ of, seed: Math.floor(1e9 * Math.random()) }, ["one way", "another"]);
    } else {
      this.span({ of, label: explorer.label });
    }
  }

  ask(name, fields, onAnswer) {
    this.asking = this.explorer.ask(name, fields, {
      onAnswer,
      onReplaced: (text) => {
        // its own newer question is no news
        if (name !== "directions") return;
        this.begun = false;
        this.onTrouble(text);
      },
      onError: (text) => {
        this.begun = text.startsWith("The connection") ? false : this.begun;
        this.onTrouble(text);
      },
    });
  }

  span(fields, names) {
    this.ask("plane", { z: [...this.explorer.z], ...fields }, (header, payload) => {
      const values = floats(payload);
      const { dim } = this.explorer;
      const [origin, across, up] = [0, 1, 2].map((k) => values.slice(k * dim, (k + 1) * dim));
      const { numbers, marks, typical } = header;
      if (fields.of === "strongest") {
        numbers.forEach((number, k) => (this.numbers[k].value = number + 1));
      }
      names ??= numbers ? numbers.map((number) => `z${number + 1}`) : ["A to B", "towards C"];
      this.onPlane({ origin, across, up, names, marks, typical });
    });
  }

  // -- three pictures ---------------------------------------------------------------------------

  drawThree() {
    const { items } = this.explorer.shelf;
    this.chosen = this.chosen.filter((id) => items.some((item) => item.id === id));
    if (this.three.hidden) return;
    const hint = document.createElement("p");
    hint.textContent = items.length < 3
      ? "Keep three pictures or more (the button below the large one): the map then spans them."
      : "Choose three:";
    this.three.replaceChildren(hint, ...items.map((item) => {
      const button = document.createElement("button");
      const image = document.createElement("img");
      const letter = document.createElement("b");
      const place = this.chosen.indexOf(item.id);
      button.type = "button";
      button.setAttribute("aria-pressed", place >= 0);
      Object.assign(image, { src: item.image, alt: `Kept picture ${item.id}`, draggable: false });
      letter.textContent = "ABC"[place] ?? "";
      button.onclick = () => this.pick(item.id);
      button.append(image, letter);
      return button;
    }));
  }

  pick(id) {
    const { chosen } = this;
    this.chosen = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id].slice(-3);
    this.drawThree();
    this.spanThree();
  }

  spanThree() {
    const { shelf } = this.explorer;
    if (!this.chosen.length && shelf.items.length === 3) {
      this.chosen = shelf.items.map((item) => item.id);
      this.drawThree();
    }
    if (this.chosen.length < 3) return;
    this.span({ of: "pictures", pictures: this.chosen.map((id) => [...shelf.find(id).z]) });
  }

  close() {
    this.asking?.cancel();
    this.off();
  }
}
