// The pad: strokes by mouse, pen, finger or keyboard, and its tools.

import { h, fill, say, setAttributes, setText } from "../shell/dom.js";
import { EXAMPLES } from "./examples.js";
import { PAD } from "./ink.js";
import { padLayers } from "./padlayers.js";
import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";
import { t } from "../shell/words.js";

const CELL = 10; // the keyboard's cursor moves by a pixel of 28 × 28
const KEYS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

let penWidth = 17;
let past = []; // the drawings before each stroke, for undo

export function startPad(root) {
  const surface = h("div.pad-surface", { tabindex: 0, role: "application" });
  const layers = padLayers(surface);
  fill(root, surface, tools());
  drawByPointer(surface);
  drawByKeyboard(surface, layers);
  const label = () =>
    setAttributes(surface, { "aria-label": t("pad.label"), "aria-roledescription": t("pad.role") });
  watch(["language"], label);
  label();
}

function change(strokes) {
  past = [...past.slice(-99), { strokes: get("strokes"), sample: get("sample") }];
  set({ strokes, sample: null, brought: null });
}

function undo() {
  const before = past.pop();
  if (before) set({ ...before, brought: null });
}

/** Begin a stroke; returns the function that adds points to it. */
function beginStroke(x, y) {
  const stroke = { width: penWidth, points: [x, y] };
  const before = get("sample") === null ? get("strokes") : [];
  change([...before, stroke]);
  return (toX, toY) => {
    const [lastX, lastY] = stroke.points.slice(-2);
    if (Math.abs(toX - lastX) + Math.abs(toY - lastY) < 2) return;
    stroke.points.push(toX, toY);
    set({ strokes: [...get("strokes")] });
  };
}

function drawByPointer(surface) {
  let pointer = null;
  let extend = null;
  let frame = null; // where the pad is while a stroke is drawn

  const place = (event) => {
    const limit = (at) => Math.round(4 * Math.min(PAD + 20, Math.max(-20, at))) / 4;
    return [
      limit(((event.clientX - frame.left) / frame.width) * PAD),
      limit(((event.clientY - frame.top) / frame.height) * PAD),
    ];
  };
  surface.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button !== 0) return;
    event.preventDefault(); // no selection, no dragging
    surface.focus({ preventScroll: true });
    surface.dataset.by = "pointer";
    pointer = event.pointerId;
    surface.setPointerCapture(pointer);
    frame = surface.getBoundingClientRect();
    extend = beginStroke(...place(event));
  });
  surface.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const each of events.length ? events : [event]) extend(...place(each));
  });
  const end = (event) => {
    if (event.pointerId === pointer) pointer = null;
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"])
    surface.addEventListener(name, end);
}

function drawByKeyboard(surface, layers) {
  let at = [14, 7];
  let extend = null; // while the pen is down
  const point = () => at.map((cell) => Math.round((cell + 0.5) * CELL));
  const show = () =>
    layers.showCursor(
      surface.matches(":focus-visible") && surface.dataset.by !== "pointer" ? at : null,
      extend !== null,
    );

  surface.addEventListener("keydown", (event) => {
    surface.dataset.by = "keyboard";
    const move = KEYS[event.key];
    if (move && !event.altKey && !event.ctrlKey && !event.metaKey) {
      at = at.map((cell, i) =>
        Math.min(27, Math.max(0, cell + move[i] * (event.shiftKey ? 4 : 1))),
      );
      if (extend) extend(...point());
      say(t("pad.cursor", { row: at[1], column: at[0] }));
    } else if (event.key === " " || event.key === "Enter") {
      extend = extend ? null : beginStroke(...point());
      say(t(extend ? "pad.down" : "pad.up"));
    } else if (event.key === "Escape") {
      extend = null;
    } else if (
      event.key === "Backspace" ||
      (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey))
    ) {
      extend = null;
      undo();
    } else if (event.key === "Delete") {
      extend = null;
      change([]);
    } else {
      return;
    }
    event.preventDefault();
    show();
  });
  surface.addEventListener("focus", show);
  surface.addEventListener("pointerdown", () => {
    extend = null;
    show();
  });
  surface.addEventListener("blur", () => {
    extend = null;
    delete surface.dataset.by;
    layers.showCursor(null);
  });
}

function tools() {
  const button = (key, action) =>
    h("button.quiet", { type: "button", dataset: { t: key }, onclick: action });
  const undoButton = button("pad.undo", undo);
  const clearButton = button("pad.clear", () => change([]));
  const width = h("input", {
    type: "range",
    min: 6,
    max: 34,
    step: 1,
    value: penWidth,
    oninput: () => {
      penWidth = width.valueAsNumber;
    },
  });
  const examples = ["seven", "unsure", "scribble"].map((name) =>
    button(`pad.${name}`, () => change(EXAMPLES[name])),
  );
  const another = button("pad.another", async () => {
    const { test } = await source.images();
    past = [...past.slice(-99), { strokes: get("strokes"), sample: get("sample") }];
    set({ sample: Math.floor(Math.random() * test.labels.length), strokes: [], brought: null });
  });
  const show = () => {
    for (const one of [undoButton, clearButton, ...examples, another])
      setText(one, t(one.dataset.t));
    setAttributes(width, { "aria-label": t("pad.width") });
    ["seven", "unsure", "scribble"].forEach((name, i) =>
      setAttributes(examples[i], { title: t(`pad.${name}.title`) }),
    );
    setAttributes(another, { title: t("pad.another.title") });
  };
  const enable = () => {
    undoButton.disabled = past.length === 0;
    clearButton.disabled = get("strokes").length === 0 && get("sample") === null && !get("brought");
  };
  watch(["language"], show);
  watch(["strokes", "sample", "brought"], enable);
  show();
  enable();
  return h("div.tools", h("div", undoButton, clearButton, width), h("div", examples, another));
}
