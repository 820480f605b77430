// How far from 0 a path is, frame by frame, over the band in which the noise of training lives.
const WIDTH = 600;
const HEIGHT = 120;
const EDGE = 6;
const DASHES = { linear: [7, 5], spherical: [], random: [] };
const NAMES = { linear: "straight", spherical: "arc", random: "walk" };

export class NormCurve {
  constructor(box) {
    this.canvas = document.createElement("canvas");
    this.canvas.width = WIDTH;
    this.canvas.height = HEIGHT;
    this.canvas.setAttribute("role", "img");
    this.words = document.createElement("p");
    box.replaceChildren(this.canvas, this.words);
    this.begin(0);
  }

  begin(total) {
    this.total = total;
    this.norms = {};
    this.shell = null;
    this.at = 0;
    this.canvas.getContext("2d").clearRect(0, 0, WIDTH, HEIGHT);
    this.words.textContent = "";
  }

  add(way, first, norms, shell) {
    const all = (this.norms[way] ??= []);
    norms.forEach((norm, i) => (all[first + i] = norm));
    this.shell = shell;
    this.draw();
  }

  point(at) {
    this.at = at;
    this.draw();
  }

  draw() {
    if (!this.shell || !this.total) return;
    const context = this.canvas.getContext("2d");
    const colour = getComputedStyle(this.canvas).color;
    const [low, , high] = this.shell;
    const every = Object.values(this.norms).flat();
    const top = Math.max(high, ...every) * 1.08;
    const x = (i) => EDGE + (i / Math.max(1, this.total - 1)) * (WIDTH - 2 * EDGE);
    const y = (norm) => HEIGHT - EDGE - (norm / top) * (HEIGHT - 2 * EDGE);
    context.clearRect(0, 0, WIDTH, HEIGHT);
    context.strokeStyle = context.fillStyle = colour;
    context.globalAlpha = 0.18;
    context.fillRect(0, y(high), WIDTH, y(low) - y(high));
    context.globalAlpha = 0.5;
    context.fillRect(0, y(0), WIDTH, 1);
    context.fillRect(x(this.at) - 1, 0, 2, HEIGHT);
    context.globalAlpha = 1;
    context.lineWidth = 2;
    for (const [way, norms] of Object.entries(this.norms)) {
      context.setLineDash(DASHES[way]);
      context.beginPath();
      norms.forEach((norm, i) => context.lineTo(x(i), y(norm)));
      context.stroke();
    }
    context.setLineDash([]);
    this.say();
  }

  say() {
    const now = Object.entries(this.norms).filter(([, norms]) => this.at in norms);
    const [low, , high] = this.shell;
    const values = now.map(([way, norms]) => (
      `${NAMES[way]}${way === "linear" ? " (dashed)" : ""} ${norms[this.at].toFixed(1)}`
    ));
    const text = `Distance of z from 0: ${values.join(", ")}. Band: 90 % of the noise, `
      + `${low.toFixed(1)} to ${high.toFixed(1)}; bottom line: 0.`;
    if (this.words.textContent !== text) this.words.textContent = text;
    this.canvas.setAttribute("aria-label", text);
  }
}
