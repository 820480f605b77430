// A slider and a number box for each number of z.

export const dials = { id: "dials", title: "Sliders", make: (place, explorer) => new Dials(place, explorer) };

const PAGE = `
  <label class="gl-class" hidden>Class <select></select></label>
  <h3></h3>
  <div class="gl-sliders" role="group" tabindex="0"></div>`;

class Dials {
  constructor(place, explorer) {
    this.place = place;
    this.explorer = explorer;
    place.innerHTML = PAGE;
    this.select = place.querySelector("select");
    this.select.onchange = () => explorer.go(explorer.z, this.select.selectedIndex);
    this.makeSliders();
    this.off = [explorer.on("moved", () => this.follow()), explorer.on("known", () => this.offer())];
    this.offer();
    this.follow();
  }

  makeSliders() {
    const { dim, reach } = this.explorer;
    this.place.querySelector("h3").textContent = `z: ${dim} numbers, ${-reach} to ${reach}`;
    const panel = this.place.querySelector(".gl-sliders");
    panel.setAttribute("aria-label", `The ${dim} numbers of z`);
    this.rows = Array.from({ length: dim }, (_, i) => {
      const row = document.createElement("div");
      const label = document.createElement("label");
      const slider = field("range", reach);
      const number = field("number", reach);
      label.textContent = `z${i + 1}`;
      label.htmlFor = slider.id = `gl-z-${i + 1}`;
      number.setAttribute("aria-label", `z${i + 1}, exact`);
      slider.oninput = () => this.turn(i, slider.valueAsNumber, slider);
      number.oninput = () => this.turn(i, number.valueAsNumber, number);
      number.onblur = () => this.showNumber(i);
      row.append(label, slider, number);
      panel.append(row);
      return { slider, number };
    });
  }

  // a class to choose, for a G that is told which one to draw
  offer() {
    const { classes, label } = this.explorer;
    this.place.querySelector(".gl-class").hidden = !classes.length;
    this.select.replaceChildren(...classes.map((name, i) => new Option(name, i)));
    this.select.selectedIndex = classes.length ? label : -1;
  }

  turn(i, value, from) {
    if (!Number.isFinite(value)) return;
    const { explorer } = this;
    const z = Float32Array.from(explorer.z);
    z[i] = Math.max(-explorer.reach, Math.min(explorer.reach, value));
    this.turning = from;
    explorer.go(z);
    this.turning = null;
  }

  showNumber(i) {
    this.rows[i].number.value = this.explorer.z[i].toFixed(2);
  }

  follow() {
    this.rows.forEach(({ slider, number }, i) => {
      if (slider !== this.turning) slider.value = this.explorer.z[i];
      if (number !== this.turning) this.showNumber(i);
    });
    if (this.explorer.classes.length) this.select.selectedIndex = this.explorer.label;
  }

  show() {}

  hide() {}

  close() {
    this.off.forEach((off) => off());
  }
}

function field(type, reach) {
  const input = document.createElement("input");
  Object.assign(input, { type, min: -reach, max: reach, step: type === "range" ? 0.01 : 0.1 });
  return input;
}
