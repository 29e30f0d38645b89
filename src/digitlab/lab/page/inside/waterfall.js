// A sum as a waterfall: the bias first, then every term on top of those before it, up to the value.

import { h } from "../shell/dom.js";
import { theme } from "../shell/paint.js";

/** Build a waterfall; `point(term)` is called with the term that the mouse is over, or null. */
export function waterfall({ point = null }) {
  const canvas = h("canvas.waterfall", { "aria-hidden": "true" });
  let shown = null;

  function update(next) {
    shown = { ...next, limit: next.limit ?? next.terms.length };
    paint(canvas, shown);
  }

  canvas.addEventListener("pointermove", (event) => {
    const frame = canvas.getBoundingClientRect();
    const count = shown.terms.length + 1;
    const at = Math.floor(((event.clientX - frame.left) / frame.width) * count) - 1;
    point?.(at < 0 ? null : Math.min(at, shown.terms.length - 1));
  });
  canvas.addEventListener("pointerleave", () => point?.(null));
  return { element: canvas, update };
}

function paint(canvas, { terms, bias, marked, limit }) {
  const ratio = devicePixelRatio;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (!width) return;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);

  const totals = [0, bias];
  for (const term of terms) totals.push(totals.at(-1) + term);
  const [least, most] = [Math.min(...totals), Math.max(...totals)];
  const y = (value) => 5 + ((most - value) / (most - least || 1)) * (height - 10);
  const step = width / (terms.length + 1);
  const colors = COLORS[theme()];

  context.fillStyle = colors.hairline;
  context.fillRect(0, Math.round(y(0)), width, 1);
  for (let i = 0; i <= Math.min(limit, terms.length); i++) {
    const [from, to] = [y(totals[i]), y(totals[i + 1])];
    context.fillStyle = i === 0 ? colors.ink : terms[i - 1] < 0 ? colors.negative : colors.positive;
    const gap = step > 6 ? 1.5 : 0;
    context.fillRect(
      i * step,
      Math.min(from, to),
      Math.max(step - gap, 0.8),
      Math.max(Math.abs(from - to), 1),
    );
    if (marked === i - 1 && i > 0) {
      context.strokeStyle = colors.thread;
      context.lineWidth = 1.5;
      context.strokeRect(
        i * step - 1.5,
        Math.min(from, to) - 2.5,
        Math.max(step - gap, 2) + 3,
        Math.max(Math.abs(from - to), 1) + 5,
      );
    }
  }
  context.strokeStyle = colors.thread;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  context.moveTo(0, Math.round(y(totals.at(-1))) + 0.5);
  context.lineTo(width, Math.round(y(totals.at(-1))) + 0.5);
  context.stroke();
  context.setLineDash([]);
}

const COLORS = {
  light: {
    ink: "#1a1c20",
    hairline: "#8d9199",
    thread: "#9b1b63",
    positive: "#1b66a8",
    negative: "#cc6d12",
  },
  dark: {
    ink: "#ece9e2",
    hairline: "#6f757f",
    thread: "#f58fc4",
    positive: "#79baee",
    negative: "#f0a04b",
  },
};
