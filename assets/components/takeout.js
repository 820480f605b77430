// What can be taken of a run as a file: made on the server while this page looks on, then saved.
import { button, element } from "./made.js";
import { bytes, grouped } from "./numbers.js";

const EVERY = 700; // ms between two looks at the progress
const LATER = 4000; // ms until the next one, where the server did not answer

class Takeout {
  constructor(root, component) {
    this.rows = new Map(); // by the name of the export
    this.box = element("div", "gl-takeout");
    this.status = element("p", "gl-takeout-status", "Looking what there is …");
    this.status.setAttribute("role", "status");
    this.list = element("ul");
    this.box.append(this.list, this.status);
    root.append(this.box);
    this.update(component);
  }

  update({ data }) {
    if (data.root === this.root) return;
    this.root = data.root;
    this.rows.clear();
    this.list.replaceChildren();
    this.look();
  }

  async look() {
    const found = await this.ask("GET", "");
    if (!found) return;
    this.list.replaceChildren(...found.exports.map((one) => this.row(one)));
    this.status.textContent = "";
    this.show(found.now);
  }

  row(one) {
    const row = new Row(one, (wish) => this.begin(one.name, wish), () => this.cancel(), `${this.root}/file`);
    this.rows.set(one.name, row);
    return row.box;
  }

  async begin(name, wish) {
    this.rows.get(name).show({ state: "waiting", fraction: 0, words: "Beginning" });
    const now = await this.ask("POST", "", { export: name, ...wish });
    if (now) this.show(now);
    else this.rows.get(name).show(null);
  }

  async cancel() {
    await this.ask("DELETE", "");
    this.follow();
  }

  // what is on its way, or nothing
  show(now) {
    const busy = now && ["waiting", "making"].includes(now.state);
    for (const [name, row] of this.rows) row.show(now?.export === name ? now : null, busy);
    clearTimeout(this.timer);
    if (busy) this.timer = setTimeout(() => this.follow(), EVERY);
  }

  async follow() {
    if (this.closed) return;
    if (document.hidden) {
      this.timer = setTimeout(() => this.follow(), EVERY);
      return;
    }
    const now = await this.ask("GET", "/now");
    if (this.closed) return;
    if (now !== undefined) this.show(now);
    else this.timer = setTimeout(() => this.follow(), LATER);
  }

  // the answer, or undefined where it is a refusal, which is then told
  async ask(method, path, body) {
    try {
      const answer = await fetch(this.root + path, {
        method, ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      if (answer.ok) {
        this.status.textContent = "";
        return await answer.json();
      }
      this.status.textContent = await answer.text();
    } catch {
      this.status.textContent = "The server did not answer. Try again in a moment.";
    }
    return undefined;
  }

  close() {
    this.closed = true;
    clearTimeout(this.timer);
    this.box.remove();
  }
}

// One kind of file: what it is, and in one place either why not, a button, progress or the file.
class Row {
  constructor({ name, title, about, ending, why, wish }, onMake, onCancel, file) {
    this.why = why;
    this.file = file;
    this.box = element("li");
    this.box.dataset.export = name;
    const head = element("p", "gl-takeout-title", title);
    head.append(element("code", "", ending));
    this.words = element("p", "gl-takeout-words");
    this.words.setAttribute("role", "status");
    this.place = element("div", "gl-takeout-place");
    this.wish = wish && !why ? new Wish(wish, title) : null;
    this.make = button("Make it", () => (this.wish ? this.wish.valid() : true) && onMake(this.wish?.asked()));
    this.make.setAttribute("aria-label", `Make: ${title}`);
    this.bar = Object.assign(element("progress"), { max: 1 });
    this.bar.setAttribute("aria-label", `Progress: ${title}`);
    this.cancel = button("Cancel", onCancel);
    this.cancel.setAttribute("aria-label", `Cancel: ${title}`);
    this.save = Object.assign(element("a"), { href: file, download: "" });
    const what = element("div");
    what.append(element("p", "", about), ...(this.wish ? [this.wish.box] : []));
    this.box.append(head, what, this.words, this.place);
    this.show(null);
  }

  show(now, busy = false) {
    const state = now?.state;
    this.words.textContent = now ? now.words : this.why;
    this.words.classList.toggle("gl-takeout-why", !now && Boolean(this.why));
    this.make.disabled = busy || Boolean(this.why);
    this.make.textContent = state === "failed" || state === "cancelled" ? "Try again" : "Make it";
    if (state === "waiting" || state === "making") {
      this.bar.value = now.fraction;
      this.put(this.bar, this.cancel);
    } else if (state === "ready") {
      const focused = this.place.contains(document.activeElement);
      this.save.textContent = `Save the file (${bytes(now.size)})`;
      this.save.setAttribute("download", now.file);
      this.put(this.save);
      if (focused) this.save.focus();
    } else {
      this.put(this.make);
    }
  }

  put(...nodes) {
    if (nodes.length === this.place.children.length && nodes.every((node, i) => this.place.children[i] === node)) return;
    const focused = this.place.contains(document.activeElement);
    this.place.replaceChildren(...nodes);
    if (focused) nodes.at(-1).focus();
  }
}

// How many pictures, and of which class.
class Wish {
  constructor({ n, most, classes }, title) {
    this.box = element("div", "gl-takeout-wish");
    this.count = Object.assign(element("input"), { type: "number", min: 1, max: most, step: 1, value: n, required: true });
    this.count.setAttribute("aria-label", `How many: ${title}`);
    this.box.append(labelled("How many", this.count), element("span", "", `up to ${grouped(most)}`));
    if (!classes.length) return;
    this.label = element("select");
    this.label.setAttribute("aria-label", `Class: ${title}`);
    this.label.append(new Option("All", ""), ...classes.map((name) => new Option(name, name)));
    this.box.append(labelled("Class", this.label));
  }

  // the browser says beside the field what is wrong with it
  valid() {
    return this.count.reportValidity();
  }

  asked() {
    const place = this.label?.selectedIndex ?? 0; // a class may be called anything
    return { n: Number(this.count.value), ...(place > 0 && { label: this.label.value }) };
  }
}

function labelled(text, field) {
  const label = element("label", "", text);
  label.append(field);
  return label;
}

export function mount(root, component) {
  return new Takeout(root, component);
}
