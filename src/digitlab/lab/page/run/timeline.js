// Loss curve, slider and kernels on one axis; the moment chosen there is the whole page's.

import { lossCurve } from "./curve.js";
import { h, fill, setText } from "../shell/dom.js";
import { chooseMoment, chosenStep } from "./followed.js";
import { number, percent } from "../shell/format.js";
import { firstKernels, kernelColumns } from "./kernels.js";
import { axisOf, columnsOf, momentsOf } from "./moments.js";
import { answerTo } from "../draw/reading.js";
import { momentSlider } from "./slider.js";
import { networkAt } from "./snapshots.js";
import { get, set, watch } from "../shell/state.js";
import { known } from "./testing.js";
import { pause } from "../shell/waiting.js";
import { rich, t } from "../shell/words.js";

const ROOM = { wide: 60, narrow: 38 }; // pixels of a column

export function startTimeline(root) {
  const legend = h("p.legend-row");
  const curve = lossCurve();
  const flag = h("p.flag");
  const slider = momentSlider(({ step }) => choose(step));
  const columns = kernelColumns(choose);
  const band = h("div.band", { "aria-hidden": "true" });
  const modes = [null, "change"].map((mode) => h("button", { type: "button", onclick: () => set({ kernels: mode }) }));
  const switcher = h("div.switch", { role: "group" }, modes);
  const caption = h("p.caption");
  const lower = h("div.timeline-foot", caption, switcher);
  const plot = h("div.timeline", band, curve.element, flag, slider.element, columns.element);
  const none = h("p.soft.small");
  fill(root, h("div.subhead", h("h3"), legend), plot, lower, none);

  let networks = new Map(); // of the shown run's columns, by step
  let readings = new Map();
  let shown = null; // the run: its name, and whether it goes on
  let turn = 0;

  function show() {
    const run = get("shownRun");
    root.hidden = !run || !run.record;
    if (root.hidden) return;
    const isShown = shown?.name === run.name && shown.goesOn === (run.status === "running");
    if (!isShown) {
      shown = { name: run.name, goesOn: run.status === "running" };
      [networks, readings] = [new Map(), new Map()];
    }
    const width = plot.clientWidth;
    if (!width) return; // another part is in view
    const room = width < 560 ? ROOM.narrow : ROOM.wide;
    const axis = axisOf(run, room / 2, width - room / 2);
    const moments = momentsOf(run);
    const step = chosenStep();
    const chosen = moments.find((one) => one.step === step) ?? null;
    const result = chosen && resultAt(run, chosen, networks.get(step));
    const visited = moments.map((one) => ({ ...one, ...known(networks.get(one.step)) })).filter((one) => one.loss !== undefined);
    const classes = run.report?.classes?.length ?? get("network")?.classes.length ?? 10;
    const height = curve.show(run, axis, width, { classes, visited, chosen: chosen && { ...chosen, loss: result?.loss ?? null } });
    showChosen(chosen, result, axis, { width, room, height });
    slider.show(moments, axis, step, { label: t("run.slider"), text: inWords(chosen, result) });
    const picked = columnsOf(moments, axis, room, chosen);
    const first = get("kernels") === "change" && networks.get(moments[0]?.step);
    const isUsable = get("kernels") !== "change" || first;
    columns.show(picked, axis, { networks: isUsable ? networks : new Map(), readings, chosen: step, room, first: first ? firstKernels(first) : null, words: columnInWords });
    plot.classList.toggle("empty", moments.length === 0);
    none.hidden = moments.length > 0;
    lower.hidden = moments.length === 0;
    if (moments.length === 0) fill(none, rich(run.status === "running" ? "run.no.snapshots.yet" : "run.no.snapshots"));
    setText(root.querySelector("h3"), t("run.loss"));
    fill(legend, legendOf(run, visited.length > 0));
    fill(caption, t("run.columns", { layer: "conv1" }));
    switcher.setAttribute("aria-label", t("run.kernels"));
    modes.forEach((button, i) => {
      setText(button, t(i ? "run.kernels.change" : "run.kernels.then"));
      button.setAttribute("aria-pressed", (get("kernels") === "change") === Boolean(i));
    });
    load([moments[0], ...picked].filter(Boolean));
  }

  function showChosen(chosen, result, axis, { width, room, height }) {
    band.hidden = flag.hidden = !chosen;
    if (!chosen) return;
    const x = axis.at(chosen.examples);
    band.style.left = `${x - room / 2}px`;
    band.style.width = `${room}px`;
    fill(flag, result ? [h("b", number(result.loss, 3)), " ", h("b", percent(result.accuracy, result.count === 10000 ? 2 : 1))] : "");
    const isLeft = x > width - 140; // elsewhere there is room to the right, above the falling curve
    flag.style.left = isLeft ? "auto" : `${x + 10}px`;
    flag.style.right = isLeft ? `${width - x + 10}px` : "auto";
    flag.style.top = `${height > 80 ? 38 : height + 12}px`;
  }

  /** Load the networks of the columns one after the other, and have each read the drawing. */
  async function load(moments) {
    const mine = ++turn;
    const own = networks;
    for (const { step } of moments) {
      const reading = get("reading");
      if (!reading) return;
      const before = readings.get(step);
      if (networks.has(step) && before?.of === reading.pixels && before.off === get("off")) continue;
      await pause(networks.has(step) ? 30 : 0);
      if (mine !== turn) return;
      try {
        if (!networks.has(step)) {
          const network = await networkAt(shown.name, step);
          if (own !== networks) return; // another run is shown, or this one has ended
          networks.set(step, network);
        }
        if (mine !== turn) return;
        readings.set(step, readingOf(networks.get(step), reading));
      } catch {
        continue; // the snapshot is damaged or gone: its column stays empty
      }
      if (mine === turn) later();
    }
  }

  let waiting = 0;
  const later = () => {
    if (!waiting) waiting = setTimeout(() => { waiting = 0; show(); }, 40);
  };
  watch(["shownRun", "network", "moment", "kernels", "language", "theme", "part"], show);
  watch(["tested"], () => get("tested")?.result && show());
  watch(["reading"], later);
  document.addEventListener("themechange", later);
  new ResizeObserver(later).observe(plot);
}

function choose(step) {
  chooseMoment(step);
}

function readingOf(network, { pixels, isBlank }) {
  const off = get("off");
  const { best, isSure } = answerTo(network, pixels, off);
  return { of: pixels, off, text: isBlank ? "" : network.classes[best] + (isSure ? "" : "?"), isUnsure: !isSure };
}

/** Return loss and accuracy at a moment: of the whole test set if it was tested then. */
function resultAt(run, { examples }, network) {
  const test = run.history.find((point) => point.kind === "test" && point.examples === examples);
  if (test) return { loss: test.loss, accuracy: test.correct / test.total, count: test.total };
  return known(network) ?? null;
}

function inWords(chosen, result) {
  if (!chosen) return t("run.elsewhere");
  const values = { examples: number(chosen.examples, 0), loss: result ? number(result.loss, 3) : "…", share: result ? percent(result.accuracy, 1) : "…" };
  return t("run.moment", values);
}

function columnInWords(examples, reading) {
  return t("run.column", { examples: number(examples, 0), answer: reading?.text || "–" });
}

function legendOf(run, hasVisited) {
  const mark = (name) => h(`span.mark.${name}`, { "aria-hidden": "true" });
  const tests = run.history.find((point) => point.kind === "test");
  const heldOut = run.history.find((point) => point.kind === "held out");
  return [
    h("span", mark("of-batches"), t("run.batches")),
    tests || heldOut ? h("span", mark("of-tests"), t(tests ? "run.tests" : "run.held.out", { count: number((tests ?? heldOut).total, 0) })) : null,
    hasVisited ? h("span", mark("of-visited"), t("run.visited")) : null,
  ];
}
