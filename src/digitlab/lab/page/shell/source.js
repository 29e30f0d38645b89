// The only module that knows where data comes from: the lab's server, or, in an exported page, the
// constant LAB_DATA that data.js sets before the page starts.

import { t } from "./words.js";

const data = globalThis.LAB_DATA ?? null;
let mnist = null; // a promise of the images

/** Whether there is a server for "runs", "pictures", "corrections" or the "guide". */
export function has(what) {
  return data === null ? ["runs", "pictures", "corrections", "guide"].includes(what) : false;
}

/** Return the networks on offer: [{name, title, kind}]. */
export async function networks() {
  return data ? data.networks.map(({ bundle, snapshots, ...rest }) => rest) : getJSON("/lab/networks");
}

/** Return a network's bundle, as trained or at a snapshot's step. */
export async function network(name, step = null) {
  if (data) {
    const found = data.networks.find((one) => one.name === name);
    const snapshot = step === null ? found?.bundle : found?.snapshots?.[step];
    if (!snapshot) throw new Error(`no network ${name}${step === null ? "" : ` at step ${step}`}`);
    return step === null ? snapshot : { ...found.bundle, ...snapshot };
  }
  const query = step === null ? "" : `?step=${step}`;
  return getJSON(`/lab/networks/${encodeURIComponent(name)}${query}`);
}

/** Return a run's record: its recipe, status, history, snapshots and report. */
export async function run(name) {
  if (data) return data.networks.find((one) => one.name === name)?.run ?? null;
  return getJSON(`/lab/runs/${encodeURIComponent(name)}`);
}

/**
 * Return MNIST images to try: {test: {labels, images}, training: {labels, images}}. `images` has
 * 784 bytes for each label, one image after the other; 0 is paper, 255 is ink.
 */
export function images() {
  if (mnist === null) {
    mnist = loadImages();
    mnist.catch(() => (mnist = null)); // the next try may succeed
  }
  return mnist;
}

async function loadImages() {
  const about = data ? data.images : await getJSON("/lab/images");
  const pixels = await pixelsOf(about.sprite);
  const tests = about.test.labels.length;
  return {
    test: { labels: about.test.labels, images: pixels.subarray(0, 784 * tests) },
    training: { labels: about.training.labels, images: pixels.subarray(784 * tests) },
  };
}

const others = new Map(); // test images that are not in the sprite, by their number in the test set

/** Remember a test image beyond the 1,000, so that it can be put on the pad. */
export function keepTestImage(index, pixels, label) {
  others.set(index, { pixels, label });
}

/** Return a test image by its number: {pixels, label}. Of those unknown, the last known one. */
export async function testImage(index) {
  const { test } = await images();
  if (others.has(index) && index >= test.labels.length) return others.get(index);
  const at = Math.min(index, test.labels.length - 1);
  return { pixels: test.images.subarray(784 * at, 784 * (at + 1)), label: test.labels[at] };
}

/** Decode a picture whose images stand one below the other, or in rows of several. */
export async function pixelsOf(address) {
  const picture = new Image();
  picture.src = address;
  await picture.decode();
  const { naturalWidth: width, naturalHeight: height } = picture;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  context.drawImage(picture, 0, 0);
  const rgba = context.getImageData(0, 0, width, height).data;
  const across = width / 28;
  const out = new Uint8Array(width * height);
  for (let i = 0; i < out.length; i++) {
    const image = Math.floor(i / 784);
    const y = 28 * Math.floor(image / across) + Math.floor((i % 784) / 28);
    const x = 28 * (image % across) + (i % 28);
    out[i] = rgba[4 * (y * width + x)];
  }
  return out;
}

/** There was no answer from the server, which says nothing about what was asked. */
export class NoAnswer extends Error {}

/** Fetch JSON. An Error has a sentence to show: the server's own one, where it sent one for readers. */
export async function getJSON(address, options = {}) {
  const { response, text } = await received(address, options);
  if (response.status === 504) throw new NoAnswer(t("problem.slow")); // its own is for programs
  let body = null;
  try {
    body = text ? JSON.parse(text) : null;
  } catch {
    body = null;
  }
  if (response.ok) return body;
  const told = typeof body?.error === "string" ? body.error : body?.error?.message;
  throw new Error(told ?? `${address}: ${response.status}`);
}

async function received(address, options) {
  try {
    const response = await fetch(address, options);
    return { response, text: await response.text() };
  } catch {
    throw new NoAnswer(t("problem.server")); // nobody is there
  }
}
