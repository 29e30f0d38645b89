// The kernels of the first convolution at many moments of a run, each moment a column on the axis.

import { h, fill, setText } from "../shell/dom.js";
import { number } from "../shell/format.js";
import { colorOf, scaleOf } from "../shell/paint.js";

const GAP = 3; // pixels between kernels

/** Return the first convolution's weights: {values, count, side}; several channels are added up. */
export function firstKernels(network) {
  const name = `${network.lines.find((line) => line.op === "conv")?.layer}.weight`;
  const shape = network.shapes[name];
  if (!shape) return null;
  const [count, channels, side] = shape;
  const area = side * shape[3];
  const values = new Float32Array(count * area);
  network.weights[name].forEach((weight, i) => (values[Math.floor(i / (channels * area)) * area + (i % area)] += weight));
  return { values, count, side };
}

/** `choose(step)` is called when a column is clicked. */
export function kernelColumns(choose) {
  const element = h("ol.moments");
  const columns = new Map(); // by step

  /**
   * Show `moments`, [{step, examples}], of which `networks` has those that have been loaded by
   * step; `readings` has what the drawing was read as; `room` is the width of a column.
   */
  function show(moments, axis, { networks, readings, chosen, room, first, words }) {
    for (const [step, column] of columns) {
      if (moments.some((one) => one.step === step)) continue;
      column.item.remove();
      columns.delete(step);
    }
    const kernels = new Map();
    for (const { step } of moments) {
      const found = networks.get(step) && firstKernels(networks.get(step));
      if (found) kernels.set(step, first ? { ...found, values: found.values.map((value, i) => value - first.values[i]) } : found);
    }
    const all = [...kernels.values()].flatMap(({ values }) => [...values]);
    const scale = all.length ? scaleOf(all) : 1;
    moments.forEach(({ step, examples }) => {
      const column = columns.get(step) ?? makeColumn(step);
      columns.set(step, column);
      column.item.style.left = `${axis.at(examples)}px`;
      column.item.classList.toggle("now", step === chosen);
      setText(column.examples, short(examples, room));
      setText(column.reading, readings.get(step)?.text ?? "");
      column.reading.classList.toggle("unsure", Boolean(readings.get(step)?.isUnsure));
      column.item.setAttribute("aria-label", words(examples, readings.get(step)));
      if (kernels.has(step)) paint(column.canvas, kernels.get(step), scale, room);
    });
    fill(element, moments.map(({ step }) => columns.get(step).item));
    const tallest = Math.max(0, ...moments.map(({ step }) => columns.get(step).item.offsetHeight));
    element.style.height = `${tallest}px`;
  }

  function makeColumn(step) {
    const examples = h("span.examples");
    const canvas = h("canvas", { "aria-hidden": "true" });
    const reading = h("span.read-as");
    const item = h("li.moment", { onclick: () => choose(step) }, examples, canvas, reading);
    return { item, examples, canvas, reading };
  }

  return { element, show };
}

function paint(canvas, { values, count, side }, scale, room) {
  const across = count <= 12 ? 2 : count <= 36 ? 4 : 6;
  const gap = room < 40 ? 2 : GAP;
  const cell = Math.max(1, Math.floor((room - 6 - gap * (across - 1)) / across / side));
  const step = cell * side + gap;
  const [width, height] = [across * step - gap, Math.ceil(count / across) * step - gap];
  const ratio = devicePixelRatio;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  values.forEach((value, i) => {
    const [kernel, at] = [Math.floor(i / side ** 2), i % side ** 2];
    context.fillStyle = colorOf(value, scale);
    context.fillRect((kernel % across) * step + (at % side) * cell, Math.floor(kernel / across) * step + Math.floor(at / side) * cell, cell, cell);
  });
}

/** Write a count for a column: 480,256, or 480k where there is little room. */
function short(examples, room) {
  if (room >= 48 || examples < 1000) return number(examples, 0);
  return examples < 1e6 ? `${number(examples / 1000, 0)}k` : `${number(examples / 1e6, 1)}M`;
}
