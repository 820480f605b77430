// D's score of each tile of each picture, from what each D says; see gan_lab/runs/wire.py.
export class Scores {
  constructor() {
    this.clear();
  }

  clear() {
    this.heard = new Map(); // what each D said last, by its name
  }

  hear(header) {
    this.heard.set(header.name, header);
  }

  // Of a picture as it was at this step, tile by tile: { value, real: whether D takes it for real,
  // judge }, or undefined for a tile that nobody is asked about. null if nobody was asked then.
  of(view, step) {
    const found = [];
    let any = false;
    for (const { name, step: at, scores, threshold } of this.heard.values()) {
      if (at !== step || !scores[view]) continue;
      any = true;
      scores[view].forEach((value, i) => {
        if (value !== null) found[i] = { value, real: value > threshold, judge: name };
      });
    }
    return any ? found : null;
  }
}
