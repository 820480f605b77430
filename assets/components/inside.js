// Looking into G and D: what every stage gives, channels off and up, which pixels speak for real.
import { Critic } from "./critic.js";
import { Maps, signed, sketch, words } from "./maps.js";
import { grouped } from "./numbers.js";

export const inside = { id: "inside", title: "Look inside", make: (place, explorer) => new Inside(place, explorer) };

const PAGE = `
  <div class="gl-who" role="group" aria-label="Into whom to look">
    <button type="button" data-who="g">Inside G</button>
    <button type="button" data-who="d">What D looks at</button>
  </div>
  <div class="gl-into-g">
    <p>G makes the picture stage by stage. Choose a stage to see what each of its channels gives for
      this z. Click a channel and switch it off, or make it louder: the picture follows.</p>
    <div class="gl-network" role="group" aria-label="The stages of G, from z to the picture"></div>
    <p class="gl-stage" role="status"></p>
    <div class="gl-turn">
      <label>Channel <input type="number" class="gl-channel" min="0" step="1" value="0"></label>
      <label class="gl-loud">times <input type="range" min="0" max="4" step="0.1" value="1"
        aria-label="How loud the channel is: 0 is off, 1 as it is"><output>1.0</output></label>
      <button type="button" class="gl-off">Off</button>
      <button type="button" class="gl-on">As it is</button>
    </div>
    <div class="gl-lattice"><canvas role="img" aria-label="What the channels of this stage give"></canvas></div>
    <p class="gl-key"><i class="gl-low"></i> below 0 <i class="gl-zero-key"></i> 0 <i class="gl-high"></i> above 0
      <label><input type="checkbox" class="gl-alone" checked> each map on its own scale</label></p>
    <div class="gl-result">
      <div>
        <h3>What changed</h3>
        <div class="gl-changed"><canvas width="1" height="1" role="img" aria-label="Where the picture has become darker or brighter"></canvas></div>
        <p class="gl-change" role="status"></p>
      </div>
      <div>
        <h3>Turned channels</h3>
        <ul class="gl-list"></ul>
        <button type="button" class="gl-reset">Reset all</button>
      </div>
      <div>
        <h3>Which matter most here</h3>
        <button type="button" class="gl-measure">Measure</button>
        <p class="gl-progress" role="status"></p>
        <ol class="gl-ranked"></ol>
      </div>
    </div>
  </div>
  <div class="gl-into-d" hidden></div>`;

const SHOWN = 8; // of the channels that matter most

class Inside {
  constructor(place, explorer) {
    this.place = place;
    this.explorer = explorer;
    place.innerHTML = PAGE;
    this.stage = null;
    this.stages = [];
    this.channel = 0;
    this.turned = new Map(); // "stage/channel" -> scale
    this.answer = null;
    this.shown = false;
    this.maps = new Maps(this.find(".gl-lattice canvas"), (i) => this.choose(i));
    this.critic = new Critic(this.find(".gl-into-d"), explorer, () => this.list());
    this.who = "g";
    this.wire();
    this.off = [
      explorer.on("moved", () => {
        this.clearRanks(); // they are of one z
        this.moved();
      }),
      explorer.on("step", () => this.moved()),
      explorer.on("line", (open) => open && this.moved()),
    ];
    this.drawWho();
    this.drawList();
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  wire() {
    for (const button of this.place.querySelectorAll("[data-who]")) {
      button.onclick = () => {
        this.who = button.dataset.who;
        this.drawWho();
        this.moved();
      };
    }
    const slider = this.find(".gl-loud input");
    slider.oninput = () => this.turn(slider.valueAsNumber);
    this.find(".gl-off").onclick = () => this.turn(0);
    this.find(".gl-on").onclick = () => this.turn(1);
    this.find(".gl-reset").onclick = () => {
      this.turned.clear();
      this.apply();
    };
    const number = this.find(".gl-channel");
    number.oninput = () => Number.isInteger(number.valueAsNumber) && this.choose(number.valueAsNumber, number);
    this.find(".gl-alone").onchange = () => this.draw();
    this.find(".gl-measure").onclick = () => this.measure();
  }

  drawWho() {
    for (const button of this.place.querySelectorAll("[data-who]")) {
      button.setAttribute("aria-pressed", button.dataset.who === this.who);
    }
    this.find(".gl-into-g").hidden = this.who !== "g";
    this.find(".gl-into-d").hidden = this.who !== "d";
  }

  // -- asking -----------------------------------------------------------------------------------

  list() {
    return [...this.turned].map(([key, scale]) => [...key.split("/").map(Number), scale]);
  }

  fields() {
    const { z, label } = this.explorer;
    return { z: [...z], label, turned: this.list() };
  }

  moved() {
    this.wanted = true;
    this.ask();
  }

  ask() {
    if (!this.wanted || this.busy || !this.shown || document.hidden || !this.explorer.known) return;
    if (this.who === "d") {
      this.wanted = false;
      this.critic.moved();
      return;
    }
    this.wanted = false;
    this.busy = true;
    const done = () => {
      this.busy = false;
      this.ask();
    };
    const fields = this.stage === null ? this.fields() : { ...this.fields(), stage: this.stage };
    this.explorer.ask("inside", fields, {
      onAnswer: (header, payload) => {
        this.hear(header, payload);
        done();
      },
      onError: (text) => {
        this.find(".gl-stage").textContent = text;
        done();
      },
    });
  }

  hear(header, payload) {
    this.stages = header.stages;
    this.points = header.points;
    if (this.stage === null) {
      // the first that has maps is the first worth a look
      const maps = this.stages.findIndex(({ shape }) => shape.length === 3 && shape[1] > 1);
      if (maps > 0) {
        this.go(maps + 1);
        return;
      }
    }
    this.stage = header.stage;
    this.answer = { header, bytes: new Int8Array(payload.slice().buffer) };
    this.draw();
  }

  go(stage) {
    this.stage = stage;
    this.channel = 0;
    this.clearRanks();
    this.moved();
  }

  // -- what is seen -----------------------------------------------------------------------------

  draw() {
    if (!this.answer) return;
    const { header, bytes } = this.answer;
    const count = header.shape.reduce((a, b) => a * b, 1);
    sketch(this.find(".gl-network"), this.stages, this.stage, (stage) => this.go(stage));
    const { name, detail, shape } = this.stages[header.stage - 1];
    this.find(".gl-stage").textContent =
      `Stage ${header.stage} of ${this.stages.length}: ${name}${detail ? `, ${detail}` : ""}; ${words(shape)}`;
    this.find(".gl-channel").max = shape[0] - 1;
    this.maps.show(header.shape, bytes.subarray(0, count), header.peaks, this.find(".gl-alone").checked);
    this.drawChange(header, bytes.subarray(count));
    this.drawChannel();
  }

  drawChange(header, bytes) {
    const canvas = this.find(".gl-changed canvas");
    const place = canvas.getContext("2d");
    const words = this.find(".gl-change");
    if (!this.turned.size) {
      canvas.width = canvas.height = 1;
      words.textContent = "Nothing is turned yet.";
      return;
    }
    const share = 100 * header.change;
    words.textContent = !header.points
      ? `A pixel changes by ${share.toFixed(1)} % of its range on average; violet is darker now, yellow brighter.`
      : `The point moves by ${header.change.toFixed(2)}.`;
    if (!header.difference) return;
    const [height, width] = header.difference.shape;
    Object.assign(canvas, { width, height });
    place.drawImage(signed(bytes, width, height), 0, 0);
  }

  choose(channel, from) {
    const count = this.stages[this.stage - 1]?.shape[0] ?? 1;
    this.channel = Math.max(0, Math.min(count - 1, channel));
    this.drawChannel(from);
  }

  drawChannel(from) {
    const number = this.find(".gl-channel");
    if (from !== number && document.activeElement !== number) number.value = this.channel;
    if (from !== number && this.channel !== number.valueAsNumber) number.value = this.channel;
    const scale = this.turned.get(`${this.stage}/${this.channel}`) ?? 1;
    this.find(".gl-loud input").value = scale;
    this.find(".gl-loud output").textContent = scale.toFixed(1);
    const here = this.list().filter(([stage]) => stage === this.stage).map(([, channel]) => channel);
    this.maps.choose(this.channel, here);
  }

  turn(scale) {
    if (this.stage === null || this.who !== "g") return;
    const key = `${this.stage}/${this.channel}`;
    if (scale === 1) this.turned.delete(key);
    else if (this.turned.has(key) || this.turned.size < 64) this.turned.set(key, scale);
    this.apply();
  }

  apply() {
    this.drawList();
    this.drawChannel();
    this.look();
    this.moved();
  }

  // the large picture is of the turned G for as long as this tool is open
  look() {
    if (this.turned.size && this.shown) this.explorer.through("turned", { turned: this.list() });
    else if (this.looking) this.explorer.through(null);
    this.looking = this.turned.size > 0 && this.shown;
  }

  drawList() {
    this.find(".gl-reset").disabled = !this.turned.size;
    const items = this.list().map(([stage, channel, scale]) => {
      const item = document.createElement("li");
      const go = document.createElement("button");
      const drop = document.createElement("button");
      go.type = drop.type = "button";
      go.textContent = `Stage ${stage}, channel ${channel}: ${scale ? `× ${scale.toFixed(1)}` : "off"}`;
      go.onclick = () => {
        if (stage !== this.stage) this.go(stage);
        this.choose(channel);
      };
      drop.textContent = "×";
      drop.setAttribute("aria-label", `Leave stage ${stage}, channel ${channel} as it is`);
      drop.onclick = () => {
        this.turned.delete(`${stage}/${channel}`);
        this.apply();
      };
      item.append(go, drop);
      return item;
    });
    this.find(".gl-list").replaceChildren(...items);
  }

  // -- which channels matter --------------------------------------------------------------------

  clearRanks() {
    this.measuring?.cancel();
    this.find(".gl-ranked").replaceChildren();
    this.find(".gl-progress").textContent = "";
  }

  measure() {
    if (this.stage === null) return;
    this.clearRanks();
    const found = [];
    const progress = this.find(".gl-progress");
    progress.textContent = "Switching off one channel after the other…";
    this.measuring = this.explorer.ask("important", { ...this.fields(), stage: this.stage }, {
      onAnswer: (header) => {
        header.channels.forEach((channel, i) => found.push([channel, header.changes[i]]));
        found.sort((a, b) => b[1] - a[1]);
        const still = header.done ? "" : `, ${header.tried} of ${header.of} tried`;
        const more = header.of < header.all ? ` Only the ${header.of} that give most were tried.` : "";
        progress.textContent = `At step ${grouped(header.step)}, for this z${still}: how much the picture changes without a channel.${more}`;
        this.drawRanks(found);
      },
      onError: (text) => {
        progress.textContent = text;
      },
    });
  }

  drawRanks(found) {
    this.find(".gl-ranked").replaceChildren(...found.slice(0, SHOWN).map(([channel, change]) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      const bar = document.createElement("i");
      button.type = "button";
      const amount = this.points ? change.toFixed(2) : `${(100 * change).toFixed(1)} %`;
      button.textContent = `Channel ${channel}: ${amount}`;
      bar.style.width = `${found[0][1] ? (100 * change) / found[0][1] : 0}%`;
      button.append(bar);
      button.onclick = () => this.choose(channel);
      item.append(button);
      return item;
    }));
  }

  show() {
    this.shown = true;
    this.look();
    this.moved();
    this.waiting = setInterval(() => this.ask(), 500); // until the classes are known, or one is back
  }

  hide() {
    this.shown = false;
    clearInterval(this.waiting);
    this.measuring?.cancel();
    this.look();
  }

  close() {
    clearInterval(this.waiting);
    this.off.forEach((off) => off());
    this.maps.close();
    this.critic.close();
  }
}
