// Films on canvases, played in step: frames that come in parts, play, hold, scrub.
import { counters } from "./counters.js";

const PAGE = `
  <div class="gl-play-bar">
    <button type="button" class="gl-play"></button>
    <input type="range" min="0" max="0" value="0" step="1" disabled>
    <output aria-live="off"></output>
  </div>`;

export class Player {
  // canvases: by the name of the film; lasts: ms of a frame; rest: ms of the last one where the
  // film does not go round; onFrame(i): a frame is shown; said(i): what it is called
  constructor(box, canvases, { lasts, label, onFrame = () => {}, said = (i) => `${i + 1}` }) {
    box.innerHTML = PAGE;
    Object.assign(this, { canvases, lasts, onFrame, said });
    this.button = box.querySelector("button");
    this.slider = box.querySelector("input");
    this.output = box.querySelector("output");
    this.slider.setAttribute("aria-label", label);
    this.button.onclick = () => (this.playing ? this.hold() : this.play());
    this.slider.oninput = () => {
      const at = this.slider.valueAsNumber; // to hold writes where the film is into the slider
      this.hold();
      this.go(at);
    };
    this.timer = null;
    this.playing = false;
    this.shown = false; // whether the panel is in sight
    this.round = 0; // which film it is: what is decoded late of another one is thrown away
    this.begin(0, false);
  }

  // another film, of so many frames
  begin(total, loop) {
    this.round++;
    this.total = total;
    this.loop = loop;
    this.films = Object.fromEntries(Object.keys(this.canvases).map((name) => [name, []]));
    this.at = 0;
    this.slider.max = Math.max(0, total - 1);
    this.slider.disabled = this.button.disabled = total < 2;
    this.tell();
  }

  // a mosaic of some frames of one film, as Tiles know it; resolves once it can be played
  async add(name, first, bytes, { mime, tile, columns, count }) {
    const { round } = this;
    const sheet = await createImageBitmap(new Blob([bytes], { type: mime }));
    if (round !== this.round) return;
    for (let i = 0; i < count; i++) {
      const x = (i % columns) * tile;
      const y = Math.floor(i / columns) * tile;
      this.films[name][first + i] = { sheet, x, y, tile };
    }
    if (this.at >= first && this.at < first + count) this.draw();
  }

  // frames that are there, in all films
  get ready() {
    const films = Object.values(this.films).filter((frames) => frames.length);
    return films.length ? Math.min(...films.map((frames) => frames.length)) : 0;
  }

  go(at) {
    this.at = Math.max(0, Math.min(at, this.total - 1));
    this.draw();
  }

  draw() {
    for (const [name, canvas] of Object.entries(this.canvases)) {
      const frame = this.films[name][this.at];
      if (!frame) continue;
      const { sheet, x, y, tile } = frame;
      if (canvas.width !== tile) canvas.width = canvas.height = tile;
      canvas.getContext("2d").drawImage(sheet, x, y, tile, tile, 0, 0, tile, tile);
    }
    counters.frame = this.at;
    this.tell();
    this.onFrame(this.at);
  }

  tell() {
    this.slider.value = this.at;
    this.button.textContent = this.playing ? "❚❚ Hold" : "▶ Play";
    const words = this.total ? this.said(this.at) : "";
    this.output.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
  }

  play() {
    if (!this.loop && this.at >= this.total - 1) this.at = 0;
    this.playing = true;
    this.tell();
    this.next();
  }

  next() {
    clearTimeout(this.timer);
    if (!this.playing || !this.shown) return;
    this.timer = setTimeout(() => {
      const last = this.at >= this.total - 1;
      if (last && !this.loop) {
        this.hold();
        return;
      }
      const at = last ? 0 : this.at + 1;
      if (at < this.ready && !document.hidden) this.go(at);
      this.next();
    }, this.lasts);
  }

  hold() {
    this.playing = false;
    clearTimeout(this.timer);
    this.tell();
  }

  show() {
    this.shown = true;
    this.next();
  }

  hide() {
    this.shown = false;
    clearTimeout(this.timer);
  }
}

// Buttons that have the server make a file, and save it. fields(): what to ask for, or null.
export class Saver {
  constructor(box, explorer, fields) {
    Object.assign(this, { explorer, fields });
    const words = document.createElement("span");
    words.textContent = "Save as";
    this.status = document.createElement("output");
    this.buttons = [["gif", "GIF"], ["webp", "WebP"], ["png", "PNG strip"]].map(([file, name]) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: name });
      button.onclick = () => this.make(file);
      return button;
    });
    box.classList.add("gl-saver");
    box.replaceChildren(words, ...this.buttons, this.status);
    this.allow(false);
  }

  allow(yes) {
    for (const button of this.buttons) button.disabled = !yes;
  }

  make(file) {
    const fields = this.fields();
    if (!fields) return;
    this.allow(false);
    this.status.textContent = "Making it…";
    const over = (words) => {
      this.allow(true);
      this.status.textContent = words;
    };
    this.explorer.ask("reel", { ...fields, file }, {
      onAnswer: (header, payload) => {
        if (!header.done) {
          this.status.textContent = header.waiting
            ? "Waiting for another film…" : `Making it: ${Math.round(100 * header.share)} %`;
          return;
        }
        save(new Blob([payload], { type: header.mime }), header.name);
        over(`Saved: ${Math.max(1, Math.round(payload.length / 1024))} KB`);
      },
      onError: over,
      onReplaced: over,
    });
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}
