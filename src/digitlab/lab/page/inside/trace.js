// Trace back: which pixels spoke for a digit, or for one digit and against another. The score's
// gradient at each pixel, times the pixel's value above that of blank paper.

import { h, fill, setText } from "../shell/dom.js";
import { number } from "../shell/format.js";
import { numberGrid } from "../shell/grid.js";
import { gradientOf } from "../arithmetic/net.js";
import { scaleOf } from "../shell/paint.js";
import { get, set, watch } from "../shell/state.js";
import { t } from "../shell/words.js";

/**
 * Return what each of the 784 pixels adds to the score of a digit (minus that of another one), to
 * first order: its gradient times the difference between the pixel and blank paper.
 */
export function traceBack(network, pass, digit, other = null) {
  const line = network.lines.length - 1; // what goes into log_softmax: the scores
  const seed = new Float32Array(network.classes.length);
  seed[digit] = 1;
  if (other !== null) seed[other] = -1;
  const [gradient] = gradientOf(network, pass, seed, line).values;
  const paper = pass.off.has("normalization") ? 0 : -network.mean / network.std;
  return gradient.map((g, i) => g * (pass.values[0][i] - paper));
}

/** Build the panel below a score; it appears for the lines that leave one value per class. */
export function startTrace(root) {
  const title = h("h3");
  const [digit, other] = [0, 1].map(() => h("select.choice", { onchange: () => choose() }));
  const words = [h("span"), h("span")];
  const off = h("button.quiet", { type: "button", onclick: () => set({ trace: null }) });
  const start = h("button.button", {
    type: "button",
    onclick: () => set({ trace: [get("number")[0], null] }),
  });
  const grid = numberGrid({
    tip: (row, column) => (shown ? number(shown[28 * row + column], 3) : ""),
  });
  const sentence = h("p.explained");
  const chooser = h(
    "p.trace-choice",
    words[0],
    h("span.choosing", digit),
    words[1],
    h("span.choosing", other),
    off,
  );
  const result = h("div.trace-result", grid.element, h("div", chooser, sentence));
  fill(root, title, start, result);
  let shown = null;

  function choose() {
    const second = other.value === "" ? null : Number(other.value);
    set({ trace: [Number(digit.value), second === Number(digit.value) ? null : second] });
  }

  function show() {
    const { network, reading, line, trace } = {
      network: get("network"),
      reading: get("reading"),
      line: get("line"),
      trace: get("trace"),
    };
    if (!reading || !network) return;
    const isScore = line >= network.lines.length - 1;
    root.hidden = !isScore;
    const isOn =
      trace !== null &&
      trace.every((one) => one === null || one < network.classes.length) &&
      !reading.isBlank;
    shown = isOn ? traceBack(network, reading.pass, trace[0], trace[1]) : null;
    document.dispatchEvent(new CustomEvent("traced", { detail: shown }));
    if (!isScore) return;
    setText(title, t("trace.title"));
    setText(start, t("trace.start"));
    setText(off, t("trace.off"));
    start.hidden = isOn;
    result.hidden = !isOn;
    if (!isOn) return;
    setText(words[0], t("trace.why"));
    setText(words[1], t("trace.not"));
    const options = (except) =>
      network.classes.map((name, i) => (i === except ? null : h("option", { value: i }, name)));
    fill(digit, options(null));
    fill(other, h("option", { value: "" }, t("trace.nothing")), options(trace[0]));
    digit.value = trace[0];
    other.value = trace[1] ?? "";
    digit.setAttribute("aria-label", t("trace.why"));
    other.setAttribute("aria-label", t("trace.not"));
    grid.element.style.width = grid.element.style.height = "224px";
    grid.update({
      values: shown,
      height: 28,
      width: 28,
      scale: scaleOf(shown),
      label: t("trace.label"),
    });
    const [plus, minus] = [1, -1].map((sign) =>
      shown.reduce((sum, value) => sum + (value * sign > 0 ? value : 0), 0),
    );
    const names = {
      digit: network.classes[trace[0]],
      other: trace[1] === null ? "" : network.classes[trace[1]],
      plus: number(plus, 1),
      minus: number(Math.abs(minus), 1),
    };
    fill(sentence, t(trace[1] === null ? "trace.one" : "trace.two", names));
  }

  watch(["reading", "line", "trace", "language", "theme"], show);
}
