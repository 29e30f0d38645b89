// The run that part 4 shows: which one it is, its record, and what is new in it while it trains.

import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";
import { t } from "../shell/words.js";
import { forget } from "./snapshots.js";

const PATIENCE = 3000; // milliseconds before a broken connection is tried again

let events = null; // the EventSource of a run that trains
const followed = new Set(); // the names of runs that were seen training, and not yet seen to have ended
let turn = 0;

/** Keep `shownRun` in the state up to date. */
export function startFollowing() {
  watch(["run", "net", "networks"], () => {
    if (get("shownRun")?.name !== nameOfRun()) reload();
  });
  watch(["shownRun", "network", "moment", "run"], goAlong);
  reload();
}

/** Return the name of the run to show: the chosen one, or the network's, or the example. */
export function nameOfRun() {
  if (get("run")) return get("run");
  const networks = get("networks");
  const name = networks.some((one) => one.name === get("net")) ? get("net") : networks[0]?.name;
  const isRun = ["run", "example"].includes(networks.find((one) => one.name === name)?.kind);
  return isRun ? name : "example";
}

/** Return the step of the chosen moment; null if the network in use is not of the run shown. */
export function chosenStep() {
  const { run, network } = { run: get("shownRun"), network: get("network") };
  if (!run || !network || network.name !== run.name) return null;
  return network.step ?? get("moment") ?? run.snapshots.at(-1) ?? null;
}

/** Show the whole page as it was at a moment of the run shown; at its end, go along with it. */
export function chooseMoment(step) {
  const { name, status, snapshots } = get("shownRun");
  const moment = status === "running" && step === snapshots.at(-1) ? null : step;
  set(get("net") === name || (get("net") === null && get("network")?.name === name) ? { moment } : { net: name, run: null, moment });
}

/** Fetch the shown run anew, and follow it if it trains. */
export async function reload() {
  const mine = ++turn;
  const name = nameOfRun();
  stop();
  try {
    const run = await source.run(name);
    if (mine !== turn) return;
    if (run === null) set({ shownRun: null });
    else {
      set({ shownRun: { ...run, problem: null } });
      if (run.status === "running") follow(run);
    }
  } catch (error) {
    if (mine !== turn) return;
    set({ shownRun: { name, status: "damaged", history: [], snapshots: [], error: error.message, record: null, problem: null } });
  }
}

/** Whoever has chosen no moment sees the newest one of a run that goes on, and the trained network after its end. */
function goAlong() {
  const [run, network, latest] = [get("shownRun"), get("network"), get("latest")];
  if (run?.status !== "running") {
    if (!run || !followed.delete(run.name)) return;
    forget(run.name);
    set({ latest: { name: run.name, step: null } });
    return;
  }
  const last = run.snapshots.at(-1);
  if (last === undefined) return;
  if (get("run") === run.name) set({ net: run.name, run: null, moment: null }); // its first network
  const isBehind = network?.name === run.name && network.step !== null && network.step < last;
  const isTold = latest?.name === run.name && latest.step === last;
  if (get("moment") === null && isBehind && !isTold) set({ latest: { name: run.name, step: last } });
}

function stop() {
  events?.close();
  events = null;
}

/** Take over what the run records, as it is written. */
function follow(run) {
  const mine = turn;
  followed.add(run.name);
  events = new EventSource(`/lab/runs/${encodeURIComponent(run.name)}/events?after=${run.event}`);
  const change = (changes) => set({ shownRun: { ...get("shownRun"), problem: null, ...changes } });
  events.addEventListener("point", ({ data }) => {
    const point = JSON.parse(data);
    const { history, total, epochs } = get("shownRun");
    history.push(point); // thousands of them: the list is not copied each time
    change({ examples: point.examples, total: total ?? (point.epoch_size ? point.epoch_size * epochs : null) });
  });
  events.addEventListener("snapshot", ({ data }) => {
    const { step } = JSON.parse(data);
    const before = get("shownRun").snapshots;
    if (before.includes(step)) return;
    change({ snapshots: [...before, step] });
  });
  events.addEventListener("status", ({ data }) => {
    if (JSON.parse(data).status !== "running") reload(); // with its report, or why it failed
  });
  events.addEventListener("error", () => {
    if (mine !== turn) return;
    change({ problem: t("run.reconnecting") });
    if (events?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(() => mine === turn && reload(), PATIENCE);
  });
}
