// One setting of a training: its name, a field for its value, what it is, and why one changes it.

import { h, setAttributes, setText } from "../shell/dom.js";
import { language, t, WORDS } from "../shell/words.js";

/**
 * Build a field. `setting` is as the server describes it, `initial` the recipe's value, and `typed`
 * what was typed before, if anything.
 */
export function settingField(setting, initial, typed) {
  const { name, type, choices } = setting;
  const id = `setting-${name}`;
  const input = inputOf(type, choices, id, typed ?? textOf(initial));
  const own = WORDS[`help.${name}`] && (language() === "zh" || !setting.what) ? t(`help.${name}`) : null;
  const what = h("p.caption", { id: `${id}-what`, lang: own || !setting.what ? null : "en" }, own ?? setting.what);
  const problem = h("p.field-problem", { id: `${id}-problem`, role: "alert", hidden: true });
  const why = setting.why ? h("details.why", h("summary", t("training.why")), h("p.caption", { lang: "en" }, setting.why)) : null;
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
    /** Return the value to send. What is no number is sent as it is: the server says what is wrong. */
    value() {
      if (type === "bool") return input.checked;
      const typedText = input.value.trim();
      const isNumber = ["int", "float"].includes(type) && typedText !== "" && Number.isFinite(Number(typedText));
      return isNumber ? Number(typedText) : typedText;
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
