// Which picture a tool is about: the one that z makes, a real one, or one of the visitor's own.
//
//   new Subject(place, explorer, { onChange })
//   subject.fields()   what a question has to say about it; null while there is nothing to ask about
//
const WAYS = [
  ["here", "The large picture"],
  ["train", "A real picture from training"],
  ["held out", "A real picture that was held out"],
  ["file", "A picture of mine"],
];
const LARGEST = 5 * 2 ** 20; // bytes of a file

const PAGE = `
  <label class="gl-way">Picture <select></select></label>
  <label class="gl-upload" hidden>File <input type="file" accept="image/*"></label>
  <div class="gl-reals" role="group" aria-label="Real pictures" hidden></div>
  <button type="button" class="gl-others" hidden>Others</button>
  <div class="gl-chosen"><img alt="" hidden><p role="status"></p></div>`;

export class Subject {
  constructor(place, explorer, { onChange, ways = WAYS.map(([id]) => id), first = "here" }) {
    this.explorer = explorer;
    this.onChange = onChange;
    this.box = document.createElement("div");
    this.box.className = "gl-subject";
    this.box.innerHTML = PAGE;
    place.append(this.box);
    this.select = this.find("select");
    for (const [id, words] of WAYS) if (ways.includes(id)) this.select.append(new Option(words, id));
    this.select.value = first;
    this.select.onchange = () => this.choose(this.select.value);
    this.find("input").onchange = (event) => this.upload(event.target.files[0]);
    this.find(".gl-others").onclick = () => this.offer(this.page + 1);
    this.urls = new Set();
    this.choose(first);
  }

  // the tool is in sight: before that nothing is asked
  wake() {
    if (this.awake) return;
    this.awake = true;
    this.choose(this.way);
  }

  find(selector) {
    return this.box.querySelector(selector);
  }

  fields() {
    if (this.way !== "here") return this.chosen;
    return { of: "here", z: [...this.explorer.z], label: this.explorer.label };
  }

  choose(way) {
    this.way = way;
    this.chosen = this.wished = null;
    const real = way === "train" || way === "held out";
    this.find(".gl-upload").hidden = way !== "file";
    this.find(".gl-chosen").hidden = way === "here";
    this.find(".gl-reals").hidden = this.find(".gl-others").hidden = !real;
    this.find(".gl-reals").replaceChildren();
    this.preview(null);
    this.say(way === "file"
      ? "A photograph or a drawing, 5 MB at most. Its middle square is made as small as the model's"
        + " own pictures. It stays in this server's memory while it is worked at."
      : "");
    if (real && this.awake) this.offer(0);
    this.onChange();
  }

  offer(page) {
    this.page = page;
    const { way } = this;
    this.explorer.ask("real", { part: way, page }, {
      onAnswer: (header, payload) => way === this.way && this.lay(header, payload),
      onError: (text) => way === this.way && this.say(text),
      onReplaced: (text) => way === this.way && this.say(text),
    });
    this.say("Looking for real pictures…");
  }

  // buttons that all show a part of one mosaic
  lay({ numbers, columns, mime }, payload) {
    const url = this.url(payload, mime);
    const rows = Math.ceil(numbers.length / columns);
    const at = (i, of) => (of > 1 ? (100 * i) / (of - 1) : 0);
    const buttons = numbers.map((number, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("aria-label", `Real picture ${number}`);
      button.setAttribute("aria-pressed", "false");
      Object.assign(button.style, {
        backgroundImage: `url("${url}")`,
        backgroundSize: `${100 * columns}% ${100 * rows}%`,
        backgroundPosition: `${at(i % columns, columns)}% ${at(Math.floor(i / columns), rows)}%`,
      });
      button.onclick = () => {
        buttons.forEach((one) => one.setAttribute("aria-pressed", one === button));
        this.take({ of: this.way, number });
      };
      return button;
    });
    this.find(".gl-reals").replaceChildren(...buttons);
    this.say("Choose one.");
  }

  async upload(file) {
    this.chosen = null;
    this.wished = file;
    this.preview(null);
    this.onChange();
    if (!file) return;
    if (file.size > LARGEST) {
      this.say("That file has more than 5 MB; please make it smaller.");
      return;
    }
    const reader = new FileReader();
    reader.onload = () => {
      if (this.wished !== file) return; // something else was chosen while it was read
      this.take({ of: "file", file: String(reader.result).split(",")[1] ?? "" });
    };
    reader.onerror = () => this.say("That file could not be read.");
    reader.readAsDataURL(file);
  }

  // shown as the model would see it before anything is done with it
  take(chosen) {
    this.chosen = null;
    this.wished = chosen;
    this.onChange();
    this.explorer.ask("subject", chosen, {
      onAnswer: ({ mime }, payload) => {
        if (this.wished !== chosen) return;
        this.chosen = chosen;
        this.preview(this.url(payload, mime));
        this.say(chosen.of === "file" ? "This is what the model is shown of it." : `Real picture ${chosen.number}.`);
        this.onChange();
      },
      onError: (text) => this.wished === chosen && this.say(text),
    });
  }

  preview(url) {
    const image = this.find("img");
    image.hidden = url === null;
    image.alt = url === null ? "" : "The picture that was chosen, as the model sees it";
    if (url !== null) image.src = url;
  }

  say(text) {
    this.find("p").textContent = text;
  }

  url(payload, mime) {
    const url = URL.createObjectURL(new Blob([payload], { type: mime }));
    this.urls.add(url);
    return url;
  }

  close() {
    this.urls.forEach((url) => URL.revokeObjectURL(url));
    this.box.remove();
  }
}
