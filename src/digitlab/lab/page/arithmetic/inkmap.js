// Separate ink from paper in a clean drawing, as `digitlab.pictures.ink` does it in Python.
//
// Numbers are rounded to 32-bit floats where Python does so, to come out the same to the byte. What
// Python does about noise and printed lines is left out: a drawing has neither.

import { bounds, closed, dilated, findBlobs, otsu, roundEven, strokes, windowSums } from "./raster.js";
import { enlarge, reduce } from "./resample.js";

const COARSE_SIDE = 48; // pixels: light and paper change slowly, so they are estimated at this size
const LEAST_CONTRAST = 0.06; // of ink against paper, as a share of the paper's gray
const LIGHT_FLOOR = 32; // gray levels: keeps the contrast of ink on black paper finite
const MOST_HALF_INKED = 2.5; // pixels between paper and ink per fully inked pixel
const HAIRLINE = 1 / 12; // of the digit's longer side: the widest thin line
const FRAME = 3; // coarse pixels at the border that do not count for the size of the ink
const LEVELS = Array.from({ length: 256 }, (_, i) => i);
const isInked = (value) => value > 0;
const { fround } = Math;

/** Return the ink of a drawing as bytes, and the factor by which it was reduced; or null.
 *
 * `picture` has gray levels from 0, black, to 255; the ink may be darker or lighter than the paper.
 * Its longer side has more than 40 pixels. It is reduced while the ink's longer side stays at or
 * above `inkSide` pixels.
 */
export function drawingOf(picture, inkSide) {
  const perCoarse = Math.ceil(Math.max(picture.width, picture.height) / COARSE_SIDE);
  const given = reduce(picture, perCoarse);
  const [darkest, lightest] = extremes(given.pixels);
  if (lightest - darkest < 2) return null;
  const isLight = inkIsLight(given);
  const paper = paperOf(isLight ? inverted(given) : given);
  const factor = Math.max(1, Math.floor((paper.inkSide * perCoarse) / inkSide));
  const gray = reduce(picture, factor);
  const levels = levelsBelow(paper.gray, isLight ? inverted(gray) : gray, isLight);
  const pixels = inkIn(levels, typeof paper.gray !== "number");
  return pixels && { pixels, width: gray.width, height: gray.height, factor };
}

function inverted(map) {
  return { ...map, pixels: map.pixels.map((value) => 255 - value) };
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

/** Decide whether the lighter gray is ink: the border shows which one is paper.
 *
 * If what is a little further inside says the opposite, the paper is what covers most of it.
 */
function inkIsLight(coarse) {
  const { pixels, width, height } = coarse;
  const [darkest, lightest] = extremes(pixels);
  const middle = (darkest + lightest) / 2;
  const isLight = borderIsDark(coarse, 0, middle);
  const inside = Math.floor(Math.max(width, height) / 10);
  if (Math.min(width, height) <= 4 * inside) return isLight;
  if (borderIsDark(coarse, inside, middle) === isLight) return isLight;
  const sorted = pixels.slice().sort();
  const half = sorted.length / 2;
  return (sorted[Math.ceil(half) - 1] + sorted[Math.floor(half)]) / 2 < middle;
}

/** Compare the border of a map, or of its inside, with a gray; the corners count more. */
function borderIsDark({ pixels, width, height }, inside, middle) {
  const gray = (x, y) => pixels[y * width + x];
  const [left, right, bottom] = [inside, width - 1 - inside, height - 1 - inside];
  let border = 0;
  for (let x = left; x <= right; x += 1) border += gray(x, left) + gray(x, bottom);
  for (let y = left + 1; y < bottom; y += 1) border += gray(left, y) + gray(right, y);
  const count = 2 * (right - left + 1) + 2 * (bottom - left - 1);
  const corners = gray(left, left) + gray(right, left) + gray(left, bottom) + gray(right, bottom);
  return border / count + (2 * corners) / 4 < 3 * middle;
}

/** Estimate the gray of the bare paper, one number or a coarse map, and the side of the ink. */
function paperOf(coarse) {
  const lightest = extremes(coarse.pixels)[1];
  const depth = Array.from(coarse.pixels, (v) => lightest - v);
  const inked = inkedIn(depth, coarse);
  const near = dilated(inked, 5, 5).pixels;
  if (depth.every((d, i) => d === 0 || near[i])) {
    return { gray: lightest, inkSide: longerSideOf(inked) };
  }
  return unevenPaperOf(coarse);
}

function unevenPaperOf(coarse) {
  const window = Math.trunc(Math.max(coarse.width, coarse.height) / 2) | 1; // wider than any stroke, narrower than a shadow
  const around = Math.trunc(window / 2) | 1;
  const smooth = windowSums(closed(coarse, window), around).map((sum) => sum / around ** 2);
  const inked = inkedIn(Array.from(smooth, (v, i) => v - coarse.pixels[i]), coarse);
  const bare = dilated(inked, 5, 5).pixels.map((value) => 1 - value);
  const share = windowSums({ ...coarse, pixels: bare }, 9);
  const nearby = windowSums({ ...coarse, pixels: coarse.pixels.map((v, i) => v * bare[i]) }, 9);
  const pixels = Float32Array.from(smooth, (v, i) => (share[i] > 0 ? nearby[i] / share[i] : v));
  return { gray: { ...coarse, pixels }, inkSide: longerSideOf(inked) };
}

/** Split the pixels that are not bare paper into two classes, and mark the deeper one. */
function inkedIn(depth, { width, height }) {
  const limit = Math.max(0, 0.25 * extremes(depth)[1]);
  const threshold = otsu(depth.filter((d) => d > limit));
  return { pixels: Uint8Array.from(depth, (d) => (d > threshold ? 1 : 0)), width, height };
}

/** Return the longer side of the ink's box, without what is only at the border. */
function longerSideOf(inked) {
  const { width, height } = inked;
  const inside = { ...inked, pixels: inked.pixels.slice() };
  inside.pixels.forEach((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const nearest = Math.min(x, y, width - 1 - x, height - 1 - y);
    if (nearest < FRAME) inside.pixels[i] = 0;
  });
  const hasInk = inside.pixels.some(isInked);
  const [left, top, right, bottom] = bounds(hasInk ? inside : inked, isInked);
  return Math.max(right - left, bottom - top);
}

/** Return levels, 255 for the deepest ink, with the depth and the number of pixels of each. */
function levelsBelow(paper, gray, isLight) {
  if (typeof paper === "number") {
    const shade = isLight ? 255 - paper + LIGHT_FLOOR : paper + 1;
    return withCounts(inverted(gray), LEVELS.map((i) => (paper - 255 + i) / shade));
  }
  const large = enlarge(paper, gray.width, gray.height).pixels;
  const depth = Float32Array.from(gray.pixels, (value, i) => {
    const shade = isLight ? fround(255 + LIGHT_FLOOR - large[i]) : fround(large[i] + 1);
    return fround(large[i] - value) / shade;
  });
  const [least, high] = extremes(depth);
  const low = Math.max(least, -high);
  const perDepth = fround(255 / (high - low));
  const pixels = Uint8Array.from(depth, (d) => {
    const level = fround(fround(fround(d - low) * perDepth) + 0.5);
    return Math.min(255, Math.max(0, level));
  });
  const step = (high - low) / 255;
  const depths = LEVELS.map((i) => (i === 255 ? high : i * step + low));
  return withCounts({ ...gray, pixels }, depths);
}

function withCounts(map, depths) {
  const counts = new Array(256).fill(0);
  for (const level of map.pixels) counts[level] += 1;
  return { map, depths, counts };
}

/** Return bytes of ink, 0 for bare paper to 255 for full ink; null if there is none. */
function inkIn({ map, depths, counts }, mayBeShade) {
  const strongest = peakOf(depths, counts);
  if (strongest < LEAST_CONTRAST) return null;
  const isFaint = depths.map((depth) => depth > 0.25 * strongest);
  const only = (values) => values.filter((_, i) => isFaint[i]);
  const threshold = otsu(only(depths), only(counts));
  let [sum, count] = [0, 0];
  depths.forEach((depth, i) => {
    if (depth > threshold) [sum, count] = [sum + depth * counts[i], count + counts[i]];
  });
  const full = sum / count;
  const bare = medianOf(depths, counts.map((n, i) => (isFaint[i] ? 0 : n)));
  const ink = depths.map((depth) => Math.min(1, Math.max(0, (depth - bare) / (full - bare))));
  const table = ink.map((value) => roundEven(value * 255));
  const pixels = map.pixels.map((level) => table[level]);
  const isShade = mayBeShade && halfInked(ink, counts) > MOST_HALF_INKED; // not strokes
  return isShade && !isHairline({ ...map, pixels }) ? null : pixels;
}

/** Return how deep the ink is: the mean of the deepest 0.2 %, of at least 3 pixels. */
function peakOf(depths, counts) {
  const size = counts.reduce((total, count) => total + count, 0);
  const most = Math.min(size, Math.max(3, Math.trunc(size / 500)));
  let [sum, left] = [0, most];
  for (let level = 255; level >= 0 && left > 0; level -= 1) {
    const taken = Math.min(left, counts[level]);
    sum += taken * depths[level];
    left -= taken;
  }
  return sum / most;
}

/** Return the depth in the middle, or the mean of the two in the middle; 0 if there are none. */
function medianOf(depths, counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const at = (place) => {
    let before = 0;
    return depths[counts.findIndex((count) => (before += count) > place)];
  };
  return total ? (at(Math.floor((total - 1) / 2)) + at(Math.floor(total / 2))) / 2 : 0;
}

function halfInked(ink, counts) {
  const above = (limit) => (sum, value, i) => sum + (limit(value) ? counts[i] : 0);
  const some = ink.reduce(above((value) => value > 0.2), 0);
  const full = ink.reduce(above((value) => value >= 0.8), 0);
  return (some - full) / Math.max(1, full);
}

/** Check whether most of the ink is one thin line: all its pixels may be half paper. */
function isHairline(drawing) {
  const { labels, areas } = findBlobs(drawing, (value) => value > 64);
  const largest = Math.max(...areas);
  const index = areas.indexOf(largest) + 1;
  const line = { ...drawing, pixels: labels.map((label) => (label === index ? 1 : 0)) };
  const [left, top, right, bottom] = bounds(line, isInked);
  const thin = HAIRLINE * Math.max(right - left, bottom - top);
  const all = areas.reduce((sum, area) => sum + area, 0);
  return 2 * largest > all && strokes(line, isInked).width < thin;
}
