// Resizing pictures, to the byte as Pillow does it, which prepares pictures in Python.
//
// A picture is { pixels, width, height }, row by row. Each new pixel is a weighted mean of old ones:
// with the box filter of those it covers, with the others also of their neighbors. Rows are resized
// first, then columns, unless the height shrinks much more than the width. Bytes are computed with whole numbers, 22 bits behind the point.

const PRECISION = 22;

const FILTERS = {
  box: { reach: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { reach: 1, weigh: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: {
    reach: 2,
    weigh: (signed) => {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * -0.5 : 0;
    },
  },
};

/** Return a picture of bytes in another size.
 *
 * `box` is the part of it to use: left, top, right, bottom; by default the whole picture.
 */
export function resize(picture, width, height, filter, box = null) {
  const [left, top, right, bottom] = box ?? [0, 0, picture.width, picture.height];
  const across = weightsOf(picture.width, left, right, width, filter);
  const down = weightsOf(picture.height, top, bottom, height, filter);
  for (const { weights } of [...across, ...down]) {
    weights.forEach((w, i) => (weights[i] = Math.trunc(w * 2 ** PRECISION + (w < 0 ? -0.5 : 0.5))));
  }
  const half = 2 ** (PRECISION - 1); // so that it is rounded
  const clip = (sum) => Math.min(255, Math.max(0, sum >> PRECISION));
  return twoPasses(picture, across, down, Uint8Array, half, clip);
}

/** Return a picture of 32-bit floats in another size, interpolated between neighbors. */
export function enlarge(picture, width, height) {
  const across = weightsOf(picture.width, 0, picture.width, width, "bilinear");
  const down = weightsOf(picture.height, 0, picture.height, height, "bilinear");
  return twoPasses(picture, across, down, Float32Array, 0, (sum) => sum);
}

/** Return a picture of bytes averaged over squares; at the right and below, over what is left. */
export function reduce(picture, factor) {
  if (factor === 1) return picture;
  const [width, height] = [picture.width, picture.height].map((side) => Math.ceil(side / factor));
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y += 1) {
    const bottom = Math.min((y + 1) * factor, picture.height);
    for (let x = 0; x < width; x += 1) {
      const right = Math.min((x + 1) * factor, picture.width);
      let sum = 0;
      for (let row = y * factor; row < bottom; row += 1) {
        const start = row * picture.width;
        for (let at = start + x * factor; at < start + right; at += 1) sum += picture.pixels[at];
      }
      const count = (bottom - y * factor) * (right - x * factor);
      const multiplier = Math.trunc(Math.fround(2 ** 32 / (256 * count))); // instead of dividing
      pixels[y * width + x] = ((sum + Math.floor(count / 2)) * multiplier) / 2 ** 24;
    }
  }
  return { pixels, width, height };
}

/** Return for each new pixel of a row which old ones it is made of, and their weights. */
function weightsOf(side, from, to, newSide, filter) {
  const { reach, weigh } = FILTERS[filter];
  const scale = (to - from) / newSide;
  const stretch = Math.max(1, scale); // when shrinking, the filter covers more old pixels
  return Array.from({ length: newSide }, (_, i) => {
    const center = from + (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - reach * stretch + 0.5));
    const last = Math.min(side, Math.trunc(center + reach * stretch + 0.5));
    const weights = new Float64Array(last - first).map((_, j) =>
      weigh((first + j - center + 0.5) * (1 / stretch)),
    );
    const total = weights.reduce((sum, w) => sum + w, 0);
    return { first, weights: weights.map((w) => (total ? w / total : w)) };
  });
}

/** Resize across, then down; or, if the height loses twice as much as the width, down first.
 *
 * The order matters, because the numbers are rounded in between; it is that of Pillow 13.
 */
function twoPasses(picture, across, down, Numbers, start, finish) {
  const [less, lower] = [picture.width - across.length, picture.height - down.length];
  const isDownFirst = lower > 0 && lower > 2 * less;
  const wider = (map) => onePass(map, across, false, Numbers, start, finish);
  const higher = (map) => onePass(map, down, true, Numbers, start, finish);
  return isDownFirst ? wider(higher(picture)) : higher(wider(picture));
}

/** Resize every row, or every column. */
function onePass({ pixels, width, height }, weights, isDown, Numbers, start, finish) {
  const [newWidth, newHeight] = isDown ? [width, weights.length] : [weights.length, height];
  const out = new Numbers(newWidth * newHeight);
  const [step, perLine, lines, newStep, newPerLine] = isDown
    ? [width, 1, width, newWidth, 1]
    : [1, width, height, 1, newWidth];
  for (let place = 0; place < weights.length; place += 1) {
    const { first, weights: factors } = weights[place];
    for (let line = 0; line < lines; line += 1) {
      let sum = start;
      const from = line * perLine + first * step;
      for (let i = 0; i < factors.length; i += 1) sum += pixels[from + i * step] * factors[i];
      out[line * newPerLine + place * newStep] = finish(sum);
    }
  }
  return { pixels: out, width: newWidth, height: newHeight };
}
