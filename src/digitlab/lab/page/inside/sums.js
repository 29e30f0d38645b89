// Pieces that several kinds of numbers share: a row of figures with operators between them, three
// grids that are multiplied, and the player that runs through the terms of a sum.

import { h, fill, prefersStillness, setText } from "../shell/dom.js";
import { number } from "../shell/format.js";
import { numberGrid } from "../shell/grid.js";
import { t } from "../shell/words.js";

/**
 * Return a row of figures: [{value, words, operator}]; the last is the result. Each figure stands
 * above its name, so that a formula explains itself.
 */
export function figureRow(figures) {
  return h(
    "div.figures-row",
    figures.map(({ value, words, operator, result }) => [
      operator ? h("span.operator", operator) : null,
      h(
        result ? "span.figure.result" : "span.figure",
        h("span.value", value),
        h("span.words", words),
      ),
    ]),
  );
}

/** Return the row that ends a sum: the terms together, the bias (null for none), and the result. */
export function totalRow(subtotal, words, bias, name) {
  const figures = [{ value: number(subtotal), words }];
  if (bias !== null) {
    const operator = bias < 0 ? "\u2212" : "+";
    figures.push({ value: number(Math.abs(bias)), operator, words: t("number.bias") });
  }
  const total = number(subtotal + Number((bias ?? 0).toFixed(2)));
  figures.push({ value: total, operator: "=", words: h("code", name), result: true });
  return figureRow(figures);
}

/**
 * Build window × kernel = products as three grids that share one chosen term. `onTerm` is called
 * when it changes. `update({values, scales, rows, columns, cell, names, labels, term})`.
 */
export function multiplication({ onTerm }) {
  let columns = 1;
  const choose = (row, column) => onTerm(row * columns + column, true);
  const point = (at) => at && onTerm(at[0] * columns + at[1], false);
  const grids = [0, 1, 2].map(() => numberGrid({ choose, point, withText: true }));
  const captions = [0, 1, 2].map(() => h("p.caption"));
  const parts = grids.map((grid, i) => h("div.factor", captions[i], grid.element));
  const element = h(
    "div.multiplication",
    parts[0],
    h("span.times", { "aria-hidden": "true" }, "×"),
    parts[1],
    h("span.times", { "aria-hidden": "true" }, "="),
    parts[2],
  );

  function update({ values, scales, rows, columns: across, cell, names, labels, term }) {
    columns = across;
    values.forEach((numbers, i) => {
      fill(captions[i], names[i]);
      grids[i].update({
        values: numbers,
        height: rows,
        width: across,
        scale: scales[i],
        label: labels[i],
        chosen: [Math.floor(term / across), term % across],
        cellSize: [cell, cell],
      });
    });
  }
  return { element, update };
}

/** Build the button that runs through `count()` terms; `show(k)` marks one, null ends. */
export function player({ count, show }) {
  const words = h("span");
  const button = h("button.quiet.play", { type: "button", onclick: toggle }, words);
  let timer = 0;
  let at = 0;

  function toggle() {
    if (timer) {
      stop();
      return;
    }
    at = 0;
    label(true);
    timer = setInterval(
      next,
      prefersStillness() ? 700 : Math.max(30, Math.min(160, 5000 / count())),
    );
    next();
  }

  function next() {
    if (at >= count()) {
      stop();
      return;
    }
    show(at++);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    label(false);
    show(null);
  }

  function label(isRunning) {
    setText(words, isRunning ? `■ ${t("number.stop")}` : `▶ ${t("number.play")}`);
  }

  label(false);
  return { element: button, stop: () => timer && stop(), translate: () => label(timer !== 0) };
}
