// Which run is shown, what it is doing, and its controls: play, pause, resume, a new training.

import { h, fill, say, setText } from "../shell/dom.js";
import { chooseMoment, chosenStep, nameOfRun, reload } from "./followed.js";
import { number, percent } from "../shell/format.js";
import { examplesAfter, lastStep } from "./moments.js";
import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";
import { pause } from "../shell/waiting.js";
import { rich, t } from "../shell/words.js";

const SHOWN = ["network", "epochs", "batch_size", "learning_rate", "momentum", "dropout", "train_images"];
const PLAY = 700; // milliseconds a moment is shown

export function startControl(root, training) {
  const select = h("select.choice", { onchange: () => chooseRun(select.value) });
  const choosing = h("div.run-choice", h("span.choosing", select));
  const state = h("p.run-state", { role: "status" });
  const progress = h("div.run-progress", { role: "progressbar", "aria-valuemin": 0, "aria-valuemax": 100 }, h("span"));
  const problem = h("p.problem", { role: "alert" });
  const table = h("dl.recipe");
  const buttons = h("div.picture-buttons");
  const words = h("p.caption.machine");
  fill(root, choosing, state, progress, problem, table, buttons, words);
  let runs = [];
  let own = null; // a problem of pausing or resuming: the server's sentence
  let busy = null; // "pause" or "resume" while it is asked for
  let player = 0; // counts what was played, so that another choice ends it

  async function listRuns() {
    if (!source.has("runs")) return;
    runs = await source.getJSON("/lab/runs").catch(() => runs);
    show();
  }

  async function chooseRun(name) {
    own = null;
    player++;
    const hasNetwork = (await source.networks()).some((one) => one.name === name);
    set(hasNetwork ? { run: null, net: name, moment: null, number: null, line: 1, cell: null, mistake: null } : { run: name, cell: null, mistake: null });
  }

  async function ask(what) {
    busy = what;
    own = null;
    const { name } = get("shownRun");
    show();
    try {
      await source.getJSON(`/lab/runs/${encodeURIComponent(name)}/${what}`, { method: "POST" });
      say(t(what === "pause" ? "run.paused.said" : "run.resumed.said"));
    } catch (error) {
      own = error.message;
    }
    busy = null;
    await reload();
    show();
  }

  async function play() {
    const mine = ++player;
    const { name, snapshots } = get("shownRun");
    for (const step of snapshots) {
      chooseMoment(step);
      const chosen = get("moment");
      await pause(PLAY);
      if (mine !== player || get("shownRun")?.name !== name || get("moment") !== chosen) break; // another choice
    }
    if (mine === player) player++;
    show();
  }

  function show() {
    const run = get("shownRun");
    if (!run) {
      choosing.hidden = progress.hidden = problem.hidden = table.hidden = true;
      fill(buttons);
      fill(state);
      fill(words, rich("run.exported"));
      return;
    }
    showChoice(run);
    setText(state, stateOf(run));
    showProgress(run);
    const sentence = own ?? run.problem ?? run.error;
    problem.hidden = !sentence;
    setText(problem, sentence ?? "");
    table.hidden = !run.record;
    if (run.record) fill(table, rowsOf(run.record));
    const isPlaying = player % 2 === 1;
    fill(buttons, buttonsFor(run, isPlaying));
    fill(words, machineWords(run));
  }

  function showChoice(run) {
    choosing.hidden = false;
    const names = ["example", ...runs.map(({ name }) => name)];
    if (!names.includes(run.name)) names.push(run.name);
    const title = (name) => (name === "example" ? t("run.example") : `${name}${isRunning(name) ? ` · ${t("run.status.running")}` : ""}`);
    const options = names.map((name) => [name, title(name)]);
    if ([...select.options].map((one) => one.text).join("\n") !== options.map(([, text]) => text).join("\n")) fill(select, options.map(([value, text]) => h("option", { value }, text)));
    select.value = nameOfRun();
    select.setAttribute("aria-label", t("run.choose"));
  }

  const isRunning = (name) => (name === get("shownRun")?.name ? get("shownRun") : runs.find((one) => one.name === name))?.status === "running";

  function showProgress(run) {
    progress.hidden = !["running", "paused", "failed"].includes(run.status) || !run.total;
    if (progress.hidden) return;
    const share = Math.min(1, run.examples / run.total);
    progress.firstChild.style.width = `${100 * share}%`;
    progress.setAttribute("aria-valuenow", Math.round(100 * share));
    progress.setAttribute("aria-label", t("run.progress", { name: run.name }));
  }

  function buttonsFor(run, isPlaying) {
    const button = (key, onclick, { primary = false, disabled = false } = {}) => h(`button.button${primary ? ".primary" : ""}`, { type: "button", onclick, disabled, dataset: { key } }, t(key));
    const found = [];
    const canControl = source.has("runs") && run.name !== "example";
    if (canControl && run.status === "running") found.push(button(busy === "pause" ? "run.pausing" : "run.pause", () => ask("pause"), { primary: true, disabled: busy !== null }));
    if (canControl && ["paused", "failed"].includes(run.status) && run.record) found.push(button(busy === "resume" ? "run.resuming" : "run.resume", () => ask("resume"), { primary: true, disabled: busy !== null }));
    if (run.snapshots.length > 1) found.push(isPlaying ? button("run.stop", () => { player++; show(); }) : button("run.play", play, { primary: found.length === 0 }));
    if (training) found.push(h("button.button", { type: "button", "aria-expanded": training.isOpen(), onclick: () => training.toggle(), dataset: { key: "run.new" } }, t("run.new")));
    const focused = buttons.querySelector(":focus")?.dataset.key;
    if (focused) setTimeout(() => (buttons.querySelector(`[data-key="${focused}"]`) ?? buttons.querySelector("button"))?.focus());
    return found;
  }

  watch(["shownRun", "network", "language", "networks", "trainingOpen"], show);
  watch(["shownRun"], () => {
    const run = get("shownRun");
    if (run && run.status !== runs.find((one) => one.name === run.name)?.status && run.name !== "example") listRuns();
  });
  select.addEventListener("focus", listRuns); // those that another program has started
  listRuns();
}

function stateOf(run) {
  const status = t(`run.status.${run.status}`);
  if (run.status === "running" || run.status === "paused") {
    const share = run.total ? percent(Math.min(1, run.examples / run.total), 0) : "…";
    return t("run.state.share", { status, share });
  }
  return run.tested ? t("run.state.accuracy", { status, share: percent(run.correct / run.tested, 2) }) : status;
}

function rowsOf({ recipe, seed, extra }) {
  const rows = SHOWN.filter((name) => name !== "train_images" || recipe.train_images > 0).map((name) => [t(`setting.${name}`), String(recipe[name])]);
  if (extra) rows.push([t("setting.extra"), t("setting.extra.count", { count: extra.pictures })]);
  return [...rows, [t("setting.seed"), String(seed)]].map(([name, value]) => h("div", h("dt", name), h("dd.code", value)));
}

function machineWords(run) {
  const step = chosenStep();
  if (step === null || !run.snapshots.includes(step)) return t(run.snapshots.length ? "run.elsewhere" : "run.no.moment");
  const { steps } = get("network");
  if (steps) return rich(steps === 1 ? "run.machine.step" : "run.machine.steps", { step: number(step, 0), count: steps });
  const last = lastStep(run);
  const values = { step: number(step, 0), last: last === null ? "" : number(last, 0), examples: number(examplesAfter(run, step), 0) };
  return rich(last === null ? "run.machine.open" : "run.machine", values);
}
