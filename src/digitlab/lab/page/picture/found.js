// What was read of a picture: boxes over it, the text, and the chosen digit as the network saw it.

import { h, fill, say, setText, showTip } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { paintInk } from "../shell/paint.js";
import { get, set, watch } from "../shell/state.js";
import { rich, t } from "../shell/words.js";

const TALLEST = 540; // CSS pixels of a picture
const WIDEST = 640;
const ROOM = 34; // CSS pixels of a box in which digit and probability have room above it

let update = () => {}; // shows which digit is chosen, in what is on the page now

watch(["brought", "reading", "network", "theme", "language"], () => update());
document.addEventListener("themechange", () => update());

/** Let a digit of the picture take the drawing's place. */
export function chooseDigit(digits, index) {
  const { pixels, ...answer } = digits[index];
  set({ strokes: [], sample: null, brought: { ...answer, index, pixels: bytesOf(pixels) } });
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

/** Show a picture that was read: what `/lab/read` answers, with its {name, address}. */
export function showFound(place, read) {
  const isOne = get("pictureMode") === "one";
  const digits = isOne ? [read.single].filter((one) => one.pixels) : read.digits;
  const picture = framed(read, isOne ? [] : digits, isOne ? [] : marksOf(read));
  const detail = chosenDigit(digits);
  const words = isOne ? oneInWords(read.single) : pageInWords(read);
  const figure = h("figure.found-picture", picture.frame);
  figure.style.flexBasis = picture.frame.style.maxWidth;
  fill(place, h("div.found", figure, h("div.found-detail", words.element, detail.element)));
  update = () => {
    const index = get("brought")?.index ?? null;
    picture.mark(index);
    words.mark(index);
    detail.show(index);
  };
  update();
}

/** Return what is only shown: a frame around each sign, and a thinner one around ignored ink. */
function marksOf(read) {
  const signs = read.signs.map(({ box, sign }) => [box, h("span.sign-box", h("b.box-label", sign))]);
  const ignored = read.ignored.map(({ box }) => [box, h("span.ignored-box")]);
  return [...ignored, ...signs].map(([box, mark]) => placed(mark, box, read));
}

/** Put an element where a box of the picture is. */
function placed(element, [x, y, width, height], read) {
  Object.assign(element.style, {
    left: `${(100 * x) / read.width}%`,
    top: `${(100 * y) / read.height}%`,
    width: `${(100 * width) / read.width}%`,
    height: `${(100 * height) / read.height}%`,
  });
  return element;
}

/** Return the picture with a button over each digit. */
function framed(read, digits, marks) {
  const frame = h("div.frame-picture");
  frame.style.aspectRatio = `${read.width} / ${read.height}`;
  frame.style.maxWidth = `${Math.round(Math.min(Math.max(read.width, 240), WIDEST, (TALLEST * read.width) / read.height))}px`;
  const image = h("img", { src: read.address, alt: `${t("picture.alt")}: ${read.name}` });
  image.addEventListener("error", () =>
    fill(frame, h("p.unseen.caption", t("picture.unseen")), list),
  );
  const boxes = digits.map((digit, index) => boxOf(read, digits, index));
  const list = h("div.boxes", { role: "group", "aria-label": t("picture.boxes") }, boxes);
  list.addEventListener("keydown", (event) => {
    const step = {
      ArrowRight: 1,
      ArrowDown: 1,
      ArrowLeft: -1,
      ArrowUp: -1,
      Home: -digits.length,
      End: digits.length,
    }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = Math.min(
      digits.length - 1,
      Math.max(0, boxes.indexOf(document.activeElement) + step),
    );
    chooseDigit(digits, at);
    boxes[at].focus();
  });
  fill(frame, image, h("div.boxes", { "aria-hidden": "true" }, marks), list);
  new ResizeObserver(() => {
    const widths = digits
      .map((digit) => (digit.box[2] * frame.clientWidth) / read.width)
      .sort((a, b) => a - b);
    frame.classList.toggle("dense", widths.length > 0 && widths[widths.length >> 1] < ROOM);
  }).observe(frame);
  return {
    frame,
    mark(index) {
      boxes.forEach((box, i) => {
        box.setAttribute("aria-pressed", i === index);
        box.tabIndex = i === (index ?? 0) ? 0 : -1;
      });
    },
  };
}

function boxOf(read, digits, index) {
  const { box, digit, probability, unsure, runner_up: other } = digits[index];
  const words = t("picture.box", {
    number: index + 1,
    count: digits.length,
    digit,
    share: percent(probability),
    unsure: unsure ? t("picture.box.unsure") : "",
  });
  const label = h(
    "span.box-label",
    h("b", String(digit)),
    h("span.box-share", percent(probability, 0)),
  );
  const button = h(
    "button.box",
    { type: "button", "aria-label": words, onclick: () => chooseDigit(digits, index) },
    label,
  );
  button.classList.toggle("unsure", unsure);
  const answer = unsure && other !== null ? t("picture.box.or", { digit, other }) : digit;
  button.addEventListener("pointermove", (event) =>
    showTip(`${answer}  ${percent(probability)}`, event.clientX, event.clientY),
  );
  button.addEventListener("pointerleave", () => showTip(null));
  button.addEventListener("focus", () => say(words));
  return placed(button, box, read);
}

/** Return the page's text, each of whose digits belongs to a box. */
function pageInWords(read) {
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
function oneInWords(single) {
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

/** Return the column about the chosen digit: what the network saw, and what it is read as. */
function chosenDigit(digits) {
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
