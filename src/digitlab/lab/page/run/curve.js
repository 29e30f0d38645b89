// The loss of a run over the examples seen: the batches it learned from, and the images it did not.

import { fill, setAttributes, svg } from "../shell/dom.js";
import { number } from "../shell/format.js";
import { t } from "../shell/words.js";

const HEIGHT = 196;
const [TOP, BOTTOM] = [14, 184];
const BIN = 4; // pixels over which batches are averaged
const HIGHEST = 10; // a loss beyond that is drawn at the top

export function lossCurve() {
  const element = svg("svg.curve", { role: "img", height: HEIGHT });

  /** `chosen` is {examples, loss} or null, `visited` a list of them. */
  function show(run, axis, width, { chosen, visited, classes }) {
    const batches = run.history.filter((point) => point.kind === "train" && Number.isFinite(point.loss));
    const tests = run.history.filter((point) => point.kind !== "train" && Number.isFinite(point.loss));
    const guessing = Math.log(classes);
    const largest = [...batches, ...tests].reduce((most, { loss }) => Math.max(most, loss), 0);
    const most = Math.min(HIGHEST, Math.max(1.12 * guessing, 1.04 * largest));
    const y = (loss) => BOTTOM - ((BOTTOM - TOP) * Math.min(loss, most)) / most;
    const isAtTheStart = chosen && axis.at(chosen.examples) < 110; // its line is there
    const { mean, range } = pathsOf(batches, axis, y);
    setAttributes(element, { width, viewBox: `0 0 ${width} ${HEIGHT}`, "aria-label": inWords(run, batches, tests) });
    fill(
      element,
      ticks(most).map((loss) => gridLine(loss, y(loss), width)),
      svg("path.range", { d: range }),
      svg("line.guessing", { x1: 0, x2: width, y1: round(y(guessing)), y2: round(y(guessing)) }),
      svg("text", { x: isAtTheStart ? width : 16, y: y(guessing) - 9, "text-anchor": isAtTheStart ? "end" : "start" }, t("run.guessing", { loss: number(guessing) })),
      svg("path.batches", { d: mean }),
      visited.map(({ examples, loss }) => svg("circle.visited", { cx: axis.at(examples), cy: y(loss), r: 2.6 })),
      tests.map(({ examples, loss }) => svg("circle.tested", { cx: axis.at(examples), cy: y(loss), r: 3 })),
      chosen ? chosenMark(chosen, axis, y) : null,
    );
    return chosen ? y(chosen.loss ?? guessing) : null;
  }

  return { element, show };
}

function ticks(most) {
  const step = most > 5 ? 2 : 1;
  const found = [];
  for (let loss = 0; loss < most; loss += step) found.push(loss);
  return found;
}

function gridLine(loss, at, width) {
  return svg("g.tick", svg("line", { x1: 0, x2: width, y1: round(at), y2: round(at) }), svg("text", { x: 0, y: at - 4 }, number(loss, 0)));
}

function chosenMark({ examples, loss }, axis, y) {
  const x = round(axis.at(examples));
  const line = svg("line.now", { x1: x, x2: x, y1: 0, y2: HEIGHT });
  return svg("g", line, loss === null ? null : svg("circle.now", { cx: x, cy: y(loss), r: 4.5 }));
}

/** Return the mean of the batches in each few pixels as a line, and from least to most as an area. */
function pathsOf(batches, axis, y) {
  const bins = new Map();
  for (const { examples, loss } of batches) {
    const x = axis.at(examples);
    const key = Math.floor(x / BIN);
    const bin = bins.get(key) ?? { x: 0, sum: 0, count: 0, least: Infinity, most: 0 };
    bins.set(key, { x: bin.x + x, sum: bin.sum + loss, count: bin.count + 1, least: Math.min(bin.least, loss), most: Math.max(bin.most, loss) });
  }
  const sorted = [...bins.values()].map((bin) => ({ ...bin, x: bin.x / bin.count })).sort((a, b) => a.x - b.x);
  const through = (points) => points.map(([x, value], i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y(value).toFixed(1)}`).join("");
  const upper = sorted.map((bin) => [bin.x, bin.most]);
  const lower = sorted.map((bin) => [bin.x, bin.least]).reverse();
  const mean = through(sorted.map((bin) => [bin.x, bin.sum / bin.count]));
  return { mean, range: sorted.length > 1 ? `${through([...upper, ...lower])}Z` : "" };
}

function inWords(run, batches, tests) {
  if (batches.length === 0) return t("run.curve.empty");
  const values = { first: number(batches[0].loss), last: number(batches.at(-1).loss), tests: tests.length ? number(tests.at(-1).loss, 3) : "–" };
  return t("run.curve.label", values);
}

function round(at) {
  return Math.round(at) + 0.5;
}
