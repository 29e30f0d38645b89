// How a value of a linear layer was made: every input times its weight, added up. The products are
// shown in the shape that the inputs had, and the largest of them as a list.

import { h, fill, setText } from "../shell/dom.js";
import { indexText, number, roundToSum, summand } from "../shell/format.js";
import { numberGrid } from "../shell/grid.js";
import { largest } from "./numbers-conv.js";
import { scaleOf } from "../shell/paint.js";
import { columnsFor } from "./sizes.js";
import { player, totalRow } from "./sums.js";
import { unflatten } from "./terms.js";
import { t } from "../shell/words.js";
import { waterfall } from "./waterfall.js";

const LISTED = 8;

export function linearView() {
  let now = null;
  let term = null;
  let limit = null;
  let isSorted = true;

  const caption = h("p.caption");
  const grids = h("div.products");
  const list = h("table.top-terms");
  const order = h(
    "div.switch",
    { role: "group" },
    ["size", "order"].map((name) =>
      h("button", {
        type: "button",
        dataset: { name },
        onclick: () => {
          isSorted = name === "size";
          paint();
        },
      }),
    ),
  );
  const framed = h("p.framed");
  const sum = waterfall({ point: (at) => at !== null && mark(orderNow()[at]) });
  const row = h("div.sum");
  const element = h(
    "div.number-body",
    h("div.weighing", h("div", caption, grids), h("div", list)),
    h("div.framed-row", framed, order),
    h("div.adding", sum.element, row),
  );
  const play = player({
    count: () => now.terms.products.length,
    show(at) {
      limit = at === null ? null : at + 1;
      if (at !== null) term = orderNow()[at];
      if (now) paint();
    },
  });
  let built = { key: "", grids: [] };

  const orderNow = () => {
    const all = [...now.terms.products.keys()];
    return isSorted
      ? all.sort((a, b) => Math.abs(now.terms.products[b]) - Math.abs(now.terms.products[a]))
      : all;
  };

  function mark(at) {
    term = at;
    paint();
  }

  function update(terms, context) {
    if (now && context.key !== now.context.key) term = null;
    now = { terms, context };
    paint();
  }

  function paint() {
    const { terms, context } = now;
    const { inputs, weights, products, bias, value } = terms;
    const total = Number(value.toFixed(2)) - Number((bias ?? 0).toFixed(2));
    const rounded = roundToSum(products, total);
    const marked = term ?? largest(products);
    build(context);
    const scale = scaleOf(products);
    built.paint(products, scale, marked);
    setText(
      caption,
      t(context.mapShape ? "linear.products.maps" : "linear.products", { count: products.length }),
    );
    const sorted = [...products.keys()].sort(
      (a, b) => Math.abs(products[b]) - Math.abs(products[a]),
    );
    fill(
      list,
      h("caption", t("linear.largest", { count: Math.min(LISTED, products.length) })),
      h(
        "tbody",
        sorted.slice(0, LISTED).map((i) => termRow(i, marked)),
      ),
    );
    fill(
      framed,
      h("code", inputName(marked)),
      ` ${number(inputs[marked], 3)} × ${number(weights[marked], 3)} = `,
      h(products[marked] < 0 ? "b.negative" : "b.positive", number(rounded[marked])),
    );
    for (const button of order.children) {
      setText(button, t(`linear.order.${button.dataset.name}`));
      button.setAttribute("aria-pressed", (button.dataset.name === "size") === isSorted);
    }
    order.setAttribute("aria-label", t("linear.order"));
    const places = orderNow();
    const count = limit ?? places.length;
    sum.update({
      terms: places.map((i) => rounded[i]),
      bias: bias ?? 0,
      marked: places.indexOf(marked),
      limit: count,
    });
    const subtotal = places.slice(0, count).reduce((all, i) => all + rounded[i], 0);
    fill(row, totalRow(subtotal, t("conv.sum.products", { count }), bias, context.name));

    function termRow(i, chosen) {
      const bar = h("span.term-bar");
      bar.style.width = `${Math.max(1, Math.round((44 * Math.abs(products[i])) / Math.abs(products[sorted[0]] || 1)))}px`;
      bar.classList.add(products[i] < 0 ? "below" : "above");
      return h(
        i === chosen ? "tr.chosen-row" : "tr",
        { onpointerenter: () => term !== i && mark(i) },
        h("th", { scope: "row" }, h("code", inputName(i))),
        h("td", `${number(inputs[i])} × ${number(weights[i])}`),
        h("td", summand(rounded[i])),
        h("td", bar),
      );
    }
  }

  const inputName = (i) => {
    const { mapShape, inputLabel } = now.context;
    return indexText(inputLabel, mapShape ? unflatten(mapShape, i) : [i]);
  };

  /** Build the grids of the products: a small map per channel, or one grid of numbers. */
  function build({ mapShape, width }) {
    const count = now.terms.products.length;
    const key = `${count}|${mapShape}|${width}`;
    if (built.key === key) return;
    const room = width < 420 ? width : Math.floor(width * 0.56);
    if (mapShape && mapShape[1] * mapShape[2] > 1)
      built = { key, paint: smallMaps(mapShape, room) };
    else built = { key, paint: oneGrid(count, room) };
  }

  function smallMaps([channels, height, width], room) {
    const columns = channels % 5 === 0 ? 5 : 8;
    const size = Math.min(52, Math.floor((room - 6 * (columns - 1)) / columns));
    const area = height * width;
    const maps = Array.from({ length: channels }, (_, channel) =>
      numberGrid({
        choose: (r, c) => mark(channel * area + r * width + c),
        point: (at) => at && mark(channel * area + at[0] * width + at[1]),
        leave: (step) => {
          mark(Math.min(Math.max(term + step * area, 0), channels * area - 1));
          grids.children[Math.floor(term / area)]?.focus();
        },
      }),
    );
    fill(
      grids,
      maps.map(({ element: one }) => one),
    );
    grids.style.width = `${columns * size + 6 * (columns - 1)}px`;
    for (const { element: one } of maps) {
      one.style.width = `${size}px`;
      one.style.height = `${Math.round((size * height) / width)}px`;
    }
    return (products, scale, marked) =>
      maps.forEach((map, channel) => {
        const own = Math.floor(marked / area) === channel;
        map.update({
          values: products,
          start: channel * area,
          height,
          width,
          scale,
          label: t("map.label", { channel, shape: `${height}×${width}` }),
          chosen: own ? [Math.floor((marked % area) / width), marked % width] : null,
          tabbable: own,
        });
      });
  }

  function oneGrid(count, room) {
    const columns = room < 400 && count > 10 ? Math.min(columnsFor(count), 10) : columnsFor(count);
    const rows = Math.ceil(count / columns);
    const grid = numberGrid({
      choose: (r, c) => mark(Math.min(r * columns + c, count - 1)),
      point: (at) => at && mark(Math.min(at[0] * columns + at[1], count - 1)),
      withText: true,
    });
    fill(grids, grid.element);
    grids.style.width = `${room}px`;
    return (products, scale, marked) => {
      const values = new Float64Array(rows * columns);
      values.set(products);
      grid.update({
        values,
        height: rows,
        width: columns,
        scale,
        label: t("conv.products.label"),
        chosen: [Math.floor(marked / columns), marked % columns],
        cellSize: [Math.floor((10 * room) / columns) / 10, rows > 8 ? 19 : 26],
      });
    };
  }

  return { element, play, update };
}
