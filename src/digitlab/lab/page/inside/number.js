// How the chosen number was made: its name and value, and below it the view for its kind.

import { h, fill, setText } from "../shell/dom.js";
import { indexText, number } from "../shell/format.js";
import { convolutionView } from "./numbers-conv.js";
import { linearView } from "./numbers-linear.js";
import { simpleView } from "./numbers-simple.js";
import { softmaxView } from "./numbers-softmax.js";
import { scaleOf } from "../shell/paint.js";
import { get, watch } from "../shell/state.js";
import { lineName, isIndexOf, termsOf } from "./terms.js";
import { startTrace } from "./trace.js";

const VIEWS = {
  conv: convolutionView,
  linear: linearView,
  log_softmax: softmaxView,
};

export function startNumber(root) {
  const name = h("code.name");
  const value = h("span.equals");
  const action = h("span");
  const body = h("div");
  const traced = h("div.trace-panel");
  fill(root, h("h3.number-title", h("span", name, value), action), body, traced);
  startTrace(traced);
  const views = new Map();
  let current = null;

  function show(changed) {
    const { network, reading, line, index } = {
      network: get("network"),
      reading: get("reading"),
      line: get("line"),
      index: get("number"),
    };
    if (!network || !reading || !isIndexOf(reading.pass.shapes[line] ?? [], index)) return;
    const terms = termsOf(network, reading.pass, line, index, reading.pixels);
    if (!views.has(terms.op)) views.set(terms.op, VIEWS[terms.op]?.() ?? simpleView(terms.op));
    const view = views.get(terms.op);
    if (view !== current || changed?.has("line") || changed?.has("network")) current?.play?.stop();
    if (view !== current) {
      current = view;
      fill(body, view.element);
      fill(action, view.play?.element);
    }
    view.play?.translate();
    setText(name, indexText(lineName(network, line), index));
    setText(value, ` = ${number(terms.value)}`);
    view.update(terms, context(network, reading.pass, line, index, root.clientWidth));
  }

  watch(["reading", "line", "number", "input", "language", "theme"], show);
  document.addEventListener("themechange", () => show());
  new ResizeObserver(() => show()).observe(root.parentElement);
}

/** What the views need besides the terms: names, the input's shape, the room there is. */
function context(network, pass, line, index, width) {
  const inputLabel = line > 0 ? lineName(network, line - 1) : "";
  const flattened =
    line > 1 && pass.shapes[line - 1].length === 1 ? beforeFlatten(network, line - 1) : null;
  return {
    network,
    pass,
    line,
    index,
    width,
    key: `${line}|${index}`,
    input: get("input"),
    name: indexText(lineName(network, line), index),
    inputLabel: flattened === null ? inputLabel : lineName(network, flattened),
    inputName: (channel) =>
      line > 0 && pass.shapes[line - 1][0] === 1 ? inputLabel : indexText(inputLabel, [channel]),
    // The window has the colors of the map it was cut from, the kernel those of its layer.
    scales:
      network.lines[line - 1]?.op === "conv"
        ? [
            scaleOf(pass.values[line - 1]),
            scaleOf(network.weights[`${network.lines[line - 1].layer}.weight`]),
          ]
        : [],
    mapShape: flattened === null ? null : pass.shapes[flattened],
  };
}

/** Return the line whose maps a row of values was flattened from; null if it was not. */
function beforeFlatten(network, line) {
  for (let i = line; i > 0; i--) {
    const { op } = network.lines[i - 1];
    if (op === "flatten") return i - 1;
    if (!op.startsWith("dropout") && op !== "relu") return null;
  }
  return null;
}
