// Separate ink from paper in a clean drawing, as `digitlab.pictures.ink` does it in Python.
//
// Numbers are rounded to 32-bit floats where Python does so, to come out the same to the byte. What
// Python does about noise and printed lines is left out: a drawing has neither.

import { dilated, mean, otsu, windowMean } from "./raster.js";
import { enlarge, reduce } from "./resample.js";

const COARSE_SIDE = 48; // pixels: light and paper change slowly, so they are estimated at this size
const LEAST_CONTRAST = 0.06; // of ink against paper, as a share of the paper's gray
const MOST_HALF_INKED = 2.5; // pixels between paper and ink per fully inked pixel
const { fround } = Math;

/** Return how much ink is on each pixel, from 0 to 1; null if nothing is drawn.
 *
 * `picture` has gray levels from 0, black, to 255; the ink may be darker or lighter than the paper.
 * Its longer side has more than 40 pixels.
 */
export function inkOf(picture) {
  const side = Math.max(picture.width, picture.height);
  const reduced = reduce(picture, Math.ceil(side / COARSE_SIDE));
  const coarse = { ...reduced, pixels: Float32Array.from(reduced.pixels) };
  const [darkest, lightest] = extremes(coarse.pixels);
  if (lightest - darkest < 2) return null;
  const isLight = inkIsLight(coarse, darkest, lightest);
  const depth = depthOf(picture, paperOf(picture, coarse, isLight), isLight);
  const strongest = peakOf(depth);
  if (strongest < LEAST_CONTRAST) return null;
  const [faint, paper] = split(depth, fround(0.25 * strongest));
  const full = mean(split(faint, fround(otsu(faint)))[0]);
  const bare = paper.length ? medianOf(paper) : 0;
  const range = fround(full - bare);
  const pixels = new Float32Array(depth.length);
  for (let i = 0; i < depth.length; i += 1) {
    pixels[i] = Math.min(1, Math.max(0, fround(depth[i] - bare) / range));
  }
  if (halfInked(pixels) > MOST_HALF_INKED) return null; // light and shadow, not strokes
  return { ...picture, pixels };
}

/** Return the values above a limit, and the others. */
function split(values, limit) {
  const [above, others] = [new Float32Array(values.length), new Float32Array(values.length)];
  let count = 0;
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] > limit) above[count++] = values[i];
    else others[i - count] = values[i];
  }
  return [above.subarray(0, count), others.subarray(0, values.length - count)];
}

function extremes(values) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] < low) low = values[i];
    if (values[i] > high) high = values[i];
  }
  return [low, high];
}

/** Decide whether the lighter gray is ink: the border shows which one is paper, corners twice. */
function inkIsLight({ pixels, width, height }, darkest, lightest) {
  const bright = (x, y) => (pixels[y * width + x] - darkest) / (lightest - darkest) - 0.5;
  const [right, bottom] = [width - 1, height - 1];
  let border = 0;
  for (let x = 0; x < width; x += 1) border += bright(x, 0) + bright(x, bottom);
  for (let y = 1; y < bottom; y += 1) border += bright(0, y) + bright(right, y);
  const corners = bright(0, 0) + bright(right, 0) + bright(0, bottom) + bright(right, bottom);
  return border / (2 * width + 2 * height - 4) + (2 * corners) / 4 < 0;
}

/** Estimate the gray of the bare paper at every pixel: where ink is, from the paper around it. */
function paperOf(picture, coarse, isLight) {
  const sign = isLight ? -1 : 1;
  const window = Math.trunc(Math.max(coarse.width, coarse.height) / 2) | 1; // wider than any stroke, narrower than a shadow
  const signed = { ...coarse, pixels: coarse.pixels.map((v) => sign * v) };
  const grown = dilated(signed, window, window);
  const closed = dilated({ ...grown, pixels: grown.pixels.map((v) => -v) }, window, window);
  const filled = { ...closed, pixels: closed.pixels.map((v) => -v) };
  const smooth = windowMean(filled, Math.trunc(window / 2) | 1);
  const depth = smooth.pixels.map((v, i) => v - signed.pixels[i]);
  const limit = Math.max(0, fround(0.25 * extremes(depth)[1]));
  const threshold = fround(otsu(depth.filter((d) => d > limit)));
  const inked = dilated({ ...coarse, pixels: depth.map((d) => (d > threshold ? 1 : 0)) }, 5, 5);
  const bare = inked.pixels.map((v) => 1 - v);
  const share = windowMean({ ...coarse, pixels: bare }, 9).pixels;
  const bareGray = windowMean({ ...coarse, pixels: coarse.pixels.map((v, i) => v * bare[i]) }, 9).pixels;
  const pixels = smooth.pixels.map((v, i) =>
    share[i] > 0 ? bareGray[i] / Math.max(share[i], 1e-6) : sign * v,
  );
  return enlarge({ ...coarse, pixels }, picture.width, picture.height);
}

/** Return how much darker than the paper each pixel is, or lighter, as a share of the paper. */
function depthOf({ pixels }, paper, isLight) {
  const depth = new Float32Array(pixels.length);
  for (let i = 0; i < depth.length; i += 1) {
    const bare = paper.pixels[i];
    const darker = isLight ? fround(pixels[i] - bare) : fround(bare - pixels[i]);
    depth[i] = darker / fround(bare + (isLight ? 32 : 1));
  }
  return depth;
}

/** Return how deep the ink is: the mean of the deepest 0.2 %, of at least 3 pixels. */
function peakOf(depth) {
  const half = extremes(depth)[1] / 2;
  const count = Math.min(depth.length, Math.max(3, Math.trunc(depth.length / 500)));
  const [deep] = split(depth, half); // few, so that they are sorted quickly
  const deepest = deep.length < count ? depth.slice() : deep;
  return mean(deepest.sort().subarray(-count));
}

/** Return the value in the middle, or the mean of the two in the middle. */
function medianOf(values) {
  const common = values[0]; // nearly always most of the paper has one gray, which is quick to see
  let [below, equal] = [0, 0];
  for (let i = 0; i < values.length; i += 1) {
    if (values[i] < common) below += 1;
    else if (values[i] === common) equal += 1;
  }
  const middle = Math.floor(values.length / 2);
  if (below < middle && below + equal > middle) return common;
  const sorted = values.slice().sort();
  const isOdd = values.length % 2 === 1;
  return isOdd ? sorted[middle] : fround(fround(sorted[middle - 1] + sorted[middle]) / 2);
}

function halfInked(pixels) {
  let [full, some] = [0, 0];
  for (let i = 0; i < pixels.length; i += 1) {
    if (pixels[i] > fround(0.2)) some += 1;
    if (pixels[i] >= fround(0.8)) full += 1;
  }
  return (some - full) / Math.max(1, full);
}
