// Separate ink from paper in a clean drawing, as `digitlab.pictures.ink` does it in Python.
//
// Numbers are rounded to 32-bit floats where Python does so, to come out the same to the byte. What
// Python does about noise and printed lines is left out: a drawing has neither.

import { withoutFrame } from "./frame.js";
import { bounds, findBlobs, otsu, roundEven, strokes } from "./raster.js";
import { closed, dilated, widened, windowSums } from "./raster.js";
import { enlarge, reduce } from "./resample.js";

const COARSE_SIDE = 48; // pixels: light and paper change slowly, so they are estimated at this size
const LEAST_CONTRAST = 0.06; // of ink against paper, as a share of the paper's gray
const LARGE = 256; // pixels of the longer side: a larger picture is first reduced to a half
const LIGHT_FLOOR = 32; // gray levels: keeps the contrast of ink on black paper finite
const STROKES_HALF_INKED = 1.8; // pixels between paper and ink per fully inked one: strokes have less,
const MOST_HALF_INKED = 2.5; // what has more are none
const SHADOW_HALF_INKED = 1.2; // what has more, and fills a side of the picture, is its shadow
const WHOLE_SIDE = 0.9; // of a side's pixels
const LEAST_BESIDE = 0.15; // of the picture's longer side: the longer side of a digit beside a shadow
const HAIRLINE = 1 / 16; // of the digit's longer side: the widest thin line
const MOST_DRAWN = 0.8; // of a paint program's picture; the rest has the paper's gray exactly
const PAPER_WINDOW = 0.5; // of the longer side: wider than any stroke, narrower than a shadow
const FINE_SIDE = 128; // pixels: the same if the ink may be a thin line
const FINE_WINDOW = 0.08;
const EDGE = 3; // coarse pixels: the soft edge of a stroke
const PALE = 0.02; // of the ink's depth: the paper may differ so much from one gray
const THIN = 1 / 16; // of the longer side: wider strokes are seen in the coarse picture
const FRAME = 3; // coarse pixels at the border that do not count for the size of the ink
const LEVELS = Array.from({ length: 256 }, (_, i) => i);
const isInked = (value) => value > 0;
const { fround } = Math;

/** Return the ink of a drawing as bytes, and where it was; or null if nothing is drawn.
 *
 * `picture` has gray levels from 0, black, to 255; the ink may be darker or lighter than the paper.
 * Its longer side has more than 40 pixels. It is reduced by `factor` while the ink's longer side
 * stays at or above `inkSide` pixels. Paper without ink may be cut off: `left` and `top` are pixels
 * of the picture.
 */
export function drawingOf(picture, inkSide) {
  const side = Math.max(picture.width, picture.height);
  const half = side >= LARGE ? reduce(picture, 2) : picture;
  const given = reduce(half, Math.ceil(Math.max(half.width, half.height) / COARSE_SIDE));
  const [darkest, lightest] = extremes(given.pixels);
  if (lightest - darkest < 2) return null;
  const isLight = inkIsLight(given);
  const paper = paperOf(picture, isLight ? inverted(given) : given, isLight);
  const factor = Math.max(1, Math.floor(paper.inkSide / inkSide));
  const reduced = reduce(paper.part ? cut(picture, paper.part) : picture, factor);
  const drawing = drawingOn(paper, isLight ? inverted(reduced) : reduced, isLight);
  const [left, top] = paper.part ?? [0, 0];
  return drawing && { ...(paper.part ? drawing : withoutFrame(drawing)), factor, left, top };
}

function drawingOn(paper, gray, isLight) {
  const levels = levelsBelow(paper.gray, gray, isLight);
  const isClean = 4 * Math.max(...levels.counts) > 3 * gray.pixels.length;
  let drawing = inkIn(levels);
  if (!drawing || typeof paper.gray === "number" || isClean) return drawing;
  let half = halfInked(drawing);
  if (half > SHADOW_HALF_INKED) {
    drawing = withoutShadow(drawing);
    half = halfInked(drawing);
  }
  if (half <= STROKES_HALF_INKED) return drawing;
  // Perhaps light and shadow. Where the paper is followed more closely, a thin line may show.
  const perFine = Math.ceil(Math.max(gray.width, gray.height) / FINE_SIDE);
  const finePaper = unevenPaperOf(reduce(gray, perFine), FINE_WINDOW).gray;
  const fine = inkIn(levelsBelow(finePaper, gray, isLight));
  if (fine && isLine(fine)) return fine;
  return half <= MOST_HALF_INKED ? drawing : null;
}

/** Return the part of a map from left and top to right and bottom, which are one past. */
function cut({ pixels, width }, [left, top, right, bottom]) {
  const part = { width: right - left, height: bottom - top };
  part.pixels = new pixels.constructor(part.width * part.height);
  for (let y = top; y < bottom; y += 1) {
    part.pixels.set(pixels.subarray(y * width + left, y * width + right), (y - top) * part.width);
  }
  return part;
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
 * But if nearly all that is a little further inside, and most of the picture, is light or dark,
 * that is the paper.
 */
function inkIsLight(coarse) {
  const { pixels, width, height } = coarse;
  const [darkest, lightest] = extremes(pixels);
  const middle = (darkest + lightest) / 2;
  const near = Math.floor(Math.max(width, height) / 10);
  if (Math.min(width, height) > 4 * near) {
    const [all, ring] = [[0, 0], [0, 0]]; // light pixels, pixels
    pixels.forEach((value, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      const nearest = Math.min(x, y, width - 1 - x, height - 1 - y);
      for (const part of nearest > near ? [all] : nearest === near ? [all, ring] : []) {
        part[0] += value > middle ? 1 : 0;
        part[1] += 1;
      }
    });
    const [share, ofRing] = [all[0] / all[1], ring[0] / ring[1]];
    if (Math.abs(ofRing - 0.5) > 0.4 && Math.abs(share - 0.5) > 0.2) return ofRing < 0.5;
  }
  return borderIsDark(coarse, middle);
}

/** Compare the border with a gray between ink and paper; the corners count more. */
function borderIsDark({ pixels, width, height }, middle) {
  const gray = (x, y) => pixels[y * width + x];
  const [right, bottom] = [width - 1, height - 1];
  let border = 0;
  for (let x = 0; x < width; x += 1) border += gray(x, 0) + gray(x, bottom);
  for (let y = 1; y < bottom; y += 1) border += gray(0, y) + gray(right, y);
  const corners = gray(0, 0) + gray(right, 0) + gray(0, bottom) + gray(right, bottom);
  return border / (2 * width + 2 * height - 4) + (2 * corners) / 4 < 3 * middle;
}

/** Estimate the gray of the bare paper, one number or a coarse map, and the side of the ink.
 *
 * `part` is where ink may be, if the paper around it has one gray.
 */
function paperOf(picture, coarse, isLight) {
  const side = Math.max(picture.width, picture.height);
  const lightest = extremes(coarse.pixels)[1];
  const depth = Array.from(coarse.pixels, (v) => lightest - v);
  const inked = inkedIn(depth, coarse);
  let near = inked;
  for (let i = 0; i < EDGE; i += 1) near = widened(near, true);
  const { width, height } = coarse;
  const scale = side / Math.max(width, height);
  const palest = PALE * extremes(depth)[1];
  const isPale = depth.every((d, i) => d <= palest || near.pixels[i]);
  if (!isPale || depth.filter((d) => d).length > MOST_DRAWN * depth.length) {
    const usual = usualGray(picture);
    if (usual !== null) {
      return { gray: isLight ? 255 - usual : usual, inkSide: inkSideOf(inked, scale), part: null };
    }
    const uneven = unevenPaperOf(coarse, PAPER_WINDOW);
    return { gray: uneven.gray, inkSide: inkSideOf(uneven.inked, scale) };
  }
  const box = bounds(near, isInked);
  const isApart = box[0] > 0 && box[1] > 0 && box[2] < width && box[3] < height;
  const part = isApart ? box.map((at) => Math.trunc(at * scale)) : null;
  return { gray: lightest, inkSide: inkSideOf(inked, scale), part };
}

/** Return the one gray of most pixels if all others are thin lines, which are pale if coarse. */
function usualGray(picture) {
  const { counts } = withCounts(picture, LEVELS);
  const most = Math.max(...counts);
  const usual = counts.indexOf(most);
  const { width } = strokes(picture, (value) => value !== usual);
  const thin = THIN * Math.max(picture.width, picture.height);
  return 4 * most > 3 * picture.pixels.length && width < thin ? usual : null;
}

function unevenPaperOf(coarse, shareOfSide) {
  const window = Math.trunc(Math.max(coarse.width, coarse.height) * shareOfSide) | 1;
  const around = Math.trunc(window / 2) | 1;
  const smooth = windowSums(closed(coarse, window), around).map((sum) => sum / around ** 2);
  const inked = inkedIn(Array.from(smooth, (v, i) => v - coarse.pixels[i]), coarse);
  const bare = dilated(inked, 5, 5).pixels.map((value) => 1 - value);
  const share = windowSums({ ...coarse, pixels: bare }, 9);
  const nearby = windowSums({ ...coarse, pixels: coarse.pixels.map((v, i) => v * bare[i]) }, 9);
  const pixels = Float32Array.from(smooth, (v, i) => (share[i] > 0 ? nearby[i] / share[i] : v));
  return { gray: { ...coarse, pixels }, inked };
}

/** Split the pixels that are not bare paper into two classes, and mark the deeper one. */
function inkedIn(depth, { width, height }) {
  const limit = Math.max(0, 0.25 * extremes(depth)[1]);
  const threshold = otsu(depth.filter((d) => d > limit));
  return { pixels: Uint8Array.from(depth, (d) => (d > threshold ? 1 : 0)), width, height };
}

/** Return the longer side of the ink's box in the picture, without what is only at the border. */
function inkSideOf(inked, scale) {
  const { width, height } = inked;
  const inside = { ...inked, pixels: inked.pixels.slice() };
  inside.pixels.forEach((_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const nearest = Math.min(x, y, width - 1 - x, height - 1 - y);
    if (nearest < FRAME) inside.pixels[i] = 0;
  });
  const hasInk = inside.pixels.some(isInked);
  const [left, top, right, bottom] = bounds(hasInk ? inside : inked, isInked);
  // One pixel less, since the ink need not fill those at its ends.
  return Math.trunc((Math.max(right - left, bottom - top) - 1) * scale);
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
  const [least, most] = extremes(depth);
  const high = Math.max(most, 1e-3);
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
function inkIn({ map, depths, counts }) {
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
  const table = depths.map((depth) => {
    return roundEven(Math.min(1, Math.max(0, (depth - bare) / (full - bare))) * 255);
  });
  return { ...map, pixels: map.pixels.map((level) => table[level]) };
}

/** Return how deep the ink is: the mean of the deepest 0.2%, of at least 3 pixels. */
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

/** Clear ink that is connected with a whole side of the picture, and what is small beside it. */
function withoutShadow(drawing) {
  const { pixels, width, height } = drawing;
  const [across, down] = [width, height].map((count) => Array.from({ length: count }, (_, i) => i));
  const sides = [
    across,
    across.map((x) => (height - 1) * width + x),
    down.map((y) => y * width),
    down.map((y) => y * width + width - 1),
  ];
  const isFilled = (side) => side.filter((i) => pixels[i] >= 204).length > WHOLE_SIDE * side.length;
  const filled = sides.filter(isFilled).flat();
  if (filled.length === 0) return drawing;
  const { labels } = findBlobs(drawing, (value) => value > 51);
  const atSides = new Set(filled.map((i) => labels[i]).filter((label) => label > 0));
  const rest = { ...drawing, pixels: pixels.map((value, i) => (atSides.has(labels[i]) ? 0 : value)) };
  if (!rest.pixels.some((value) => value >= 204)) return rest;
  const [left, top, right, bottom] = bounds(rest, (value) => value >= 204);
  const isSmall = Math.max(bottom - top, right - left) < LEAST_BESIDE * Math.max(width, height);
  return isSmall ? { ...drawing, pixels: pixels.map(() => 0) } : rest;
}

/** Return the number of pixels between paper and ink per fully inked pixel. */
function halfInked({ pixels }) {
  const full = pixels.filter((value) => value >= 204).length;
  const some = pixels.filter((value) => value > 51).length;
  return (some - full) / Math.max(1, full);
}

/** Check whether most of the ink is one thin line: all its pixels may be half paper. */
function isLine(drawing) {
  const { labels, areas } = findBlobs(drawing, (value) => value > 64);
  const largest = Math.max(...areas);
  const index = areas.indexOf(largest) + 1;
  const line = { ...drawing, pixels: labels.map((label) => (label === index ? 1 : 0)) };
  const [left, top, right, bottom] = bounds(line, isInked);
  const thin = HAIRLINE * Math.max(right - left, bottom - top);
  const all = areas.reduce((sum, area) => sum + area, 0);
  return 2 * largest > all && strokes(line, isInked).width < thin;
}
