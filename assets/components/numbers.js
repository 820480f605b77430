// Numbers as people read them.
const formats = new Map();

// 1234.5 as 1 234.5
export function grouped(value, digits = 0) {
  if (!formats.has(digits)) {
    formats.set(digits, new Intl.NumberFormat("en", {
      minimumFractionDigits: digits, maximumFractionDigits: digits,
    }));
  }
  return formats.get(digits).format(value).replaceAll(",", "\u202f");
}

// One of D's scores: 0.53, -12.3, 1.2e+5
export function scored(value) {
  const size = Math.abs(value);
  if (size >= 10000) return value.toExponential(1);
  const text = value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

// How steps, batches, epochs and pictures relate in this run; "" before anything is known.
export function relation({ steps, batches, images, epochs }) {
  if (!images || !batches || !epochs) return "";
  const batch = Math.round(images / batches);
  const whole = Math.round(images / epochs);
  const round = whole / batch;
  const about = Number.isInteger(round) ? "=" : "≈";
  const parts = [
    `1 epoch = all ${grouped(whole)} real pictures once ${about} ${grouped(round, round < 10 ? 1 : 0)}`
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
