// What the network makes of the drawing: recomputed at most once per frame, and only when the
// drawing, the network, or what was taken away has changed.

import { drawStroke, emptyPicture, PAD } from "./ink.js";
import { forward, probabilities, randomSource } from "../arithmetic/net.js";
import { prepare } from "../arithmetic/prepare.js";
import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";

let gray = emptyPicture();
let drawn = []; // the strokes that are in `gray`, and how many of their points

/** Keep `reading` in the state up to date. */
export function startReading() {
  // Whoever tests the page waits for this mark.
  watch(["reading"], () => (document.documentElement.dataset.ready = ""));
  watch(["strokes", "sample", "brought", "network", "off"], read);
}

function read() {
  const network = get("network");
  if (!network) return;
  if (get("brought")) {
    readPixels(network, get("brought").pixels);
    return;
  }
  if (get("sample") !== null) {
    readSample(network, get("sample"));
    return;
  }
  const prepared = prepare(drawingNow(), PAD, PAD);
  const pixels =
    get("off").includes("centering") && !prepared.blank ? uncentered(prepared) : prepared.digit;
  set({
    reading: {
      gray,
      prepared,
      ...answerTo(network, pixels, get("off")),
      isBlank: prepared.blank,
      isUncentered: pixels !== prepared.digit,
    },
  });
}

async function readSample(network, index) {
  const { pixels, label } = await source.testImage(index);
  if (get("sample") !== index || get("network") !== network) return;
  readPixels(network, pixels, { label });
}

/** Read 28 × 28 pixels that were not drawn on the pad, so that no step of preparation is shown. */
function readPixels(network, pixels, more = {}) {
  const answer = answerTo(network, pixels, get("off"));
  set({ reading: { gray: null, prepared: null, ...answer, isBlank: false, ...more } });
}

/** Return the picture of the drawing; only what was drawn since the last time is drawn. */
function drawingNow() {
  const strokes = get("strokes");
  const continues =
    drawn.length <= strokes.length &&
    drawn.every(({ stroke, count }, i) => stroke === strokes[i] && count <= stroke.points.length);
  if (!continues) {
    gray = emptyPicture();
    drawn = [];
  }
  strokes.forEach((stroke, i) => {
    const count = drawn[i]?.count ?? 0;
    if (count < stroke.points.length) drawStroke(gray, stroke, count / 2);
    drawn[i] = { stroke, count: stroke.points.length };
  });
  return gray;
}

/** Return what the network answers to 28 × 28 pixels, without the ingredients that are off. */
export function answerTo(network, pixels, off) {
  const dropout = off.includes("dropout") ? randomSource(7) : null;
  const pass = forward(network, pixels, { off: new Set(off), dropout });
  const shares = probabilities(network, pass);
  const order = [...shares.keys()].sort((a, b) => shares[b] - shares[a]);
  return {
    pixels,
    pass,
    shares,
    best: order[0],
    second: order[1],
    isSure: shares[order[0]] >= network.threshold,
  };
}

/** Return the digit at the place where it was drawn, instead of its center of mass in the middle. */
function uncentered({ digit, box, place }) {
  const out = new Uint8Array(784);
  const middle = [box.top + box.height / 2, box.left + box.width / 2].map((at) => (28 * at) / PAD);
  const top = Math.round(Math.min(Math.max(0, middle[0] - place.height / 2), 28 - place.height));
  const left = Math.round(Math.min(Math.max(0, middle[1] - place.width / 2), 28 - place.width));
  for (let y = 0; y < place.height; y++) {
    for (let x = 0; x < place.width; x++)
      out[28 * (top + y) + left + x] = digit[28 * (place.top + y) + place.left + x];
  }
  return out;
}
