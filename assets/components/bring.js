// A run's zip, or weights, from this computer to the server, with progress; then the page opens what came of it.
import { button, element } from "./made.js";
import { bytes } from "./numbers.js";

class Bring {
  constructor(root, component) {
    this.box = element("div", "gl-bring");
    this.field = Object.assign(element("input"), { type: "file", accept: ".zip,.safetensors,.pt" });
    this.label = element("label", "", "The zip of a run, or weights");
    this.label.append(this.field);
    this.bar = Object.assign(element("progress"), { max: 1, value: 0, hidden: true });
    this.bar.setAttribute("aria-label", "Progress of bringing the run");
    this.stop = button("Cancel", () => this.request?.abort());
    this.stop.hidden = true;
    this.status = element("p");
    this.status.setAttribute("role", "status");
    this.box.append(this.label, this.bar, this.stop, this.status);
    this.field.onchange = () => this.field.files[0] && this.send(this.field.files[0]);
    root.append(this.box);
    this.update(component);
  }

  update(component) {
    this.component = component;
    this.address = component.data.address;
  }

  // fetch tells nothing of how much of a body has gone
  send(file) {
    const request = new XMLHttpRequest();
    this.request = request;
    this.under(true);
    this.status.textContent = `Sending ${file.name} (${bytes(file.size)})`;
    request.upload.onprogress = ({ loaded, total }) => (this.bar.value = total ? loaded / total : 0);
    request.upload.onload = () => (this.status.textContent = "Checking and unpacking");
    request.onload = () => this.came(request);
    request.onerror = () => this.failed("It did not get through. Try again in a moment.");
    request.onabort = () => this.failed("Not brought: it was cancelled.");
    request.open("POST", `${this.address}?name=${encodeURIComponent(file.name.slice(-120))}`);
    request.send(file);
  }

  came(request) {
    if (request.status !== 200) {
      this.failed(request.responseText || "It was refused.");
      return;
    }
    this.under(false);
    this.status.textContent = "It is here, and opens now.";
    this.component.setTriggerValue("brought", JSON.parse(request.responseText).run);
  }

  failed(words) {
    this.under(false);
    this.status.textContent = words;
  }

  under(way) {
    this.bar.hidden = this.stop.hidden = !way;
    this.field.disabled = way;
    if (!way) this.field.value = "";
    this.bar.value = 0;
  }

  close() {
    this.request?.abort();
    this.box.remove();
  }
}

export function mount(root, component) {
  return new Bring(root, component);
}
