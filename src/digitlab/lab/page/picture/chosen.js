// The digit of a picture that is chosen: it flows through the network of parts 1 and 2.

import { fill, h, setText } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { paintInk } from "../shell/paint.js";
import { get, set } from "../shell/state.js";
import { rich, t } from "../shell/words.js";

/** Let a digit of the picture take the drawing's place. */
export function chooseDigit(digits, index) {
  const { pixels, ...answer } = digits[index];
  set({ strokes: [], sample: null, brought: { ...answer, index, pixels: bytesOf(pixels) } });
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Return the column about the chosen digit: what the network saw, and what it is read as. */
export function chosenDigit(digits) {
  const canvas = h("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  const byServer = h("p");
  const byPage = h("p");
  const goTo = (part) => {
    set({ part });
    document.getElementById(part).scrollIntoView({ block: "start" });
  };
  const inside = h(
    "button.button",
    { type: "button", onclick: () => goTo("inside") },
    t("picture.inside"),
  );
  const wrong = h(
    "button.button",
    { type: "button", onclick: () => goTo("hand") },
    t("picture.correct"),
  );
  const about = h(
    "div.chosen-digit",
    h("h3", t("picture.chosen")),
    canvas,
    byServer,
    byPage,
    h("p.caption", t("picture.chosen.why")),
    h("div.picture-buttons", inside, wrong),
  );
  const hint = h("p.caption", t("picture.chosen.hint"));
  return {
    element: h("div", about, hint),
    show(index) {
      const isChosen = index !== null && index < digits.length;
      about.hidden = !isChosen;
      hint.hidden = isChosen || digits.length === 0;
      if (!isChosen) return;
      const { pixels, digit, probability, unsure } = get("brought");
      paintInk(canvas, pixels, 28, 28);
      fill(
        byServer,
        rich("picture.read.by", {
          digit: `${digit}${unsure ? "?" : ""}`,
          share: percent(probability),
        }),
      );
      const { reading, network } = { reading: get("reading"), network: get("network") };
      if (!reading || !network || reading.pixels !== pixels) setText(byPage, "");
      else
        fill(
          byPage,
          rich("picture.read.page", {
            digit: `${network.classes[reading.best]}${reading.isSure ? "" : "?"}`,
            share: percent(reading.shares[reading.best]),
          }),
        );
    },
  };
}
