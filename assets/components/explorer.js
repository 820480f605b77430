// Where somebody is in the latent space of one generator, and the socket that shows it.
//
//   z, label        where one is; label is the number of the class, 0 where there are none
//   dim, reach      how many numbers z has, and how far a slider goes
//   classes         names of the classes that G is told of
//   step, state     of the generator in the last picture; tile: its side, px
//   shelf           pictures that the visitor keeps
//   seed            that z was drawn by; null once somebody moved
//   scale           what a z that is drawn is multiplied by
//   locks           places in z whose number stays when a z is drawn
//   pictured        { z, label, step }: what the picture on the canvas is of; null before the first
//
//   go(z, label)    move there; the picture follows. Of moves that come fast the newest counts.
//   random(fields)  have the server draw a z, for example by { seed }
//   shrink(scale)   all numbers towards 0, or away from it
//   zero()          all numbers that are not locked to 0
//   choose(label)   another class, of the same z; or of the one that is being drawn
//   guess(canvas)   show this until the picture itself comes
//   ask(name, fields, { onAnswer(header, payload), onError(text), onReplaced(text) }) -> { cancel() }
//                   the server answers one question of a name at a time: a newer one replaces it
//   through(name, fields)  have pictures made by another question than the usual one, which is
//                   given z and label; through(null) goes back
//   on(event, fn) -> off()   "moved" (somebody moved), "known" (classes known), "picture" (header,
//                   payload), "guess" (canvas), "step" (G has trained on), "line" (open, reason), "trouble" (text),
//                   "shelf" (what is kept has changed)
import { noteRoundTrip } from "./counters.js";
import { Shelf } from "./shelf.js";
import { Socket } from "./socket.js";

const REFRESH = 1000; // ms between two looks at a G that is still training

export class Explorer {
  constructor(data) {
    this.data = data;
    this.dim = data.dim;
    this.reach = data.reach;
    this.z = new Float32Array(data.dim);
    this.label = 0;
    this.seed = null;
    this.scale = 1;
    this.locks = new Set();
    this.classes = [];
    this.step = null;
    this.tile = null;
    this.state = "";
    this.known = false; // whether the server has said which classes there are
    this.listeners = {};
    this.asked = new Map(); // questions under way, by id
    this.lastId = 0;
    this.busy = false;
    this.question = null; // under way, and not answered yet
    this.wanted = null;
    this.wantedAt = null;
    this.lens = null;
    this.pictured = null;
    this.shelf = new Shelf(data.socket, () => this.tell("shelf"));
    this.want({ random: true }, null);
    this.socket = new Socket(data.socket, {
      onFrame: (header, payload) => this.hear(header, payload),
      onChange: (open, reason) => this.line(open, reason),
    });
    this.refreshing = setInterval(() => this.refresh(), REFRESH);
  }

  on(event, listener) {
    const listeners = (this.listeners[event] ??= new Set());
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  tell(event, ...words) {
    for (const listener of [...(this.listeners[event] ?? [])]) listener(...words);
  }

  go(z, label = this.label) {
    this.z = Float32Array.from(z, (value) => Math.max(-100, Math.min(100, value)));
    this.label = label;
    this.seed = null;
    this.tell("moved");
    this.want(this.z);
  }

  random(fields = {}) {
    const held = [...this.locks].map((i) => [i, Number(this.z[i].toFixed(4))]);
    this.want({
      random: true, ...fields, ...(this.scale === 1 ? {} : { scale: this.scale }),
      ...(held.length ? { held } : {}),
    });
  }

  // the draw that was asked for last, while its z has not come
  get drawing() {
    const newest = this.wanted ?? this.question;
    return newest?.random ? newest : null;
  }

  shrink(scale) {
    if (this.drawing) { // else the z of before would take the place of the one that is to come
      this.scale = scale;
      this.want({ ...this.drawing, scale });
      this.tell("moved");
      return;
    }
    const { seed } = this;
    const factor = scale / this.scale;
    this.scale = scale;
    this.go(this.z.map((value, i) => (this.locks.has(i) ? value : value * factor)));
    this.seed = seed;
    this.tell("moved");
  }

  zero() {
    this.go(this.z.map((value, i) => (this.locks.has(i) ? value : 0)));
  }

  choose(label) {
    const { drawing } = this;
    if (!drawing) {
      this.go(this.z, label);
      return;
    }
    this.label = label;
    this.want(drawing);
    this.tell("moved");
  }

  guess(canvas) {
    const { z, label, step } = this;
    this.pictured = { z, label, step };
    this.tell("guess", canvas);
  }

  through(name, fields = {}) {
    this.lens = name === null ? null : { name, fields };
    if (!this.drawing) this.want(this.z, null); // else once its z has come
  }

  // -- the picture: one question under way at a time; of those that wait, the newest -------------

  // at: when somebody wished for it; null for what nobody did, whose round trip does not count
  want(question, at = performance.now()) {
    this.wanted = question;
    this.wantedAt = at;
    this.send();
  }

  send() {
    if (this.busy || this.wanted === null || !this.socket?.open) return;
    const question = this.wanted;
    this.wanted = null;
    this.question = question;
    this.busy = true;
    this.askedFor = this.wantedAt;
    this.wantedAt = null;
    this.askedOf = this.label;
    if (this.lens && question instanceof Float32Array) {
      const { name, fields } = this.lens;
      this.ask(name, { ...fields, z: [...question], label: this.label }, {
        onAnswer: (header, payload) => this.show(header, payload),
        onError: (text) => this.fail(text),
      });
    } else {
      this.socket.send(this.message(question));
    }
  }

  // as it travels: z, and behind it the class; or as JSON, with the class beside it
  message(question) {
    const label = this.classes.length ? [this.label] : [];
    if (question instanceof Float32Array) return littleEndian([...question, ...label]);
    return label.length ? { ...question, label: label[0] } : question;
  }

  refresh() {
    if (document.hidden || this.busy || this.wanted !== null) return;
    if (this.state !== "running" && this.state !== "loading") return;
    this.want(this.known ? this.z : { random: true }, null);
  }

  show(header, payload) {
    const z = header.z ? Float32Array.from(header.z)
      : this.question instanceof Float32Array ? this.question : this.z;
    this.coming = { z, label: this.askedOf, step: header.step };
    this.question = null;
    if (header.z && !this.known) {
      this.known = true;
      this.classes = header.classes ?? [];
      this.tell("known");
    }
    // a move that was made since counts for more than what was drawn
    if (header.z && this.wanted === null) {
      this.z = z;
      this.seed = header.seed ?? null;
      if (this.lens) this.want(z, null); // this picture is one of the usual ones
      this.tell("moved");
    }
    const older = this.step;
    this.step = header.step;
    this.tile = header.tile;
    this.state = header.state ?? this.state;
    this.tell("picture", header, payload);
    if (older !== null && older !== header.step) this.tell("step");
  }

  // the picture is on the canvas, or never will be
  seen() {
    if (this.askedFor !== null) noteRoundTrip(performance.now() - this.askedFor);
    this.pictured = this.coming;
    this.busy = false;
    this.send();
  }

  fail(text) {
    this.busy = false;
    this.question = null;
    this.state ||= "loading";
    this.tell("trouble", text);
    this.send(); // a move that was made meanwhile
  }

  // -- questions by name ------------------------------------------------------------------------

  ask(name, fields, { onAnswer, onError = (text) => this.tell("trouble", text), onReplaced }) {
    const id = ++this.lastId;
    for (const [older, question] of this.asked) {
      if (question.name !== name) continue;
      this.asked.delete(older);
      question.onReplaced?.("Another tool asked the same meanwhile; please try again.");
    }
    this.asked.set(id, { name, onAnswer, onError, onReplaced });
    if (!this.socket.send({ ...fields, ask: name, id })) {
      // who asks hears of it after this has returned, as of every answer
      queueMicrotask(() => {
        if (this.asked.delete(id)) onError("There is no connection just now; please try again.");
      });
    }
    return {
      cancel: () => {
        if (this.asked.delete(id)) this.socket.send({ ask: "cancel", id });
      },
    };
  }

  hear(header, payload) {
    if (header.id === undefined || header.id === null) {
      if (header.kind === "latent") this.show(header, payload);
      else this.fail(header.text);
      return;
    }
    const question = this.asked.get(header.id);
    if (!question) return; // nobody waits for it any more
    if (header.kind === "error" || header.done) this.asked.delete(header.id);
    if (header.kind === "error") question.onError(header.text);
    else question.onAnswer(header, payload);
  }

  line(open, reason) {
    this.wanted ??= this.drawing; // what was to be drawn still is
    this.busy = false;
    this.question = null;
    const waiting = [...this.asked.values()];
    this.asked.clear();
    for (const { onError } of waiting) onError("The connection was lost; please try again.");
    if (open) {
      this.wanted ??= this.known ? this.z : { random: true };
      this.send();
    }
    this.tell("line", open, reason);
  }

  close() {
    clearInterval(this.refreshing);
    this.socket.close();
    this.listeners = {};
  }
}

function littleEndian(values) {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  values.forEach((value, i) => view.setFloat32(4 * i, value, true));
  return view.buffer;
}
