// The stage: what the chosen line leaves, for this drawing, as maps or as a row of numbers.

import { settleNumber } from "../shell/choosing.js";
import { h, fill, say } from "../shell/dom.js";
import { indexText, number, shapeText } from "../shell/format.js";
import { numberGrid } from "../shell/grid.js";
import { paintMap, scaleOf } from "../shell/paint.js";
import { columnsFor, gapOf, mapSize, pickerSize } from "./sizes.js";
import { get, set, watch } from "../shell/state.js";
import { flatIndex, lineName, unflatten } from "./terms.js";
import { rich, t } from "../shell/words.js";

let width = 0; // of the stage, in pixels
let view = null; // what is built: {signature, paint}

export function startMaps(root) {
  const head = h("div.stage-head");
  const body = h("div.stage-maps");
  fill(root, head, body);
  const show = (changed) => {
    if (!get("reading")) return;
    settleNumber(changed);
    build(head, body);
    view.paint();
  };
  watch(["reading", "line", "number", "language", "theme"], show);
  // A new address may change the theme and leave the number to be chosen: then `show` follows.
  document.addEventListener("themechange", () => get("number") && view?.paint());
  new ResizeObserver(([entry]) => {
    width = Math.floor(entry.contentRect.width);
    if (get("reading") && width) show(new Set());
  }).observe(root);
  width = Math.floor(root.clientWidth);
}

function build(head, body) {
  const { network, line, pass } = now();
  const shape = pass.shapes[line];
  const signature = [network.name, network.step, line, shape, width, get("language")].join("|");
  if (view?.signature === signature) return;
  fill(head, heading(network, line, pass), h("p.explained", explanation(network, line, pass)));
  const isMap = shape.length === 3 && shape[1] * shape[2] > 1;
  view = { signature, paint: isMap ? buildMaps(body, shape) : buildRow(body, shape) };
}

function now() {
  return { network: get("network"), line: get("line"), pass: get("reading").pass };
}

function heading(network, line, pass) {
  const code =
    line === 0
      ? "x"
      : network.lines[line - 1].code
          .replace(/^(x = |return )/, "")
          .replace(/\b(self|F|x)\./, "")
          .replace(", dtype=torch.float32", "");
  const shapes =
    line === 0
      ? shapeText(pass.shapes[0])
      : `${shapeText(pass.shapes[line - 1])} → ${shapeText(pass.shapes[line])}`;
  return h("h3.stage-title", h("code", code), h("span.shapes", shapes));
}

function explanation(network, line, pass) {
  if (line === 0) return rich("op.input", { mean: network.mean, std: network.std });
  const code = network.lines[line - 1];
  const [before, after] = [pass.shapes[line - 1], pass.shapes[line]];
  const kernel = code.op === "conv" ? network.shapes[`${code.layer}.weight`] : [];
  const values = {
    inputs: before[0],
    outputs: after[0],
    size: kernel[3] ?? code.size,
    side: before[2],
    places: after[2],
    stride: code.stride,
    rate: code.rate ? `${number(100 * code.rate, 0)}%` : "",
    length: code.rate ? number(1 / (1 - code.rate), 1) : "",
    count: before.reduce((product, n) => product * n, 1),
    shape: shapeText(before),
  };
  if (code.op !== "conv") return rich(`op.${code.op}`, values);
  const isFirst = kernel[1] === 1;
  const places = code.stride > 1 ? "op.conv.stride" : isFirst ? "op.conv.places" : null;
  return [
    ...rich(isFirst ? "op.conv.first" : "op.conv", values),
    ...(places ? rich(places, values) : []),
  ];
}

/** Maps next to each other; on a phone, a picker and one large map. Returns what paints them. */
function buildMaps(body, shape) {
  const [count, height, across] = shape;
  const isPhone = width < 420;
  const { size, labeled } = isPhone
    ? { size: pickerSize(count, width), labeled: false }
    : mapSize(count, across, width);
  const maps = Array.from({ length: count }, (_, channel) =>
    oneMap(shape, channel, size, labeled, !isPhone),
  );
  const large = isPhone ? oneMap(shape, null, Math.min(width, 328), false, true) : null;
  fill(
    body,
    h(
      "div.maps",
      maps.map((map) => map.figure),
    ),
    large && h("div.large", large.caption, large.figure),
  );
  body.style.setProperty("--gap", `${isPhone ? 4 : gapOf(count)}px`);

  return () => {
    const { pass, line } = now();
    const values = pass.values[line];
    const scale = scaleOf(values);
    const [chosen, row, column] = get("number");
    maps.forEach((map, channel) => {
      map.figure.classList.toggle("chosen", channel === chosen);
      const own = channel === chosen;
      map.grid.update({
        values,
        start: channel * height * across,
        height,
        width: across,
        scale,
        label: t("map.label", { channel, shape: shapeText([height, across]) }),
        chosen: own ? [row, column] : null,
        tabbable: own && !isPhone,
      });
      map.grid.element.dataset.cell = own && !isPhone ? "chosen" : "";
      map.kernel?.();
    });
    if (!large) return;
    large.grid.update({
      values,
      start: chosen * height * across,
      height,
      width: across,
      scale,
      label: t("map.label", { channel: chosen, shape: shapeText([height, across]) }),
      chosen: [row, column],
    });
    large.grid.element.dataset.cell = "chosen";
    large.caption.textContent = t("map.large", { channel: chosen, count });
  };
}

function oneMap(shape, channel, size, labeled, isExact) {
  const itsChannel = () => channel ?? get("number")[0];
  const grid = numberGrid({
    choose: (row, column) =>
      choose(
        isExact ? [itsChannel(), row, column] : [itsChannel(), get("number")[1], get("number")[2]],
      ),
    leave: (step) => {
      const [at, row, column] = get("number");
      choose([Math.min(Math.max(at + step, 0), shape[0] - 1), row, column]);
      focusChosen();
    },
    tip: isExact ? (row, column) => described([itsChannel(), row, column]) : null,
  });
  grid.element.style.width = `${size}px`;
  grid.element.style.height = `${Math.round((size * shape[1]) / shape[2])}px`;
  const kernel = labeled ? kernelThumb(channel) : null;
  const caption = labeled ? h("figcaption", h("span", String(channel)), kernel?.canvas) : null;
  return {
    grid,
    kernel: kernel?.paint,
    caption: channel === null ? h("p.caption") : null,
    figure: h("figure.map", grid.element, caption),
  };
}

/** A picture of the kernel that made a map, where there is just one input channel. */
function kernelThumb(channel) {
  const { network, line } = now();
  const code = network.lines[line - 1];
  const shape = code?.op === "conv" ? network.shapes[`${code.layer}.weight`] : null;
  if (!shape || shape[1] !== 1) return null;
  const canvas = h("canvas.kernel", { "aria-hidden": "true" });
  const paint = () => {
    const weights = get("network").weights[`${code.layer}.weight`];
    paintMap(canvas, weights, shape[2], shape[3], scaleOf(weights), channel * shape[2] * shape[3]);
  };
  return { canvas, paint };
}

/** Values without a place in the picture: one grid with the numbers in its cells. */
function buildRow(body, shape) {
  const count = shape[0];
  const columns = columnsFor(count);
  const rows = Math.ceil(count / columns);
  const cell = [
    Math.min(64, Math.floor((width / columns) * 10) / 10),
    rows > 10 ? 15 : rows > 5 ? 26 : 34,
  ];
  const index = (row, column) => unflatten(shape, Math.min(row * columns + column, count - 1));
  const grid = numberGrid({
    choose: (row, column) => choose(index(row, column)),
    tip: (row, column) => described(index(row, column)),
    withText: true,
  });
  const names =
    count === get("network").classes.length && get("line") >= get("network").lines.length - 1;
  fill(
    body,
    names
      ? h(
          "div.class-names",
          { "aria-hidden": "true" },
          get("network").classes.map((name) => h("span", name)),
        )
      : null,
    grid.element,
  );
  if (names) body.firstChild.style.width = `${cell[0] * columns}px`;
  grid.element.dataset.cell = "chosen";
  return () => {
    const { pass, line } = now();
    const values = pass.values[line];
    const at = flatIndex(shape, get("number"));
    grid.update({
      values: padded(values, rows * columns),
      height: rows,
      width: columns,
      scale: scaleOf(values),
      label: t("row.label", { count }),
      chosen: [Math.floor(at / columns), at % columns],
      cellSize: cell,
    });
  };
}

function padded(values, count) {
  if (values.length === count) return values;
  const out = new Float32Array(count);
  out.set(values);
  return out;
}

function choose(index) {
  set({ number: index, input: null });
  say(described(index));
}

/** Write a value with its name: conv1[3][9][5] = 3.955. */
function described(index) {
  const { network, line, pass } = now();
  return `${indexText(lineName(network, line), index)} = ${number(pass.values[line][flatIndex(pass.shapes[line], index)], 3)}`;
}

/** Move the focus to the grid that holds the chosen number, once it is shown. */
function focusChosen() {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector('#maps [data-cell="chosen"]')?.focus()),
  );
}
