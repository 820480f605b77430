// The latent page: the picture of where one is, always in sight, and beside it one tool at a time.
import { ages } from "./ages.js";
import { counters } from "./counters.js";
import { dials } from "./dials.js";
import { directions } from "./directions.js";
import { Explorer } from "./explorer.js";
import { inside } from "./inside.js";
import { inversion } from "./inversion.js";
import { map } from "./map.js";
import { neighbours } from "./neighbours.js";
import { grouped } from "./numbers.js";
import { paths } from "./paths.js";
import { WORDS } from "./socket.js";
import { Tiles } from "./tiles.js";
import { wells } from "./wells.js";

// { id, title, make(place, explorer) -> { show(), hide(), close() } }
const PANELS = [dials, map, paths, directions, wells, inversion, neighbours, inside, ages];

const PAGE = `
  <div class="gl-latent">
    <figure>
      <div class="gl-frame"><canvas role="img" aria-label="The picture that G makes of z"></canvas></div>
      <figcaption role="status"></figcaption>
      <label class="gl-class" hidden>Class <select></select></label>
      <div class="gl-actions">
        <button type="button" class="gl-random">New random z</button>
        <button type="button" class="gl-zero">All to zero</button>
        <button type="button" class="gl-keep">Keep</button>
      </div>
      <div class="gl-shelf" role="group" aria-label="Pictures that you keep"></div>
    </figure>
    <section>
      <div class="gl-tabs" role="tablist" aria-label="Tools"></div>
      <div class="gl-panels"></div>
    </section>
  </div>`;

class Latent {
  constructor(root, component) {
    const holder = document.createElement("div");
    holder.innerHTML = PAGE;
    this.box = holder.firstElementChild;
    root.append(this.box);
    this.tiles = new Tiles(this.find("canvas"), { maxHeight: highest });
    this.find(".gl-random").onclick = () => this.explorer.random();
    this.find(".gl-zero").onclick = () => this.explorer.zero();
    this.find(".gl-keep").onclick = () => this.keep();
    this.select = this.find(".gl-class select");
    this.select.onchange = () => this.explorer.choose(this.select.selectedIndex);
    this.open(component.data);
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  open(data) {
    this.caption("Connecting");
    for (const [name, colour] of Object.entries(data.colours ?? {})) {
      this.box.style.setProperty(`--gl-${name}`, colour);
    }
    this.explorer = new Explorer(data);
    this.explorer.on("picture", (header, payload) => this.draw(header, payload));
    this.explorer.on("guess", (canvas) => {
      this.tiles.set(canvas, { tile: canvas.width, columns: 1, count: 1 });
    });
    this.explorer.on("trouble", (text) => this.caption(text));
    this.explorer.on("line", (open, reason) => open || this.caption(WORDS[reason]));
    this.explorer.on("shelf", () => this.drawShelf());
    this.explorer.on("known", () => this.offer());
    this.explorer.on("moved", () => this.follow());
    this.offer();
    this.drawShelf();
    this.makeTabs();
  }

  update({ data }) {
    const old = this.explorer.data;
    if (["socket", "dim", "reach"].every((key) => data[key] === old[key])) return;
    this.shut();
    this.open(data);
  }

  // -- tools ------------------------------------------------------------------------------------

  makeTabs() {
    const tabs = this.find(".gl-tabs");
    this.tools = PANELS.map(({ id, title, make }) => {
      const tab = document.createElement("button");
      const place = document.createElement("div");
      Object.assign(tab, { type: "button", id: `gl-tab-${id}`, textContent: title });
      tab.setAttribute("role", "tab");
      tab.setAttribute("aria-controls", `gl-panel-${id}`);
      tab.onclick = () => this.choose(id);
      place.id = `gl-panel-${id}`;
      place.className = `gl-panel gl-${id}`;
      place.setAttribute("role", "tabpanel");
      place.setAttribute("aria-labelledby", tab.id);
      place.hidden = true;
      this.find(".gl-panels").append(place);
      tabs.append(tab);
      return { id, tab, place, make, panel: null };
    });
    tabs.hidden = this.tools.length < 2;
    tabs.onkeydown = (event) => this.walk(event);
    const last = recall();
    this.choose(this.tools.some(({ id }) => id === last) ? last : this.tools[0].id);
  }

  // arrow keys go from tab to tab, as in every row of tabs
  walk(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const count = this.tools.length;
    const now = this.tools.findIndex(({ id }) => id === this.chosen);
    const next = this.tools[(now + step + count) % count];
    this.choose(next.id);
    next.tab.focus();
    event.preventDefault();
  }

  choose(chosen) {
    if (chosen === this.chosen) return;
    this.chosen = chosen;
    remember(chosen);
    for (const tool of this.tools) {
      const now = tool.id === chosen;
      tool.tab.setAttribute("aria-selected", now);
      tool.tab.tabIndex = now ? 0 : -1;
      if (!now && !tool.place.hidden) tool.panel.hide();
      tool.place.hidden = !now;
      if (!now) continue;
      tool.panel ??= tool.make(tool.place, this.explorer);
      tool.panel.show();
    }
  }

  // -- the picture ------------------------------------------------------------------------------

  caption(text) {
    const place = this.find("figcaption");
    if (place.textContent !== text) place.textContent = text;
  }

  draw(header, payload) {
    const shape = { tile: header.tile, columns: 1, count: 1 };
    const { explorer } = this;
    const shown = () => {
      counters.latent++;
      const going = header.state === "running" ? ", still training" : "";
      this.caption(`G at step ${grouped(header.step)}${going}`);
      explorer.seen();
    };
    this.tiles.show(payload, header.mime, shape, shown).catch(() => {
      explorer.fail("The picture could not be read");
    });
  }

  // a class to choose, for a G that is told which one to draw: every tool is about that one
  offer() {
    const { classes } = this.explorer;
    this.find(".gl-class").hidden = !classes.length;
    this.select.replaceChildren(...classes.map((name, i) => new Option(name, i)));
    this.follow();
  }

  follow() {
    const { classes, label } = this.explorer;
    if (classes.length) this.select.selectedIndex = label;
  }

  // -- the shelf --------------------------------------------------------------------------------

  keep() {
    const { pictured, shelf } = this.explorer; // while one moves, the picture is of before
    if (pictured) shelf.keep({ ...pictured, image: small(this.tiles) });
  }

  drawShelf() {
    const { shelf } = this.explorer;
    const cards = shelf.items.map((item) => {
      const card = document.createElement("div");
      const go = document.createElement("button");
      const image = document.createElement("img");
      const drop = document.createElement("button");
      card.className = "gl-kept";
      go.type = drop.type = "button";
      Object.assign(image, { src: item.image, alt: `Kept picture ${item.id}`, draggable: false });
      go.title = "Go there";
      go.onclick = () => this.explorer.go(item.z, item.label);
      go.append(image);
      drop.className = "gl-drop";
      drop.textContent = "×";
      drop.title = "Put away";
      drop.setAttribute("aria-label", `Put away picture ${item.id}`);
      drop.onclick = () => shelf.drop(item.id);
      card.append(go, drop);
      return card;
    });
    const hint = document.createElement("p");
    hint.textContent = "Keep pictures that you like: you can come back to them, walk between them and mix them.";
    this.find(".gl-shelf").replaceChildren(...(cards.length ? cards : [hint]));
  }

  shut() {
    this.tools.forEach(({ panel }) => panel?.close());
    this.find(".gl-tabs").replaceChildren();
    this.find(".gl-panels").replaceChildren();
    this.chosen = null;
    this.explorer.close();
  }

  close() {
    this.shut();
    this.tiles.close();
    this.box.remove();
  }
}

// how high the picture may be, px: where it lies above the tools it must leave them room
function highest() {
  return window.innerWidth <= 800 ? 0.3 * window.innerHeight : 420;
}

// the picture that the tiles show, at its own size, as a data URL
function small({ source }) {
  const canvas = document.createElement("canvas");
  canvas.width = source.width;
  canvas.height = source.height;
  canvas.getContext("2d").drawImage(source, 0, 0);
  return canvas.toDataURL();
}

const LAST = "gl-latent-tool";

function remember(id) {
  try {
    sessionStorage.setItem(LAST, id);
  } catch {
    // forbidden: the page then opens with its first tool
  }
}

function recall() {
  try {
    return sessionStorage.getItem(LAST);
  } catch {
    return null;
  }
}

export function mount(root, component) {
  return new Latent(root, component);
}
