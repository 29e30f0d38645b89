// Clear printed lines at the border of a drawing, as `digitlab.pictures.frame` does it in Python.

import { bounds, findBlobs, strokes } from "./raster.js";

const NEAR = 0.12; // of the shorter side: a frame's lines stay this close to the border
const THICKEST = 0.05; // of the shorter side: in a picture that is cut tightly, pens are wider
const LONG = 0.6; // of a side: a line that does not touch the border must be longer
const LEAST_INSIDE = 0.1; // of a line's area: with less ink inside, the line may be the digit
const MOST_LINES = 16; // the largest regions that are checked
const isInked = (value) => value > 96;

/** Clear long or cut lines that stay at the border while there is other ink inside. */
export function withoutFrame(drawing) {
  const { pixels, width, height } = drawing;
  const shorter = Math.min(width, height);
  const { labels, areas } = findBlobs(drawing, isInked);
  const near = Math.round(NEAR * shorter);
  const isInside = areas.map(() => false);
  labels.forEach((label, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    const nearest = Math.min(x, y, width - 1 - x, height - 1 - y);
    if (label && nearest >= near) isInside[label - 1] = true;
  });
  const most = Math.max(...areas.filter((_, i) => isInside[i])) / LEAST_INSIDE;
  const lines = areas.map((_, i) => i).filter((i) => !isInside[i] && areas[i] < most);
  lines.sort((one, other) => areas[other] - areas[one]);
  const cleared = pixels.slice();
  for (const index of lines.slice(0, MOST_LINES)) {
    const region = { ...drawing, pixels: labels.map((label) => (label === index + 1 ? 1 : 0)) };
    const [left, top, right, bottom] = bounds(region, (value) => value);
    const isLong = bottom - top >= LONG * height || right - left >= LONG * width;
    const isCut = top === 0 || left === 0 || bottom === height || right === width;
    const stroke = strokes(withMargin(region), (value) => value).width;
    if ((isLong || isCut) && stroke < THICKEST * shorter + 1) {
      region.pixels.forEach((value, i) => value && (cleared[i] = 0));
    }
  }
  return { ...drawing, pixels: cleared };
}

function withMargin({ pixels, width, height }) {
  const padded = { width: width + 2, height: height + 2 };
  padded.pixels = new Uint8Array(padded.width * padded.height);
  for (let y = 0; y < height; y += 1) {
    padded.pixels.set(pixels.subarray(y * width, (y + 1) * width), (y + 1) * padded.width + 1);
  }
  return padded;
}
