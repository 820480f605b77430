// A link to the page that this is, with another query: in a field to copy from, and its length.

class Copied {
  constructor(root, component) {
    this.box = document.createElement("div");
    this.box.className = "gl-link";
    this.box.innerHTML = `<input type="text" readonly aria-label="Link to this experiment">
      <button type="button">Copy</button><span role="status"></span>`;
    root.append(this.box);
    [this.field, this.button, this.status] = this.box.children;
    this.field.addEventListener("focus", () => this.field.select());
    this.button.addEventListener("click", () => this.copy());
    this.update(component);
  }

  update({ data }) {
    const link = new URL(data.query, location.href).href;
    if (link === this.field.value) return;
    this.field.value = link;
    this.say(`${link.length} characters`);
  }

  say(text) {
    this.status.textContent = text;
  }

  // the clipboard is there on safe pages only; elsewhere the old way, or by hand
  async copy() {
    try {
      await navigator.clipboard.writeText(this.field.value);
      this.say("Copied");
    } catch {
      this.field.select();
      this.say(document.execCommand("copy") ? "Copied" : "Selected: copy it with your keyboard");
    }
  }

  close() {
    this.box.remove();
  }
}

export function mount(root, component) {
  return new Copied(root, component);
}
