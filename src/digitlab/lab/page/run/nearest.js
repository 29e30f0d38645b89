// The training images that a network sees as most similar to an image: the closest in the space of
// its last hidden layer, that is, of the numbers that enter its last linear layer.

import { forward } from "../arithmetic/net.js";
import * as source from "../shell/source.js";
import { inSlices } from "../shell/waiting.js";

const features = new WeakMap(); // of the training images, by a network's weights

/** Return what enters the last linear layer: in the tutorial's network the 50 numbers of fc1. */
export function featuresOf(network, pixels) {
  return forward(network, pixels).values[network.lines.findLastIndex((line) => line.op === "linear")];
}

/** Return the name of the last hidden layer: the last one with weights before the last linear one. */
export function hiddenLayer(network) {
  const last = network.lines.findLastIndex((line) => line.op === "linear");
  return network.lines.findLast((line, i) => i < last && ["linear", "conv"].includes(line.op))?.layer ?? "x";
}

/**
 * Return the closest training images, the closest first: [{index, label, distance, pixels}]; null
 * if it became stale meanwhile. `tell(done, count)` is told how far it is.
 */
export async function nearest(network, pixels, count, isStale, tell) {
  const { training } = await source.images();
  const total = training.labels.length;
  const own = featuresOf(network, pixels);
  let all = features.get(network.weights);
  if (!all) {
    all = new Float32Array(total * own.length);
    const look = (i) => all.set(featuresOf(network, training.images.subarray(784 * i, 784 * (i + 1))), i * own.length);
    const isDone = await inSlices(total, look, isStale, (done) => tell(done, total));
    if (!isDone) return null;
    features.set(network.weights, all);
  }
  const distances = training.labels.map((_, i) => distance(own, all, i * own.length));
  const order = [...distances.keys()].sort((a, b) => distances[a] - distances[b]).slice(0, count);
  return order.map((index) => ({ index, label: training.labels[index], distance: distances[index], pixels: training.images.subarray(784 * index, 784 * (index + 1)) }));
}

function distance(own, all, start) {
  let sum = 0;
  for (let k = 0; k < own.length; k++) sum += (own[k] - all[start + k]) ** 2;
  return Math.sqrt(sum);
}
