// A sheet of 64×64 cells to draw on. What is drawn is told as text: two characters of base64url a
// cell, column then row from the lower left, a dot between strokes (see gan_lab/data/plane.py).
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const CELLS = LETTERS.length;
const NEAR = 2; // cells that the pen must have moved for a new place

export function read(text) {
  return text.split(".").filter(Boolean).map((stroke) =>
    Array.from({ length: stroke.length >> 1 }, (_, i) =>
      [LETTERS.indexOf(stroke[2 * i]), LETTERS.indexOf(stroke[2 * i + 1])]));
}

// The newest strokes that have room.
export function written(strokes, longest) {
  const told = strokes.map((stroke) => stroke.map(([x, y]) => LETTERS[x] + LETTERS[y]).join(""));
  while (told.length > 1 && told.join(".").length > longest) told.shift();
  return told.join(".").slice(0, longest - (longest % 2));
}

class Sketch {
  constructor(root, component) {
    this.box = document.createElement("div");
    this.box.className = "gl-sketch";
    this.box.innerHTML = `<canvas width="480" height="480" role="img"
      aria-label="A sheet to draw the real points on"></canvas>
      <p>Draw here what shall be real. It counts from the next Start.</p>
      <button type="button">Wipe it off</button>`;
    root.append(this.box);
    this.canvas = this.box.querySelector("canvas");
    this.canvas.addEventListener("pointerdown", (event) => this.begin(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) this.canvas.addEventListener(name, () => this.end());
    this.box.querySelector("button").addEventListener("click", () => {
      this.strokes = [];
      this.draw();
    });
    this.update(component);
  }

  update(component) {
    this.component = component;
    if (component.data.drawn === this.text || this.pen) return;
    this.text = component.data.drawn;
    this.strokes = read(this.text);
    this.draw();
  }

  cell({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const place = (share) => Math.min(CELLS - 1, Math.max(0, Math.floor(CELLS * share)));
    return [place((clientX - left) / width), place(1 - (clientY - top) / height)];
  }

  begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.pen = [this.cell(event)];
    this.strokes.push(this.pen);
    this.draw();
  }

  move(event) {
    if (!this.pen) return;
    const [x, y] = this.cell(event);
    const [lastX, lastY] = this.pen.at(-1);
    if (Math.max(Math.abs(x - lastX), Math.abs(y - lastY)) < NEAR) return;
    this.pen.push([x, y]);
    this.draw();
  }

  end() {
    if (!this.pen) return;
    this.pen = null;
    this.text = written(this.strokes, this.component.data.longest);
    this.strokes = read(this.text);
    this.draw();
    this.component.setStateValue("drawn", this.text);
  }

  draw() {
    const { canvas } = this;
    const context = canvas.getContext("2d");
    const scale = canvas.width / CELLS;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.strokeStyle = context.fillStyle = getComputedStyle(this.box).color;
    context.lineWidth = 2 * scale;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of this.strokes) {
      context.beginPath();
      stroke.forEach(([x, y], i) =>
        context[i ? "lineTo" : "moveTo"]((x + 0.5) * scale, (CELLS - y - 0.5) * scale));
      if (stroke.length === 1) context.lineTo((stroke[0][0] + 0.6) * scale, (CELLS - stroke[0][1] - 0.5) * scale);
      context.stroke();
    }
  }

  close() {
    this.box.remove();
  }
}

export function mount(root, component) {
  return new Sketch(root, component);
}
