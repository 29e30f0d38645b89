// How a value of a convolution was made: window × kernel, all products added up. With several input
// channels there is one such sum for each of them, and any of these can be opened.

import { h, fill, setText } from "../shell/dom.js";
import { number, roundToSum, shapeText } from "../shell/format.js";
import { numberGrid } from "../shell/grid.js";
import { scaleOf } from "../shell/paint.js";
import { columnsFor } from "./sizes.js";
import { set } from "../shell/state.js";
import { multiplication, player, totalRow } from "./sums.js";
import { rich, t } from "../shell/words.js";
import { waterfall } from "./waterfall.js";

/** Return {element, play, update(terms, context)}; context has the name, width and chosen input. */
export function convolutionView() {
  let now = null; // the terms and context shown
  let term = null; // the product that is marked
  let limit = null; // while playing: how many terms are added up
  let partLimit = null;

  const partials = numberGrid({
    choose: (row, column) => open(row * columnsFor(now.terms.parts.length) + column),
    withText: true,
  });
  const partialsCaption = h("p.caption");
  const partialsBox = h("div.partials", partialsCaption, partials.element);
  const product = multiplication({
    onTerm: (at) => {
      term = at;
      paint();
    },
  });
  const framed = h("p.framed");
  const sum = waterfall({
    point: (at) => {
      if (at === null) return;
      if (now.terms.parts.length === 1) term = at;
      paint();
    },
  });
  const row = h("div.sum");
  const element = h(
    "div.number-body",
    partialsBox,
    product.element,
    framed,
    h("div.adding", sum.element, row),
  );
  const play = player({
    count: () => (isSingle() ? now.terms.parts[0].products.length : now.terms.parts.length),
    show(at) {
      if (isSingle()) {
        limit = at === null ? null : at + 1;
        if (at !== null) term = at;
      } else {
        partLimit = at === null ? null : at + 1;
        if (at !== null) set({ input: at });
      }
      if (now) paint();
    },
  });

  const isSingle = () => now.terms.parts.length === 1;
  const open = (channel) => {
    term = null;
    set({ input: Math.min(channel, now.terms.parts.length - 1) });
  };

  function update(terms, context) {
    if (now && (context.key !== now.context.key || context.input !== now.context.input))
      term = null;
    now = { terms, context };
    partialsBox.hidden = isSingle();
    paint();
  }

  function paint() {
    const { terms, context } = now;
    const { parts, bias, down, across, value } = terms;
    const total = Number(value.toFixed(2)) - Number((bias ?? 0).toFixed(2));
    const sums = roundToSum(
      parts.map((part) => part.sum),
      total,
    );
    const channel = isSingle() ? 0 : Math.min(context.input ?? largest(sums), parts.length - 1);
    const part = parts[channel];
    const products = roundToSum(part.products, sums[channel]);
    const marked = term ?? largest(products);

    if (!isSingle()) paintPartials(sums, channel, context);
    product.update({
      values: [part.window, part.kernel, products],
      scales: [...context.scales, scaleOf(products)],
      rows: down,
      columns: across,
      cell: cellSize(context.width, across),
      term: marked,
      names: [
        rich("conv.window", {
          size: shapeText([down, across]),
          source: context.inputName(channel),
        }),
        rich("conv.kernel"),
        rich("conv.products"),
      ],
      labels: [t("conv.window.label"), t("conv.kernel.label"), t("conv.products.label")],
    });
    fill(
      framed,
      t("conv.framed", {
        window: number(part.window[marked], 3),
        weight: number(part.kernel[marked], 3),
      }),
      " ",
      h(products[marked] < 0 ? "b.negative" : "b.positive", number(products[marked])),
      h(
        "span.soft",
        t(`conv.below${isSingle() ? "" : ".parts"}${bias === null ? ".zero" : ""}`),
      ),
    );
    sum.update({
      terms: isSingle() ? products : sums,
      bias: bias ?? 0,
      marked: isSingle() ? marked : channel,
      limit: (isSingle() ? limit : partLimit) ?? undefined,
    });
    const added = isSingle() ? products : sums;
    const count = (isSingle() ? limit : partLimit) ?? added.length;
    const subtotal = added.slice(0, count).reduce((all, one) => all + one, 0);
    const words = t(isSingle() ? "conv.sum.products" : "conv.sum.parts", { count });
    fill(row, totalRow(subtotal, words, bias, context.name));
  }

  function paintPartials(sums, channel, { width }) {
    const columns = columnsFor(sums.length);
    const rows = Math.ceil(sums.length / columns);
    setText(partialsCaption, t("conv.partials", { count: sums.length }));
    const values = Float32Array.from({ length: rows * columns }, (_, i) => sums[i] ?? 0);
    partials.update({
      values,
      height: rows,
      width: columns,
      scale: scaleOf(values),
      label: t("conv.partials.label"),
      chosen: [Math.floor(channel / columns), channel % columns],
      cellSize: [Math.floor((10 * width) / columns) / 10, rows > 2 ? 22 : 28],
    });
  }

  return { element, play, update };
}

function cellSize(width, across) {
  const room = width < 420 ? (width - 8) / (2 * across + 1) : (width - 2 * 56) / (3 * across);
  return Math.min(34, Math.floor(room));
}

/** Return the position of the largest in size. */
export function largest(numbers) {
  let best = 0;
  numbers.forEach((value, i) => {
    if (Math.abs(value) > Math.abs(numbers[best])) best = i;
  });
  return best;
}
