// Take one thing away: what the answer becomes without it, and what 200 test images say.

import { h, fill, setText } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { answerTo } from "../draw/reading.js";
import { randomSource } from "../arithmetic/net.js";
import * as source from "../shell/source.js";
import { get, INGREDIENTS, set, watch } from "../shell/state.js";
import { t } from "../shell/words.js";

const IMAGES = 200;
const SLICE = 12; // milliseconds of computing before the page gets its turn

export function startWithout(root) {
  const title = h("h3");
  const boxes = INGREDIENTS.map((name) => {
    const input = h("input", { type: "checkbox", onchange: () => toggle(name) });
    const words = h("span");
    return { name, input, words, label: h("label.check", input, words) };
  });
  const sentence = h("p.caption.outcome", { "aria-live": "polite" });
  fill(
    root,
    h(
      "fieldset.without",
      h("legend", title),
      boxes.map(({ label }) => label),
    ),
    sentence,
  );
  let run = 0;

  function show() {
    setText(title, t("without.title"));
    boxes.forEach(({ name, input, words }) => {
      setText(words, t(`without.${name}`));
      input.checked = get("off").includes(name) === (name === "dropout");
    });
    tell();
  }

  let tested = null; // {full, less}: how many of the test images are read right
  function tell() {
    const { reading, network, off } = {
      reading: get("reading"),
      network: get("network"),
      off: get("off"),
    };
    if (!reading || !network) return;
    if (!off.length) {
      setText(sentence, t("without.none"));
      return;
    }
    const whole = answerTo(
      network,
      get("sample") === null && reading.prepared ? reading.prepared.digit : reading.pixels,
      [],
    );
    const values = {
      before: answerText(whole, network),
      after: answerText(reading, network),
      full: tested ? tested.full : "…",
      less: tested ? tested.less : "…",
      count: IMAGES,
    };
    setText(
      sentence,
      `${reading.isBlank ? "" : t("without.answer", values)} ${tested ? t("without.tests", values) : t("without.testing", values)}`.trim(),
    );
  }

  async function test() {
    const turn = ++run;
    tested = null;
    tell();
    if (!get("off").length || !get("network")) return;
    const { network, off } = { network: get("network"), off: get("off") };
    await pause(350); // whoever clicks on has it computed once
    const isStale = () => turn !== run;
    if (isStale()) return;
    const full = await countRight(network, [], isStale);
    const less = await countRight(network, off, isStale);
    if (isStale()) return;
    tested = { full, less };
    tell();
  }

  watch(["language", "off", "reading"], show);
  watch(["off", "network"], test);
  show();
}

function toggle(name) {
  const off = get("off");
  set({ off: off.includes(name) ? off.filter((one) => one !== name) : [...off, name] });
}

function answerText(answer, network) {
  return `${network.classes[answer.best]} (${percent(answer.shares[answer.best], 1)})`;
}

const counted = new WeakMap(); // by weights, which a step of learning replaces, and what is off

/** Return how many of the first test images are read right, computed in slices; null if stale. */
async function countRight(network, off, isStale) {
  if (!counted.has(network.weights)) counted.set(network.weights, new Map());
  const known = counted.get(network.weights);
  const key = String([...off].sort());
  if (known.has(key)) return known.get(key);
  const { test } = await source.images();
  const random = randomSource(1);
  let right = 0;
  let since = performance.now();
  for (let i = 0; i < IMAGES; i++) {
    const pixels = test.images.subarray(784 * i, 784 * (i + 1));
    const shown = off.includes("centering") ? moved(pixels, random) : pixels;
    if (answerTo(network, shown, off).best === test.labels[i]) right += 1;
    if (performance.now() - since > SLICE) {
      await pause(4);
      if (isStale()) return null;
      since = performance.now();
    }
  }
  known.set(key, right);
  return right;
}

/** Return a test image at another place: as far to a side, at random, as its ink allows. */
function moved(pixels, random) {
  const inked = [...pixels.keys()].filter((i) => pixels[i] > 0);
  const rows = inked.map((i) => Math.floor(i / 28));
  const columns = inked.map((i) => i % 28);
  const shift = (places) => {
    const [least, most] = [-Math.min(...places), 27 - Math.max(...places)];
    return Math.floor(least + random() * (most - least + 1));
  };
  const [down, right] = [shift(rows), shift(columns)];
  const out = new Uint8Array(784);
  for (const i of inked) out[i + 28 * down + right] = pixels[i];
  return out;
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
