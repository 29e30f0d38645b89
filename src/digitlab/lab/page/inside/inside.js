// Part 2, Look inside: the lines of forward, what each leaves, and how a number was made.

import { h, fill } from "../shell/dom.js";
import { number, percent } from "../shell/format.js";
import { startLines } from "./lines.js";
import { startMaps } from "./maps.js";
import { startNumber } from "./number.js";
import { startScale } from "./scale.js";
import { get, set, watch } from "../shell/state.js";
import { startThread } from "./thread.js";
import { startWithout } from "./without.js";
import { t } from "../shell/words.js";

export function startInside(section, networks) {
  const part = (id) => section.querySelector(`#${id}`);
  startNetworkChoice(part("network"));
  set({ networks });
  startMaps(part("maps")); // first: it decides which number is chosen
  startLines(part("lines"));
  startScale(part("scale"));
  startWithout(part("without"));
  startNumber(part("number"));
  startThread(document.getElementById("main"));
}

/** Return what a network is called in the chosen language. */
export function networkTitle(name) {
  const { kind, title = name } = get("networks").find((one) => one.name === name) ?? {};
  return kind === "example" || kind === "shipped" ? t(`network.${kind}`) : title;
}

/** Build the choice among the networks, and the figures of the one in use. */
function startNetworkChoice(root) {
  const select = h("select.choice", {
    onchange: () => set({ net: select.value, moment: null, number: null, line: 1 }),
  });
  const figures = h("span.figures");
  fill(root, h("span.choosing", select), figures);
  const label = () => {
    select.setAttribute("aria-label", t("network.choose"));
    fill(
      select,
      get("networks").map(({ name }) => h("option", { value: name }, networkTitle(name))),
    );
    show();
  };
  const show = () => {
    const network = get("network");
    if (!network) return;
    const networks = get("networks");
    select.value = networks.some(({ name }) => name === get("net")) ? get("net") : networks[0].name;
    const parts = [t("network.parameters", { count: number(network.parameters, 0) })];
    if (network.steps) parts.push(t(network.steps === 1 ? "network.step" : "network.steps", { count: network.steps }));
    else if (network.accuracy !== null)
      parts.push(t("network.accuracy", { share: percent(network.accuracy, 2) }));
    figures.textContent = parts.join(" · ");
  };
  watch(["network", "net"], show);
  watch(["language", "networks"], label);
  label();
}
