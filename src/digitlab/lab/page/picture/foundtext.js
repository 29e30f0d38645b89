// What was read of a picture, in words: the page's text and its numbers, or the one digit.

import { chooseDigit } from "./chosen.js";
import { h } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { t } from "../shell/words.js";

/** Return the page's text, each of whose digits belongs to a box. */
export function pageInWords(read) {
  const unsure = read.digits.filter((one) => one.unsure).length;
  const key =
    read.digits.length === 1
      ? "picture.found.one"
      : unsure
        ? "picture.found"
        : "picture.found.sure";
  if (read.digits.length === 0) return { element: h("p", t("picture.none")), mark() {} };
  let index = 0;
  const characters = [];
  const lines = read.text.split("\n").map((line) =>
    h(
      "span.text-line",
      [...line].map((character) => {
        if (character === " ") return character;
        if (!/[\d?]/.test(character)) return h("span.text-sign", character);
        const at = index++;
        const span = h("span.text-digit", character);
        span.addEventListener("click", () => chooseDigit(read.digits, at));
        characters.push(span);
        return span;
      }),
    ),
  );
  const element = h(
    "div",
    h(
      "div.subhead",
      h("h3", t("picture.text")),
      h("p.caption", t(key, { count: read.digits.length, unsure })),
    ),
    h("p.found-text", { tabindex: 0, role: "group", "aria-label": t("picture.text") }, lines),
    unsure ? h("p.caption", t("picture.unsure.note")) : null,
    read.turned ? h("p.caption", t("picture.turned", { degrees: read.turned })) : null,
    read.ignored.length
      ? h("p.caption", t("picture.ignored", { count: read.ignored.length }))
      : null,
    numbersInWords(read),
  );
  return {
    element,
    mark: (chosen) =>
      characters.forEach((span, i) => span.classList.toggle("chosen", i === chosen)),
  };
}

/** Return the numbers as a list of buttons, each of which chooses the number's first digit. */
function numbersInWords(read) {
  const items = read.numbers.map(({ text, probability, unsure }, index) => {
    const button = h(
      "button.number",
      {
        type: "button",
        onclick: () =>
          chooseDigit(
            read.digits,
            read.digits.findIndex((digit) => digit.number === index),
          ),
      },
      h("span.number-text", text),
      h("span.number-share", percent(probability)),
    );
    button.classList.toggle("unsure", unsure);
    return h("li", button);
  });
  return h(
    "details.numbers",
    h("summary", t("picture.numbers", { count: items.length })),
    h("p.caption", t("picture.numbers.what")),
    h("ul", items),
  );
}

/** Return the answer to a picture of one digit. */
export function oneInWords(single) {
  if (!single.pixels) return { element: h("p", t("picture.none")), mark() {} };
  const text = single.unsure ? `${single.digit}?` : String(single.digit);
  return {
    element: h(
      "div",
      h("p.found-text.one", h("span.chosen", text)),
      single.several ? h("p.caption", t("picture.several")) : null,
    ),
    mark() {},
  };
}
