// Through time: one z in every kept moment of training, as a strip and as a film.
import { grouped } from "./numbers.js";
import { Player, Saver } from "./player.js";

export const ages = { id: "ages", title: "Through time", make: (place, explorer) => new Ages(place, explorer) };

const LASTS = 400; // ms of a moment
const REST = 250; // ms that z must stand still before it is asked for

const PAGE = `
  <p>The z that you see, given to G as it was at every moment of training that is kept.</p>
  <p class="gl-ages-status" role="status"></p>
  <div class="gl-ages-strip" role="group" aria-label="Moments of training"></div>
  <div class="gl-films"><figure><canvas width="1" height="1" role="img" aria-label="The same z through training"></canvas></figure></div>
  <div class="gl-player"></div>
  <div class="gl-path-row"><button type="button" class="gl-ages-again">Look again</button><span class="gl-save-ages"></span></div>`;

class Ages {
  constructor(place, explorer) {
    place.innerHTML = PAGE;
    this.place = place;
    this.explorer = explorer;
    this.visible = false;
    this.stale = true;
    this.steps = [];
    this.cards = [];
    this.player = new Player(this.find(".gl-player"), { age: this.find("canvas") }, {
      lasts: LASTS, label: "Moment of training", onFrame: (i) => this.mark(i),
      said: (i) => (i in this.steps ? `step ${grouped(this.steps[i])}` : ""),
    });
    this.saver = new Saver(this.find(".gl-save-ages"), explorer, () => this.asked && { ...this.asked, what: "ages" });
    this.find(".gl-ages-again").onclick = () => this.ask();
    this.off = [
      explorer.on("moved", () => this.moved()),
      explorer.on("known", () => this.moved()),
      explorer.on("step", () => this.tell()),
    ];
  }

  find(selector) {
    return this.place.querySelector(selector);
  }

  moved() {
    this.stale = true;
    if (!this.visible || !this.explorer.known) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), REST);
  }

  ask() {
    if (!this.visible || document.hidden) return;
    this.question?.cancel();
    const { explorer } = this;
    this.stale = false;
    this.complete = false;
    this.next = 0;
    this.asked = { z: [...explorer.z], label: explorer.label };
    this.say("Looking at the moments that are kept…");
    this.question = explorer.ask("ages", this.asked, {
      onAnswer: (header, payload) => this.hear(header, payload),
      onError: (text) => {
        this.begin();
        this.say(text);
      },
    });
  }

  begin() {
    this.steps = [];
    this.player.begin(0, false);
    this.saver.allow(false);
    this.trim(0);
  }

  hear(header, payload) {
    const i = this.next++;
    if (!i) {
      this.steps = [];
      this.player.hold();
      this.player.begin(0, false);
    }
    this.steps[i] = header.at;
    this.player.total = i + 1;
    this.card(i, header, payload);
    this.player.add("age", i, payload, { ...header, columns: 1 });
    if (!header.done) return;
    this.trim(i + 1);
    const { player } = this;
    player.slider.max = i;
    player.slider.disabled = player.button.disabled = i < 1;
    player.go(i);
    this.saver.allow(i > 0);
    this.complete = true;
    this.tell();
  }

  tell() {
    if (!this.complete) return;
    const count = this.steps.length;
    const [last, now] = [this.steps[count - 1], this.explorer.step];
    const only = count < 2 ? " Train on, and earlier moments gather here." : "";
    const later = now > last ? ` G is at step ${grouped(now)} now.` : "";
    this.say(`${count} ${count > 1 ? "moments" : "moment"}, the last at step ${grouped(last)}.${later}${only}`);
  }

  // nodes stay, so that nothing jumps while z moves
  card(i, header, payload) {
    let card = this.cards[i];
    if (!card) {
      card = document.createElement("button");
      card.type = "button";
      card.append(document.createElement("img"), document.createElement("span"));
      card.onclick = () => {
        this.player.hold();
        this.player.go(i);
      };
      this.cards[i] = card;
      this.find(".gl-ages-strip").append(card);
    }
    const [image, words] = card.children;
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(new Blob([payload], { type: header.mime }));
    image.alt = "";
    words.textContent = grouped(header.at);
    card.setAttribute("aria-label", `Step ${grouped(header.at)}`);
  }

  trim(count) {
    for (const card of this.cards.splice(count)) {
      URL.revokeObjectURL(card.firstElementChild.src);
      card.remove();
    }
  }

  mark(at) {
    this.cards.forEach((card, i) => card.setAttribute("aria-pressed", i === at));
  }

  say(text) {
    const status = this.find(".gl-ages-status");
    if (status.textContent !== text) status.textContent = text;
  }

  show() {
    this.visible = true;
    this.player.show();
    if (this.stale && this.explorer.known) this.ask();
  }

  hide() {
    this.visible = false;
    clearTimeout(this.timer);
    this.player.hide();
  }

  close() {
    this.hide();
    this.question?.cancel();
    this.trim(0);
    this.off.forEach((off) => off());
  }
}
