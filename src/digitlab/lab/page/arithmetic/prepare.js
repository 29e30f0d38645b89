// A drawing to the 28 x 28 pixels that the network takes, as `digitlab.pictures.digit` does it in
// Python, to the byte, and as MNIST was made: crop to the ink, scale it into a box of 20 x 20 pixels
// with its shape kept, and place it so that its center of mass is at pixel (14, 14).

import { drawingOf } from "./inkmap.js";
import { bounds, findBlobs, roundEven, strokes, widened } from "./raster.js";
import { resize } from "./resample.js";

const SIDE = 28;
const BOX = 20; // pixels of the box that the ink fills on its longer side
const CENTER = 14;
const LEAST_INK = 160; // pixels of the ink's longer side to which a drawing is reduced, at least
const SPECK_SIDE = 64; // pixels: specks are found at this size, where small gaps are closed
const SPECK_INK = 96; // of 255: what has more belongs to a stroke or a speck
const SPECK = 0.02; // of the largest region's area: smaller regions are specks
const DRAWING = 80; // pixels of the longer side while strokes are adjusted: four per pixel of the box
const UNIT = DRAWING / BOX;
const THINNEST = 1.8; // stroke widths, in pixels of the box, that are left unchanged
const THICKEST = 4;
const CONTRAST = 1.5; // factor by which the redrawn ink's contrast is raised, around middle gray
const isDark = (value) => value > 127;

/** Return every step from a drawing to its 28 x 28 pixels.
 *
 * `gray` has one byte per pixel, from 0, full ink, to 255, bare paper. Returns:
 * `blank`, whether nothing is drawn; then `digit` is all 0 and the rest is null;
 * `ink`, bytes per pixel of the drawing: 0 for paper to 255 for ink, without specks;
 * `box`, where the ink is in the drawing: left, top, width, height;
 * `small`, the bytes of the ink scaled into 20 x 20, of `place.width` x `place.height`;
 * `center`, row and column of the center of mass in `small`;
 * `place`, where `small` is put in the digit: left, top, width, height;
 * `digit`, 784 bytes: 0 for paper to 255 for ink.
 */
export function prepare(gray, width, height) {
  const found = drawingOf({ pixels: gray, width, height }, LEAST_INK);
  const ink = found && withoutSpecks(found);
  if (!ink || !ink.pixels.some(isDark)) {
    const nothing = { ink: null, box: null, small: null, center: null, place: null };
    return { blank: true, ...nothing, digit: new Uint8Array(SIDE * SIDE) };
  }
  const { drawing, toCanvas } = redrawn(ink);
  const usual = withUsualStrokes(drawing);
  const cut = bounds(usual, isDark);
  const small = intoBox(usual, cut);
  const center = centerOf(small);
  const [top, left] = center.map((at, axis) => {
    const room = SIDE - [small.height, small.width][axis];
    return Math.min(Math.max(0, Math.floor(CENTER - at + 0.5)), room);
  });
  const digit = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < small.height; y += 1) {
    const row = small.pixels.subarray(y * small.width, (y + 1) * small.width);
    digit.set(row, (top + y) * SIDE + left);
  }
  return {
    blank: false,
    ink: onCanvas(ink, width, height),
    box: toCanvas(cut),
    small: small.pixels,
    center,
    place: { left, top, width: small.width, height: small.height },
    digit,
  };
}

/** Return what simple shrinking of the whole drawing gives: means, ink bright on black. */
export function plainResize(gray, width, height) {
  const inverted = new Uint8Array(gray.length).map((_, i) => 255 - gray[i]);
  return resize({ pixels: inverted, width, height }, SIDE, SIDE, "box").pixels;
}

/** Return the ink on the canvas: each pixel is repeated as often as the drawing was reduced. */
function onCanvas(ink, width, height) {
  return new Uint8Array(width * height).map((_, i) => {
    const x = Math.floor(((i % width) - ink.left) / ink.factor);
    const y = Math.floor((Math.floor(i / width) - ink.top) / ink.factor);
    const isInside = x >= 0 && y >= 0 && x < ink.width && y < ink.height;
    return isInside ? ink.pixels[y * ink.width + x] : 0;
  });
}

/** Clear regions smaller than SPECK of the largest one's area; the others keep soft edges. */
function withoutSpecks(ink) {
  const factor = Math.ceil(Math.max(ink.width, ink.height) / SPECK_SIDE);
  const squares = pool(ink, factor);
  const { labels, areas: counts } = findBlobs(squares, (value) => value > 0);
  const labelAt = (i) => {
    const [x, y] = [i % ink.width, Math.floor(i / ink.width)];
    return labels[Math.floor(y / factor) * squares.width + Math.floor(x / factor)];
  };
  const areas = counts.map(() => 0);
  ink.pixels.forEach((value, i) => {
    if (value > SPECK_INK) areas[labelAt(i) - 1] += 1;
  });
  const least = SPECK * Math.max(...areas);
  if (areas.every((area) => area >= least)) return ink;
  const isSpeck = (label) => label > 0 && areas[label - 1] < least;
  return { ...ink, pixels: ink.pixels.map((value, i) => (isSpeck(labelAt(i)) ? 0 : value)) };
}

/** Mark each square of pixels in which any has ink: so small gaps in strokes are closed. */
function pool({ pixels, width, height }, factor) {
  const pooled = { width: Math.ceil(width / factor), height: Math.ceil(height / factor) };
  pooled.pixels = new Uint8Array(pooled.width * pooled.height);
  pixels.forEach((value, i) => {
    if (value <= SPECK_INK) return;
    const [x, y] = [Math.floor((i % width) / factor), Math.floor(Math.floor(i / width) / factor)];
    pooled.pixels[y * pooled.width + x] = 1;
  });
  return pooled;
}

/** Redraw the ink with DRAWING pixels on its longer side, a margin, and a little more contrast.
 *
 * Also returns a function from a box in the redrawn and then padded ink to one in the canvas.
 */
function redrawn(ink) {
  const [left, top, right, bottom] = bounds(ink, isDark);
  const scale = DRAWING / Math.max(right - left, bottom - top);
  const padded = withMargin(ink, left, top, right, bottom);
  const [width, height] = [padded.width, padded.height].map((side) =>
    Math.max(1, roundEven(side * scale)),
  );
  const resized = resize(padded, width, height, scale > 1 ? "bicubic" : "box");
  const faded = (strokes(ink, isDark).width * scale) / 1.5; // means fade lines below 1.5 pixels
  const strongest = resized.pixels.reduce((most, value) => Math.max(most, value), 0);
  const gain = CONTRAST / Math.min(1, faded, strongest / 255);
  const pixels = resized.pixels.map((value) =>
    Math.min(255, Math.max(0, value * gain - 127 * (CONTRAST - 1))),
  );
  const toCanvas = ([l, t, r, b]) => {
    const [perX, perY] = [padded.width / width, padded.height / height];
    const [x, y] = [padded.left + (l - MARGIN) * perX, padded.top + (t - MARGIN) * perY];
    return {
      left: ink.left + x * ink.factor,
      top: ink.top + y * ink.factor,
      width: (r - l) * perX * ink.factor,
      height: (b - t) * perY * ink.factor,
    };
  };
  return { drawing: { pixels, width, height }, toCanvas };
}

/** Cut to a box with up to two pixels around it, and put two pixels of paper around that. */
function withMargin({ pixels, width, height }, left, top, right, bottom) {
  const [x0, y0] = [Math.max(0, left - 2), Math.max(0, top - 2)];
  const [x1, y1] = [Math.min(width, right + 2), Math.min(height, bottom + 2)];
  const padded = { width: x1 - x0 + 4, height: y1 - y0 + 4, left: x0 - 2, top: y0 - 2 };
  padded.pixels = new Uint8Array(padded.width * padded.height);
  for (let y = y0; y < y1; y += 1) {
    const row = pixels.subarray(y * width + x0, y * width + x1);
    padded.pixels.set(row, (y - y0 + 2) * padded.width + 2);
  }
  return padded;
}

const MARGIN = THICKEST * UNIT; // room for strokes to grow

/** Widen strokes thinner than most of MNIST's, and narrow thicker ones, up to that limit. */
function withUsualStrokes(small) {
  let drawing = { width: small.width + 2 * MARGIN, height: small.height + 2 * MARGIN };
  drawing.pixels = new Uint8Array(drawing.width * drawing.height);
  for (let y = 0; y < small.height; y += 1) {
    const row = small.pixels.subarray(y * small.width, (y + 1) * small.width);
    drawing.pixels.set(row, (y + MARGIN) * drawing.width + MARGIN);
  }
  const inverted = (map) => ({ ...map, pixels: map.pixels.map((value) => 255 - value) });
  for (let step = 0; step < MARGIN; step += 1) {
    const { area, width } = strokes(drawing, isDark);
    if (width / UNIT >= THINNEST && width / UNIT <= THICKEST) break;
    const isDiagonal = step % 2 === 1;
    if (width / UNIT < THINNEST) {
      drawing = widened(drawing, isDiagonal);
      continue;
    }
    const narrower = inverted(widened(inverted(drawing), isDiagonal));
    if (2 * strokes(narrower, isDark).area < area) break; // almost nothing would be left
    drawing = narrower;
  }
  return drawing;
}

/** Scale a part of the drawing so that its longer side has BOX pixels and its darkest is 255. */
function intoBox(drawing, [left, top, right, bottom]) {
  const scale = BOX / Math.max(right - left, bottom - top);
  const [width, height] = [right - left, bottom - top].map((side) =>
    Math.max(1, roundEven(side * scale)),
  );
  const small = resize(drawing, width, height, "box", [left, top, right, bottom]);
  const gain = Math.fround(255 / small.pixels.reduce((most, value) => Math.max(most, value), 0));
  const pixels = small.pixels.map((value) => roundEven(Math.fround(value * gain)));
  return { pixels, width, height };
}

/** Return row and column of the center of mass. */
function centerOf({ pixels, width }) {
  let [mass, down, across] = [0, 0, 0];
  pixels.forEach((value, i) => {
    mass += value;
    down += value * Math.floor(i / width);
    across += value * (i % width);
  });
  return [down / mass, across / mass];
}
