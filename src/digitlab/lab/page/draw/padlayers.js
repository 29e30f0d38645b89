// What is seen on the pad, one layer above the other: the ink, a step of the preparation, what the
// answer is traced back to, where the chosen number looks, and the keyboard's cursor.

import { h, setText, svg } from "../shell/dom.js";
import { PAD } from "./ink.js";
import { paintInk, paintOver, scaleOf } from "../shell/paint.js";
import { get, watch } from "../shell/state.js";
import { t } from "../shell/words.js";
import { lookingAt, toPad } from "../shell/field.js";

/** Put the layers into the pad; returns `showCursor([column, row] or null, isDown)`. */
export function padLayers(surface) {
  const ink = h("canvas.ink");
  const sample = h("canvas.sample", { width: 28, height: 28, hidden: true });
  const trace = h("canvas.trace", { width: 28, height: 28, hidden: true });
  const fullStep = h("canvas.step", { hidden: true });
  const frame = svg("rect.frame");
  const ring = svg("rect.ring");
  const cursor = svg("rect.cursor", { width: 10, height: 10, visibility: "hidden" });
  const marks = svg(
    "svg.marks",
    { viewBox: `0 0 ${PAD} ${PAD}`, "aria-hidden": "true" },
    ring,
    frame,
    cursor,
  );
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
    const scale = PAD / (surface.clientWidth || PAD);
    const size = { width: label.offsetWidth * scale, height: label.offsetHeight * scale };
    const { left, top } = quietest(get("reading").gray, box, size);
    label.style.left = `${(left / PAD) * 100}%`;
    label.style.top = `${(top / PAD) * 100}%`;
  }

  function showTrace(values) {
    trace.hidden = values === null || !get("reading");
    surface.classList.toggle("traced", !trace.hidden);
    if (trace.hidden) return;
    paintOver(trace, values, 28, 28, scaleOf(values));
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

/** Return where next to a box a label of this size covers the least ink: left, above or below. */
function quietest(gray, box, { width, height }) {
  const middle = box.top + (box.height - height) / 2;
  const places = [
    { left: box.left - width, top: middle }, // not to the right: there the thread leaves
    { left: box.left - 6, top: box.top - height - 2 },
    { left: box.left - 6, top: box.top + box.height + 2 },
  ].map(({ left, top }) => ({
    left: Math.round(left),
    top: Math.round(Math.min(Math.max(top, 2), PAD - height)),
  }));
  let best = { cost: Infinity };
  for (const place of places) {
    let cost = place.left < 0 || place.left + width > PAD ? 1e9 : 0;
    for (let y = place.top; gray && y < place.top + height; y += 3) {
      for (let x = place.left; x < place.left + width; x += 3)
        cost += 255 - (gray[y * PAD + x] ?? 255);
    }
    if (cost < best.cost - 1) best = { ...place, cost };
  }
  return best;
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
