// One step of learning on one drawing: what it would do, without doing it yet.

import { backward, forward, probabilities, randomSource, step } from "../arithmetic/net.js";

const SLICE = 12; // milliseconds of computing before the page gets its turn

/** Return what a step on these pixels would do if `label` is the truth.
 *
 * `settings` has learningRate, momentum, `off`, what is taken away, and `seed`, by which dropout
 * chooses. Returns the loss, gradients and probabilities now, and `next`: network, velocity, loss
 * and probabilities after the step.
 */
export function preview(network, velocity, pixels, label, settings) {
  const pass = passOf(network, pixels, settings.off, settings.seed);
  const { loss, weights: gradients } = backward(network, pass, label);
  const next = step(network, gradients, velocity, settings);
  const after = passOf(next.network, pixels, settings.off, settings.seed);
  next.loss = -after.logProbabilities[label];
  next.shares = probabilities(next.network, after);
  return { loss, gradients, shares: probabilities(network, pass), next };
}

/** Return network and velocity after so many steps on the same pixels; dropout differs each time. */
export function learn(network, velocity, pixels, label, settings, count) {
  let now = { network, velocity };
  for (let i = 0; i < count; i++) {
    const pass = passOf(now.network, pixels, settings.off, settings.seed + i);
    now = step(now.network, backward(now.network, pass, label).weights, now.velocity, settings);
  }
  return now;
}

function passOf(network, pixels, off, seed) {
  const dropout = off.includes("dropout") ? randomSource(seed) : null;
  return forward(network, pixels, { off: new Set(off), dropout });
}

/** Return how many images are read right, computed in slices; null once it is no longer asked.
 *
 * `tell(done, count)` is called after each slice.
 */
export async function countRight(network, { images, labels }, off, isStale, tell) {
  let right = 0;
  let since = performance.now();
  for (let i = 0; i < labels.length; i++) {
    const pixels = images.subarray(784 * i, 784 * (i + 1));
    const scores = passOf(network, pixels, off, i).logProbabilities;
    if (scores.indexOf(Math.max(...scores)) === labels[i]) right += 1;
    if (performance.now() - since < SLICE) continue;
    tell(i + 1, labels.length);
    await new Promise((resolve) => setTimeout(resolve, 4));
    if (isStale()) return null;
    since = performance.now();
  }
  return right;
}

/** Return how the weights of one output are laid out: height and width of a map of them. */
export function layout(shape) {
  if (shape.length === 4) return { height: shape[2], width: shape[1] * shape[3], block: shape[3] };
  const length = shape[1] ?? shape[0];
  const width = length > 40 ? [40, 32, 25, 20].find((w) => length % w === 0) ?? length : length;
  return { height: length / width, width, block: width };
}

/** Return the place in a layout of the i-th weight of an output; conv channels stand side by side. */
export function placeOf(shape, i) {
  const { width } = layout(shape);
  if (shape.length < 4) return [Math.floor(i / width), i % width];
  const [, , down, across] = shape;
  const channel = Math.floor(i / (down * across));
  return [Math.floor(i / across) % down, channel * across + (i % across)];
}
