// Walking the latent space: a slider for each number of z, and the picture that follows them.
import { counters, noteRoundTrip } from "./counters.js";
import { grouped } from "./numbers.js";
import { Socket, WORDS } from "./socket.js";
import { Tiles } from "./tiles.js";

const REFRESH = 1000; // ms between two looks at a G that is still training

const PAGE = `
  <div class="gl-latent">
    <figure>
      <div class="gl-frame"><canvas role="img" aria-label="The picture that G makes of z"></canvas></div>
      <figcaption role="status"></figcaption>
      <div class="gl-actions">
        <button type="button" class="gl-random">New random z</button>
        <button type="button" class="gl-zero">All to zero</button>
      </div>
    </figure>
    <section>
      <label class="gl-class" hidden>Class <select></select></label>
      <h3></h3>
      <div class="gl-sliders" role="group" tabindex="0"></div>
    </section>
  </div>`;

class Latent {
  constructor(root, component) {
    const holder = document.createElement("div");
    holder.innerHTML = PAGE;
    this.box = holder.firstElementChild;
    root.append(this.box);
    this.tiles = new Tiles(this.find("canvas"), { maxHeight: 420 });
    this.find(".gl-random").onclick = () => this.want({ random: true });
    this.find("select").onchange = () => this.want(this.z);
    this.find(".gl-zero").onclick = () => {
      this.set(new Float32Array(this.z.length));
      this.want(this.z);
    };
    this.open(component.data);
    this.refreshing = setInterval(() => this.refresh(), REFRESH);
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  open(data) {
    this.data = data;
    this.busy = false;
    this.wanted = { random: true };
    this.wantedAt = null;
    this.state = "";
    this.known = false; // whether the server has drawn a z, and said which classes there are
    this.offer([]);
    this.makeSliders(data.dim, data.reach);
    this.caption("Connecting");
    this.socket = new Socket(data.socket, {
      onFrame: (header, payload) => this.hear(header, payload),
      onChange: (open, reason) => this.line(open, reason),
    });
  }

  update({ data }) {
    const same = ["socket", "dim", "reach"].every((key) => data[key] === this.data[key]);
    if (same) return;
    this.socket.close();
    this.open(data);
  }

  makeSliders(dim, reach) {
    this.z = new Float32Array(dim);
    this.find("h3").textContent = `z: ${dim} numbers, ${-reach} to ${reach}`;
    const panel = this.find(".gl-sliders");
    panel.setAttribute("aria-label", `The ${dim} numbers of z`);
    panel.replaceChildren();
    this.rows = Array.from({ length: dim }, (_, i) => {
      const row = document.createElement("div");
      const label = document.createElement("label");
      const slider = field("range", reach);
      const number = field("number", reach);
      label.textContent = `z${i + 1}`;
      label.htmlFor = slider.id = `gl-z-${i + 1}`;
      number.setAttribute("aria-label", `z${i + 1}, exact`);
      slider.oninput = () => this.turn(i, slider.valueAsNumber, slider);
      number.oninput = () => this.turn(i, number.valueAsNumber, number);
      number.onblur = () => this.showNumber(i);
      row.append(label, slider, number);
      panel.append(row);
      return { slider, number };
    });
    this.set(this.z);
  }

  // a class to choose, for a G that is told which one to draw
  offer(classes) {
    const select = this.find("select");
    this.classes = classes;
    this.find(".gl-class").hidden = !classes.length;
    select.replaceChildren(...classes.map((name, i) => new Option(name, i)));
  }

  // as it travels: z, and behind it the class; or as JSON, with the class beside it
  message(question) {
    const label = this.classes.length ? [this.find("select").selectedIndex] : [];
    if (question instanceof Float32Array) return littleEndian([...question, ...label]);
    return label.length ? { ...question, label: label[0] } : question;
  }

  turn(i, value, from) {
    if (!Number.isFinite(value)) return;
    this.z[i] = Math.max(-this.data.reach, Math.min(this.data.reach, value));
    const { slider, number } = this.rows[i];
    if (from !== slider) slider.value = this.z[i];
    if (from !== number) this.showNumber(i);
    this.want(this.z);
  }

  showNumber(i) {
    this.rows[i].number.value = this.z[i].toFixed(2);
  }

  set(z) {
    this.z = Float32Array.from(z);
    this.z.forEach((value, i) => {
      this.rows[i].slider.value = value;
      this.showNumber(i);
    });
  }

  // One question under way at a time; of those that wait, the newest. at: when somebody wished for
  // it; null for what nobody did, whose round trip does not count.
  want(question, at = performance.now()) {
    this.wanted = question;
    this.wantedAt = at;
    this.ask();
  }

  ask() {
    if (this.busy || this.wanted === null) return;
    const question = this.wanted;
    if (!this.socket.send(this.message(question))) return;
    this.wanted = null;
    this.busy = true;
    this.askedFor = this.wantedAt;
    this.wantedAt = null;
  }

  refresh() {
    if (document.hidden || this.busy || this.wanted !== null) return;
    if (this.state !== "running" && this.state !== "loading") return;
    this.want(this.known ? this.z : { random: true }, null);
  }

  line(open, reason) {
    this.busy = false;
    if (open) {
      this.wanted ??= this.known ? this.z : { random: true };
      this.ask();
      return;
    }
    this.caption(WORDS[reason]);
  }

  caption(text) {
    const place = this.find("figcaption");
    if (place.textContent !== text) place.textContent = text;
  }

  hear(header, payload) {
    if (header.kind === "error") {
      this.busy = false;
      this.caption(header.text);
      this.state ||= "loading";
      return;
    }
    if (header.z && !this.known) this.offer(header.classes ?? []);
    this.known ||= Boolean(header.z);
    // a slider that has moved since counts for more than what was drawn
    if (header.z && this.wanted === null) this.set(header.z);
    this.state = header.state;
    const shape = { tile: header.tile, columns: 1, count: 1 };
    this.tiles.show(payload, header.mime, shape, () => this.shown(header)).catch(() => {
      this.busy = false;
      this.caption("The picture could not be read");
    });
  }

  shown(header) {
    this.busy = false;
    counters.latent++;
    if (this.askedFor !== null) noteRoundTrip(performance.now() - this.askedFor);
    const going = header.state === "running" ? ", still training" : "";
    this.caption(`G at step ${grouped(header.step)}${going}`);
    this.ask();
  }

  close() {
    clearInterval(this.refreshing);
    this.socket.close();
    this.tiles.close();
    this.box.remove();
  }
}

function field(type, reach) {
  const input = document.createElement("input");
  Object.assign(input, { type, min: -reach, max: reach, step: type === "range" ? 0.01 : 0.1 });
  return input;
}

function littleEndian(values) {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return view.buffer;
}

export function mount(root, component) {
  return new Latent(root, component);
}
