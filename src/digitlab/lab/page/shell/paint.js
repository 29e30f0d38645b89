// The signed color scale and what is painted with it. Zero is always paper: blue is above zero,
// orange below, in both themes, and the steps were checked for readers who confuse red and green.

const RAMPS = {
  light: {
    paper: [251, 250, 247],
    positive: ["#c3dbef", "#6ba8d8", "#2270b3", "#0a3f73"],
    negative: ["#fbddb8", "#f1a857", "#cc6d12", "#7e3b04"],
  },
  dark: {
    paper: [21, 23, 27],
    positive: ["#1d3c58", "#2f74ae", "#79baee", "#ddf0ff"],
    negative: ["#4a2f14", "#a15d17", "#f0a04b", "#ffe8cc"],
  },
};

const STEPS = 256; // colors on each side of zero
const tables = { light: table(RAMPS.light), dark: table(RAMPS.dark) };

const prefersDark = matchMedia("(prefers-color-scheme: dark)");

/** Return "light" or "dark": the theme that is seen now. */
export function theme() {
  return document.documentElement.dataset.theme ?? (prefersDark.matches ? "dark" : "light");
}

function table({ paper, positive, negative }) {
  const bytes = new Uint8ClampedArray(4 * (2 * STEPS + 1));
  for (let step = -STEPS; step <= STEPS; step++) {
    const stops = [paper, ...(step < 0 ? negative : positive).map(channels)];
    const at = (Math.abs(step) / STEPS) * (stops.length - 1);
    const low = Math.min(Math.floor(at), stops.length - 2);
    for (let c = 0; c < 3; c++) {
      bytes[4 * (step + STEPS) + c] =
        stops[low][c] + (at - low) * (stops[low + 1][c] - stops[low][c]);
    }
    bytes[4 * (step + STEPS) + 3] = 255;
  }
  return { bytes, words: new Uint32Array(bytes.buffer) };
}

function channels(hex) {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
}

function stepOf(value, scale) {
  const share = scale > 0 ? value / scale : 0;
  return STEPS + Math.round(STEPS * Math.min(1, Math.max(-1, share)));
}

/** Return the CSS color of a value; `scale` is the value that gets the strongest color. */
export function colorOf(value, scale) {
  const { bytes } = tables[theme()];
  const at = 4 * stepOf(value, scale);
  return `rgb(${bytes[at]} ${bytes[at + 1]} ${bytes[at + 2]})`;
}

/** Return the color of text on such a color: whichever of black and white has more contrast. */
export function textOn(value, scale) {
  const { bytes } = tables[theme()];
  const at = 4 * stepOf(value, scale);
  const [r, g, b] = [0, 1, 2].map((c) => {
    const share = bytes[at + c] / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return luminance > 0.179 ? "#101114" : "#ffffff";
}

/** Paint values, row by row, on a canvas of width × height pixels; CSS makes them larger. */
export function paintMap(canvas, values, height, width, scale, start = 0) {
  const image = imageOf(canvas, width, height);
  const { words } = tables[theme()];
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) out[i] = words[stepOf(values[start + i], scale)];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Paint values like paintMap, but over what is below: the closer to zero, the more transparent. */
export function paintOver(canvas, values, height, width, scale) {
  const image = imageOf(canvas, width, height);
  const { bytes } = tables[theme()];
  for (let i = 0; i < values.length; i++) {
    const at = 4 * stepOf(values[i], scale);
    image.data.set(
      [bytes[at], bytes[at + 1], bytes[at + 2], Math.min(255, (900 * Math.abs(values[i])) / scale)],
      4 * i,
    );
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

/** Paint ink, 0 to 255, in the color of text, over what is below. */
export function paintInk(canvas, ink, height, width) {
  const image = imageOf(canvas, width, height);
  const out = new Uint32Array(image.data.buffer);
  const color = theme() === "dark" ? 0xe2e9ec : 0x201c1a; // blue, green, red
  for (let i = 0; i < ink.length; i++) out[i] = ((ink[i] << 24) | color) >>> 0;
  canvas.getContext("2d").putImageData(image, 0, 0);
}

const images = new WeakMap();

function imageOf(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  let image = images.get(canvas);
  if (!image || image.width !== width || image.height !== height) {
    image = canvas.getContext("2d").createImageData(width, height);
    images.set(canvas, image);
  }
  return image;
}

/** Return the value that gets the strongest color: the 99.5th percentile of the sizes. */
export function scaleOf(values) {
  const sizes = Float32Array.from(values, Math.abs).sort();
  return sizes[Math.floor(0.995 * (sizes.length - 1))] || sizes.at(-1) || 1;
}
