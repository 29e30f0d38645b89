// How numbers are written: with a true minus, commas between thousands, and roundings that add up.

const MINUS = "\u2212";
const NARROW = "\u202f";

/** Write a number with so many decimals: −0.42, 5,020. Zero has no sign. */
export function number(value, decimals = 2) {
  let text = Math.abs(value).toFixed(decimals);
  if (Math.abs(value) >= 1000) text = text.replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, ",");
  const isZero = !/[1-9]/.test(text);
  return value < 0 && !isZero ? MINUS + text : text;
}

/** Write a number with a sign in any case: + 0.36 or − 0.36, as it stands in a sum. */
export function summand(value, decimals = 2) {
  return `${value < 0 ? MINUS : "+"}${NARROW}${number(Math.abs(value), decimals)}`;
}

/** Write a probability: 99.99%, never a rounded 100% or 0%. */
export function percent(share, decimals = null) {
  const value = 100 * share;
  const places = decimals ?? (value >= 99 || value < 1 ? 2 : 1);
  const least = 10 ** -places;
  if (value > 0 && value < least / 2) return `<${least}%`;
  if (value > 100 - least / 2) return `>${(100 - least).toFixed(places)}%`;
  return `${value.toFixed(places)}%`;
}

/** Write a shape: 10×24×24. */
export function shapeText(shape) {
  return shape.join("×");
}

/** Name a value of a tensor: conv1[3][9][5]. */
export function indexText(name, index) {
  return name + index.map((i) => `[${i}]`).join("");
}

/**
 * Round terms so that the rounded ones add up to the rounded total: each is rounded down, and those
 * that lost most are rounded up instead. Whoever adds up what is shown gets what is shown.
 */
export function roundToSum(terms, total, decimals = 2) {
  const unit = 10 ** decimals;
  const rounded = Array.from(terms, (term) => Math.floor(term * unit));
  const lost = Array.from(terms, (term, i) => term * unit - rounded[i]);
  const missing = Math.round(total * unit) - rounded.reduce((sum, term) => sum + term, 0);
  const order = lost.map((_, i) => i).sort((a, b) => lost[b] - lost[a]);
  const step = Math.sign(missing);
  for (let k = 0; k < Math.abs(missing); k++) {
    const i = order[step > 0 ? k % order.length : order.length - 1 - (k % order.length)];
    rounded[i] += step;
  }
  return rounded.map((term) => term / unit);
}
