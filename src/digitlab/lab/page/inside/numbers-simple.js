// How the values of the lines without sums were made: the map before next to the map after, with
// the same place marked in both, and the formula with its numbers between.

import { h, fill } from "../shell/dom.js";
import { indexText, number } from "../shell/format.js";
import { numberGrid } from "../shell/grid.js";
import { scaleOf } from "../shell/paint.js";
import { get, set } from "../shell/state.js";
import { figureRow } from "./sums.js";
import { flatIndex } from "./terms.js";
import { t } from "../shell/words.js";

/** Build the view of one kind: the maps before and after, a formula, and a sentence. */
export function simpleView(kind) {
  const before = numberGrid({ choose: (row, column) => step(row, column) });
  const after = numberGrid({ choose: (row, column) => choose(row, column) });
  const [beforeCaption, afterCaption] = [h("p.caption"), h("p.caption")];
  const window = numberGrid({ withText: true });
  const windowCaption = h("p.caption");
  const windowBox = h("div.factor", windowCaption, window.element);
  const maps = h(
    "div.before-after",
    h("div.factor", beforeCaption, before.element),
    h("span.times", { "aria-hidden": "true" }, "→"),
    windowBox,
    h("span.times.second", { "aria-hidden": "true" }, "→"),
    h("div.factor", afterCaption, after.element),
  );
  const formula = h("div.formula");
  const sentence = h("p.explained");
  const element = h("div.number-body", maps, formula, sentence);

  const choose = (row, column) => {
    const [channel] = get("number");
    if (get("number").length === 3) set({ number: [channel, row, column] });
  };
  // A cell of the map before belongs to a value of the map after.
  const step = (row, column) => {
    const { pass, line } = { pass: get("reading").pass, line: get("line") };
    const [, height, width] = pass.shapes[line];
    const size =
      get("network").lines[line - 1]?.op === "max_pool" ? get("network").lines[line - 1].size : 1;
    choose(
      Math.min(Math.floor(row / size), height - 1),
      Math.min(Math.floor(column / size), width - 1),
    );
  };

  function update(terms, { network, pass, line, index, width, inputLabel }) {
    const input = pass.shapes[line - 1];
    const isMap = line > 0 && index.length === 3 && input.length === 3 && input[1] * input[2] > 1;
    maps.hidden = !isMap;
    if (isMap) paintMaps(terms, { pass, line, index, width, inputLabel, input });
    fill(formula, figureRow(FORMULAS[kind](terms, { index })));
    fill(sentence, t(SENTENCES[kind](terms), sentenceValues(terms, inputLabel)));
    void network;
  }

  function paintMaps(terms, { pass, line, index, width, inputLabel, input }) {
    const [channel, row, column] = index;
    const isPool = kind === "max_pool";
    const size = isPool ? terms.size : 1;
    const side = width < 420 ? Math.floor((width - (isPool ? 130 : 44)) / 2) : isPool ? 190 : 200;
    const values = pass.values[line - 1];
    const output = pass.shapes[line];
    const scale = Math.max(scaleOf(values), 1e-9);
    const draw = (grid, caption, words, numbers, shape, chosen, span, ownScale) => {
      fill(caption, words);
      grid.element.style.width = `${side}px`;
      grid.element.style.height = `${Math.round((side * shape[1]) / shape[2])}px`;
      grid.update({
        values: numbers,
        start: channel * shape[1] * shape[2],
        height: shape[1],
        width: shape[2],
        scale: ownScale,
        label: words.textContent ?? words,
        chosen,
        span,
      });
    };
    draw(
      before,
      beforeCaption,
      t("simple.before", { name: indexText(inputLabel, [channel]) }),
      values,
      input,
      [row * size, column * size],
      [size, size],
      scale,
    );
    draw(
      after,
      afterCaption,
      t("simple.after"),
      pass.values[line],
      output,
      [row, column],
      [1, 1],
      kind === "norm" ? scaleOf(pass.values[line]) : scale,
    );
    windowBox.hidden = !isPool;
    maps.querySelector(".second").hidden = !isPool;
    if (!isPool) return;
    fill(windowCaption, t("pool.window"));
    const cell = width < 420 ? 36 : 44;
    window.update({
      values: terms.window,
      height: size,
      width: size,
      scale,
      label: t("pool.window"),
      chosen: [Math.floor(terms.winner / size), terms.winner % size],
      cellSize: [cell, cell],
    });
  }

  return { element, update, play: null };
}

const two = (value) => number(value, 2);

const FORMULAS = {
  input: ({ pixel, mean, std, value }) => [
    { value: String(pixel), words: t("formula.pixel") },
    { operator: "÷", value: "255", words: t("formula.white") },
    { operator: "\u2212", value: number(mean, 4), words: t("formula.mean") },
    { operator: "÷", value: number(std, 4), words: t("formula.std") },
    { operator: "=", value: number(value, 3), words: "x", result: true },
  ],
  max_pool: ({ window, winner, value }) => [
    {
      value: `max(${[...window].map(two).join(", ")})`,
      words: t("pool.four", { count: window.length }),
    },
    {
      operator: "=",
      value: two(value),
      words: t("pool.place", { place: winner + 1 }),
      result: true,
    },
  ],
  relu: ({ before, value }) => [
    { value: `max(0, ${two(before)})`, words: t("formula.before") },
    { operator: "=", value: two(value), words: t("formula.after"), result: true },
  ],
  norm: ({ before, mean, deviation, scale, offset, value }) => [
    { value: `(${number(before, 3)}`, words: t("formula.before") },
    {
      operator: mean < 0 ? "+" : "\u2212",
      value: `${number(Math.abs(mean), 3)})`,
      words: t("formula.mean"),
    },
    { operator: "÷", value: number(deviation, 3), words: t("formula.deviation") },
    { operator: "×", value: number(scale, 3), words: t("formula.scale") },
    {
      operator: offset < 0 ? "\u2212" : "+",
      value: number(Math.abs(offset), 3),
      words: t("formula.offset"),
    },
    { operator: "=", value: number(value, 3), words: t("formula.after"), result: true },
  ],
  dropout: dropped,
  dropout2d: dropped,
  flatten: ({ from, inputShape, value }) => [
    {
      value: from
        .map((i, axis) =>
          axis < 2 ? `${i}·${inputShape.slice(axis + 1).reduce((a, b) => a * b, 1)}` : i,
        )
        .join(" + "),
      words: t("flatten.place", { index: from.join(", ") }),
    },
    { operator: "=", value: String(flatIndex(inputShape, from)), words: t("flatten.at") },
    { operator: "·", value: two(value), words: t("flatten.same"), result: true },
  ],
};

function dropped({ before, factor, value }) {
  return [
    { value: two(before), words: t("formula.before") },
    {
      operator: "×",
      value: number(factor, factor % 1 ? 2 : 0),
      words: t(factor === 0 ? "drop.dropped" : factor === 1 ? "drop.kept" : "drop.scaled"),
    },
    { operator: "=", value: two(value), words: t("formula.after"), result: true },
  ];
}

const SENTENCES = {
  input: () => "input.why",
  max_pool: ({ isOff }) => (isOff ? "pool.off" : "pool.why"),
  relu: ({ before, isOff }) => (isOff ? "relu.off" : before > 0 ? "relu.kept" : "relu.cut"),
  norm: () => "norm.why",
  dropout: ({ isOn }) => (isOn ? "drop.on" : "drop.off"),
  dropout2d: ({ isOn }) => (isOn ? "drop2d.on" : "drop.off"),
  flatten: () => "flatten.why",
};

function sentenceValues({ rate = 0, window = [], value, size = 0, isOn = false }, inputLabel) {
  return {
    rate: number(100 * rate, 0),
    times: number(1 / (1 - rate), 1),
    others: window.length - 1,
    value: two(value),
    size,
    inputLabel,
    isOn,
  };
}
