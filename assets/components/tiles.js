// Pictures on a canvas, each pixel a crisp square: whole-number scaling wherever it leaves the
// pictures reasonably large.
const WASTE = 0.72; // a whole-number scale that fills less than this share of the width gives way

export class Tiles {
  // room: the element that says how wide the pictures may be; maxHeight: in px, or what says it
  constructor(canvas, { room = canvas.parentElement, maxHeight = Infinity } = {}) {
    this.canvas = canvas;
    this.room = room;
    this.maxHeight = typeof maxHeight === "function" ? maxHeight : () => maxHeight;
    this.source = null;
    this.side = 0; // px of a tile as it is drawn
    this.before = null; // called before the tiles are drawn
    this.over = null; // (context, i, { x, y, side, ratio }): draws onto tile i
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(room);
    this.decoding = false;
    this.next = null;
    this.closed = false;
    this.cleared = 0;
  }

  // An encoded mosaic of tiles. One is decoded at a time, and of those that wait the newest, so
  // that a busy browser still shows some of them. onRead() is called before one is drawn,
  // onShown() once it is on the canvas. One that cannot be read is an error, after those that came
  // meanwhile.
  async show(bytes, mime, shape, onShown, onRead) {
    this.next = { bytes, mime, shape, onShown, onRead };
    if (this.decoding) return;
    this.decoding = true;
    let broken = null;
    try {
      while (this.next && !this.closed) {
        const now = this.next;
        const { cleared } = this;
        this.next = null;
        const bitmap = await createImageBitmap(new Blob([now.bytes], { type: now.mime }))
          .catch((error) => (broken = error) && null);
        if (this.closed) return;
        if (!bitmap || cleared !== this.cleared) continue;
        this.source?.close?.();
        now.onRead?.();
        this.set(bitmap, now.shape);
        now.onShown?.();
      }
    } finally {
      this.decoding = false;
    }
    if (broken) throw broken;
  }

  // Nothing on the canvas, which keeps its size; what is being decoded is not shown any more.
  clear() {
    this.cleared++;
    this.next = null;
    this.source?.close?.();
    this.source = null;
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  // a bitmap or canvas; shape = { tile, columns, count }
  set(source, shape) {
    this.source = source;
    this.shape = shape;
    this.draw();
  }

  draw() {
    if (!this.source) return;
    const { tile, columns, count, heads } = this.shape;
    const rows = Math.ceil(count / columns);
    const ratio = window.devicePixelRatio || 1;
    // small pictures are drawn up to their border: keep neighbours from running together
    const narrow = tile > 16 && !heads?.length;
    const gap = count > 1 ? Math.max(1, Math.round((narrow ? 1 : 4) * ratio)) : 0;
    const across = this.room.clientWidth * ratio - gap * (columns - 1);
    const down = this.maxHeight() * ratio - gap * (rows - 1);
    const fit = Math.max(0.25, Math.min(across / (columns * tile), down / (rows * tile)));
    const whole = Math.floor(fit);
    const side = Math.floor((whole / fit >= WASTE ? whole : fit) * tile);
    const width = columns * side + gap * (columns - 1);
    const height = rows * side + gap * (rows - 1);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${width / ratio}px`;
      this.canvas.style.height = `${height / ratio}px`;
    }
    this.side = side / ratio;
    this.gap = gap / ratio;
    this.before?.();
    const context = this.canvas.getContext("2d");
    context.imageSmoothingEnabled = side < tile;
    for (let i = 0; i < count; i++) {
      const column = i % columns;
      const row = Math.floor(i / columns);
      const [x, y] = [column * (side + gap), row * (side + gap)];
      context.drawImage(this.source, column * tile, row * tile, tile, tile, x, y, side, side);
      this.over?.(context, i, { x, y, side, ratio });
    }
  }

  // where a tile is drawn, in px of the page from the canvas' corner
  place(i) {
    const { columns } = this.shape;
    const step = this.side + this.gap;
    return { x: (i % columns) * step, y: Math.floor(i / columns) * step, side: this.side };
  }

  // the tile at such a place; null between tiles and behind the last
  tileAt(x, y) {
    if (!this.source) return null;
    const { columns, count } = this.shape;
    const step = this.side + this.gap;
    const [column, row] = [Math.floor(x / step), Math.floor(y / step)];
    const i = row * columns + column;
    const inside = column >= 0 && column < columns && row >= 0 && i < count;
    return inside && x - column * step <= this.side && y - row * step <= this.side ? i : null;
  }

  close() {
    this.closed = true;
    this.observer.disconnect();
    this.source?.close?.();
    this.source = null;
  }
}
