// What was read of a picture: boxes over it, the text, and the chosen digit as the network saw it.

import { chooseDigit, chosenDigit } from "./chosen.js";
import { oneInWords, pageInWords } from "./foundtext.js";
import { h, fill, say, showTip } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { get, watch } from "../shell/state.js";
import { t } from "../shell/words.js";

const TALLEST = 540; // CSS pixels of a picture
const WIDEST = 640;

let update = () => {}; // shows which digit is chosen, in what is on the page now

watch(["brought", "reading", "network", "theme", "language"], () => update());
document.addEventListener("themechange", () => update());

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
    boxes.forEach((box) => box.classList.remove("tight"));
    const pixels = read.width / frame.clientWidth; // of the picture, for one on the screen
    const rooms = boxes.map((box) => box.firstChild.offsetWidth * pixels); // of their labels
    boxes.forEach((box, i) => box.classList.toggle("tight", isTight(read, digits, i, rooms[i])));
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

/** Whether the next digit of the line, or a sign, begins before this digit's label would end. */
function isTight({ signs }, digits, index, room) {
  const [x, y, , height] = digits[index].box;
  return [...digits.slice(index + 1, index + 2), ...signs].some(
    ({ box: [left, top, , its] }) => left > x && left < x + room && top < y + height && y < top + its,
  );
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
