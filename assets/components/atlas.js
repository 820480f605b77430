// Small pictures on one canvas, each found by its name; when it is full, the ones that were put
// there first give way.
export class Atlas {
  constructor(side, slots = 1600) {
    this.side = side;
    this.columns = Math.ceil(Math.sqrt(slots));
    this.slots = this.columns ** 2;
    this.canvas = document.createElement("canvas");
    this.canvas.width = this.canvas.height = this.columns * side;
    this.context = this.canvas.getContext("2d");
    this.places = new Map(); // name -> { slot, stamp }, the oldest first
    this.free = Array.from({ length: this.slots }, (_, i) => this.slots - 1 - i);
  }

  // a square of a source; stamp: what it is a picture of beside its name
  put(name, stamp, source, x, y) {
    let slot = this.places.get(name)?.slot ?? this.free.pop();
    if (slot === undefined) {
      const [oldest, place] = this.places.entries().next().value;
      this.places.delete(oldest);
      slot = place.slot;
    }
    this.places.delete(name);
    this.places.set(name, { slot, stamp });
    const [left, top] = this.corner(slot);
    this.context.clearRect(left, top, this.side, this.side);
    this.context.drawImage(source, x, y, this.side, this.side, left, top, this.side, this.side);
  }

  stamp(name) {
    return this.places.get(name)?.stamp ?? null;
  }

  // returns whether there was such a picture to draw
  draw(name, context, x, y, width, height = width) {
    const place = this.places.get(name);
    if (!place) return false;
    const [left, top] = this.corner(place.slot);
    context.drawImage(this.canvas, left, top, this.side, this.side, x, y, width, height);
    return true;
  }

  corner(slot) {
    return [this.side * (slot % this.columns), this.side * Math.floor(slot / this.columns)];
  }
}
