// A grid of numbers on a canvas that is a true grid for keyboards and screen readers: one cell is
// the chosen one, arrow keys move it, and only that cell exists in the document.

import { h, setAttributes, setText, showTip } from "./dom.js";
import { number } from "./format.js";
import { colorOf, paintMap, textOn } from "./paint.js";

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
let grids = 0;

/**
 * Build a grid. `choose(row, column)` is called when a cell is clicked or reached by keys,
 * `leave(step)` when Shift and an arrow ask for the next or the previous grid, and `tip(row, column)`
 * returns what the tooltip shows. With `withText`, each cell shows its number. `point(row, column)`
 * is called with what the mouse is over, or null.
 */
export function numberGrid({
  choose = null,
  leave = null,
  tip = null,
  point = null,
  withText = false,
}) {
  const id = `grid${++grids}`;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const cell = h("span", { role: "gridcell", id: `${id}-cell` });
  const row = h("div.cells", { role: "row" }, cell);
  const marker = h("span.marker", { "aria-hidden": "true", hidden: true });
  const element = h(
    "div.grid",
    { role: "grid", "aria-activedescendant": cell.id },
    canvas,
    row,
    marker,
  );
  if (withText) element.classList.add("with-text");
  const grid = { element, canvas, marker, update };
  let shown = null;

  function update(next) {
    shown = {
      start: 0,
      scale: 1,
      chosen: null,
      span: [1, 1],
      tabbable: true,
      decimals: 2,
      ...next,
    };
    const { height, width, values, start, scale, chosen, span, label, tabbable, cellSize } = shown;
    if (cellSize) {
      element.style.width = `${cellSize[0] * width}px`;
      element.style.height = `${cellSize[1] * height}px`;
    }
    if (withText) paintCells(canvas, shown);
    else paintMap(canvas, values, height, width, scale, start);
    setAttributes(element, {
      "aria-label": label,
      "aria-rowcount": height,
      "aria-colcount": width,
      tabindex: tabbable ? 0 : -1,
    });
    const [r, c] = chosen ?? [0, 0];
    setAttributes(row, { "aria-rowindex": r + 1 });
    setAttributes(cell, { "aria-colindex": c + 1, "aria-selected": chosen !== null });
    setText(cell, number(values[start + r * width + c]));
    marker.hidden = chosen === null;
    if (chosen === null) return;
    marker.style.left = `${(100 * c) / width}%`;
    marker.style.top = `${(100 * r) / height}%`;
    marker.style.width = `${(100 * span[1]) / width}%`;
    marker.style.height = `${(100 * span[0]) / height}%`;
  }

  function under(event) {
    const frame = canvas.getBoundingClientRect();
    const r = Math.floor(((event.clientY - frame.top) / frame.height) * shown.height);
    const c = Math.floor(((event.clientX - frame.left) / frame.width) * shown.width);
    return [Math.min(Math.max(r, 0), shown.height - 1), Math.min(Math.max(c, 0), shown.width - 1)];
  }

  element.addEventListener("pointermove", (event) => {
    const at = under(event);
    if (tip) showTip(tip(...at), event.clientX, event.clientY);
    point?.(at);
  });
  element.addEventListener("pointerleave", () => {
    showTip(null);
    point?.(null);
  });
  element.addEventListener("click", (event) => {
    choose?.(...under(event));
    if (tip && event.pointerType !== "mouse")
      showTip(tip(...under(event)), event.clientX, event.clientY);
  });
  element.addEventListener("focus", () => {
    if (!element.matches(":focus-visible") || !tip || !shown.chosen) return;
    const frame = marker.getBoundingClientRect();
    showTip(tip(...shown.chosen), frame.right, frame.top);
  });
  element.addEventListener("blur", () => showTip(null));
  element.addEventListener("keydown", (event) => {
    if (event.key === "Escape") showTip(null);
    const move = ARROWS[event.key];
    if (!move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    showTip(null);
    if (event.shiftKey) {
      leave?.(move[0] + move[1]);
      return;
    }
    const [r, c] = shown.chosen ?? [0, 0];
    choose?.(
      Math.min(Math.max(r + move[0], 0), shown.height - 1),
      Math.min(Math.max(c + move[1], 0), shown.width - 1),
    );
  });
  return grid;
}

/** Paint cells with their numbers, at the resolution of the screen. */
function paintCells(canvas, { values, start, height, width, scale, cellSize, decimals }) {
  const ratio = devicePixelRatio;
  const [w, h] = [
    Math.round(cellSize[0] * width * ratio),
    Math.round(cellSize[1] * height * ratio),
  ];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const fontSize = cellSize[0] >= 31 && cellSize[1] >= 15 ? 11 : 10;
  context.font = `${fontSize}px ${getComputedStyle(canvas).fontFamily}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let i = 0; i < height * width; i++) {
    const value = values[start + i];
    const [x, y] = [(i % width) * cellSize[0], Math.floor(i / width) * cellSize[1]];
    context.fillStyle = colorOf(value, scale);
    context.fillRect(x, y, cellSize[0], cellSize[1]);
    if (cellSize[0] < 26) continue;
    context.fillStyle = textOn(value, scale);
    context.fillText(
      shortNumber(value, cellSize[0] < 29 ? Math.min(decimals, 1) : decimals),
      x + cellSize[0] / 2,
      y + cellSize[1] / 2 + 0.5,
    );
  }
}

/** Write a number for a small cell: fewer decimals where there are more digits before them. */
export function shortNumber(value, decimals = 2) {
  const size = Math.abs(value);
  return number(value, size >= 99.95 ? 0 : size >= 9.995 ? Math.min(decimals, 1) : decimals);
}
