// The confusion table: how many test images of each digit are read as which digit.

import { h, fill, setText } from "../shell/dom.js";
import { number, percent } from "../shell/format.js";
import { colorOf, textOn } from "../shell/paint.js";
import { get, set, watch } from "../shell/state.js";
import { t } from "../shell/words.js";

/** Return how many images of each class got each answer, row by row: row truth, column answer. */
export function countConfusions({ labels, answers }, classes) {
  const counts = new Uint32Array(classes * classes);
  labels.forEach((label, i) => (counts[label * classes + answers[i]] += 1));
  return counts;
}

export function startConfusion(root) {
  const title = h("h3");
  const figures = h("p.caption", { role: "status" });
  const table = h("table.confusion");
  const caption = h("p.caption");
  fill(root, h("div.subhead", title, figures), table, caption);

  function show() {
    const { network, tested } = { network: get("network"), tested: get("tested") };
    if (!network || !tested) return;
    const { steps } = network; // of part 3
    setText(title, steps ? t(steps === 1 ? "run.confusion.step" : "run.confusion.steps", { count: steps }) : t("run.confusion"));
    setText(caption, t("run.confusion.what"));
    const { result, partial, problem } = tested;
    if (problem) setText(figures, problem);
    else if (result) setText(figures, t("run.confusion.right", { right: number(result.right, 0), count: number(result.count, 0), share: percent(result.accuracy, 1) }));
    else setText(figures, partial ? t("run.confusion.testing", { done: number(partial.done, 0), count: number(partial.count, 0) }) : "…");
    table.classList.toggle("waiting", !result && !partial);
    const answered = result ?? partial;
    if (answered) fill(table, rowsOf(network.classes, countConfusions(answered, network.classes.length)));
    else if (table.children.length === 0) fill(table, rowsOf(network.classes, new Uint32Array(network.classes.length ** 2)));
  }

  watch(["tested", "language", "theme", "cell"], show);
  document.addEventListener("themechange", show);
}

function rowsOf(classes, counts) {
  const size = classes.length;
  const wrong = Array.from(counts).filter((_, i) => Math.floor(i / size) !== i % size);
  const scale = Math.max(4, ...wrong);
  const head = h("tr", h("th.corner", { scope: "col" }, t("run.confusion.corner")), classes.map((name) => h("th", { scope: "col" }, name)));
  const rows = classes.map((name, truth) => h("tr", h("th", { scope: "row" }, name), classes.map((_, answer) => cellOf(classes, truth, answer, counts[truth * size + answer], scale))));
  return [h("thead", head), h("tbody", rows)];
}

function cellOf(classes, truth, answer, count, scale) {
  if (truth === answer) return h("td.right", count ? number(count, 0) : "");
  if (!count) return h("td");
  const isChosen = String(get("cell")) === String([truth, answer]);
  const label = t("run.confusion.cell", { truth: classes[truth], answer: classes[answer], count });
  const button = h("button", { type: "button", "aria-label": label, "aria-pressed": isChosen, onclick: () => choose(isChosen ? null : [truth, answer]) }, number(count, 0));
  const shade = shadeOf(count / scale);
  button.style.background = colorOf(shade, 1);
  button.style.color = textOn(shade, 1);
  return h("td", button);
}

/** Leave out the middle of the colors, on which neither black nor white figures are easy to read. */
function shadeOf(share) {
  return share < 0.5 ? 0.9 * share : 0.5 + 0.5 * share;
}

function choose(cell) {
  set({ cell, mistake: null });
  document.querySelector('.confusion button[aria-pressed="true"]')?.focus();
}
