// Fingers, mouse and keys on a map. acts:
//   begin()          somebody takes hold of it
//   move(dx, dy)     by px of the page
//   zoom(factor)
//   press(x, y)      a place was meant, px from the middle
//   step(dx, dy)     an arrow key: 1 for a whole picture
//   home()
const CLICK = 5; // px; who moves less means a place, not a way

export class Gestures {
  constructor(canvas, acts) {
    this.canvas = canvas;
    this.acts = acts;
    this.pointers = new Map();
    this.path = 0; // px that the pointers have been moved since the first came down
    canvas.onpointerdown = (event) => this.down(event);
    canvas.onpointermove = (event) => this.drag(event);
    canvas.onpointerup = canvas.onpointercancel = (event) => this.up(event);
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.onkeydown = (event) => this.key(event);
  }

  get held() {
    return this.pointers.size > 0;
  }

  down(event) {
    if (event.button > 0) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.path = this.pointers.size > 1 ? Infinity : 0;
    this.acts.begin();
  }

  drag(event) {
    const old = this.pointers.get(event.pointerId);
    if (!old) return;
    const now = { x: event.clientX, y: event.clientY };
    const before = [...this.pointers.values()];
    this.pointers.set(event.pointerId, now);
    const after = [...this.pointers.values()];
    this.path += Math.hypot(now.x - old.x, now.y - old.y);
    if (this.path < CLICK) return;
    if (before.length > 1) this.acts.zoom(spread(after) / (spread(before) || 1));
    this.acts.move((now.x - old.x) / before.length, (now.y - old.y) / before.length);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.path >= CLICK || event.type === "pointercancel") return;
    const box = this.canvas.getBoundingClientRect();
    this.acts.press(event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2);
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 30 : 1;
    this.acts.zoom(2 ** (-Math.max(-120, Math.min(120, lines * event.deltaY)) / 240));
  }

  key(event) {
    const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const far = event.shiftKey ? 1 : 0.25;
    if (way) this.acts.step(far * way[0], far * way[1]);
    else if (event.key === "+" || event.key === "=") this.acts.zoom(Math.SQRT2);
    else if (event.key === "-") this.acts.zoom(Math.SQRT1_2);
    else if (event.key === "0" || event.key === "Home") this.acts.home();
    else return;
    event.preventDefault();
  }
}

function spread([a, b]) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
