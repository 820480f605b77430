// One direction: its name, a slider of some σ both ways, a preview, and what is known of it.
import { button, element } from "./made.js";
import { grouped } from "./numbers.js";

const MIDDLE = 0.05; // σ; a slider let go this near to the middle is in the middle

export class Row {
  constructor(plain, { onTurn, onName, onSave, onDelete }) {
    this.plain = plain;
    this.far = 0; // σ from the middle
    this.saved = this.named = false;
    this.here = false; // saved in this browser, not with the run
    this.stale = true; // its preview is of another place, or none yet
    this.inSight = false;
    this.box = element("li", "gl-way");
    this.name = element("input", "gl-name");
    Object.assign(this.name, { type: "text", maxLength: 40, value: plain.name, title: "Rename it" });
    this.name.setAttribute("aria-label", "Name of this direction");
    this.name.onchange = () => onName(this.name.value);
    this.slider = element("input");
    const { reach } = plain;
    Object.assign(this.slider, { type: "range", min: -reach, max: reach, step: 0.01, value: 0 });
    this.slider.oninput = () => {
      const value = this.slider.valueAsNumber;
      this.set(Math.abs(value) < MIDDLE ? 0 : value, false);
      onTurn();
    };
    this.slider.ondblclick = () => {
      this.set(0);
      onTurn();
    };
    this.output = element("output");
    this.saving = button("Save", onSave, "Keep it with the run");
    const drop = button("×", onDelete, "Delete this direction");
    this.drop = drop;
    this.strip = element("canvas");
    this.strip.setAttribute("role", "img");
    this.note = element("p", "gl-note");
    this.told = element("p", "gl-told");
    const head = element("div", "gl-way-head");
    const line = element("div", "gl-way-line");
    const preview = element("div", "gl-strip");
    head.append(this.name, this.saving, drop);
    line.append(element("span", "", `−${short(reach)}`), this.slider, element("span", "", `+${short(reach)} σ`), this.output);
    preview.append(element("span", "", "−2 σ"), this.strip, element("span", "", "+2 σ"));
    this.box.append(head, line, preview, this.note, this.told);
    this.rename(plain.name);
    this.set(0);
  }

  rename(name) {
    this.plain.name = this.name.value = name;
    this.slider.setAttribute("aria-label", name);
    this.drop.setAttribute("aria-label", `Delete ${name}`);
    this.saving.setAttribute("aria-label", `Save ${name}`);
    this.strip.setAttribute("aria-label", `${name}: from minus 2 to plus 2 sigma`);
    const { source, note, step } = this.plain;
    const parts = [source, `step ${grouped(step)}`, note];
    this.note.textContent = parts.filter(Boolean).join(" · ");
  }

  set(far, move = true) {
    this.far = far;
    if (move) this.slider.value = far;
    this.output.textContent = `${far < 0 ? "−" : far > 0 ? "+" : ""}${Math.abs(far).toFixed(2)} σ`;
  }

  setSaved(saved) {
    this.saved = saved;
    this.saving.textContent = saved ? "Saved" : "Save";
    this.saving.disabled = saved;
  }

  // row i of a mosaic of previews
  show(bitmap, { tile, columns }, i) {
    const { strip } = this;
    if (strip.width !== columns * tile || strip.height !== tile) {
      strip.width = columns * tile;
      strip.height = tile;
    }
    const wide = columns * tile;
    strip.getContext("2d").drawImage(bitmap, 0, i * tile, wide, tile, 0, 0, wide, tile);
  }
}

const short = (value) => String(Number(value.toFixed(1)));
