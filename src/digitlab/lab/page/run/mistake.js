// One mistake: the image, what the network made of it, and the training images it is closest to.

import { h, fill, setText } from "../shell/dom.js";
import { number, percent } from "../shell/format.js";
import { hiddenLayer, nearest } from "./nearest.js";
import { paintInk } from "../shell/paint.js";
import { get, set } from "../shell/state.js";
import { rich, t } from "../shell/words.js";

const NEIGHBORS = 8;

let shown = null; // what is on the page: {chosen, network, language, theme}
let turn = 0;

/** Show a mistake, {index, truth, answer, probability, pixels}, or how to choose one. */
export function showMistake(place, chosen, network) {
  const now = [chosen?.index, chosen?.pixels, network.weights, document.documentElement.lang, get("theme")];
  if (shown?.every((one, i) => one === now[i])) return;
  shown = now;
  const mine = ++turn;
  if (!chosen) {
    fill(place);
    return;
  }
  const names = { truth: network.classes[chosen.truth], answer: network.classes[chosen.answer], share: percent(chosen.probability, 1) };
  const canvas = h("canvas.mistake-picture", { width: 28, height: 28, role: "img", "aria-label": t("run.mistake.picture", names) });
  paintInk(canvas, chosen.pixels, 28, 28);
  const isOnPad = () => get("sample") === chosen.index;
  const onPad = h("button.button", { type: "button", onclick: () => putOnPad(chosen.index) }, t("run.mistake.pad"));
  const about = h("div", h("p.small", rich("run.mistake.what", names)), h("p.caption", t("run.mistake.number", { index: number(chosen.index, 0) })), onPad);
  const list = h("ol.neighbors");
  const status = h("p.caption", { role: "status" });
  const words = { layer: hiddenLayer(network) };
  fill(place, h("div.mistake-about", canvas, about), h("h4", t("run.neighbors")), h("p.caption", rich("run.neighbors.what", words)), list, status);
  onPad.disabled = isOnPad();

  const tell = (done, count) => setText(status, t("run.neighbors.looking", { done: number(done, 0), count: number(count, 0) }));
  nearest(network, chosen.pixels, NEIGHBORS, () => mine !== turn, tell).then((found) => {
    if (!found || mine !== turn) return;
    fill(list, found.map((one) => neighbor(one, network)));
    const like = (label) => found.filter((one) => one.label === label).length;
    fill(status, rich("run.neighbors.count", { ...names, likeAnswer: like(chosen.answer), likeTruth: like(chosen.truth), count: found.length }));
  }, (error) => mine === turn && setText(status, error.message));
}

function neighbor({ label, distance, pixels }, network) {
  const canvas = h("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  paintInk(canvas, pixels, 28, 28);
  return h("li", canvas, h("span.caption", h("b", network.classes[label]), h("span.live-text", " "), h("span.distance", number(distance, 1))));
}

function putOnPad(index) {
  set({ sample: index, strokes: [], brought: null, part: "draw" });
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  document.getElementById("draw").scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}
