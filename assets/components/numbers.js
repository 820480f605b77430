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
