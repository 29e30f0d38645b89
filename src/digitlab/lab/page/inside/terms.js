// How a number was made: the terms behind any value of any line, from the real weights. No DOM.

/** Return a short name for what a line leaves: conv1, max_pool2d, relu. */
export function lineName(network, line) {
  if (line === 0) return "x";
  return /(\w+)\(/.exec(network.lines[line - 1].code)?.[1] ?? network.lines[line - 1].op;
}

/** Return the position of an index in a tensor of this shape. */
export function flatIndex(shape, index) {
  return index.reduce((at, i, axis) => at * shape[axis] + i, 0);
}

/** Return the index of a position: the inverse of flatIndex. */
export function unflatten(shape, at) {
  const index = [];
  let rest = at;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/** Whether an index names a value of a tensor of this shape. */
export function isIndexOf(shape, index) {
  return (
    index !== null && index.length === shape.length && index.every((i, axis) => i < shape[axis])
  );
}

/**
 * Return what made the value at `index` of what a line left. `op` says which kind it is; `value` is
 * the value itself. For line 0, the input, `pixels` are the 784 bytes that it was made of.
 */
export function termsOf(network, pass, line, index, pixels) {
  const shape = pass.shapes[line];
  const value = pass.values[line][flatIndex(shape, index)];
  if (line === 0)
    return {
      op: "input",
      value,
      pixel: pixels[flatIndex(shape, index)],
      ...normalizer(network, pass),
    };
  const code = network.lines[line - 1];
  const at = {
    network,
    pass,
    code,
    index,
    x: pass.values[line - 1],
    inputShape: pass.shapes[line - 1],
    value,
    shape,
  };
  return { op: code.op, value, ...KINDS[code.op](at) };
}

function normalizer(network, pass) {
  return pass.off.has("normalization")
    ? { mean: 0, std: 1 }
    : { mean: network.mean, std: network.std };
}

const KINDS = {
  conv: convolution,
  linear,
  max_pool: pooling,
  relu: ({ pass, x, inputShape, index }) => ({
    before: x[flatIndex(inputShape, index)],
    isOff: pass.off.has("relu"),
  }),
  norm: batchNorm,
  dropout: dropping,
  dropout2d: dropping,
  flatten: ({ inputShape, index }) => ({ from: unflatten(inputShape, index[0]), inputShape }),
  log_softmax: softmaxTable,
};

/** One part for each input channel: its window, the kernel's weights, their products and sum. */
function convolution({ network, code, index: [channel, row, column], x, inputShape }) {
  const weights = network.weights[`${code.layer}.weight`];
  const [, channels, down, across] = network.shapes[`${code.layer}.weight`];
  const [top, left] = [row * code.stride, column * code.stride];
  const parts = [];
  for (let c = 0; c < channels; c++) {
    const window = new Float32Array(down * across);
    const kernel = weights.slice(
      (channel * channels + c) * down * across,
      (channel * channels + c + 1) * down * across,
    );
    for (let i = 0; i < window.length; i++) {
      window[i] =
        x[(c * inputShape[1] + top + Math.floor(i / across)) * inputShape[2] + left + (i % across)];
    }
    const products = Float64Array.from(window, (pixel, i) => pixel * kernel[i]);
    parts.push({
      window,
      kernel,
      products,
      sum: products.reduce((total, product) => total + product, 0),
    });
  }
  const bias = network.weights[`${code.layer}.bias`]?.[channel] ?? null;
  return { parts, bias, top, left, down, across };
}

function linear({ network, code, index: [output], x }) {
  const weights = network.weights[`${code.layer}.weight`].slice(
    output * x.length,
    (output + 1) * x.length,
  );
  const products = Float64Array.from(x, (input, i) => input * weights[i]);
  return {
    inputs: x,
    weights,
    products,
    bias: network.weights[`${code.layer}.bias`]?.[output] ?? null,
  };
}

function pooling({ pass, code, index: [channel, row, column], x, inputShape }) {
  const [top, left] = [row * code.size, column * code.size];
  const window = Float32Array.from(
    { length: code.size ** 2 },
    (_, i) =>
      x[
        (channel * inputShape[1] + top + Math.floor(i / code.size)) * inputShape[2] +
          left +
          (i % code.size)
      ],
  );
  const isOff = pass.off.has("pooling");
  return {
    window,
    winner: isOff ? 0 : window.indexOf(Math.max(...window)),
    size: code.size,
    top,
    left,
    isOff,
  };
}

function batchNorm({ network, code, index, x, inputShape }) {
  const [channel] = index;
  const named = (part) => network.weights[`${code.layer}.${part}`][channel];
  return {
    before: x[flatIndex(inputShape, index)],
    mean: named("running_mean"),
    deviation: Math.sqrt(named("running_var") + code.epsilon),
    scale: named("weight"),
    offset: named("bias"),
  };
}

function dropping({ pass, code, index, x, inputShape, network }) {
  const mask = pass.masks[network.lines.indexOf(code)];
  const at = flatIndex(inputShape, index);
  return { before: x[at], factor: mask ? mask[at] : 1, rate: code.rate, isOn: Boolean(mask) };
}

/** The scores, each power of e relative to the largest, their total, and what share each has. */
function softmaxTable({ x }) {
  const largest = Math.max(...x);
  const powers = Array.from(x, (score) => Math.exp(score - largest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return { scores: x, largest, powers, total, shares: powers.map((power) => power / total) };
}
