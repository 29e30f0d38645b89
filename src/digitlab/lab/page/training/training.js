// The form of a new training: a recipe, the usual settings, all of them where asked for, and a seed.

import { h, fill, say } from "../shell/dom.js";
import { settingField } from "./setting.js";
import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";
import { language, t, WORDS } from "../shell/words.js";
import { conflictOf, nameProblem } from "./checks.js";

const USUAL = ["epochs", "batch_size", "learning_rate", "momentum", "dropout", "train_images"];
const SEEDS = { least: 0, includes_least: true, most: 2 ** 53, includes_most: false, in_words: inBoth("range.seed") };
const SEED = { name: "seed", type: "int", default: 1, range: SEEDS, choices: null, what: inBoth("help.seed"), why: null };
const NAME = { name: "name", type: "text", default: "", range: null, choices: null, what: inBoth("help.name"), why: null };

/** Build the form in `root`; returns {toggle, isOpen}. */
export function startTraining(root) {
  let settings = null; // what the server offers
  let recipe = "tutorial";
  let fields = new Map(); // by the setting's name
  let isStarting = false;
  let problem = null; // one that belongs to no field
  let isUnfolded = false;

  const isOpen = () => get("trainingOpen");

  async function toggle() {
    set({ trainingOpen: !isOpen() });
    if (isOpen() && settings === null) {
      try {
        settings = await source.getJSON("/lab/settings");
      } catch (error) {
        problem = error.message;
      }
    }
    build();
    if (isOpen()) root.querySelector("select, input")?.focus();
  }

  /** Build the form anew, with what was typed. */
  function build() {
    root.hidden = !isOpen();
    if (root.hidden) return;
    const title = h("div.subhead", h("h3", t("training.title")), h("button.quiet", { type: "button", onclick: close }, t("training.close")));
    if (settings === null || !settings.can_train) {
      fill(root, title, h(settings ? "p.soft.small" : "p.problem", settings ? settings.why[language()] : (problem ?? t("training.loading"))));
      return;
    }
    const typed = new Map([...fields].map(([name, field]) => [name, field.text()]));
    const defaults = settings.recipes[recipe];
    const field = (setting) => settingField(setting, setting.name in defaults ? defaults[setting.name] : setting.default, typed.get(setting.name));
    const known = new Map(settings.fields.map((setting) => [setting.name, setting]));
    const usual = [...USUAL.map((name) => known.get(name)), SEED, NAME].map(field);
    const others = settings.fields.filter(({ name }) => !USUAL.includes(name)).map(field);
    fields = new Map([...usual, ...others].map((one) => [one.name, one]));
    const all = h("details.all-settings", { open: isUnfolded, ontoggle: () => (isUnfolded = all.open) }, h("summary", t("training.all", { count: others.length })), h("div.settings", others.map(({ element }) => element)));
    const start = h("button.button.primary", { type: "submit", disabled: isStarting }, t(isStarting ? "training.starting" : "training.start"));
    const form = h(
      "form.training-form",
      { novalidate: true, onsubmit: submit },
      recipeChoice(),
      h("div.settings", usual.map(({ element }) => element)),
      all,
      problem ? h("p.problem", { role: "alert" }, problem) : null,
      h("div.picture-buttons", start),
      h("p.caption", t("training.note")),
    );
    fill(root, title, form);
  }

  function recipeChoice() {
    const options = Object.keys(settings.recipes).map((name) => h("option", { value: name, selected: name === recipe }, `${name}: ${t(`recipe.${name}`)}`));
    const select = h("select.choice", { id: "training-recipe", onchange: () => takeRecipe(select.value) }, options);
    return h("p.recipe-choice", h("label", { for: "training-recipe" }, t("training.recipe")), h("span.choosing", select));
  }

  function takeRecipe(name) {
    recipe = name;
    problem = null;
    fields = new Map(); // its own values, not those typed for another
    build();
    root.querySelector("#training-recipe").focus();
  }

  function close() {
    set({ trainingOpen: false });
    build();
    document.querySelector('#run-controls [data-key="run.new"]')?.focus();
  }

  async function submit(event) {
    event.preventDefault();
    if (isStarting) return;
    fields.forEach((field) => field.setProblem(null));
    const changes = {};
    for (const { name, changed, value } of fields.values()) {
      if (name !== "seed" && name !== "name" && changed()) changes[name] = value();
    }
    const name = fields.get("name").text().trim() || null;
    const wrong = await firstProblem(changes, name);
    if (wrong) {
      showAt(wrong.name, wrong.sentence);
      return;
    }
    isStarting = true;
    problem = null;
    build();
    say(t("training.starting"));
    try {
      const run = await source.getJSON("/lab/runs", { method: "POST", body: JSON.stringify({ recipe, settings: changes, seed: fields.get("seed").value(), name }) });
      isStarting = false;
      set({ trainingOpen: false });
      build();
      const isShown = (await source.networks()).some((one) => one.name === run.name);
      set({ ...(isShown ? { net: run.name, run: null } : { run: run.name }), moment: null, cell: null, mistake: null });
      document.querySelector("#run-controls button")?.focus();
    } catch (error) {
      isStarting = false;
      show(error.message);
    }
  }

  /** Return the first value that the server would refuse: {name, sentence}, or null. */
  async function firstProblem(changes, name) {
    for (const field of fields.values()) {
      const sentence = field.problem();
      if (sentence) return { name: field.name, sentence };
    }
    const conflict = conflictOf(settings.recipes[recipe], changes);
    if (conflict) return conflict;
    const runs = name === null ? [] : await source.getJSON("/lab/runs").catch(() => []);
    const sentence = nameProblem(name, runs.map((run) => run.name));
    return sentence && { name: "name", sentence };
  }

  /** Show the server's sentence next to the field that it is about, or else below all of them. */
  function show(sentence) {
    const name = /^(?:the body is not what was expected: .*\$\.)?(\w+)(?: is |: |`)/.exec(sentence)?.[1] ?? (/\$\.(\w+)/.exec(sentence)?.[1] || (/\brun\b.*\bnam|a run '/.test(sentence) ? "name" : null));
    showAt(name, sentence);
  }

  function showAt(name, sentence) {
    const found = fields.get(name);
    problem = found ? null : sentence;
    if (found && !USUAL.includes(name) && name !== "seed" && name !== "name") isUnfolded = true;
    build();
    if (!found) return;
    const field = fields.get(name);
    field.setProblem(sentence);
    field.input.focus();
  }

  watch(["language"], build);
  return { toggle, isOpen };
}

function inBoth(key) {
  const [en, zh] = WORDS[key];
  return { en, zh };
}
