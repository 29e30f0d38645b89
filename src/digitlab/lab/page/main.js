// The page's start: the header, the address, the networks; then each part builds what is its own.

import { h, fill, setText, svg } from "./shell/dom.js";
import { startDraw } from "./draw/draw.js";
import { EXAMPLES } from "./draw/examples.js";
import { startInside } from "./inside/inside.js";
import { startLearn } from "./learn/learn.js";
import { startEmbedding } from "./shell/embed.js";
import { theme } from "./shell/paint.js";
import { startHand } from "./hand/hand.js";
import { startPicture } from "./picture/picture.js";
import { startReading } from "./draw/reading.js";
import { startRun } from "./run/run.js";
import { networkAt } from "./run/snapshots.js";
import * as source from "./shell/source.js";
import { get, readAddress, set, watch } from "./shell/state.js";
import { startTabs } from "./shell/tabs.js";
import { language, t, translate } from "./shell/words.js";

/** The parts of the page: a section is shown once its part has started. */
const PARTS = {
  draw: startDraw,
  inside: startInside,
  learn: startLearn,
  run: startRun,
  picture: startPicture,
  hand: startHand,
};

async function start() {
  takeAddress();
  applyTheme();
  translate();
  startHeader();
  watch(["language"], () => translate());
  watch(["theme"], applyTheme);
  if (source.has("guide")) startGuideLink();
  watch(["net", "moment", "latest"], loadNetwork);
  startReading();
  const networks = await source.networks();
  for (const [name, startPart] of Object.entries(PARTS)) {
    startPart(document.getElementById(name), networks);
    document.getElementById(name).hidden = false;
  }
  startTabs(document.getElementById("tabs"), Object.keys(PARTS));
  startEmbedding();
  addEventListener("hashchange", takeAddress);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", applyTheme);
  await loadNetwork();
}

function takeAddress() {
  const hasDrawing = readAddress();
  set({ language: language() }); // the address names it, so that others see the same language
  if (!hasDrawing) set({ strokes: EXAMPLES.seven });
}

let loading = 0;
let fallback = 0; // the turn that loads a network instead of one that could not be loaded

async function loadNetwork() {
  const turn = ++loading;
  let name = get("net");
  try {
    const networks = await source.networks();
    if (String(networks.map((one) => one.name)) !== String(get("networks").map((one) => one.name))) set({ networks });
    if (!networks.some((one) => one.name === name)) name = networks[0].name;
    const latest = get("latest")?.name === name ? get("latest").step : null;
    const network = await networkAt(name, get("moment") ?? latest);
    if (turn !== loading) return; // another one was chosen meanwhile
    set({ network, line: Math.min(get("line"), network.lines.length) });
    if (turn !== fallback) hideProblem();
  } catch (error) {
    if (turn !== loading) return;
    showProblem(name === null ? error.message : t("problem.network", { name, reason: error.message }));
    if (get("moment") === null) return;
    fallback = turn + 1;
    set({ moment: null }); // the trained network, which an outdated address leads to
  }
}

function applyTheme() {
  if (get("theme")) document.documentElement.dataset.theme = get("theme");
  else delete document.documentElement.dataset.theme;
  document.dispatchEvent(new CustomEvent("themechange"));
}

/** Show the link to the guide, which leads to it in the reader's language. */
function startGuideLink() {
  const link = document.getElementById("guide-link");
  const show = () => (link.href = `/guide/${language()}/`);
  watch(["language"], show);
  show();
  link.hidden = false;
}

/** Build the switches of the header: 中文 | English, light | dark. */
function startHeader() {
  const languages = [
    ["zh", "中文"],
    ["en", "English"],
  ].map(([code, name]) =>
    h("button", { type: "button", lang: code, onclick: () => set({ language: code }) }, name),
  );
  const sun = svg(
    "svg",
    { viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("circle", { cx: 8, cy: 8, r: 3.2, fill: "currentColor" }),
    svg("path", {
      d: "M8 1v2M8 13v2M1 8h2M13 8h2M3 3l1.5 1.5M11.5 11.5L13 13M3 13l1.5-1.5M11.5 4.5L13 3",
      stroke: "currentColor",
      "stroke-width": 1.4,
      "stroke-linecap": "round",
    }),
  );
  const moon = svg(
    "svg",
    { viewBox: "0 0 16 16", "aria-hidden": "true" },
    svg("path", { d: "M13.2 9.8A5.6 5.6 0 0 1 6.2 2.8a5.6 5.6 0 1 0 7 7z", fill: "currentColor" }),
  );
  const themes = [
    ["light", sun],
    ["dark", moon],
  ].map(([name, picture]) =>
    h("button", { type: "button", onclick: () => set({ theme: name }) }, picture),
  );
  const groups = [
    h("div.switch", { role: "group" }, languages),
    h("div.switch", { role: "group" }, themes),
  ];
  fill(document.getElementById("switches"), groups);
  const show = () => {
    groups[0].setAttribute("aria-label", t("switch.language"));
    groups[1].setAttribute("aria-label", t("switch.theme"));
    languages.forEach((button) => button.setAttribute("aria-pressed", button.lang === language()));
    themes.forEach((button, i) => {
      const name = ["light", "dark"][i];
      button.setAttribute("aria-label", t(`switch.${name}`));
      button.setAttribute("aria-pressed", name === theme());
    });
  };
  watch(["language", "theme"], show);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}

/** Show a problem above the parts, in one sentence. */
export function showProblem(sentence) {
  let box = document.getElementById("problem");
  if (!box) {
    box = h("p.problem#problem", { role: "alert" });
    document.getElementById("main").before(box);
  }
  setText(box, sentence);
}

function hideProblem() {
  document.getElementById("problem")?.remove();
}

start().catch((error) => {
  console.error(error);
  showProblem(t("problem.start", { reason: error.message }));
});
