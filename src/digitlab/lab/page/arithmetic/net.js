// A network in plain JavaScript: from pixels to answers, back to gradients, and one step of SGD.
//
// Nothing here knows about the page, so the same file runs in Node. What each line of a network
// computes is in operations.js. Values are Float32Arrays in PyTorch's layout: a tensor of shape
// [channels, height, width] is stored channel by channel, and each channel row by row.

import { OPERATIONS, dropoutMask, softmax } from "./operations.js";

/** Return a bundle with its weights decoded: `weights` and `shapes`, by PyTorch's names. */
export function decodeNetwork(bundle) {
  const weights = {};
  const shapes = {};
  for (const [name, { shape, type, data }] of Object.entries(bundle.weights)) {
    weights[name] = decodeNumbers(data, type);
    shapes[name] = shape;
  }
  return { ...bundle, weights, shapes };
}

/** Return what every line of the network's `forward` leaves, for 784 pixels from 0 to 255.
 *
 * `values[0]` is the input x, and `values[i + 1]` is what line i leaves. Options: `off`, a Set of
 * "relu", "pooling" and "normalization", the ingredients to do without; `dropout`, a function that
 * returns random numbers from 0 to 1 (see `randomSource`), or null to drop nothing, as in use.
 */
export function forward(network, pixels, { off = new Set(), dropout = null } = {}) {
  const { mean, std } = off.has("normalization") ? { mean: 0, std: 1 } : network;
  const values = [Float32Array.from(pixels, (pixel) => (pixel / 255 - mean) / std)];
  const shapes = [[1, 28, 28]];
  const masks = []; // per line: what dropout multiplied each value by
  network.lines.forEach((line, i) => {
    if (dropout && line.op.startsWith("dropout")) masks[i] = dropoutMask(line, shapes[i], dropout);
    const at = { x: values[i], shape: shapes[i], mask: masks[i], off, ...itsWeights(network, line) };
    const [value, shape] = OPERATIONS[line.op].forward(at, line);
    values.push(value);
    shapes.push(shape);
  });
  return { values, shapes, masks, off, logProbabilities: values.at(-1) };
}

/** Return the calibrated probability of each class. */
export function probabilities(network, pass) {
  return softmax(pass.logProbabilities.map((value) => value / network.temperature));
}

/** Return the loss if `label` is the truth, and its gradients: see `gradientOf`. */
export function backward(network, pass, label) {
  const seed = new Float32Array(pass.logProbabilities.length);
  seed[label] = -1; // the loss is minus the log-probability of the truth
  return { loss: -pass.logProbabilities[label], ...gradientOf(network, pass, seed) };
}

/** Return how some number changes with every value and every weight.
 *
 * `seed` is the number's gradient at `pass.values[from]`, by default the output. To trace the score
 * of one class back to the pixels, give 1 for it and 0 for the others, and the index of the scores.
 * Returns `values`, one gradient for each of `pass.values` up to `from`, and `weights`, by name.
 * A pixel's own gradient is that of the normalized input, divided by 255 times `std`.
 */
export function gradientOf(network, pass, seed, from = network.lines.length) {
  const values = [];
  const weights = {};
  values[from] = seed;
  for (let i = from - 1; i >= 0; i -= 1) {
    const line = network.lines[i];
    const [x, output] = [pass.values[i], pass.values[i + 1]];
    const kept = { x, output, shape: pass.shapes[i], mask: pass.masks[i], off: pass.off };
    const at = { ...kept, ...itsWeights(network, line) };
    const gradient = OPERATIONS[line.op].backward(at, values[i + 1], line);
    values[i] = gradient.x;
    for (const part of ["weight", "bias"]) {
      if (gradient[part] && !line.fixed) weights[`${line.layer}.${part}`] = gradient[part];
    }
  }
  return { values, weights };
}

/** Take one step of SGD with momentum, like PyTorch: v = momentum · v + g, then w = w - rate · v.
 *
 * Returns the new network and velocity and leaves the old ones as they are, so that a step can be
 * shown before it is taken, and undone. The first velocity is {}: everything is at rest.
 */
export function step(network, gradients, velocity, { learningRate, momentum }) {
  const weights = { ...network.weights };
  const moved = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const last = velocity[name];
    const v = gradient.map((g, i) => (last ? momentum * last[i] + g : g));
    weights[name] = weights[name].map((w, i) => w - learningRate * v[i]);
    moved[name] = v;
  }
  return { network: { ...network, weights }, velocity: moved };
}

/** Return a source of random numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function randomSource(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Return the weights of the layer that a line uses, by PyTorch's names, and their shape. */
function itsWeights(network, { layer }) {
  const named = (part) => network.weights[`${layer}.${part}`];
  return {
    weight: named("weight"),
    bias: named("bias"),
    mean: named("running_mean"),
    variance: named("running_var"),
    weightShape: network.shapes[`${layer}.weight`],
  };
}

/** Return the numbers in base64 text: little-endian, of 2 or 4 bytes each. */
function decodeNumbers(text, type) {
  const bytes = new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const isHalf = type === "float16";
  const numbers = new Float32Array(bytes.byteLength / (isHalf ? 2 : 4));
  return numbers.map((_, i) =>
    isHalf ? decodeHalf(bytes.getUint16(2 * i, true)) : bytes.getFloat32(4 * i, true),
  );
}

/** Return the number in 16 bits: a sign, 5 bits of exponent, 10 bits of fraction. */
function decodeHalf(bits) {
  const sign = bits >> 15 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
