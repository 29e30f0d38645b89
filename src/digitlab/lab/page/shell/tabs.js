// On a phone one part is shown at a time: tabs choose it, and next to them the answer stays in view.

import { h, fill, setText } from "./dom.js";
import { percent } from "./format.js";
import { paintInk } from "./paint.js";
import { get, set, watch } from "./state.js";
import { t } from "./words.js";

export function startTabs(nav, names) {
  const buttons = names.map((name) => h("button", { type: "button", onclick: () => choose(name) }));
  const thumb = h("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  const digit = h("b");
  const share = h("span.soft");
  const answer = h("div.brief-answer", { role: "img" }, thumb, digit, share);
  fill(nav, h("div.tab-list", buttons), answer);

  function choose(name) {
    set({ part: name });
    scrollTo(0, 0);
  }

  function show() {
    const current = names.includes(get("part")) ? get("part") : names[0];
    names.forEach((name, i) => {
      setText(buttons[i], t(`tab.${name}`));
      buttons[i].setAttribute("aria-current", name === current);
      document.getElementById(name).classList.toggle("current", name === current);
    });
    document.body.dataset.part = current;
  }

  function showAnswer() {
    const reading = get("reading");
    if (!reading) return;
    paintInk(thumb, reading.pixels, 28, 28);
    const text = reading.isBlank
      ? "–"
      : get("network").classes[reading.best] + (reading.isSure ? "" : "?");
    setText(digit, text);
    setText(share, reading.isBlank ? "" : percent(reading.shares[reading.best], 1));
    answer.setAttribute(
      "aria-label",
      t("answer.brief", { answer: `${text} ${share.textContent}` }),
    );
  }

  watch(["part", "language"], show);
  watch(["reading", "theme", "language"], showAnswer);
  show();
}
