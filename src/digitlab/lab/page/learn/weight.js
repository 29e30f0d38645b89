// The weight that is followed in part 3, with the arithmetic of a step, and the first kernels.

import { fill, h } from "../shell/dom.js";
import { number, summand } from "../shell/format.js";
import { paintMap } from "../shell/paint.js";
import { get, set } from "../shell/state.js";
import { t } from "../shell/words.js";
import { layout, placeOf } from "./learner.js";

let showsChange = false;

/** Return the weight that is followed: [name, index in the tensor]. */
function followed() {
  const { shapes, lines } = get("network");
  const [name, index] = get("weight") ?? [];
  if (shapes[name] && index < shapes[name].reduce((a, b) => a * b, 1)) return [name, index];
  const first = lines.find((line) => line.layer && !line.fixed);
  return [`${first.layer}.weight`, 0];
}

/** Show the weights of one output, the one that is followed among them, and what a step does to it. */
export function showWeight(root, now) {
  const { shapes, weights } = get("network");
  const [name, index] = followed();
  const [shape, size] = [shapes[name], weights[name].length / shapes[name][0]];
  const row = Math.floor(index / size);
  const tensors = Object.keys(shapes).filter((one) => /\.(weight|bias)$/.test(one));
  const options = (values, chosen) =>
    values.map((value) => h("option", { value, selected: value === chosen }, String(value)));
  const label = t("learn.choose", { name });
  const canvas = h("canvas", { role: "img", "aria-label": label, tabindex: 0 });
  const { height, width } = layout(shape);
  const values = new Float32Array(height * width);
  const places = [];
  for (let i = 0; i < size; i++) {
    const [y, x] = placeOf(shape, i);
    values[y * width + x] = weights[name][row * size + i];
    places[y * width + x] = row * size + i;
  }
  const at = placeOf(shape, index % size);
  const move = (y, x) => {
    const to = places[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))];
    set({ weight: [name, to] });
  };
  canvas.addEventListener("click", ({ offsetX, offsetY }) => {
    const side = canvas.clientWidth / width;
    move(Math.floor(offsetY / side), Math.floor(offsetX / side));
  });
  canvas.addEventListener("keydown", (event) => {
    const by = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!by) return;
    event.preventDefault();
    move(at[0] + by[0], at[1] + by[1]);
  });
  paintMap(canvas, values, height, width, largest(values));
  const mark = h("span.learn-mark", { "aria-hidden": "true" });
  const [across, down] = [100 / width, 100 / height];
  Object.assign(mark.style, {
    left: `${across * at[1]}%`, top: `${down * at[0]}%`, width: `${across}%`, height: `${down}%`,
  });
  const box = h("div.learn-box", canvas, mark);
  box.style.maxWidth = `${Math.max(8, Math.min(30, 480 / width)) * width}px`;
  const hadFocus = root.contains(document.activeElement) && document.activeElement.localName;
  fill(
    root,
    h("h3", t("learn.weight")),
    h("div.learn-choosing",
      h("label", `${t("learn.tensor")} `, h("select.choice", { onchange: (e) => set({ weight: [e.target.value, 0] }) }, options(tensors, name))),
      h("label", `${t("learn.row")} `, h("select.choice", { onchange: (e) => set({ weight: [name, Number(e.target.value) * size] }) },
        options([...Array(shape[0]).keys()], row)))),
    h("div.learn-followed",
      h("div.learn-map", box, h("p.caption", label)),
      now && sums(now, name, index)),
  );
  if (hadFocus) root.querySelector(hadFocus)?.focus();
}

/** Return the arithmetic of the step for one weight, with the numbers filled in. */
function sums(now, name, index) {
  const gradient = now.gradients[name]?.[index];
  if (gradient === undefined) return h("p.caption", t("learn.fixed"));
  const w = get("network").weights[name][index];
  const v = now.velocity[name]?.[index] ?? 0;
  const [next, after] = [now.next.velocity[name][index], now.next.network.weights[name][index]];
  const { learningRate, momentum } = now.settings;
  const line = (key, formula, value) => [
    h("span", t(`learn.${key}`)), h("code.code", `${formula} =`), h("b.chosen", number(value, 5)),
  ];
  return h("div.learn-sum",
    line("lossNow", `−ln P(${get("network").classes[now.label]})`, now.loss),
    line("gradient", "∂loss/∂w", gradient),
    line("velocity", `${momentum} · ${number(v, 5)} ${summand(gradient, 5)}`, next),
    line("weightNow", `${number(w, 5)} − ${learningRate} · ${inBrackets(next)}`, after));
}

function inBrackets(value) {
  return value < 0 ? `(${number(value, 5)})` : number(value, 5);
}

/** Show the kernels of the first convolution, or how they differ from those of `start`. */
export function showKernels(root, start, show) {
  const { lines, weights, shapes } = get("network");
  const first = lines.find((line) => line.op === "conv");
  if (!first) return;
  const name = `${first.layer}.weight`;
  const [count, , height, width] = shapes[name];
  const size = weights[name].length / count;
  const shown = showsChange ? weights[name].map((w, i) => w - start.weights[name][i]) : weights[name];
  const scale = largest(shown) || 1;
  const [chosen, index] = followed();
  const buttons = Array.from({ length: count }, (_, kernel) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    paintMap(canvas, shown, height, width, scale, kernel * size);
    const isChosen = chosen === name && Math.floor(index / size) === kernel;
    const act = () => set({ weight: [name, kernel * size] });
    return h("button", { type: "button", "aria-label": `${name}[${kernel}]`, "aria-pressed": String(isChosen), onclick: act }, canvas);
  });
  const view = (key, value) =>
    h("button", { type: "button", "aria-pressed": String(showsChange === value), onclick: () => ((showsChange = value), show()) }, t(`learn.${key}`));
  fill(root,
    h("div.subhead", h("h3", t("learn.kernels")), h("div.switch", view("values", false), view("change", true))),
    h("div.learn-kernels", buttons));
}

function largest(values) {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
