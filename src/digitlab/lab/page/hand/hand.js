// Part 6, Teach it your hand: correct an answer, look after what is stored, learn from it.

import { correctionsList } from "./corrections.js";
import { h, fill, say, setText } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { learning } from "./learning.js";
import { PAD } from "../draw/ink.js";
import * as source from "../shell/source.js";
import { get, watch } from "../shell/state.js";
import { rich, t } from "../shell/words.js";

let hasAgreed = false; // for as long as the page is open
let label = null; // what the reader says the digit really is
let stored = { folder: "", command: "", corrections: [] };

export function startHand(section) {
  const controls = section.querySelector("#hand-controls");
  const evidence = section.querySelector("#hand-evidence");
  if (!source.has("corrections")) {
    evidence.hidden = true;
    const tell = () => fill(controls, h("p.soft", rich("hand.server")));
    watch(["language"], tell);
    tell();
    return;
  }
  const problem = h("p.problem", { role: "alert", hidden: true });
  const list = correctionsList({ change, problem: (sentence) => showProblem(problem, sentence) });
  const learn = learning();
  const correcting = correctingForm(store);
  fill(controls, correcting.element);
  fill(evidence, problem, list.element, learn.element);
  const show = () => {
    correcting.show(stored.folder);
    list.show(stored);
    learn.show(stored);
  };

  async function reload() {
    try {
      stored = await source.getJSON("/lab/corrections");
    } catch (error) {
      showProblem(problem, error.message);
    }
    show();
  }

  async function store(picture) {
    const { reading, network } = { reading: get("reading"), network: get("network") };
    const body = {
      consent: hasAgreed,
      picture,
      label: network.classes[label],
      answer: network.classes[reading.best],
      probability: reading.shares[reading.best],
      network: network.name,
    };
    await change(
      () => source.getJSON("/lab/corrections", { method: "POST", body: JSON.stringify(body) }),
      t("hand.stored", { label: body.label }),
    );
    label = null;
    show();
  }

  /** Change what is stored, and show what is stored then. */
  async function change(work, said) {
    problem.hidden = true;
    try {
      await work();
      say(said);
    } catch (error) {
      showProblem(problem, error.message);
    }
    await reload();
  }

  watch(["reading"], () => {
    label = null;
    correcting.show(stored.folder);
  });
  watch(["language", "network"], show);
  reload();
}

function showProblem(problem, sentence) {
  problem.hidden = false;
  setText(problem, sentence);
}

/** The question what it really is, the consent, and the button that stores the correction. */
function correctingForm(store) {
  const question = h("p.explained");
  const labels = h("div.truths", { role: "group" });
  const agree = h("input", {
    type: "checkbox",
    onchange: () => {
      hasAgreed = agree.checked;
      show();
    },
  });
  const consent = h("span");
  const folder = h("code.folder");
  const what = h("p.caption");
  const button = h("button.button.primary", {
    type: "button",
    disabled: true, // until there is something to store
    onclick: async () => store(await pictureNow()),
  });
  const reason = h("p.caption", { id: "hand-reason" });
  const form = h(
    "div",
    labels,
    h("label.check.consent", agree, h("span", consent, " ", folder)),
    what,
    h("div.picture-buttons", button),
    reason,
  );
  let where = "";

  function show(shownFolder = where) {
    where = shownFolder;
    const { reading, network } = { reading: get("reading"), network: get("network") };
    const isSample = get("sample") !== null;
    const canCorrect = reading && network && !reading.isBlank && !isSample;
    form.hidden = !canCorrect;
    if (!canCorrect) {
      setText(question, t(isSample ? "hand.sample" : "hand.blank"));
      return;
    }
    const answer = {
      digit: network.classes[reading.best] + (reading.isSure ? "" : "?"),
      share: percent(reading.shares[reading.best]),
    };
    fill(question, rich(get("brought") ? "hand.read.box" : "hand.read", answer));
    labels.setAttribute("aria-label", t("hand.truth"));
    if (labels.children.length !== network.classes.length) {
      fill(
        labels,
        network.classes.map((name, i) =>
          h(
            "button.truth",
            {
              type: "button",
              onclick: () => {
                label = label === i ? null : i;
                show();
              },
            },
            name,
          ),
        ),
      );
    }
    [...labels.children].forEach((one, i) => one.setAttribute("aria-pressed", i === label));
    agree.checked = hasAgreed;
    setText(consent, t("hand.consent"));
    setText(folder, where);
    setText(what, t("hand.consent.what"));
    setText(button, t("hand.store"));
    button.disabled = label === null || !hasAgreed;
    setText(
      reason,
      label === null ? t("hand.needs.label") : hasAgreed ? "" : t("hand.needs.consent"),
    );
  }

  return { element: h("div", question, form), show };
}

/** Return the digit that is read as a PNG in base64: dark ink on white, as it was drawn. */
async function pictureNow() {
  const { gray, pixels } = get("reading");
  return pngOf(
    gray ? { gray, side: PAD } : { gray: Uint8Array.from(pixels, (ink) => 255 - ink), side: 28 },
  );
}

async function pngOf({ gray, side }) {
  const canvas = h("canvas", { width: side, height: side });
  const context = canvas.getContext("2d");
  const image = context.createImageData(side, side);
  gray.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  context.putImageData(image, 0, 0);
  return canvas.toDataURL("image/png").split(",")[1];
}
