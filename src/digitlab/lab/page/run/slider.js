// The slider along the examples seen: its stops are the run's snapshots.

import { h, setAttributes } from "../shell/dom.js";
import { momentAt } from "./moments.js";

const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 5, PageDown: -5, Home: -Infinity, End: Infinity };

/** `choose(moment)` is called for the stop that the pointer or a key has moved to. */
export function momentSlider(choose) {
  const stops = h("div.stops", { "aria-hidden": "true" });
  const thumb = h("span.thumb-dot", { "aria-hidden": "true" });
  const element = h("div.moment-slider", { role: "slider", tabindex: 0 }, stops, thumb);
  let shown = { moments: [], axis: null, index: 0 };

  function show(moments, axis, step, { label, text }) {
    const index = Math.max(0, moments.findIndex((one) => one.step === step));
    const isKnown = moments.length > 0 && step !== null;
    shown = { moments, axis, index: isKnown ? index : moments.length - 1 };
    setAttributes(element, { "aria-label": label, "aria-valuemin": 0, "aria-valuemax": Math.max(0, moments.length - 1), "aria-valuenow": shown.index, "aria-valuetext": text });
    element.classList.toggle("elsewhere", !isKnown);
    while (stops.children.length > moments.length) stops.lastChild.remove();
    moments.forEach((moment, i) => {
      const stop = stops.children[i] ?? stops.appendChild(h("span"));
      stop.style.left = `${axis.at(moment.examples)}px`;
    });
    stops.style.setProperty("--from", `${axis.left}px`);
    stops.style.setProperty("--to", `${axis.right}px`);
    if (moments.length) thumb.style.left = `${axis.at(moments[shown.index].examples)}px`;
    thumb.hidden = moments.length === 0;
  }

  const at = (event) => {
    const { moments, axis } = shown;
    if (moments.length) choose(momentAt(moments, axis, event.clientX - element.getBoundingClientRect().left));
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    element.setPointerCapture(event.pointerId);
    at(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) at(event);
  });
  element.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const { moments, index } = shown;
    if (moments.length) choose(moments[Math.min(Math.max(index + step, 0), moments.length - 1)]);
  });
  return { element, show };
}
