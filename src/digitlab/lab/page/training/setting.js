// One setting of a training: its name, a field for its value, what it is, and why one changes it.

import { h, setAttributes, setText } from "../shell/dom.js";
import { problemOf } from "./checks.js";
import { language, marked, t } from "../shell/words.js";

/**
 * Build a field. `setting` is as the server describes it, `initial` the recipe's value, and `typed`
 * what was typed before, if anything.
 */
export function settingField(setting, initial, typed) {
  const { name, type, choices } = setting;
  const id = `setting-${name}`;
  const input = inputOf(type, choices, id, typed ?? textOf(initial));
  const what = h("p.caption", { id: `${id}-what` }, marked(setting.what[language()]));
  const problem = h("p.field-problem", { id: `${id}-problem`, role: "alert", hidden: true });
  const why = setting.why ? h("details.why", h("summary", t("training.why")), h("p.caption", marked(setting.why[language()]))) : null;
  const label = t(`setting.${name}`);
  const isSpelledOut = label.replaceAll(/[ -]/g, "_") === name || ["seed", "name"].includes(name);
  const code = isSpelledOut ? null : h("code", name); // as errors and the command line call it
  const element = h("div.setting", h("div.setting-row", h("label", { for: id }, label, " ", code), input), problem, what, why);
  const text = () => (type === "bool" ? String(input.checked) : input.value);
  setAttributes(input, { "aria-describedby": `${id}-problem ${id}-what` });

  return {
    name,
    element,
    input,
    text,
    changed: () => text() !== textOf(initial),
    /** Return the value to send; what is no number, as it was typed. */
    value() {
      if (type === "bool") return input.checked;
      const typedText = input.value.trim();
      const isNumber = ["int", "float"].includes(type) && typedText !== "" && Number.isFinite(Number(typedText));
      return isNumber ? Number(typedText) : typedText;
    },
    /** Return what is wrong with the value, or null. */
    problem() {
      return problemOf(setting, this.value());
    },
    setProblem(sentence) {
      problem.hidden = !sentence;
      setText(problem, sentence ?? "");
      setAttributes(input, { "aria-invalid": sentence ? "true" : null });
    },
  };
}

function inputOf(type, choices, id, text) {
  if (choices) {
    return h("select.choice", { id }, choices.map((value) => h("option", { value, selected: value === text }, value)));
  }
  if (type === "bool") {
    const box = h("input", { id, type: "checkbox" });
    box.checked = text === "true";
    return box;
  }
  const input = h(`input.value${type === "text" ? ".text" : ""}`, { id, type: "text", inputmode: type === "text" ? "text" : "decimal", autocomplete: "off", spellcheck: "false" });
  input.value = text;
  return input;
}

function textOf(value) {
  return String(value);
}
