// What can be wrong with a value of the form, in the reader's language, before the server is asked.

import { language, t } from "../shell/words.js";

const RESERVED = ["example", "shipped", "model"]; // networks of the page
const RUN_NAME = /^[\p{L}\p{N}][\p{L}\p{N}_.-]{0,59}$/u;

/** Return what is wrong with a value for a setting, or null. `value` is as the server takes it. */
export function problemOf({ name, type, range }, value) {
  if (!["int", "float"].includes(type)) return null;
  if (value === "") return t("check.empty", { name });
  if (typeof value !== "number") return t("check.number", { name, value });
  if (type === "int" && !Number.isInteger(value)) return t("check.whole", { name, value });
  const isAbove = range.includes_least ? value >= range.least : value > range.least;
  const isBelow = range.includes_most ? value <= range.most : value < range.most;
  if (isAbove && isBelow) return null;
  return t("check.range", { name, value, range: range.in_words[language()] });
}

/** Return the setting that is not below the one that limits it: {name, sentence}, or null. */
export function conflictOf(recipe, changes) {
  const whole = { ...recipe, ...changes };
  const limits = "plain_epochs" in changes ? [["plain_epochs", "epochs"]] : []; // else it is reduced
  if (whole.train_images > 0) limits.push(["validation", "train_images"]);
  for (const [name, limit] of limits) {
    if (whole[name] >= whole[limit]) {
      const values = { name, value: whole[name], limit, most: whole[limit] };
      return { name, sentence: t("check.below", values) };
    }
  }
  return null;
}

/** Return what is wrong with the name of a new run, or null; `taken` are the names of all runs. */
export function nameProblem(name, taken) {
  if (name === null) return null;
  if (taken.includes(name)) return t("check.name.taken", { name });
  if (RUN_NAME.test(name) && !RESERVED.includes(name)) return null;
  return t("check.name", { name, reserved: RESERVED.join(", ") });
}
