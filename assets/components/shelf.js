// Pictures that a visitor keeps: where they are in latent space, and how they looked. They stay in
// this tab through a reload; the pictures are of the step at which they were kept.
const MOST = 48;

export class Shelf {
  constructor(name, changed) {
    this.name = `gl-shelf ${name}`;
    this.changed = changed;
    this.items = restored(this.name);
    this.last = Math.max(0, ...this.items.map((item) => item.id));
  }

  // z: numbers; label: of the class; step: of G; image: a data URL
  keep({ z, label, step, image }) {
    const item = { id: ++this.last, z: Float32Array.from(z), label, step, image };
    this.items = [...this.items, item].slice(-MOST);
    this.store();
    return item;
  }

  drop(id) {
    this.items = this.items.filter((item) => item.id !== id);
    this.store();
  }

  find(id) {
    return this.items.find((item) => item.id === id) ?? null;
  }

  store() {
    try {
      const plain = this.items.map((item) => ({ ...item, z: [...item.z] }));
      sessionStorage.setItem(this.name, JSON.stringify(plain));
    } catch {
      // full, or forbidden: the shelf then lasts as long as the page
    }
    this.changed();
  }
}

function restored(name) {
  try {
    const items = JSON.parse(sessionStorage.getItem(name)) ?? [];
    return items.map((item) => ({ ...item, z: Float32Array.from(item.z) }));
  } catch {
    return [];
  }
}
