// Learning from the corrections: the command, a training as a run, and the answers before and after.

import { h, fill, say, setText } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { paintInk } from "../shell/paint.js";
import { decodeNetwork } from "../arithmetic/net.js";
import { answerTo } from "../draw/reading.js";
import { networkTitle } from "../inside/inside.js";
import * as source from "../shell/source.js";
import { get, set } from "../shell/state.js";
import { language, t } from "../shell/words.js";

const RECIPE = "fast"; // 10 seconds on a laptop

export function learning() {
  const root = h("div.learning");
  const state = {
    name: null,
    progress: null,
    problem: null,
    result: null,
    settings: null,
    stored: null,
    isRestored: false,
  };

  async function show(stored) {
    state.stored = stored;
    draw();
    state.settings ??= await source.getJSON("/lab/settings").catch(() => null);
    draw();
    await restore().catch(() => null); // the comparison can be had again by training
  }

  /** Show again, once the page is reloaded, what the last finished run made of the corrections. */
  async function restore() {
    const { corrections } = state.stored;
    if (state.isRestored || !get("network") || corrections.length === 0) return;
    state.isRestored = true;
    const last = (await source.getJSON("/lab/runs")).find(
      ({ name, status }) => status === "finished" && /^my-hand(-\d+)?$/.test(name),
    );
    if (!last) return;
    const { record } = await source.getJSON(`/lab/runs/${encodeURIComponent(last.name)}`);
    if (record.extra?.pictures !== corrections.length) return; // it learned from others
    const other = get("networks").find(({ name }) => name !== last.name).name;
    const isShown = get("network").name === last.name;
    const before = isShown ? decodeNetwork(await source.network(other)) : get("network");
    const result = await comparison(before, last.name, corrections);
    if (state.name !== null || state.result !== null) return; // meanwhile another was trained
    state.result = result;
    draw();
  }

  function draw() {
    const { stored, settings } = state;
    const count = stored.corrections.length;
    root.hidden = count === 0 && !state.result;
    fill(
      root,
      h("h3", t("hand.learn")),
      h("p.explained", t("hand.learn.what")),
      h("p.caption", t("hand.command")),
      commandLine(stored.command),
      settings === null
        ? null
        : settings.can_train
          ? trainButton(count)
          : h("p.soft.small", settings.why[language()]),
      h("p.small", { role: "status" }, state.progress ?? ""),
      state.problem ? h("p.problem", { role: "alert" }, state.problem) : null,
      state.result ? resultTable(state.result) : null,
    );
  }

  function trainButton(count) {
    const button = h(
      "button.button.primary",
      { type: "button", disabled: count === 0 || state.name !== null, onclick: train },
      t("hand.train", { count }),
    );
    return h("div.picture-buttons", button);
  }

  async function train() {
    Object.assign(state, { name: "…", progress: t("hand.starting"), problem: null, result: null });
    draw();
    const corrections = state.stored.corrections;
    const before = get("network");
    try {
      const run = await source.getJSON("/lab/runs", {
        method: "POST",
        body: JSON.stringify({ recipe: RECIPE, corrections: true }),
      });
      state.name = run.name;
      const status = await followed(run, (progress) => {
        state.progress = progress;
        setText(root.querySelector("[role=status]"), progress);
      });
      if (status.status === "finished") {
        state.result = await comparison(before, run.name, corrections);
        say(t("hand.result"));
      } else if (status.status === "paused") state.problem = t("hand.paused", { name: run.name });
      else state.problem = t("hand.failed", { reason: status.error });
    } catch (error) {
      const isLost = error instanceof source.NoAnswer; // the training may go on
      state.problem = isLost ? error.message : t("hand.failed", { reason: error.message });
    }
    Object.assign(state, { name: null, progress: null });
    draw();
  }

  return { element: root, show };
}

/** Resolve to the last status of a run, and tell how far it has come meanwhile. */
function followed(run, tell) {
  return new Promise((resolve, reject) => {
    const events = new EventSource(`/lab/runs/${encodeURIComponent(run.name)}/events`);
    events.addEventListener("point", ({ data }) => {
      const { examples, epoch_size: size } = JSON.parse(data);
      if (size)
        tell(
          t("hand.training", { name: run.name, share: percent(examples / (size * run.epochs), 0) }),
        );
    });
    events.addEventListener("status", ({ data }) => {
      const status = JSON.parse(data);
      if (status.status === "running") return;
      events.close();
      resolve(status);
    });
    events.addEventListener("error", () => {
      if (events.readyState === EventSource.CLOSED) reject(new Error(t("problem.server")));
    });
  });
}

/** Return how the corrections are read by the network before, and by the one that learned. */
async function comparison(before, name, corrections) {
  const bundle = await source.network(name);
  const after = decodeNetwork(bundle);
  const rows = corrections.map(({ label, pixels: text }) => {
    const pixels = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const [one, two] = [before, after].map((network) => {
      const { best, isSure } = answerTo(network, pixels, []);
      return { digit: network.classes[best], isSure, isRight: network.classes[best] === label };
    });
    return { label, pixels, before: one, after: two };
  });
  const run = await source.getJSON(`/lab/runs/${encodeURIComponent(name)}`);
  return {
    name,
    rows,
    before: before.name,
    isSameRecipe: isSameRecipe(before.recipe, after.recipe),
    accuracies: [before.accuracy, run.tested ? run.correct / run.tested : null],
  };
}

function isSameRecipe(one, other) {
  if (!one || !other) return false;
  return Object.keys(other).every((key) => JSON.stringify(one[key]) === JSON.stringify(other[key]));
}

function resultTable({ name, rows, before, isSameRecipe, accuracies }) {
  const count = rows.length;
  const figures = [
    ["hand.before", "before", accuracies[0]],
    ["hand.after", "after", accuracies[1]],
  ].map(([title, key, accuracy]) =>
    h(
      "div.outcome-figure",
      h("p.caption", t(title)),
      h(
        "p.result-figure",
        t("hand.right", { right: rows.filter((row) => row[key].isRight).length, count }),
      ),
      h(
        "p.caption",
        accuracy === null || accuracy === undefined
          ? ""
          : t("hand.test", { share: percent(accuracy, 2) }),
      ),
    ),
  );
  const answer = ({ digit, isSure, isRight }) =>
    h(isRight ? "b" : "s", `${digit}${isSure ? "" : "?"}`);
  const thumbs = rows.map((row) => {
    const canvas = h("canvas", { width: 28, height: 28, role: "img", "aria-label": row.label });
    paintInk(canvas, row.pixels, 28, 28);
    return h("li.thumb", canvas, h("span.caption", answer(row.before), " → ", answer(row.after)));
  });
  return h(
    "div.result-table",
    h("h3", t("hand.result")),
    h("div.outcomes", figures),
    isSameRecipe
      ? null
      : h("p.caption", t("hand.recipes", { before: networkTitle(before), recipe: RECIPE })),
    h("ul.thumbs", thumbs),
    h("p.caption", t("hand.result.note")),
    h(
      "div.picture-buttons",
      h(
        "button.button",
        { type: "button", onclick: () => set({ net: name, moment: null }) },
        t("hand.use"),
      ),
    ),
  );
}

function commandLine(command) {
  const copy = h(
    "button.quiet",
    {
      type: "button",
      onclick: async () => {
        await navigator.clipboard.writeText(command);
        setText(copy, t("hand.copied"));
      },
    },
    t("hand.copy"),
  );
  return h("div.command", h("code", command), copy);
}
