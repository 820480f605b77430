// Directions from pictures that somebody chooses: "these, not those", and the way from one to
// another.
import { button, element, tilesOf } from "./made.js";

const ENOUGH = 2; // pictures in each group at least
const SIGNS = { these: "+", those: "−" };
const NEXT = { undefined: "these", these: "those", those: undefined };

export class Groups {
  // find(how, fields, done)
  constructor(explorer, find) {
    this.explorer = explorer;
    this.find = find;
    this.picked = new Map(); // key -> { group, z, image }
    this.ends = []; // shelf pictures between which a difference is taken, at most two
    this.seed = 1;
    this.box = element("div", "gl-choosing");
    this.box.append(this.makeGroups(), this.makeDifference());
    this.drawShelf();
  }

  makeGroups() {
    const fold = element("details");
    fold.append(element("summary", "", "Choose pictures: these, not those"));
    fold.append(element("p", "gl-hint",
      "Click once for “these” (+), again for “not these” (−), a third time for neither. " +
      "Choose clear cases, ten or more of each if you can."));
    this.lattice = element("div", "gl-lattice");
    this.shelfPicks = element("div", "gl-lattice");
    this.kept = element("p", "gl-hint", "From the pictures that you keep:");
    this.trouble = element("p", "gl-hint");
    this.chosen = element("div", "gl-chosen");
    this.count = element("span");
    this.name = element("input", "gl-name");
    Object.assign(this.name, { type: "text", maxLength: 40, placeholder: "Name, such as smiling" });
    this.name.setAttribute("aria-label", "Name of the direction");
    this.go = button("Find the direction", () => this.learn());
    const more = button("More pictures", () => this.draw(this.seed + 1), "What you chose stays chosen");
    const none = button("Choose none", () => this.clear());
    const bar = element("div", "gl-ways");
    const end = element("div", "gl-ways");
    bar.append(more, none, this.count);
    end.append(this.name, this.go);
    fold.append(this.trouble, this.lattice, this.kept, this.shelfPicks, bar, this.chosen, end);
    fold.ontoggle = () => this.show();
    this.fold = fold;
    this.tell();
    return fold;
  }

  makeDifference() {
    const fold = element("details");
    fold.append(element("summary", "", "From one kept picture to another"));
    this.pairHint = element("p", "gl-hint");
    this.pair = element("div", "gl-lattice");
    this.between = button("Find the direction", () => this.subtract());
    const bar = element("div", "gl-ways");
    bar.append(this.between);
    fold.append(this.pairHint, this.pair, bar);
    return fold;
  }

  // draw pictures once they can be seen
  show() {
    if (this.fold.open && !this.drawn) this.draw(this.seed);
  }

  draw(seed) {
    const { explorer } = this;
    this.trouble.textContent = "Drawing pictures…";
    this.drawn = true;
    explorer.ask("samples", { seed, label: explorer.label }, {
      onAnswer: async (header, payload) => {
        const images = await tilesOf(payload, header);
        this.seed = seed;
        this.trouble.textContent = "";
        const pictures = images.map((image, i) => ({ key: `${header.step} ${seed} ${i}`, z: header.z[i], image }));
        this.lattice.replaceChildren(...pictures.map((one, i) => this.tile(one, `Picture ${i + 1}`)));
      },
      onError: (text) => {
        this.drawn = false;
        this.trouble.textContent = text;
      },
    });
  }

  drawShelf() {
    const { items } = this.explorer.shelf;
    this.kept.hidden = !items.length;
    const pictures = items.map(({ id, z, image }) => ({ key: `shelf ${id}`, z: [...z], image }));
    this.shelfPicks.replaceChildren(...pictures.map((one, i) => this.tile(one, `Kept picture ${i + 1}`)));
    this.ends = this.ends.filter((id) => items.some((item) => item.id === id));
    this.pair.replaceChildren(...items.map((item, i) => {
      const made = picture(item.image, `Kept picture ${i + 1}`);
      made.onclick = () => this.end(item.id);
      made.dataset.id = item.id;
      return made;
    }));
    this.tellEnds();
  }

  tile(one, words) {
    const made = picture(one.image, words);
    made.dataset.key = one.key;
    made.onclick = () => {
      const group = NEXT[this.picked.get(one.key)?.group];
      if (group) this.picked.set(one.key, { ...one, group });
      else this.picked.delete(one.key);
      this.tell();
    };
    mark(made, this.picked.get(one.key)?.group);
    return made;
  }

  clear() {
    this.picked.clear();
    this.tell();
  }

  of(group) {
    return [...this.picked.values()].filter((one) => one.group === group);
  }

  tell() {
    for (const made of this.fold.querySelectorAll("[data-key]")) mark(made, this.picked.get(made.dataset.key)?.group);
    const [these, those] = [this.of("these"), this.of("those")];
    this.count.textContent = `${these.length} these (+), ${those.length} not these (−)`;
    this.chosen.replaceChildren(...[...these, ...those].map((one) => this.tile(one, "Chosen picture")));
    this.go.disabled = Math.min(these.length, those.length) < ENOUGH;
    this.go.title = this.go.disabled ? `Choose at least ${ENOUGH} of each` : "";
  }

  learn() {
    const [these, those] = ["these", "those"].map((group) => this.of(group).map(({ z }) => z));
    this.find("groups", { these, those, name: this.name.value.trim() || "these, not those" });
  }

  // -- difference -------------------------------------------------------------------------------

  end(id) {
    const chosen = this.ends.includes(id) ? this.ends.filter((one) => one !== id) : [...this.ends, id];
    this.ends = chosen.slice(-2);
    this.tellEnds();
  }

  tellEnds() {
    const signs = ["from", "to"];
    for (const made of this.pair.children) {
      const at = this.ends.indexOf(Number(made.dataset.id));
      made.dataset.sign = signs[at] ?? "";
      made.setAttribute("aria-pressed", at >= 0);
    }
    const enough = this.explorer.shelf.items.length >= 2;
    this.pairHint.textContent = enough
      ? "Click the picture to start from, then the one to go to."
      : "Keep two pictures first: the button Keep is below the large picture.";
    this.between.disabled = this.ends.length < 2;
  }

  subtract() {
    const [here, there] = this.ends.map((id) => this.explorer.shelf.find(id));
    const fields = { here: [...here.z], there: [...there.z], name: "difference" };
    this.find("difference", fields, () => this.explorer.go(here.z, here.label));
  }
}

function picture(image, words) {
  const made = button("", null);
  const shown = document.createElement("img");
  made.className = "gl-pick";
  Object.assign(shown, { src: image, alt: words, draggable: false });
  made.append(shown);
  return made;
}

function mark(made, group) {
  made.dataset.sign = SIGNS[group] ?? "";
  made.setAttribute("aria-pressed", Boolean(group));
  const image = made.firstElementChild;
  image.alt = `${image.alt.split(":")[0]}${group ? `: ${group === "these" ? "these" : "not these"}` : ""}`;
}
