// Part 3, Learn: what one step of SGD on your drawing would do, and then doing it.

import { h, fill, say, setText, svg } from "../shell/dom.js";
import { number, percent } from "../shell/format.js";
import { countRight, learn, preview } from "./learner.js";
import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";
import { t } from "../shell/words.js";
import { showKernels, showWeight } from "./weight.js";

let start = null; // the network before any step
let taken = []; // {network, velocity} before each step or group of steps, and how many it was
let velocity = {};
let settings = { learningRate: 0.01, momentum: 0.9 };
let refusals = {}; // what was typed into a field of them, out of its range

const LEARNED = 0.001; // a loss below that leaves a step next to nothing to change

export function startLearn(section) {
  const controls = section.querySelector("#learn-controls");
  const evidence = section.querySelector("#learn-evidence");
  evidence.classList.add("learn-evidence");
  const parts = { answer: h("div"), weight: h("div"), kernels: h("div.learn-wide") };
  fill(evidence, parts.answer, parts.weight, parts.kernels);
  const show = () => {
    if (!get("network")) return; // it is still being loaded
    follow();
    const now = previewNow();
    showControls(controls, now, show);
    showAnswer(parts.answer, now);
    showWeight(parts.weight, now);
    showKernels(parts.kernels, start, show);
  };
  watch(["reading", "truth", "weight", "language", "theme"], show);
  document.addEventListener("themechange", show);
}

/** Start anew when another network was chosen; a network that learned here knows its steps. */
function follow() {
  const network = get("network");
  if (start && network.startedFrom === start) return;
  if (network === start) return;
  [start, taken, velocity] = [network, [], {}];
}

function previewNow() {
  const [reading, network] = [get("reading"), get("network")];
  if (!reading || reading.isBlank || get("truth") === null) return null;
  const [label, now] = [truth(), { ...settings, off: get("off"), seed: stepsTaken() }];
  return { ...preview(network, velocity, reading.pixels, label, now), label, settings, velocity };
}

function truth() {
  return Math.min(get("truth"), get("network").classes.length - 1);
}

/** Take so many steps; the whole page then shows the network that learned. */
function take(count, { next }) {
  const further = { ...settings, off: get("off"), seed: stepsTaken() + 1 };
  const { pixels } = get("reading");
  const after = learn(next.network, next.velocity, pixels, truth(), further, count - 1);
  taken.push({ network: get("network"), velocity, count });
  velocity = after.velocity;
  set({ network: { ...after.network, startedFrom: start, steps: stepsTaken() } });
  say(stepsInWords());
}

function goBack(toStart) {
  const to = toStart ? taken[0] : taken.at(-1);
  taken = toStart ? [] : taken.slice(0, -1);
  velocity = to.velocity;
  set({ network: to.network });
  say(stepsInWords());
}

function stepsTaken() {
  return taken.reduce((sum, { count }) => sum + count, 0);
}

function stepsInWords() {
  const count = stepsTaken();
  return count === 1 ? t("learn.step") : t("learn.steps", { count });
}

function showControls(root, now, show) {
  const focused = document.activeElement?.dataset?.key;
  const choose = (label) => () => set({ truth: label });
  const field = (name, key, most) => {
    const refused = refusals[name];
    return h("label", t(`learn.${key}`), h("input", {
      type: "number", min: 0, max: most, step: "any", value: refused ?? settings[name], dataset: { key },
      "aria-invalid": refused === undefined ? null : "true",
      "aria-describedby": refused === undefined ? null : `learn-${key}-range`,
      onchange: ({ target }) => {
        const isFine = target.value !== "" && target.valueAsNumber >= 0 && target.valueAsNumber <= most;
        if (isFine) settings = { ...settings, [name]: target.valueAsNumber };
        refusals = { ...refusals, [name]: isFine ? undefined : target.value };
        if (!isFine) say(t("learn.range", { most }));
        show();
      },
    }), refused !== undefined && h(`span.range#learn-${key}-range`, t("learn.range", { most })));
  };
  const button = (key, isPrimary, isOff, act) =>
    h(isPrimary ? "button.button.primary" : "button.button", {
      type: "button", disabled: isOff, onclick: act, dataset: { key },
    }, t(`learn.${key}`));
  const canLearn = now && Object.values(refusals).every((text) => text === undefined);
  fill(
    root,
    h("h3", t("learn.truth")),
    h("div.truths", { role: "group", "aria-label": t("learn.truth") },
      get("network").classes.map((name, label) =>
        h("button.truth", {
          type: "button", "aria-pressed": String(get("truth") === label),
          dataset: { key: `truth-${label}` }, onclick: choose(label),
        }, name))),
    h("div.learn-fields", field("learningRate", "rate", 10), field("momentum", "momentum", 0.999)),
    h("div.learn-buttons",
      button("one", true, !canLearn, () => take(1, now)),
      button("ten", false, !canLearn, () => take(10, now)),
      button("undo", false, !taken.length, () => goBack(false)),
      button("start", false, !taken.length, () => goBack(true))),
    h("p.caption", now ? stepsInWords() : t(get("reading")?.isBlank === false ? "learn.choose.first" : "learn.none")),
    now && now.loss < LEARNED && h("p.caption", t("learn.nothing")),
  );
  if (focused) root.querySelector(`[data-key="${focused}"]`)?.focus();
}

const ROW = 22;

function showAnswer(root, now) {
  const reading = get("reading");
  if (!reading || reading.isBlank) {
    fill(root);
    return;
  }
  const { classes } = get("network");
  const shares = now?.shares ?? reading.shares;
  const x = (share) => 34 + 250 * share;
  const bars = classes.map((name, i) => {
    const [before, after] = [shares[i], now ? now.next.shares[i] : shares[i]];
    const y = ROW * i + 12;
    const words = t(now ? "learn.bar" : "learn.barNow", {
      name, before: percent(before), after: percent(after),
    });
    return svg(now && i === truth() ? "g.is-truth" : "g", { role: "img", "aria-label": words },
      svg("text", { x: 4, y: y + 4 }, name),
      svg("line", { x1: x(0), x2: x(1), y1: y, y2: y }),
      svg("line.way", { x1: x(before), x2: x(after), y1: y, y2: y }),
      svg("circle", { cx: x(before), cy: y, r: 4.5 }),
      now && svg("circle.after", { cx: x(after), cy: y, r: 4.5 }),
      svg("text", { x: x(1) + 12, y: y + 4 }, percent(after)));
  });
  const chart = svg("svg.learn-bars", { viewBox: `0 0 360 ${ROW * classes.length + 4}` }, bars);
  if (!now) {
    fill(root, h("h3", t("learn.answerNow")), chart, h("p.caption", t("learn.invitation")));
    return;
  }
  const tests = h("b", "…");
  fill(
    root,
    h("h3", t("learn.answer")),
    chart,
    h("div.learn-figures",
      h("div", t("learn.loss"), h("b.loss", `${lossText(now.loss)} → ${lossText(now.next.loss)}`)),
      h("div", t("learn.tests", { count: "1,000" }), tests)),
    h("p.caption", t("learn.price")),
  );
  countPrice(now, tests);
}

function lossText(loss) {
  return number(loss, loss < 0.1 ? 4 : 2);
}

const counted = new WeakMap(); // by weights: how many test images are read right, with nothing off
let counting = 0;

/** Count the test images read right now and after the step; a newer request ends an older one. */
async function countPrice(now, place) {
  const turn = ++counting;
  const isStale = () => turn !== counting;
  await new Promise((resolve) => setTimeout(resolve, 300));
  if (isStale()) return;
  const [{ test }, network, off] = [await source.images(), get("network"), get("off")];
  const results = [];
  for (const one of [network, now.next.network]) {
    const known = off.length === 0 ? counted.get(one.weights) : undefined;
    const tell = (done, count) => setText(place, [...results, t("learn.testing", { share: `${number((100 * done) / count, 0)}%` })].join(" → "));
    const right = known ?? (await countRight(one, test, off, isStale, tell));
    if (isStale() || right === null) return;
    if (off.length === 0) counted.set(one.weights, right);
    results.push(number(right, 0));
    setText(place, `${results[0]} → ${results[1] ?? "…"}`);
  }
}
