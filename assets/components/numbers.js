// Numbers as people read them.
const formats = new Map();

// 1234.5 as 1,234.5
export function grouped(value, digits = 0) {
  if (!formats.has(digits)) {
    formats.set(digits, new Intl.NumberFormat("en", {
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    }));
  }
  return formats.get(digits).format(value);
}

// One of D's scores: 0.53, -12.3, 1.2e+5
export function scored(value) {
  const size = Math.abs(value);
  if (size >= 10000) return value.toExponential(1);
  const text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

// How far a run is and how fast: key, name, what it means.
export const NUMBERS = [
  ["step", "Step", "Rounds so far, also called iterations: all moves of D, then all moves of G. "
    + "Where D moves once a round, a step takes one batch."],
  ["images", "Images", "Real pictures that D was trained on: batches times pictures in a batch."],
  ["batches", "Batches", "Batches of real pictures that D was trained on; one a move of D."],
  ["epochs", "Epochs", "How often every real picture has been seen: images divided by all of "
    + "the set. An epoch has as many batches as it takes to see every picture once."],
  ["steps_s", "Steps / s", "Speed of training."],
  ["images_s", "Images / s", "Real pictures a second."],
  ["publishing", "Showing it", "Share of the time that goes into making what you see."],
];

// The numbers of a moment as texts, by key.
export function progress({
  counts, seconds, steps_per_second, images_per_second, publishing, state,
}) {
  const speed = (value, digits) => (state === "running" ? grouped(value, digits) : "–");
  return {
    step: grouped(counts.steps),
    images: grouped(counts.images),
    batches: grouped(counts.batches),
    epochs: grouped(counts.epochs, counts.epochs < 100 ? 2 : 0),
    seconds: grouped(seconds, seconds < 100 ? 1 : 0),
    steps_s: speed(steps_per_second, steps_per_second < 10 ? 1 : 0),
    images_s: speed(images_per_second, 0),
    publishing: state === "running" ? `${(100 * publishing).toFixed(1)} %` : "–",
  };
}

// The last of some readings that is a number; null if there is none.
export function newest(values) {
  for (let i = (values?.length ?? 0) - 1; i >= 0; i--) if (Number.isFinite(values[i])) return values[i];
  return null;
}

// Three digits that matter.
export function short(value) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 0.01 || size >= 10000)) return value.toExponential(1);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

// How steps, batches, epochs and pictures relate in this run; "" before anything is known.
export function relation({ steps, batches, images, epochs }) {
  if (!images || !batches || !epochs) return "";
  const batch = Math.round(images / batches);
  const whole = Math.round(images / epochs);
  const round = whole / batch;
  const about = Number.isInteger(round) ? "=" : "≈";
  const parts = [
    `1 epoch = all ${grouped(whole)} real images once ${about} ${grouped(round, round < 10 ? 1 : 0)}`
      + ` batches of ${batch}`,
  ];
  const each = batches / steps;
  if (Number.isInteger(each)) parts.push(`1 step = ${each} ${each === 1 ? "batch" : "batches"}`);
  return parts.join(" · ");
}

// Four digits that matter: 0.0002, 1.386, 3.21·10⁻⁶, 12 345
export function precise(value) {
  const size = Math.abs(value);
  if (size >= 10000 || Number.isInteger(value)) return size < 1e9 ? grouped(value) : power(value);
  if (size < 1e-4) return power(value);
  return String(Number(value.toPrecision(4)));
}

function power(value) {
  const [head, tail] = value.toExponential(2).split("e");
  const digits = String(Number(tail)).replaceAll("-", "⁻").replace(/\d/g, (d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]);
  return `${Number(head)}·10${digits}`;
}

// A value of a knob in few words, as gan_lab/ui/widgets.py tells it.
export function told(value) {
  if (typeof value === "boolean") return value ? "on" : "off";
  if (typeof value !== "number") return String(value ?? "") || "none";
  if (Number.isInteger(value)) return grouped(value);
  if (value >= 0.01) return String(Number(value.toPrecision(6)));
  const [digits, exponent] = value.toExponential(6).split("e");
  return `${Number(digits)}e${Number(exponent)}`;
}

// 1 500 000 as 1.5 MB
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  const power = Math.min(4, Math.floor(Math.log10(count) / 3));
  const value = count / 1000 ** power;
  return `${value.toFixed(value >= 99.5 ? 0 : 1)} ${["", "kB", "MB", "GB", "TB"][power]}`;
}

// Seconds as people say them: 40 s, 12 min, 3.5 h
export function lasted(seconds) {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
