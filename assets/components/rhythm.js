// When curves are asked for and drawn: in a fixed share of the time, whether one run is on the
// page or several.
const SHORTEST = 1000; // ms between two drawings
const LONGEST = 10000;
const SHARE = 20; // drawing waits this many times as long as it takes: at most 5 % of the time
const EARLY = 30; // s of training in which most happens, and drawing may take three times that

export class Rhythm {
  // draw() draws the curves of all feeds and resolves to the ms that it took
  constructor(draw) {
    this.draw = draw;
    this.feeds = [];
    this.first = true;
  }

  // From now on these; nothing of others is waited for.
  follow(feeds) {
    clearTimeout(this.timer);
    this.feeds = feeds;
    this.busy = false;
    this.drawn = -Infinity;
    this.interval = 0;
  }

  async want() {
    if (this.busy || document.hidden) return;
    const { feeds } = this;
    const lacking = feeds.filter((feed) => feed.lacks);
    if (!lacking.length) return;
    clearTimeout(this.timer);
    const wait = this.drawn + this.interval - performance.now();
    if (wait > 0) {
      this.timer = setTimeout(() => this.want(), wait);
      return;
    }
    this.busy = true;
    let took = 0;
    let came = [];
    try {
      came = await Promise.all(lacking.map((feed) => feed.ask()));
      if (feeds === this.feeds && came.some(Boolean)) took = await this.draw();
    } finally {
      if (feeds === this.feeds) this.rest(took, came.some(Boolean)); // else others are on the page
    }
  }

  rest(took, came) {
    this.busy = false;
    if (!came) return; // the next moment asks again
    const early = this.feeds.some(({ moment }) => moment?.seconds < EARLY);
    const share = early ? SHARE / 3 : SHARE;
    // the first drawing builds everything and says nothing about the next
    this.interval = this.first ? SHORTEST : Math.min(LONGEST, Math.max(SHORTEST, share * took));
    this.first = false;
    this.drawn = performance.now();
    this.want();
  }

  close() {
    this.follow([]);
  }
}
