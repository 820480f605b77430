// Memorised or new: the nearest training pictures of one picture, and of a thousand samples.
import { grouped } from "./numbers.js";
import { Subject } from "./subject.js";
import { Tiles } from "./tiles.js";

export const neighbours = { id: "neighbours", title: "Memorised?", make: (place, explorer) => new Neighbours(place, explorer) };

const ABOUT = {
  pixels: "Compared pixel by pixel, at 32 px at most: 0 is equal, 1 is black beside white.",
  edges: "Compared by which way edges run in each of 5×5 regions; it bears small shifts, and sees no colours.",
};

const PAGE = `
  <p>Does G invent, or does it repeat what it was shown? Its pictures beside the nearest that it was trained with.</p>
  <label>Compare by <select class="gl-feature"><option value="pixels">pixels</option><option value="edges">edges</option></select></label>
  <p class="gl-about"></p>
  <h3>One picture</h3>
  <div class="gl-which"></div>
  <button type="button" class="gl-one">Find the nearest training pictures</button>
  <div class="gl-near"><canvas role="img" aria-label="The picture, then the nearest training pictures"></canvas></div>
  <p class="gl-says-one" role="status"></p>
  <h3>A thousand samples</h3>
  <button type="button" class="gl-all">Measure them</button>
  <p class="gl-says-all" role="status"></p>
  <canvas class="gl-hills" role="img" hidden></canvas>
  <p class="gl-legend" hidden></p>
  <div class="gl-pairs" hidden><canvas role="img" aria-label="The samples nearest to a single training picture, and these below"></canvas></div>
  <p class="gl-below" hidden>The samples that are nearest to one training picture beside the next ones; below each, that picture.</p>`;

class Neighbours {
  constructor(place, explorer) {
    this.place = place;
    this.explorer = explorer;
    place.innerHTML = PAGE;
    this.feature = this.find(".gl-feature");
    this.feature.onchange = () => this.about();
    this.find(".gl-one").onclick = () => this.one();
    this.find(".gl-all").onclick = () => this.all();
    this.near = new Tiles(this.find(".gl-near canvas"), { maxHeight: 110 });
    this.pairs = new Tiles(this.find(".gl-pairs canvas"), { maxHeight: 170 });
    this.subject = new Subject(this.find(".gl-which"), explorer, { onChange: () => this.ready() });
    this.observer = new ResizeObserver(() => this.plot());
    this.observer.observe(this.find(".gl-hills"));
    this.about();
    this.ready();
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  about() {
    this.find(".gl-about").textContent = ABOUT[this.feature.value];
  }

  ready() {
    this.find(".gl-one").disabled = !this.subject?.fields();
  }

  one() {
    const picture = this.subject.fields();
    if (!picture) return;
    const say = (text) => (this.find(".gl-says-one").textContent = text);
    say("Comparing…");
    this.explorer.ask("neighbours", { ...picture, feature: this.feature.value }, {
      onAnswer: (header, payload) => {
        if (!header.done) return say(`Comparing: ${Math.round(100 * header.share)} %`);
        const { tile, mime, distance, count, copies, exact } = header;
        const shape = { tile, columns: 1 + distance.length, count: 1 + distance.length };
        this.near.show(payload, mime, shape);
        const first = exact ? "The first one is the very same picture. " : "";
        const once = copies ? ` ${grouped(copies)} exact copies among them count once.` : "";
        say(`${first}At the left the picture, then the nearest of ${grouped(count)} training pictures. Distances: `
          + `${distance.map((value) => value.toFixed(3)).join(", ")}.${once}`);
      },
      onError: say,
    });
  }

  all() {
    const say = (text) => (this.find(".gl-says-all").textContent = text);
    const { value } = this.feature;
    say("Measuring…");
    this.explorer.ask("memorised", { feature: value }, {
      onAnswer: (header, payload) => {
        if (!header.done) return say(`Measuring: ${Math.round(100 * header.share)} %`);
        this.found = header;
        say(`${header.sentence} Compared by ${value}; G at step ${grouped(header.step)}.`);
        const unseen = header.held_out ? "held-out real pictures" : "training pictures, each from the others, as none were held out";
        const copies = header.copies ? ` ${grouped(header.copies)} held-out pictures are training pictures too and do not count.` : "";
        const legend = this.find(".gl-legend");
        for (const part of [".gl-hills", ".gl-legend", ".gl-pairs", ".gl-below"]) this.find(part).hidden = false;
        legend.replaceChildren(swatch("g", `${grouped(header.n)} samples`), swatch("real", `${grouped(header.m)} ${unseen}`),
          document.createTextNode(`Distance to the nearest training picture.${copies}`));
        const columns = header.numbers.length;
        this.pairs.show(payload, header.mime, { tile: header.tile, columns, count: 2 * columns });
        this.plot();
      },
      onError: say,
    });
  }

  plot() {
    const canvas = this.find(".gl-hills");
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !this.found) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    const { samples, unseen, n, m, high, sentence } = this.found;
    canvas.setAttribute("aria-label", sentence);
    const shares = [unseen.map((count) => count / m), samples.map((count) => count / n)];
    const most = Math.max(...shares.flat());
    const x = (i) => (width * i) / samples.length;
    const y = (share) => height - 18 - ((height - 24) * share) / most;
    [["real", []], ["g", [6, 3]]].forEach(([name, dash], k) => {
      pen.strokeStyle = pen.fillStyle = style.getPropertyValue(`--gl-${name}`).trim();
      pen.setLineDash(dash);
      pen.lineWidth = 2;
      pen.beginPath();
      pen.moveTo(0, y(0));
      shares[k].forEach((share, i) => {
        pen.lineTo(x(i), y(share));
        pen.lineTo(x(i + 1), y(share));
      });
      pen.lineTo(width, y(0));
      pen.globalAlpha = 0.2;
      pen.fill();
      pen.globalAlpha = 1;
      pen.stroke();
    });
    pen.setLineDash([]);
    pen.fillStyle = style.color;
    pen.font = `12px ${style.fontFamily}`;
    pen.fillText("0: the same picture", 2, height - 4);
    pen.textAlign = "right";
    pen.fillText(high.toFixed(2), width - 2, height - 4);
  }

  show() {
    this.subject.wake();
    this.plot();
  }

  hide() {}

  close() {
    this.observer.disconnect();
    this.near.close();
    this.pairs.close();
    this.subject.close();
  }
}

function swatch(name, words) {
  const box = document.createElement("span");
  box.className = `gl-of-${name}`;
  box.textContent = words;
  return box;
}
