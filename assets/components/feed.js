// One run as it is watched: its newest moment, and its curves, which are asked for.
import { Curves } from "./curves.js";
import { Socket } from "./socket.js";

const POINTS = 300; // of a curve

export const STATES = {
  loading: "Getting ready",
  running: "Training",
  paused: "Paused",
  finished: "Finished",
  stopped: "Stopped",
  failed: "It broke",
  "at rest": "At rest",
};
const OVER = ["finished", "stopped", "failed", "at rest"];

export class Feed {
  // onFrame(header, payload) for each frame, once what it says is known here too; onLine(open,
  // reason) as Socket tells it
  constructor(path, { onFrame, onLine }) {
    this.path = path;
    this.onFrame = onFrame;
    this.onLine = onLine;
    this.moment = null;
    this.curves = new Curves();
    this.pictureStep = 0; // of the picture that was shown last; whoever shows it says so
    this.complete = false; // the curves reach to the end of the run: there is no more to come
    this.answered = null;
    this.socket = new Socket(path, {
      onFrame: (header, payload) => this.hear(header, payload),
      onChange: (open, reason) => this.line(open, reason),
    });
  }

  hear(header, payload) {
    if (header.kind === "moment") {
      this.moment = header;
      if (!OVER.includes(header.state)) this.complete = false; // it goes on
    }
    try {
      if (header.kind === "curves") this.curves.apply(header, payload);
      this.onFrame(header, payload);
    } finally {
      if (header.kind === "curves") this.settle(true);
      if (header.kind === "error") this.settle(false);
    }
  }

  line(open, reason) {
    this.settle(false);
    if (open && document.hidden) this.hide();
    this.onLine(open, reason);
  }

  hide() {
    this.send({ hidden: document.hidden });
  }

  // whether there are readings that are not here
  get lacks() {
    const { moment, curves } = this;
    if (this.complete || !moment?.counts.steps) return false;
    // the first drawing takes a while: the first trained picture goes before it
    if (moment.state === "running" && !(this.pictureStep > 0)) return false;
    return curves.take !== moment.take || curves.records < moment.counts.steps;
  }

  // Asks for what is lacking. Resolves to whether it came.
  async ask() {
    const afterTheEnd = OVER.includes(this.moment.state);
    if (!this.send({ curves: { ...this.curves.cursor, points: POINTS } })) return false;
    const came = await new Promise((resolve) => (this.answered = resolve));
    if (came && afterTheEnd) this.complete = true;
    return came;
  }

  settle(came) {
    this.answered?.(came);
    this.answered = null;
  }

  send(message) {
    return this.socket.send(message);
  }

  close() {
    this.socket.close();
    this.settle(false);
  }
}
