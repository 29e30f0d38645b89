// What each line of a network computes, and how gradients pass back through it.
//
// `forward` takes the line's input x with its shape, and its weights; it returns what the line
// leaves, and the new shape. `backward` also takes the gradient of what the line left, and returns
// the gradients of x and of the weights. Sums are computed in double precision and rounded once.

export const OPERATIONS = {
  conv: { forward: convolve, backward: convolveBack },
  linear: { forward: weigh, backward: weighBack },
  max_pool: { forward: pool, backward: poolBack },
  norm: { forward: normalize, backward: normalizeBack },
  dropout: { forward: drop, backward: dropBack },
  dropout2d: { forward: drop, backward: dropBack },
  relu: { forward: rectify, backward: rectifyBack },
  flatten: {
    forward: ({ x }) => [x, [x.length]],
    backward: (_, gradient) => ({ x: gradient }),
  },
  log_softmax: { forward: logSoftmax, backward: logSoftmaxBack },
};

// A linear layer: every output is a weighted sum of all inputs, plus a bias.

function weigh({ x, weight, bias, weightShape: [outputs, inputs] }) {
  return [products(weight, x, inputs, bias), [outputs]];
}

function weighBack({ x, weight, bias, weightShape: [outputs, inputs] }, gradient) {
  return {
    x: products(transposed(weight, outputs), gradient, outputs),
    weight: products(gradient, x, 1),
    bias: bias && gradient,
  };
}

// A convolution is a linear layer that is applied to the window at every position: each window of
// the input becomes one row of a matrix, and so is each kernel.

function convolve({ x, shape, weight, bias, weightShape }, { stride }) {
  const { matrix, inputs, size } = windows(x, shape, weightShape, stride);
  return [products(weight, matrix, inputs, bias), [weightShape[0], ...size]];
}

function convolveBack({ x, shape, weight, bias, weightShape }, gradient, { stride }) {
  const { matrix, inputs, size } = windows(x, shape, weightShape, stride);
  const [kernels, positions] = [weightShape[0], size[0] * size[1]];
  const ofKernel = (k) => gradient.subarray(k * positions, (k + 1) * positions);
  // The gradient of each value in the matrix; a value of the input is in several windows.
  const back = products(transposed(gradient, kernels), transposed(weight, kernels), kernels);
  const xGradient = new Float64Array(x.length);
  eachWindowRow(shape, weightShape, stride, (start, from, length) => {
    for (let i = 0; i < length; i += 1) xGradient[from + i] += back[start + i];
  });
  return {
    x: Float32Array.from(xGradient),
    weight: products(gradient, transposed(matrix, positions), positions),
    bias: bias && bias.map((_, k) => sum(ofKernel(k))),
  };
}

/** Return a matrix with a row for every window: its values, in the order of a kernel's weights. */
function windows(x, shape, weightShape, stride) {
  const [, channels, down, across] = weightShape;
  const fit = (side, kernel) => Math.floor((side - kernel) / stride) + 1;
  const size = [fit(shape[1], down), fit(shape[2], across)];
  const inputs = channels * down * across;
  const matrix = new Float32Array(size[0] * size[1] * inputs);
  eachWindowRow(shape, weightShape, stride, (start, from, length) => {
    for (let i = 0; i < length; i += 1) matrix[start + i] = x[from + i];
  });
  return { matrix, inputs, size };
}

/** Visit every row of every window: where it starts in the matrix and in the input, its length. */
function eachWindowRow([, height, width], [, channels, down, across], stride, visit) {
  let start = 0;
  for (let top = 0; top + down <= height; top += stride) {
    for (let left = 0; left + across <= width; left += stride) {
      for (let channel = 0; channel < channels; channel += 1) {
        for (let y = top; y < top + down; y += 1) {
          visit(start, (channel * height + y) * width + left, across);
          start += across;
        }
      }
    }
  }
}

/** Return the sum of products of every row of `a` with every row of `b`, each of `length` values.
 *
 * `start` has what each sum of a row of `a` starts from. Four rows of `a` are done at a time, which
 * is several times as fast; where fewer are left, the last one is done again.
 */
function products(a, b, length, start = null) {
  const rows = a.length / length;
  const columns = b.length / length;
  const out = new Float32Array(rows * columns);
  for (let r0 = 0; r0 < rows; r0 += 4) {
    const r1 = Math.min(r0 + 1, rows - 1);
    const r2 = Math.min(r0 + 2, rows - 1);
    const r3 = Math.min(r0 + 3, rows - 1);
    const [a0, a1, a2, a3] = [r0 * length, r1 * length, r2 * length, r3 * length];
    for (let column = 0; column < columns; column += 1) {
      const from = column * length;
      let s0 = start ? start[r0] : 0;
      let s1 = start ? start[r1] : 0;
      let s2 = start ? start[r2] : 0;
      let s3 = start ? start[r3] : 0;
      for (let i = 0; i < length; i += 1) {
        const factor = b[from + i];
        s0 += a[a0 + i] * factor;
        s1 += a[a1 + i] * factor;
        s2 += a[a2 + i] * factor;
        s3 += a[a3 + i] * factor;
      }
      out[r0 * columns + column] = s0;
      out[r1 * columns + column] = s1;
      out[r2 * columns + column] = s2;
      out[r3 * columns + column] = s3;
    }
  }
  return out;
}

/** Return a matrix of so many rows with rows and columns exchanged. */
function transposed(matrix, rows) {
  const columns = matrix.length / rows;
  const out = new Float32Array(matrix.length);
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      out[column * rows + row] = matrix[row * columns + column];
    }
  }
  return out;
}

/** Return the sum of the numbers, in double precision. */
function sum(numbers) {
  return numbers.reduce((total, number) => total + number, 0);
}

// Max pooling keeps the largest value of each square, and the gradient goes back to that value.
// Without pooling, the first value is kept, so that all shapes stay the same.

function pool({ x, shape, off }, { size }) {
  const [channels, height, width] = shape;
  const pooled = [channels, Math.floor(height / size), Math.floor(width / size)];
  return [Float32Array.from(winners(x, shape, size, off), (from) => x[from]), pooled];
}

function poolBack({ x, shape, off }, gradient, { size }) {
  const xGradient = new Float32Array(x.length);
  winners(x, shape, size, off).forEach((from, i) => (xGradient[from] = gradient[i]));
  return { x: xGradient };
}

/** Return which value of the input each value of the output is; of equal values, the first. */
function winners(x, [channels, height, width], size, off) {
  const [rows, columns] = [Math.floor(height / size), Math.floor(width / size)]; // the rest is cut
  const kept = new Uint32Array(channels * rows * columns);
  const reach = off.has("pooling") ? 1 : size;
  for (let i = 0; i < kept.length; i += 1) {
    const [channel, row] = [Math.floor(i / columns / rows), Math.floor(i / columns) % rows];
    const first = (channel * height + row * size) * width + (i % columns) * size;
    let best = first;
    for (let dy = 0; dy < reach; dy += 1) {
      for (let dx = 0; dx < reach; dx += 1) {
        const here = first + dy * width + dx;
        if (x[here] > x[best]) best = here;
      }
    }
    kept[i] = best;
  }
  return kept;
}

// Batch norm: each channel minus its mean, over its standard deviation, times a scale, plus an
// offset. Mean and deviation are those of the whole training and stay as they are.

function normalize({ x, shape, weight, bias, mean, variance }, { epsilon }) {
  const area = x.length / shape[0];
  const scale = weight.map((w, channel) => w / Math.sqrt(variance[channel] + epsilon));
  const normalized = x.map((value, i) => {
    const channel = Math.floor(i / area);
    return (value - mean[channel]) * scale[channel] + bias[channel];
  });
  return [normalized, shape];
}

function normalizeBack({ x, shape, weight, mean, variance }, gradient, { epsilon }) {
  const area = x.length / shape[0];
  const deviation = Float64Array.from(variance, (v) => Math.sqrt(v + epsilon));
  const [weightGradient, biasGradient] = [new Float64Array(shape[0]), new Float64Array(shape[0])];
  const xGradient = gradient.map((g, i) => {
    const channel = Math.floor(i / area);
    weightGradient[channel] += (g * (x[i] - mean[channel])) / deviation[channel];
    biasGradient[channel] += g;
    return (g * weight[channel]) / deviation[channel];
  });
  const own = { weight: Float32Array.from(weightGradient), bias: Float32Array.from(biasGradient) };
  return { x: xGradient, ...own };
}

// Dropout sets a share of the values to 0 and divides the others by what is left of 1, so that the
// expected sum is the same. `dropout2d` decides once for a whole channel.

function drop({ x, shape, mask }) {
  return [mask ? x.map((value, i) => value * mask[i]) : x, shape];
}

function dropBack({ mask }, gradient) {
  return { x: mask ? gradient.map((g, i) => g * mask[i]) : gradient };
}

/** Return what each value is multiplied by, for a source of random numbers from 0 to below 1. */
export function dropoutMask({ op, rate }, shape, random) {
  const count = shape.reduce((product, side) => product * side, 1);
  const together = op === "dropout2d" ? count / shape[0] : 1;
  const decided = Float32Array.from({ length: count / together }, () =>
    random() < rate ? 0 : 1 / (1 - rate),
  );
  return Float32Array.from({ length: count }, (_, i) => decided[Math.floor(i / together)]);
}

// ReLU: negative values become 0, and no gradient passes there.

function rectify({ x, shape, off }) {
  return [off.has("relu") ? x : x.map((value) => Math.max(value, 0)), shape];
}

function rectifyBack({ x, off }, gradient) {
  return { x: off.has("relu") ? gradient : gradient.map((g, i) => (x[i] > 0 ? g : 0)) };
}

// Softmax turns scores into probabilities that sum to 1; its logarithm loses no digits.

function logSoftmax({ x, shape }) {
  const largest = Math.max(...x); // without it, exponentials could overflow
  const logTotal = Math.log(sum(Array.from(x, (score) => Math.exp(score - largest))));
  return [x.map((score) => score - largest - logTotal), shape];
}

function logSoftmaxBack({ output }, gradient) {
  const total = sum(gradient);
  return { x: gradient.map((g, i) => g - Math.exp(output[i]) * total) };
}

/** Return the probabilities of log-probabilities or scores. */
export function softmax(scores) {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = sum(powers);
  return powers.map((power) => power / total);
}
