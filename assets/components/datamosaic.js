// Pictures in a grid, out of one sheet; each can be chosen, and has a line of words below it.

class Mosaic {
  constructor(root, component) {
    this.box = document.createElement("div");
    this.box.className = "gl-mosaic";
    root.append(this.box);
    this.update(component);
  }

  update(component) {
    this.component = component;
    const { sheet, count, columns, words, chosen, choice } = component.data;
    if (sheet !== this.sheet) {
      this.sheet = sheet;
      const rows = Math.ceil(count / columns);
      const place = (i, n) => (n > 1 ? (100 * i) / (n - 1) : 0);
      this.box.replaceChildren(...Array.from({ length: count }, (_, i) => {
        const button = document.createElement("button");
        button.type = "button";
        button.disabled = !choice;
        button.ariaLabel = `Picture ${i + 1}${words[i] ? `, ${words[i]}` : ""}`;
        button.style.backgroundImage = `url("${sheet}")`;
        button.style.backgroundSize = `${100 * columns}% ${100 * rows}%`;
        button.style.backgroundPosition = `${place(i % columns, columns)}% ${place(Math.floor(i / columns), rows)}%`;
        button.addEventListener("click", () => this.component.setTriggerValue("chosen", i));
        const figure = document.createElement("figure");
        figure.append(button);
        if (words[i]) {
          const caption = document.createElement("figcaption");
          caption.textContent = caption.title = words[i];
          figure.append(caption);
        }
        return figure;
      }));
    }
    this.box.querySelectorAll("button").forEach((button, i) => {
      if (choice) button.ariaPressed = String(i === chosen);
    });
  }

  close() {
    this.box.remove();
  }
}

export function mount(root, component) {
  return new Mosaic(root, component);
}
