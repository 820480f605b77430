// What D looks at in one picture: the present fake, a kept one, or a real one.
import { Maps, sketch, words } from "./maps.js";
import { grouped } from "./numbers.js";

const PAGE = `
  <p>D gives a picture a score. Here you see which pixels move that score up or down: its gradient at
    this very picture. It says what a small change would do, not why D thinks so.</p>
  <div class="gl-of" role="group" aria-label="Which picture">
    <button type="button" data-of="fake">This fake</button>
    <button type="button" data-of="real">A real one</button>
    <button type="button" class="gl-another" hidden>Another real one</button>
    <span class="gl-kepts"></span>
  </div>
  <div class="gl-asked">
    <div class="gl-overlay"><canvas width="256" height="256" role="img" aria-label="The picture, with what speaks for and against real"></canvas></div>
    <div>
      <p class="gl-score" role="status">Asking D…</p>
      <label>Show <select>
        <option value="speaks">what speaks for real as it is</option>
        <option value="brighter">where brighter would be more real</option>
      </select></label>
      <p class="gl-key"><i class="gl-real-ink"></i> <span class="gl-for"></span> <i class="gl-fake-ink"></i> <span class="gl-against"></span></p>
      <label class="gl-strength">Strength <input type="range" min="0" max="1" step="0.05" value="0.7"></label>
      <label><input type="checkbox" class="gl-calm"> calmer: mean over 16 slightly noisy copies (SmoothGrad)</label>
    </div>
  </div>
  <div class="gl-network" role="group" aria-label="The layers of D, from the picture on"></div>
  <p class="gl-stage" role="status"></p>
  <div class="gl-lattice"><canvas role="img" aria-label="What the channels of this layer of D give"></canvas></div>
  <p class="gl-key"><i class="gl-low"></i> below 0 <i class="gl-zero-key"></i> 0 <i class="gl-high"></i> above 0</p>`;

const WORDS = {
  speaks: ["speaks for real, compared with mid-grey", "speaks for fake"],
  brighter: ["brighter here would be more real to D", "darker here would be"],
};

export class Critic {
  // turned(): the channels of G that are turned just now
  constructor(place, explorer, turned) {
    this.place = place;
    this.explorer = explorer;
    this.turned = turned;
    place.innerHTML = PAGE;
    place.classList.add("gl-none"); // nothing to turn before there is an answer
    this.of = "fake";
    this.kept = null; // { z, label } of a kept picture
    this.index = 0;
    this.stage = 1;
    this.maps = new Maps(this.find(".gl-lattice canvas"));
    for (const button of place.querySelectorAll("[data-of]")) {
      button.onclick = () => this.choose(button.dataset.of);
    }
    this.find(".gl-another").onclick = () => {
      this.index = Math.floor(Math.random() * 2 ** 30);
      this.moved();
    };
    this.find("select").onchange = () => this.draw();
    this.find(".gl-strength input").oninput = () => this.draw();
    this.find(".gl-calm").onchange = () => this.moved();
    this.off = explorer.on("shelf", () => this.drawKept());
    this.drawKept();
    this.drawOf();
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  choose(of, kept = null) {
    this.of = of;
    this.kept = kept;
    this.drawOf();
    this.moved();
  }

  drawOf() {
    for (const button of this.place.querySelectorAll("[data-of]")) {
      button.setAttribute("aria-pressed", button.dataset.of === this.of && !this.kept);
    }
    this.find(".gl-another").hidden = this.of !== "real";
  }

  drawKept() {
    this.find(".gl-kepts").replaceChildren(...this.explorer.shelf.items.map((item) => {
      const button = document.createElement("button");
      const image = document.createElement("img");
      button.type = "button";
      Object.assign(image, { src: item.image, alt: `Kept picture ${item.id}` });
      button.append(image);
      button.onclick = () => this.choose("fake", item);
      return button;
    }));
  }

  moved() {
    this.wanted = true;
    this.ask();
  }

  ask() {
    if (!this.wanted || this.busy || this.place.hidden) return;
    this.wanted = false;
    this.busy = true;
    const { z, label } = this.kept ?? this.explorer;
    const fields = { of: this.of, calm: this.find(".gl-calm").checked, stage: this.stage };
    Object.assign(fields, this.of === "real"
      ? { index: this.index }
      : { z: [...z], label, turned: this.kept ? [] : this.turned() });
    const done = () => {
      this.busy = false;
      this.ask();
    };
    this.explorer.ask("saliency", fields, {
      onAnswer: (header, payload) => this.hear(header, payload).finally(done),
      onError: (text) => {
        this.find(".gl-score").textContent = text;
        done();
      },
    });
  }

  async hear(header, payload) {
    const size = header.side ** 2;
    const count = header.shape.reduce((a, b) => a * b, 1);
    const bytes = new Int8Array(payload.slice().buffer);
    const picture = await createImageBitmap(new Blob([payload.slice(2 * size + count)], { type: header.mime }));
    this.picture?.close();
    this.picture = picture;
    this.answer = {
      header,
      speaks: bytes.subarray(0, size),
      brighter: bytes.subarray(size, 2 * size),
      maps: bytes.subarray(2 * size, 2 * size + count),
    };
    this.draw();
  }

  draw() {
    if (!this.answer) return;
    const { header } = this.answer;
    this.place.classList.remove("gl-none");
    const which = this.find("select").value;
    this.drawOverlay(this.answer[which], header.side);
    [this.find(".gl-for").textContent, this.find(".gl-against").textContent] = WORDS[which];
    const told = header.label === null ? "" : ` It was told: ${header.label}.`;
    this.find(".gl-score").textContent = `${header.words}${told} D at step ${grouped(header.step)}.`;
    sketch(this.find(".gl-network"), header.stages, header.stage, (stage) => {
      this.stage = stage;
      this.moved();
    });
    const { name, detail, shape } = header.stages[header.stage - 1];
    this.find(".gl-stage").textContent =
      `Layer ${header.stage} of ${header.stages.length} of D: ${name}${detail ? `, ${detail}` : ""}; ${words(shape)}`;
    this.maps.show(header.shape, this.answer.maps, header.peaks, true);
  }

  // the picture in grey, and over it the signs: the stronger, the less of the picture shows through
  drawOverlay(bytes, side) {
    const canvas = this.find(".gl-overlay canvas");
    const context = canvas.getContext("2d");
    const signs = document.createElement("canvas");
    const strength = this.find(".gl-strength input").valueAsNumber;
    Object.assign(signs, { width: side, height: side });
    const image = new ImageData(side, side);
    bytes.forEach((byte, i) => {
      const ink = byte < 0 ? [140, 40, 215] : [255, 214, 10];
      image.data.set([...ink, 255 * strength * Math.sqrt(Math.abs(byte) / 127)], 4 * i);
    });
    signs.getContext("2d").putImageData(image, 0, 0);
    canvas.width = canvas.height = side * Math.max(1, Math.floor(256 / side));
    context.imageSmoothingEnabled = false;
    context.filter = "grayscale(1)";
    context.drawImage(this.picture, 0, 0, canvas.width, canvas.height);
    context.filter = "none";
    context.drawImage(signs, 0, 0, canvas.width, canvas.height);
  }

  close() {
    this.off();
    this.maps.close();
    this.picture?.close();
  }
}
