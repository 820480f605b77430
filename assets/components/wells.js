// Arithmetic: wells A − B + C, each the mean of the pictures in it.
import { grouped } from "./numbers.js";
import { Tiles } from "./tiles.js";

export const wells = { id: "wells", title: "Arithmetic", make: (place, explorer) => new Wells(place, explorer) };

const NAMES = ["a", "b", "c"];
const DRAGGED = 6; // px from which a press is a drag
const MOST = 48; // pictures in one well

const PAGE = `
  <p>Keep some pictures, then drag them from the shelf into the wells; or choose a well and press
    pictures below. A well with several pictures stands for what they have in common: smiling women − women + men.</p>
  <div class="gl-pick" role="group" aria-label="Pictures to put into the chosen well"></div>
  <div class="gl-sum">
    <div class="gl-well" data-well="a"></div><b aria-label="minus">−</b>
    <div class="gl-well" data-well="b"></div><b aria-label="plus">+</b>
    <div class="gl-well" data-well="c"></div><b aria-label="is">=</b>
    <div class="gl-result"><h4>Result</h4><div class="gl-face"><canvas role="img" aria-label="A − B + C"></canvas></div>
      <button type="button" class="gl-there" disabled>Go there</button></div>
  </div>
  <label class="gl-usual"><input type="checkbox" checked> Bring the result to the usual length of z</label>
  <p class="gl-says" role="status"></p>`;

const WELL = `
  <h4><button type="button" class="gl-name" aria-pressed="false"></button></h4>
  <div class="gl-face"><canvas role="img"></canvas></div>
  <div class="gl-in" role="group"></div>`;

class Wells {
  constructor(place, explorer) {
    this.place = place;
    this.explorer = explorer;
    place.innerHTML = PAGE;
    this.wells = NAMES.map((name) => this.makeWell(name));
    this.result = new Tiles(place.querySelector(".gl-result canvas"), { maxHeight: 220 });
    this.usual = place.querySelector(".gl-usual input");
    this.usual.onchange = () => this.ask();
    this.there = place.querySelector(".gl-there");
    this.there.onclick = () => this.answer && explorer.go(this.answer.z, this.answer.label);
    this.choose(this.wells[0]);
    this.shown = false;
    this.onDown = (event) => this.press(event);
    this.page = place.closest(".gl-latent") ?? place;
    this.page.addEventListener("pointerdown", this.onDown);
    this.off = [explorer.on("shelf", () => this.shown && this.offer()),
      explorer.on("known", () => this.ask()), explorer.on("moved", () => this.relabel()),
      explorer.on("line", (open) => open && this.ask())];
    this.say();
  }

  makeWell(name) {
    const box = this.place.querySelector(`[data-well="${name}"]`);
    box.innerHTML = WELL;
    const button = box.querySelector(".gl-name");
    const well = { name, box, items: [], last: 0, tiles: new Tiles(box.querySelector("canvas"), { maxHeight: 96 }) };
    button.textContent = name.toUpperCase();
    button.title = `Press pictures to put them into ${name.toUpperCase()}`;
    button.onclick = () => this.choose(well);
    box.querySelector(".gl-face").onclick = () => this.choose(well);
    box.querySelector("canvas").setAttribute("aria-label", `The mean of ${name.toUpperCase()}`);
    box.querySelector(".gl-in").setAttribute("aria-label", `Pictures in ${name.toUpperCase()}`);
    return well;
  }

  choose(well) {
    this.chosen = well;
    for (const one of this.wells) {
      one.box.querySelector(".gl-name").setAttribute("aria-pressed", one === well);
      one.box.classList.toggle("gl-now", one === well);
    }
    this.offer();
  }

  // -- putting pictures in ----------------------------------------------------------------------

  offer() {
    const buttons = this.explorer.shelf.items.map((item) => {
      const button = tile(item, `Put picture ${item.id} into ${this.chosen.name.toUpperCase()}`);
      button.dataset.kept = item.id;
      button.onclick = () => this.put(this.chosen, item);
      return button;
    });
    const hint = document.createElement("p");
    hint.textContent = "The shelf is empty: press Keep below the picture, then New random z, and so on.";
    this.place.querySelector(".gl-pick").replaceChildren(...(buttons.length ? buttons : [hint]));
  }

  put(well, item) {
    if (well.items.length >= MOST) return;
    well.items.push(item);
    this.fill(well);
  }

  fill(well) {
    const inside = well.items.map((item, i) => {
      const button = tile(item, `Take picture ${item.id} out of ${well.name.toUpperCase()}`);
      button.onclick = () => {
        well.items.splice(i, 1);
        this.fill(well);
      };
      return button;
    });
    well.box.querySelector(".gl-in").replaceChildren(...inside);
    if (!well.items.length) well.tiles.clear();
    this.ask();
  }

  // from the shelf below the picture, or from the row above the wells; mouse, pen or finger
  press(event) {
    const from = event.target.closest?.(".gl-kept > button:first-child, .gl-pick button");
    if (!from || event.button || !this.shown) return;
    const item = this.item(from);
    if (!item) return;
    const { clientX, clientY, pointerId } = event;
    let ghost = null;
    const move = (now) => {
      if (now.pointerId !== pointerId) return;
      if (!ghost && Math.hypot(now.clientX - clientX, now.clientY - clientY) < DRAGGED) return;
      ghost ??= this.lift(item);
      Object.assign(ghost.style, { left: `${now.clientX}px`, top: `${now.clientY}px` });
      const over = this.under(now);
      for (const well of this.wells) well.box.classList.toggle("gl-over", well === over);
    };
    const end = (now) => {
      if (now.pointerId !== pointerId) return;
      for (const [name, listener] of listeners) window.removeEventListener(name, listener);
      this.wells.forEach(({ box }) => box.classList.remove("gl-over"));
      if (!ghost) return;
      ghost.remove();
      const well = now.type === "pointerup" ? this.under(now) : null;
      if (well) this.put(well, item);
      // the click that follows a drag means nothing
      const quiet = (click) => click.stopPropagation();
      window.addEventListener("click", quiet, true);
      setTimeout(() => window.removeEventListener("click", quiet, true));
    };
    const listeners = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
    for (const [name, listener] of listeners) window.addEventListener(name, listener);
  }

  item(button) {
    const { items } = this.explorer.shelf;
    if (button.dataset.kept) return this.explorer.shelf.find(Number(button.dataset.kept));
    const cards = [...this.page.querySelectorAll(".gl-kept > button:first-child")];
    return items[cards.indexOf(button)] ?? null;
  }

  lift(item) {
    const ghost = document.createElement("img");
    ghost.className = "gl-ghost";
    ghost.src = item.image;
    ghost.alt = "";
    this.place.append(ghost);
    return ghost;
  }

  under({ clientX, clientY }) {
    const box = document.elementFromPoint(clientX, clientY)?.closest?.(".gl-well");
    return this.wells.find((well) => well.box === box) ?? null;
  }

  // -- the sum ----------------------------------------------------------------------------------

  // the class is no part of z: all are made in the one that is chosen
  relabel() {
    if (this.label !== this.explorer.label) this.ask();
  }

  ask() {
    if (!this.shown || !this.explorer.known) return;
    this.label = this.explorer.label;
    if (this.wells.every(({ items }) => !items.length)) {
      this.question?.cancel();
      this.result.clear();
      this.there.disabled = true;
      this.answer = null;
      this.say();
      return;
    }
    const fields = { usual: this.usual.checked, label: this.label };
    for (const { name, items } of this.wells) fields[name] = items.map(({ z }) => [...z]);
    this.question = this.explorer.ask("wells", fields, {
      onAnswer: (header, payload) => this.draw(header, payload),
      onError: (text) => this.say(text),
    });
  }

  async draw(header, payload) {
    this.answer = header;
    this.there.disabled = false;
    const row = await createImageBitmap(new Blob([payload], { type: header.mime }));
    header.wells.forEach((name, i) => {
      const well = this.wells[NAMES.indexOf(name)];
      if (well.items.length) well.tiles.set(cut(row, i, header.tile), one(header.tile));
    });
    this.result.set(cut(row, header.wells.length, header.tile), one(header.tile));
    row.close();
    this.say();
  }

  say(text) {
    const place = this.place.querySelector(".gl-says");
    const { answer, explorer } = this;
    if (text === undefined && !answer) {
      text = "A well that is empty counts as nothing.";
    } else if (text === undefined) {
      const words = answer.wells.map((name) => `${name.toUpperCase()} ${answer.lengths[name].toFixed(1)}`);
      const brought = this.usual.checked ? `, brought to ${answer.shell.toFixed(1)}` : "";
      text = `Length of z, usually ${answer.shell.toFixed(1)}: ${words.join(", ")}; the sum `
        + `${answer.lengths.sum.toFixed(1)}${brought}. The mean of many z is short, and G makes bland`
        + " pictures of short ones, overdone ones of long ones.";
      if (explorer.classes.length) text += " A class is no part of z: all are made in the class chosen below the large picture.";
      text += ` G at step ${grouped(answer.step)}.`;
    }
    place.textContent = text;
  }

  show() {
    this.shown = true;
    this.page.classList.add("gl-draggable");
    this.offer();
    this.ask();
  }

  hide() {
    this.shown = false;
    this.page.classList.remove("gl-draggable");
  }

  close() {
    this.off.forEach((off) => off());
    this.hide();
    this.page.removeEventListener("pointerdown", this.onDown);
    this.wells.forEach(({ tiles }) => tiles.close());
    this.result.close();
  }
}

const one = (tile) => ({ tile, columns: 1, count: 1 });

function tile(item, words) {
  const button = document.createElement("button");
  const image = document.createElement("img");
  button.type = "button";
  button.title = words;
  button.setAttribute("aria-label", words);
  Object.assign(image, { src: item.image, alt: "", draggable: false });
  button.append(image);
  return button;
}

function cut(row, i, tile) {
  const canvas = new OffscreenCanvas(tile, tile);
  canvas.getContext("2d").drawImage(row, -i * tile, 0);
  return canvas;
}
