// Part 5, Bring a picture: a picture goes to the server, and what it read is shown over it. A digit
// that is chosen there flows through the network of parts 1 and 2, as the server's network saw it.

import { openCamera } from "./camera.js";
import { h, fill, say, setText } from "../shell/dom.js";
import { chooseDigit } from "./chosen.js";
import { showFound } from "./found.js";
import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";
import { rich, t } from "../shell/words.js";

let read = null; // what `/lab/read` answered to the last picture, with its {name, address}
let turn = 0; // counts the pictures, so that a slow answer does not replace a later one

export function startPicture(section) {
  const controls = section.querySelector("#picture-controls");
  const evidence = section.querySelector("#picture-evidence");
  if (!source.has("pictures")) {
    fill(controls, h("p.soft", rich("picture.server")));
    watch(["language"], () => fill(controls, h("p.soft", rich("picture.server"))));
    evidence.hidden = true;
    return;
  }
  const problem = h("p.problem", { role: "alert", hidden: true });
  const place = h("div.picture-place");
  fill(evidence, problem, place);
  const take = (file, name) => readPicture(file, name, { problem, place });
  const show = () => {
    fill(controls, ...buildControls(take, { problem, place }));
    if (read) showFound(place, read);
    else
      fill(
        place,
        emptyPlace(() => chooseFile(take)),
      );
  };
  acceptDrops(section, take, problem);
  acceptPaste(take);
  watch(["language"], show);
  watch(["pictureMode"], () => {
    show();
    chooseFirst();
  });
  // Whoever draws, or takes an MNIST image, has gone on from the digit of the picture.
  watch(["strokes", "sample"], () => {
    if (get("brought") && (get("strokes").length > 0 || get("sample") !== null))
      set({ brought: null });
  });
  show();
}

function buildControls(take, at) {
  const choose = h(
    "button.button.primary",
    { type: "button", onclick: () => chooseFile(take) },
    t(read ? "picture.again" : "picture.choose"),
  );
  const camera = h(
    "button.button",
    { type: "button", onclick: () => useCamera(take, at) },
    t("picture.camera"),
  );
  const modes = ["page", "one"].map((mode) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": get("pictureMode") === mode,
        onclick: () => set({ pictureMode: mode }),
      },
      t(`picture.mode.${mode}`),
    ),
  );
  return [
    h("p.explained", t("picture.what")),
    h("div.picture-buttons", choose, camera),
    h("p.caption", t("picture.ways")),
    h(
      "div.picture-mode",
      h("span.small", { id: "picture-mode" }, t("picture.mode")),
      h("div.switch", { role: "group", "aria-labelledby": "picture-mode" }, modes),
    ),
    h("p.caption", t("picture.private")),
  ];
}

function emptyPlace(choose) {
  return h(
    "button.drop-place",
    { type: "button", onclick: choose },
    h("span.drop-title", t("picture.place")),
    h("span.caption", t("picture.place.how")),
  );
}

function chooseFile(take, capture = null) {
  const input = h("input", { type: "file", accept: "image/*", capture });
  input.addEventListener(
    "change",
    () => input.files[0] && take(input.files[0], input.files[0].name),
  );
  input.click();
}

async function useCamera(take, { problem, place }) {
  problem.hidden = true;
  if (!navigator.mediaDevices?.getUserMedia) {
    chooseFile(take, "environment"); // a phone opens its camera for this
    return;
  }
  try {
    const photo = await openCamera(place);
    if (photo) take(photo, t("picture.photo"));
    else if (read) showFound(place, read);
    else
      fill(
        place,
        emptyPlace(() => chooseFile(take)),
      );
  } catch (error) {
    showProblem(problem, t("picture.camera.none", { reason: error.message }));
    fill(
      place,
      emptyPlace(() => chooseFile(take)),
    );
  }
}

/** Let a picture be dropped anywhere on the page. */
function acceptDrops(section, take, problem) {
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const curtain = h("div.curtain", { hidden: true, "aria-hidden": "true" });
  document.body.append(curtain);
  let depth = 0;
  addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    depth += 1;
    setText(curtain, t("picture.drop"));
    curtain.hidden = false;
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    curtain.hidden = depth === 0;
  });
  addEventListener("dragover", (event) => event.preventDefault()); // otherwise the browser opens it
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    curtain.hidden = true;
    const file = event.dataTransfer?.files?.[0];
    set({ part: "picture" });
    section.scrollIntoView({ block: "nearest" });
    if (file) take(file, file.name);
    else showProblem(problem, t("picture.not.a.file"));
  });
}

function acceptPaste(take) {
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find((one) =>
      one.type.startsWith("image/"),
    );
    if (!file) return;
    event.preventDefault();
    set({ part: "picture" });
    take(file, t("picture.pasted"));
  });
}

/** Send a picture to the server, and show what it read. */
async function readPicture(file, name, { problem, place }) {
  const mine = ++turn;
  problem.hidden = true;
  if (file.type && !file.type.startsWith("image/")) {
    showProblem(problem, t("picture.not.a.picture", { name }));
    return;
  }
  place.setAttribute("aria-busy", "true");
  fill(
    place,
    h(
      "p.picture-reading",
      { role: "status" },
      t("picture.reading", { name }),
      h("span.progress", { "aria-hidden": "true" }),
    ),
  );
  try {
    const answer = await source.getJSON("/lab/read", { method: "POST", body: file });
    if (mine !== turn) return;
    if (read) URL.revokeObjectURL(read.address);
    read = { ...answer, name, address: URL.createObjectURL(file) };
    setText(document.querySelector("#picture-controls .primary"), t("picture.again"));
    showFound(place, read);
    chooseFirst();
    say(
      read.digits.length === 0
        ? t("picture.none")
        : t("picture.found.sure", { count: read.digits.length }),
    );
  } catch (error) {
    if (mine !== turn) return;
    showProblem(problem, error.message);
    fill(
      place,
      emptyPlace(() => chooseFile((one, itsName) => readPicture(one, itsName, { problem, place }))),
    );
  } finally {
    if (mine === turn) place.removeAttribute("aria-busy");
  }
}

/** Send the first digit through the network above: a page that was read always shows one. */
function chooseFirst() {
  if (!read) return;
  const found =
    get("pictureMode") === "one" ? [read.single].filter((one) => one.pixels) : read.digits;
  if (found.length > 0) chooseDigit(found, 0);
}

function showProblem(problem, sentence) {
  problem.hidden = false;
  setText(problem, sentence);
}
