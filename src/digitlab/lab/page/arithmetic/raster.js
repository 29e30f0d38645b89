// Image processing on plain arrays, as `digitlab.pictures.raster` does it in Python.
//
// A map is { pixels, width, height }, row by row.

/** Return the largest value in the window of so many rows and columns around each pixel. */
export function dilated(map, rows, columns) {
  return largestOf(largestOf(map, rows, true), columns, false);
}

/** Return the largest of so many values around each, in its column or in its row. */
function largestOf({ pixels, width, height }, size, isDown) {
  if (size === 1) return { pixels, width, height };
  const [side, step] = isDown ? [height, width] : [width, 1];
  const reach = Math.floor(size / 2);
  const out = new pixels.constructor(pixels.length);
  for (let i = 0; i < pixels.length; i += 1) {
    const place = isDown ? Math.floor(i / width) : i % width;
    const last = i + Math.min(reach, side - 1 - place) * step;
    let largest = pixels[i];
    for (let j = i - Math.min(reach, place) * step; j <= last; j += step) {
      if (pixels[j] > largest) largest = pixels[j];
    }
    out[i] = largest;
  }
  return { pixels: out, width, height };
}

/** Let ink grow by one pixel on each side; with and without diagonals in turn, it grows round. */
export function widened(map, isDiagonal) {
  if (isDiagonal) return dilated(map, 3, 3);
  const [down, across] = [dilated(map, 3, 1), dilated(map, 1, 3)];
  return { ...map, pixels: down.pixels.map((v, i) => Math.max(v, across.pixels[i])) };
}

/** Return a gray closing of bytes: the minimum of the maxima in a square window. */
export function closed(map, window) {
  const inverted = (it) => ({ ...it, pixels: it.pixels.map((value) => 255 - value) });
  return inverted(dilated(inverted(dilated(map, window, window)), window, window));
}

/** Return the sum of the square window around each value, edges repeated. */
export function windowSums({ pixels, width, height }, size) {
  const reach = Math.floor(size / 2);
  const across = new Float64Array(pixels.length);
  const sums = new Float64Array(pixels.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let i = x - reach; i <= x + reach; i += 1) {
        across[y * width + x] += pixels[y * width + Math.min(width - 1, Math.max(0, i))];
      }
    }
  }
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      for (let i = y - reach; i <= y + reach; i += 1) {
        sums[y * width + x] += across[Math.min(height - 1, Math.max(0, i)) * width + x];
      }
    }
  }
  return sums;
}

/** Return which connected region each pixel is in, from 1, 0 for none; and the regions' areas. */
export function findBlobs({ pixels, width, height }, isInked) {
  const labels = new Uint16Array(pixels.length);
  const areas = [];
  pixels.forEach((value, start) => {
    if (labels[start] || !isInked(value)) return;
    areas.push(0);
    labels[start] = areas.length;
    const open = [start];
    while (open.length) {
      const at = open.pop();
      areas[areas.length - 1] += 1;
      const [x, y] = [at % width, Math.floor(at / width)];
      for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row += 1) {
        for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column += 1) {
          const near = row * width + column;
          if (!labels[near] && isInked(pixels[near])) {
            labels[near] = areas.length;
            open.push(near);
          }
        }
      }
    }
  });
  return { labels, areas };
}

/** Return the box around the inked pixels: left, top, right, bottom; the last two are one past. */
export function bounds({ pixels, width, height }, isInked) {
  const box = [width, height, 0, 0];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (!isInked(pixels[y * width + x])) continue;
      if (x < box[0]) box[0] = x;
      if (y < box[1]) box[1] = y;
      if (x >= box[2]) box[2] = x + 1;
      box[3] = y + 1;
    }
  }
  return box;
}

/** Return how many pixels are inked, and the mean width of the strokes: 2 x area / outline.
 *
 * The outline's length is pi/4 times the number of edges between ink and paper (Crofton).
 */
export function strokes({ pixels, width, height }, isInked) {
  const inked = new Uint8Array(pixels.length);
  for (let i = 0; i < inked.length; i += 1) inked[i] = isInked(pixels[i]) ? 1 : 0;
  let area = 0;
  let edges = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      area += inked[at];
      if (x > 0 && inked[at] !== inked[at - 1]) edges += 1;
      if (y > 0 && inked[at] !== inked[at - width]) edges += 1;
    }
  }
  return { area, width: (2 * area) / Math.max(1, (edges * Math.PI) / 4) };
}

/** Return the threshold that splits positive values, `times` often each, into compact classes
 * (Otsu, 1979).
 */
export function otsu(values, times = null) {
  const top = values.reduce((most, value) => Math.max(most, value), 0);
  if (top <= 0) return 0;
  const counts = new Float64Array(64);
  values.forEach((value, i) => (counts[Math.trunc(value * (63.999 / top))] += times?.[i] ?? 1));
  const count = counts.reduce((sum, n) => sum + n, 0);
  const total = counts.reduce((sum, n, i) => sum + n * (i + 0.5), 0);
  let [below, sumBelow, best, most] = [0, 0, 0, -1];
  for (let i = 0; i < 63; i += 1) {
    below += counts[i];
    sumBelow += counts[i] * (i + 0.5);
    const above = count - below;
    const apart = sumBelow / Math.max(below, 1) - (total - sumBelow) / Math.max(above, 1);
    const between = below * above * apart ** 2;
    if (between > most) [best, most] = [i, between];
  }
  return (top * (best + 1)) / 64;
}

/** Round to a whole number; halves go to the even one, as in Python. */
export function roundEven(value) {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}
