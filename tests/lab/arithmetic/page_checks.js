// What tests ask of the page's arithmetic, in Node and in a browser: a task in, numbers out.

import * as net from "../../../src/digitlab/lab/page/arithmetic/net.js";
import { plainResize, prepare } from "../../../src/digitlab/lab/page/arithmetic/prepare.js";

/** Return, for each line, the largest difference from the expected values over all images. */
export function differences({ bundle, images, expected }) {
  const network = net.decodeNetwork(bundle);
  const largest = [];
  let place = 0;
  for (let start = 0; start < images.length; start += 784) {
    const pass = net.forward(network, images.subarray(start, start + 784));
    pass.values.forEach((values, line) => {
      for (const value of values) {
        const difference = Math.abs(value - expected[place++]);
        if (!(difference <= (largest[line] ?? 0))) largest[line] = difference; // also for NaN
      }
    });
  }
  return { largest, compared: place, given: expected.length };
}

/** Return everything that one image gives: values, probabilities, gradients, masks. */
export function everything({ bundle, pixels, label, off = [], seed = null }) {
  const network = net.decodeNetwork(bundle);
  const dropout = seed === null ? null : net.randomSource(seed);
  const pass = net.forward(network, Uint8Array.from(pixels), { off: new Set(off), dropout });
  const { loss, values, weights } = net.backward(network, pass, label);
  const scores = network.lines.length - 1;
  const one = new Float32Array(network.classes.length);
  one[label] = 1;
  const traced = net.gradientOf(network, pass, one, scores).values[0];
  return lists({
    values: pass.values,
    shapes: pass.shapes,
    masks: Object.fromEntries(Object.entries(pass.masks)),
    probabilities: net.probabilities(network, pass),
    loss,
    gradients: { values, weights },
    traced,
  });
}

/** Return the weights after a step on each image, and whether the first network is unchanged. */
export function steps({ bundle, images, labels, learningRate, momentum }) {
  const first = net.decodeNetwork(bundle);
  const before = JSON.stringify(lists(first.weights));
  let [network, velocity] = [first, {}];
  labels.forEach((label, i) => {
    const pass = net.forward(network, Uint8Array.from(images[i]));
    const { weights } = net.backward(network, pass, label);
    ({ network, velocity } = net.step(network, weights, velocity, { learningRate, momentum }));
  });
  const isUnchanged = before === JSON.stringify(lists(first.weights));
  return lists({ weights: network.weights, isUnchanged });
}

/** Return the digits of drawings, and the steps to them; `pixels` has one drawing after another. */
export function digits({ pixels, sides }) {
  let start = 0;
  return sides.map((side) => {
    const gray = pixels.subarray(start, (start += side * side));
    const { digit, box, center, place, small, blank } = prepare(gray, side, side);
    const plain = plainResize(gray, side, side);
    return lists({ digit, box, center, place, small, blank, plain });
  });
}

/** Turn typed arrays into lists, at any depth. */
function lists(value) {
  if (ArrayBuffer.isView(value)) return Array.from(value);
  if (Array.isArray(value)) return value.map(lists);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, lists(inner)]));
}
