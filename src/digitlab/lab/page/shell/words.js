// All words of the page, in English and Chinese: t("key") in the chosen language. Each part has a
// file of pairs, English first, so that neither language can miss a sentence.

import { h } from "./dom.js";
import { get } from "./state.js";
import { SHELL } from "./words-shell.js";
import { DRAW } from "../draw/words-draw.js";
import { INSIDE } from "../inside/words-inside.js";
import { LEARN } from "../learn/words-learn.js";
import { PICTURE } from "../picture/words-picture.js";
import { HAND } from "../hand/words-hand.js";
import { RUN } from "../run/words-run.js";
import { TRAINING } from "../training/words-training.js";
import { TERMS } from "./words-terms.js";

export const WORDS = {
  ...SHELL,
  ...DRAW,
  ...INSIDE,
  ...LEARN,
  ...RUN,
  ...TRAINING,
  ...PICTURE,
  ...HAND,
};

/** Return the language in use: "en" or "zh". */
export function language() {
  return (
    get("language") ?? ((navigator.language ?? "").toLowerCase().startsWith("zh") ? "zh" : "en")
  );
}

/** Return the words of a key, with {name} replaced by values.name. */
export function t(key, values = {}) {
  const pair = WORDS[key];
  if (!pair) throw new Error(`no words for ${key}`);
  return pair[language() === "zh" ? 1 : 0].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

/**
 * Return the words of a key as nodes: **bold**, `code`, and [[term]], which is followed by the
 * term's name in the other language. A term is marked where the page uses it first.
 */
export function rich(key, values = {}) {
  return marked(t(key, values));
}

/** Return a text with such marks as nodes. */
export function marked(text) {
  const pieces = text.split(/(\*\*.+?\*\*|`.+?`|\[\[.+?\]\])/);
  return pieces.filter(Boolean).map((piece, i) => {
    if (piece.startsWith("**")) return h("strong", piece.slice(2, -2));
    if (piece.startsWith("`")) return h("code", piece.slice(1, -1));
    if (piece.startsWith("[[")) return term(piece.slice(2, -2), i === 0);
    return document.createTextNode(piece);
  });
}

/** Return a term followed by its name in the other language: convolution (卷积). */
export function term(name, isFirst = false) {
  const pair = TERMS[name];
  if (!pair) throw new Error(`no term ${name}`);
  const isChinese = language() === "zh";
  const [own, other] = isChinese ? [pair[1], pair[0]] : pair;
  const [open, close] = isChinese ? ["（", "）"] : [" (", ")"];
  return h(
    "span.term",
    h("dfn", isFirst ? own[0].toUpperCase() + own.slice(1) : own),
    h("span.other", open, h("span", { lang: isChinese ? "en" : "zh" }, other), close),
  );
}

/** Fill in every element that names its words: data-t, and data-t-label for its accessible name. */
export function translate(root = document) {
  document.documentElement.lang = language() === "zh" ? "zh-Hans" : "en";
  document.title = `digitlab · ${t("title")}`;
  for (const element of root.querySelectorAll("[data-t]"))
    element.textContent = t(element.dataset.t);
  for (const element of root.querySelectorAll("[data-t-label]"))
    element.setAttribute("aria-label", t(element.dataset.tLabel));
}
