// The answer: the digit, how sure the network is, and ten bars with the threshold.

import { EXAMPLES } from "./examples.js";
import { h, fill, setText } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { strokesToText } from "./ink.js";
import { get, set, watch } from "../shell/state.js";
import { t } from "../shell/words.js";

export function startAnswer(root) {
  const digit = h("p.digit", { "aria-hidden": "true" });
  const share = h("p.share");
  const sentence = h("p.sentence");
  const advice = h("p.caption", { hidden: true });
  const line = h("div.level", { "aria-hidden": "true" });
  const level = h("span");
  line.append(level);
  const bars = h("div.bars", { role: "list" });
  let columns = [];
  fill(root, h("div.verdict", digit, h("div", share, sentence)), h("div.chart", bars, line), advice);

  function build() {
    columns = get("network").classes.map((name, i) => {
      const fillBar = h("span.fill");
      const button = h(
        "button.bar",
        { type: "button", onclick: () => trace(i) },
        h("span.column", fillBar),
        h("span.name", name),
      );
      return { name, fillBar, button, item: h("div", { role: "listitem" }, button) };
    });
    fill(
      bars,
      columns.map(({ item }) => item),
    );
  }

  function show() {
    const reading = get("reading");
    const network = get("network");
    if (!reading || !network) return;
    if (columns.length !== network.classes.length) build();
    const { best, second, shares, isSure, isBlank } = reading;
    root.dataset.kind = isBlank ? "blank" : isSure ? "sure" : "unsure";
    setText(digit, isBlank ? "" : network.classes[best]);
    setText(
      share,
      isBlank
        ? t("answer.blank")
        : isSure
          ? percent(shares[best])
          : t("answer.unsure", { share: percent(shares[best]) }),
    );
    const values = {
      threshold: percent(
        network.threshold,
        Number.isInteger(Math.round(1e4 * network.threshold) / 100) ? 0 : 1,
      ),
      best: network.classes[best],
      second: network.classes[second],
      share: percent(shares[second]),
    };
    setText(
      sentence,
      isBlank ? t("answer.blank.why") : t(isSure ? "answer.sure.why" : "answer.unsure.why", values),
    );
    setText(level, values.threshold);
    advice.hidden = !isTrapped(network, reading);
    setText(advice, t("answer.scribble"));
    line.style.bottom = `${22 + 64 * network.threshold}px`;
    columns.forEach(({ name, fillBar, button }, i) => {
      const height = isBlank ? 0 : shares[i];
      fillBar.style.transform = `translateY(${100 * (1 - height)}%)`;
      button.classList.toggle("best", !isBlank && i === best);
      button.setAttribute(
        "aria-label",
        t("answer.bar", { name, share: isBlank ? "0%" : percent(shares[i]) }),
      );
    });
  }

  watch(["reading", "network", "language"], show);
}

/** Return whether a network that learned digits alone is sure about the example of a scribble. */
function isTrapped(network, { isSure, prepared }) {
  if (!isSure || !prepared || network.recipe?.outliers !== 0) return false;
  return strokesToText(get("strokes")) === strokesToText(EXAMPLES.scribble);
}

/** Show in part 2 what a digit's score is made of, traced back to the pixels. */
function trace(digit) {
  const last = get("network").lines.length;
  set({ line: last, number: [digit], trace: [digit, null] });
}
