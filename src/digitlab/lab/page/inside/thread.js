// The thread: one line from where the chosen number looks on the pad, through its line of code and
// its cell, down to the sum that made it. It is drawn over the page and takes no clicks.

import { svg } from "../shell/dom.js";
import { get, watch } from "../shell/state.js";

export function startThread(main) {
  const path = svg("path");
  const dot = svg("circle", { r: 3 });
  const layer = svg("svg.thread", { "aria-hidden": "true" }, path, dot);
  main.append(layer);
  let waiting = 0;
  const later = () => {
    if (!waiting) waiting = requestAnimationFrame(draw);
  };

  function draw() {
    waiting = 0;
    const origin = main.getBoundingClientRect();
    const find = (selector) => {
      const element = main.querySelector(selector);
      const box = element?.getBoundingClientRect();
      if (!box || (!box.width && !box.height)) return null;
      return {
        left: box.left - origin.left,
        right: box.right - origin.left,
        top: box.top - origin.top,
        bottom: box.bottom - origin.top,
      };
    };
    const cell = find('#maps [data-cell="chosen"] .marker');
    const map = find('#maps [data-cell="chosen"]');
    const end = find("#number .number-title");
    if (!cell || !map || !end || !get("reading")) {
      path.setAttribute("d", "");
      dot.setAttribute("visibility", "hidden");
      return;
    }
    const y = Math.round(end.top - 9) + 0.5;
    const middle = Math.round((cell.top + cell.bottom) / 2) + 0.5;
    const stage = find("#stage");
    const exit = Math.min(Math.round(map.right + 4) + 0.5, stage.right - 0.5);
    const isRow = main.querySelector("#maps .grid.with-text") !== null; // numbers in cells: the thread stays off them
    const x = isRow ? Math.round((cell.left + cell.right) / 2) + 0.5 : exit;
    const down = isRow ? `M${x} ${map.bottom}V${y}` : `M${cell.right} ${middle}H${x}V${y}`;
    path.setAttribute(
      "d",
      `${down}M${stage.left} ${y}H${stage.right}${fromPad(find, stage, cell, isRow ? map : cell, map)}`,
    );
    dot.setAttribute("visibility", "visible");
    dot.setAttribute("cx", x);
    dot.setAttribute("cy", y);
  }

  watch(["reading", "line", "number", "input", "language", "theme", "part"], later);
  new ResizeObserver(later).observe(main);
  addEventListener("resize", later);
}

/** The way from the pad to the code, and from the code to the cell, where three columns allow it. */
function fromPad(find, stage, cell, target, map) {
  const [frame, line] = [find(".marks.looking .frame"), find('.line[aria-selected="true"]')];
  const side = find("#inside > .side");
  const pad = find(".pad-surface");
  if (!line || !side || stage.left < side.right) return ""; // the stage is not next to the code
  const y = Math.round((line.top + line.bottom) / 2) + 0.5;
  const between = Math.round((side.right + stage.left) / 2) + 0.5;
  const above = Math.round(map.top - 4) + 0.5;
  const x = Math.round((cell.left + cell.right) / 2) + 0.5;
  let d = "";
  if (frame && pad) {
    const gutter = Math.round((pad.right + side.left) / 2) + 0.5;
    const at = Math.round((frame.top + frame.bottom) / 2) + 0.5;
    d += `M${frame.right} ${at}H${gutter}V${y}H${line.left}`;
  }
  return `${d}M${line.right} ${y}H${between}V${above}H${x}V${target.top}`;
}
