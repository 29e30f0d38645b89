// The mistakes as a gallery: of the 1,000 test images, or of the whole test set at a run's end.

import { h, fill, say, setAttributes, setText } from "../shell/dom.js";
import { chosenStep } from "./followed.js";
import { number, percent } from "../shell/format.js";
import { showMistake } from "./mistake.js";
import { paintInk } from "../shell/paint.js";
import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";
import { rich, t } from "../shell/words.js";

const MOST = 48; // thumbnails

let isWhole = false; // whether the whole test set's mistakes are shown
let whole = null; // {run, examples, total, mistakes} of the server's last answer

export function startGallery(root) {
  const title = h("h3");
  const modes = [false, true].map((mode) => h("button", { type: "button", onclick: () => choose(mode) }));
  const switcher = h("div.switch", { role: "group" }, modes);
  const note = h("p.caption");
  const list = h("ul.mistakes");
  const more = h("p.caption");
  const detail = h("div.mistake-detail");
  fill(root, h("div.subhead", title, switcher), note, list, more, detail);
  let drawn = null; // what the thumbnails show, to draw them only when that changes

  async function choose(mode) {
    isWhole = mode;
    set({ cell: null, mistake: null });
    await loadWhole(note);
    show();
  }

  function show() {
    const { network, tested } = { network: get("network"), tested: get("tested") };
    if (!network || !tested) return;
    setText(title, t("run.mistakes"));
    const hasWhole = isAtTheEnd();
    switcher.hidden = !hasWhole;
    setAttributes(switcher, { "aria-label": t("run.mistakes.of") });
    modes.forEach((button, i) => {
      setText(button, t(i ? "run.mistakes.whole" : "run.mistakes.thousand", { count: number(get("shownRun")?.tested ?? 10000, 0) }));
      button.setAttribute("aria-pressed", Boolean(i) === isWhole);
    });
    const all = hasWhole && isWhole ? (isFresh() ? whole.mistakes : null) : mistakesOf(tested.result);
    list.classList.toggle("waiting", all === null);
    if (all === null) {
      if (!(hasWhole && isWhole)) setText(note, "");
      return; // what was there stays until the answers are known
    }
    const cell = get("cell");
    const total = cell || all !== whole?.mistakes ? null : whole.total; // the server sends the worst
    const found = cell ? all.filter(({ truth, answer }) => truth === cell[0] && answer === cell[1]) : all;
    fill(note, noteOf(total ?? all.length, found.length, cell, network));
    setText(more, found.length > MOST ? t("run.mistakes.more", { shown: MOST, count: number(total ?? found.length, 0) }) : "");
    const key = [all, String(cell), get("language"), document.documentElement.lang, get("theme")];
    if (drawn?.all !== all || String(drawn.key.slice(1)) !== String(key.slice(1))) {
      drawn = { all, key };
      fill(list, found.slice(0, MOST).map((one) => thumb(one, network)));
    }
    [...list.children].forEach((item) => item.firstChild.setAttribute("aria-pressed", Number(item.dataset.index) === get("mistake")));
    const chosen = all.find(({ index }) => index === get("mistake"));
    showMistake(detail, chosen ?? null, network);
  }

  watch(["tested", "mistake", "cell", "language", "theme", "shownRun"], show);
  document.addEventListener("themechange", () => {
    drawn = null;
    show();
  });
}

/** Whether the network in use is the last of a finished run: then its report has all mistakes. */
function isAtTheEnd() {
  const run = get("shownRun");
  return source.has("runs") && run?.status === "finished" && run.report !== null && chosenStep() === run.snapshots.at(-1) && run.name === get("network").name && !get("network").startedFrom;
}

function isFresh() {
  const run = get("shownRun");
  return whole?.run === run.name && whole.examples === run.examples;
}

async function loadWhole(note) {
  const run = get("shownRun");
  if (!isWhole || !isAtTheEnd() || isFresh()) return;
  setText(note, t("run.mistakes.loading"));
  try {
    const { mistakes, total } = await source.getJSON(`/lab/runs/${encodeURIComponent(run.name)}/mistakes`);
    const found = await Promise.all(mistakes.map(async (one) => ({
      index: one.index,
      truth: one.truth,
      answer: one.answer,
      probability: one.probability,
      pixels: await source.pixelsOf(one.picture),
    })));
    found.forEach(({ index, pixels, truth }) => source.keepTestImage(index, pixels, truth));
    whole = { run: run.name, examples: run.examples, total, mistakes: found };
  } catch (error) {
    isWhole = false;
    say(error.message);
  }
}

const listed = new WeakMap(); // mistakes by result

/** Return a result's mistakes, those with the least probability for the truth first. */
function mistakesOf(result) {
  if (!result) return null;
  if (!listed.has(result)) {
    const { labels, answers, shares, ofTruth, images } = result;
    const wrong = [...labels.keys()].filter((i) => answers[i] !== labels[i]).sort((a, b) => ofTruth[a] - ofTruth[b]);
    listed.set(result, wrong.map((index) => ({ index, truth: labels[index], answer: answers[index], probability: shares[index], pixels: images.subarray(784 * index, 784 * (index + 1)) })));
  }
  return listed.get(result);
}

function noteOf(total, found, cell, network) {
  if (total === 0) return t("run.mistakes.none");
  if (!cell) return rich(total === 1 ? "run.mistakes.one" : "run.mistakes.all", { count: number(total, 0) });
  const words = { count: number(found, 0), truth: network.classes[cell[0]], answer: network.classes[cell[1]] };
  return [...rich("run.mistakes.cell", words), " ", h("button.quiet", { type: "button", onclick: () => set({ cell: null }) }, t("run.mistakes.show.all"))];
}

function thumb({ index, truth, answer, probability, pixels }, network) {
  const canvas = h("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  paintInk(canvas, pixels, 28, 28);
  const words = { truth: network.classes[truth], answer: network.classes[answer], share: percent(probability, 0) };
  const toggle = () => set({ mistake: get("mistake") === index ? null : index });
  const label = h("span.caption", h("b", words.truth), " → ", h("s", words.answer));
  const button = h("button", { type: "button", "aria-label": t("run.mistake.label", words), onclick: toggle }, canvas, label, h("span.caption", words.share));
  return h("li", { dataset: { index } }, button);
}
