// What is seen on the pad, one layer above the other: the ink, a step of the preparation, what the
// answer is traced back to, where the chosen number looks, and the keyboard's cursor.

import { h, setText, svg } from "./dom.js";
import { PAD } from "./ink.js";
import { paintInk, paintMap, scaleOf } from "./paint.js";
import { get, watch } from "./state.js";
import { t } from "./words.js";
import { lookingAt, toPad } from "./field.js";

/** Put the layers into the pad; returns `showCursor([column, row] or null, isDown)`. */
export function padLayers(surface) {
  const ink = h("canvas.ink");
  const sample = h("canvas.sample", { width: 28, height: 28, hidden: true });
  const trace = h("canvas.trace", { width: 28, height: 28, hidden: true });
  const fullStep = h("canvas.step", { hidden: true });
  const frame = svg("rect.frame");
  const ring = svg("rect.ring");
  const cursor = svg("rect.cursor", { width: 10, height: 10, visibility: "hidden" });
  const marks = svg("svg.marks", { viewBox: `0 0 ${PAD} ${PAD}`, "aria-hidden": "true" }, ring, frame, cursor);
  const label = h("span.looks");
  const empty = h("span.nothing");
  surface.append(ink, sample, trace, fullStep, marks, label, empty);

  watch(["strokes", "sample", "theme"], () => paintStrokes(ink, get("strokes")));
  watch(["reading", "theme"], () => {
    const reading = get("reading");
    sample.hidden = get("sample") === null && !get("brought");
    if (!sample.hidden && reading) paintInk(sample, reading.pixels, 28, 28);
  });
  watch(["reading", "line", "number", "language", "network"], showLook);
  watch(["strokes", "sample", "brought", "language"], () => {
    empty.hidden = get("strokes").length > 0 || get("sample") !== null || Boolean(get("brought"));
    setText(empty, t("pad.empty"));
  });
  document.addEventListener("themechange", () => paintStrokes(ink, get("strokes")));
  new ResizeObserver(() => paintStrokes(ink, get("strokes"))).observe(surface);
  document.addEventListener("traced", ({ detail }) => showTrace(detail));
  document.addEventListener("preparationstep", ({ detail }) => {
    fullStep.hidden = detail === null;
    ink.hidden = detail !== null;
    if (detail !== null) detail(fullStep);
  });

  function showLook() {
    const box = lookingAt(get("reading"), get("network"), get("line"), get("number"));
    const shown = box !== null;
    marks.classList.toggle("looking", shown);
    label.hidden = !shown || box.width > 200;
    if (!shown) return;
    const place = { x: box.left, y: box.top, width: box.width, height: box.height };
    for (const [name, value] of Object.entries(place)) {
      frame.setAttribute(name, value);
      ring.setAttribute(name, value);
    }
    setText(label, t("pad.looks"));
    const isRight = box.left < 90;
    label.style.left = isRight ? `${((box.left + box.width) / PAD) * 100}%` : "auto";
    label.style.right = isRight ? "auto" : `${(1 - box.left / PAD) * 100}%`;
    label.style.top = `${(Math.min(PAD - 16, Math.max(6, box.top + box.height / 2)) / PAD) * 100}%`;
  }

  function showTrace(values) {
    trace.hidden = values === null || !get("reading");
    surface.classList.toggle("traced", !trace.hidden);
    if (trace.hidden) return;
    paintMap(trace, values, 28, 28, scaleOf(values));
    const place = toPad(get("reading"), { top: 0, left: 0, height: 28, width: 28 });
    trace.style.left = `${(place.left / PAD) * 100}%`;
    trace.style.top = `${(place.top / PAD) * 100}%`;
    trace.style.width = `${(place.width / PAD) * 100}%`;
    trace.style.height = `${(place.height / PAD) * 100}%`;
  }

  return {
    showCursor(at, isDown = false) {
      cursor.setAttribute("visibility", at ? "visible" : "hidden");
      if (!at) return;
      cursor.setAttribute("x", at[0] * 10);
      cursor.setAttribute("y", at[1] * 10);
      cursor.classList.toggle("down", isDown);
    },
  };
}

/** Paint strokes at the resolution of the screen. */
function paintStrokes(canvas, strokes) {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!side) return;
  if (canvas.width !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.setTransform(side / PAD, 0, 0, side / PAD, 0, 0);
  context.clearRect(0, 0, PAD, PAD);
  context.lineCap = context.lineJoin = "round";
  context.strokeStyle = getComputedStyle(canvas).color;
  for (const { width, points } of strokes) {
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(points[0], points[1]);
    if (points.length === 2) context.lineTo(points[0], points[1]);
    for (let i = 2; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
    context.stroke();
  }
}
