// From a picture back to the z that makes it: which picture, how the search goes, and on from there.
import { grouped } from "./numbers.js";
import { Subject } from "./subject.js";
import { Tiles } from "./tiles.js";

export const inversion = { id: "inversion", title: "Find z", make: (place, explorer) => new Inversion(place, explorer) };

const GOOD = 30; // dB; beyond it people hardly see a difference
const LOW = 5; // dB, where the plot begins

const PAGE = `
  <p>Which z makes this picture? Many z begin at random and go downhill on the difference of the
    pictures. What no z can make, the search comes as near to as this model can.</p>
  <div class="gl-which"></div>
  <div class="gl-run">
    <label class="gl-only" hidden>Class <select></select></label>
    <button type="button" class="gl-begin">Find z</button>
    <button type="button" class="gl-end" disabled>Stop</button>
    <button type="button" class="gl-there" disabled>Go there</button>
  </div>
  <div class="gl-three">
    <figure><div class="gl-face"><canvas role="img" aria-label="The picture that is looked for"></canvas></div><figcaption>wanted</figcaption></figure>
    <figure><div class="gl-face"><canvas role="img" aria-label="The nearest picture so far"></canvas></div><figcaption>nearest so far</figcaption></figure>
    <figure><div class="gl-face"><canvas role="img" aria-label="Their difference"></canvas></div><figcaption>difference, ×3</figcaption></figure>
  </div>
  <p class="gl-says" role="status"></p>
  <canvas class="gl-climb" role="img" aria-label="How near each start has come, in dB, step by step"></canvas>`;

class Inversion {
  constructor(place, explorer) {
    this.place = place;
    this.explorer = explorer;
    place.innerHTML = PAGE;
    this.only = this.find(".gl-only select");
    this.tiles = [...place.querySelectorAll(".gl-three canvas")].map((canvas) => new Tiles(canvas, { maxHeight: 150 }));
    this.find(".gl-begin").onclick = () => this.begin();
    this.find(".gl-end").onclick = () => this.end("Stopped.");
    this.find(".gl-there").onclick = () => explorer.go(this.newest.z, this.newest.label);
    this.subject = new Subject(this.find(".gl-which"), explorer, { onChange: () => this.ready(), first: "train" });
    this.off = [explorer.on("known", () => this.offer())];
    this.observer = new ResizeObserver(() => this.plot());
    this.observer.observe(this.find(".gl-climb"));
    this.lines = [];
    this.offer();
    this.ready();
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  offer() {
    const { classes } = this.explorer;
    this.find(".gl-only").hidden = !classes.length;
    this.only.replaceChildren(new Option("any: find it too", -1), ...classes.map((name, i) => new Option(name, i)));
  }

  ready() {
    this.find(".gl-begin").disabled = !this.subject?.fields();
  }

  begin() {
    const picture = this.subject.fields();
    if (!picture) return;
    this.question?.cancel();
    this.lines = [];
    this.newest = null;
    this.find(".gl-end").disabled = false;
    this.find(".gl-there").disabled = true;
    this.say("Drawing z at random…");
    this.question = this.explorer.ask("inversion", { ...picture, only: Number(this.only.value || -1) }, {
      onAnswer: (header, payload) => this.follow(header, payload),
      onError: (text) => this.end(text),
    });
  }

  follow(header, payload) {
    this.newest = header;
    this.lines.push({ at: header.at, of: header.of, psnr: header.psnr });
    this.find(".gl-there").disabled = false;
    const [state, best] = [header.done ? "Done" : `Step ${header.at} of ${header.of}`, decibels(header.best)];
    if (header.done) this.find(".gl-end").disabled = true;
    const good = header.psnr.filter((value) => value === null || value >= GOOD).length;
    const { classes } = this.explorer;
    const told = classes.length ? ` Class ${classes[header.label]}.` : "";
    this.say(`${state}: the nearest is at ${best} PSNR; ${good} of ${header.psnr.length} starts are at ${GOOD} dB`
      + ` or more.${told} Length of its z ${header.length.toFixed(1)}, usually ${header.shell.toFixed(1)}. G at step ${grouped(header.step)}.`);
    this.row = { payload, header };
    this.draw();
  }

  // what came while nobody looked is drawn as soon as somebody does
  async draw() {
    if (!this.row || document.hidden || this.place.hidden) return;
    const { payload, header } = (this.drawn = this.row);
    this.row = null;
    this.plot();
    const row = await createImageBitmap(new Blob([payload], { type: header.mime }));
    if (this.drawn.header === header) { // else a newer one, which may have been read sooner
      this.tiles.forEach((tiles, i) => {
        const part = new OffscreenCanvas(header.tile, header.tile);
        part.getContext("2d").drawImage(row, -i * header.tile, 0);
        tiles.set(part, { tile: header.tile, columns: 1, count: 1 });
      });
    }
    row.close();
  }

  end(text) {
    this.question?.cancel();
    this.question = null;
    this.find(".gl-end").disabled = true;
    this.say(text);
  }

  say(text) {
    this.find(".gl-says").textContent = text;
  }

  // one line a start, thick the best; dB above steps
  plot() {
    const canvas = this.find(".gl-climb");
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    const style = getComputedStyle(canvas);
    pen.font = `12px ${style.fontFamily}`;
    pen.fillStyle = pen.strokeStyle = style.color;
    const values = this.lines.flatMap(({ psnr }) => psnr.map((value) => value ?? 60));
    const top = Math.max(GOOD + 5, ...values);
    const y = (value) => height - 18 - ((height - 26) * ((value ?? 60) - LOW)) / (top - LOW);
    const last = this.lines.at(-1);
    const x = (at) => 2 + ((width - 4) * at) / (last?.of ?? 1);
    pen.globalAlpha = 0.5;
    pen.setLineDash([4, 4]);
    pen.strokeRect(0, y(GOOD), width, 0);
    pen.setLineDash([]);
    pen.strokeRect(0, height - 18, width, 0);
    pen.globalAlpha = 0.8;
    pen.fillText(`${GOOD} dB: hardly any difference to see`, 4, y(GOOD) - 4);
    pen.textAlign = "right";
    pen.fillText(last ? `step ${last.of}` : "steps", width - 2, height - 4);
    if (!last) return;
    const starts = last.psnr.length;
    const order = Array.from({ length: starts }, (_, i) => i).sort((a, b) => (last.psnr[a] ?? 99) - (last.psnr[b] ?? 99));
    pen.strokeStyle = style.getPropertyValue("--gl-g").trim() || style.color;
    order.forEach((start, rank) => {
      pen.globalAlpha = rank === starts - 1 ? 1 : 0.35;
      pen.lineWidth = rank === starts - 1 ? 2.5 : 1;
      pen.beginPath();
      this.lines.forEach(({ at, psnr }, i) => pen[i ? "lineTo" : "moveTo"](x(at), y(Math.max(LOW, psnr[start] ?? 60))));
      pen.stroke();
    });
  }

  show() {
    this.subject.wake();
    this.plot();
    this.draw();
  }

  // the search goes on: whoever looks elsewhere meanwhile finds it done
  hide() {}

  close() {
    this.question?.cancel();
    this.off.forEach((off) => off());
    this.observer.disconnect();
    this.tiles.forEach((tiles) => tiles.close());
    this.subject.close();
  }
}

const decibels = (value) => (value === null ? "∞ dB" : `${value.toFixed(1)} dB`);
