// The way to 28 × 28, step by step. A step that is pointed at or focused fills the pad. Below it,
// what the network would have read had the pad just been resized.

import { h, fill, setText } from "../shell/dom.js";
import { percent } from "../shell/format.js";
import { PAD } from "./ink.js";
import { paintInk, theme } from "../shell/paint.js";
import { plainResize } from "../arithmetic/prepare.js";
import { answerTo } from "./reading.js";
import { get, watch } from "../shell/state.js";
import { rich, t } from "../shell/words.js";

const STEPS = ["ink", "cut", "box", "center", "digit"];

export function startPreparation(root) {
  const title = h("p.preparing");
  const figures = STEPS.map((name) => figure(name));
  const note = h("p.plain");
  const thumb = h("canvas", { width: 28, height: 28, "aria-hidden": "true" });
  const words = h("span");
  note.append(thumb, words);
  fill(
    root,
    title,
    h(
      "ol.steps",
      figures.map(({ item }) => item),
    ),
    note,
  );

  const label = () => {
    fill(title, rich("prepare.title"));
    figures.forEach(({ name, button, caption }) => {
      setText(caption, t(`prepare.${name}`));
      button.setAttribute("aria-label", `${t(`prepare.${name}`)}: ${t(`prepare.${name}.what`)}`);
      button.title = t(`prepare.${name}.what`);
    });
  };
  const show = () => figures.forEach(({ name, canvas }) => paintStep(canvas, name));
  let waiting = 0;
  const later = () => {
    clearTimeout(waiting);
    waiting = setTimeout(compare, 120); // a second reading would make the pen wait
  };

  function compare() {
    const { reading, network } = { reading: get("reading"), network: get("network") };
    const hasDrawing = Boolean(reading?.prepared && !reading.isBlank);
    note.classList.toggle("empty", !hasDrawing);
    if (!hasDrawing) {
      if (get("brought")) setText(words, t("prepare.brought"));
      else
        setText(
          words,
          get("sample") === null
            ? t("prepare.plain.none")
            : t("prepare.sample", { label: network?.classes[reading?.label] ?? "" }),
        );
      thumb.getContext("2d").clearRect(0, 0, 28, 28);
      return;
    }
    const pixels = plainResize(reading.gray, PAD, PAD);
    const plain = answerTo(network, pixels, get("off"));
    asPicture(thumb, pixels, 28, 28);
    const key = plain.isSure ? "prepare.plain" : "prepare.plain.unsure";
    fill(
      words,
      rich(key, {
        answer: network.classes[plain.best],
        share: percent(plain.shares[plain.best], 1),
      }),
    );
  }

  watch(["language"], label);
  watch(["reading", "theme"], show);
  watch(["reading", "language"], later);
  document.addEventListener("themechange", () => {
    show();
    later();
  });
  label();
}

function figure(name) {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const caption = h("span.caption");
  const button = h("button.step", { type: "button" }, canvas, caption);
  const fillPad = (on) =>
    document.dispatchEvent(
      new CustomEvent("preparationstep", {
        detail: on ? (target) => paintStep(target, name) : null,
      }),
    );
  button.addEventListener("pointerenter", () => fillPad(true));
  button.addEventListener("pointerleave", () => fillPad(false));
  button.addEventListener("focus", () => fillPad(true));
  button.addEventListener("blur", () => fillPad(false));
  return { name, canvas, caption, button, item: h("li", button) };
}

/** Paint one step on a square canvas, with its marks. */
function paintStep(canvas, name) {
  const reading = get("reading");
  const side = Math.round((canvas.clientWidth || 52) * devicePixelRatio);
  if (canvas.width !== side || canvas.height !== side) canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, side, side);
  context.imageSmoothingEnabled = false;
  if (!reading || reading.isBlank) return;
  const prepared = reading.prepared;
  if (!prepared || name === "digit") {
    context.drawImage(asPicture(scratch, reading.pixels, 28, 28), 0, 0, side, side);
    return;
  }
  const { box, place, small } = prepared;
  const thin = Math.max(1, side / 60);
  context.lineWidth = thin;
  context.strokeStyle = threadColor();
  const unit = side / 28;
  if (name === "ink") {
    context.imageSmoothingEnabled = true;
    context.drawImage(asPicture(scratch, prepared.ink, PAD, PAD), 0, 0, side, side);
    const scale = side / PAD;
    context.strokeRect(
      box.left * scale - thin,
      box.top * scale - thin,
      box.width * scale + 2 * thin,
      box.height * scale + 2 * thin,
    );
  } else if (name === "cut") {
    context.imageSmoothingEnabled = true;
    asPicture(scratch, prepared.ink, PAD, PAD);
    const scale = (side * 0.9) / Math.max(box.height, box.width);
    const [width, height] = [box.width * scale, box.height * scale];
    context.drawImage(
      scratch,
      box.left,
      box.top,
      box.width,
      box.height,
      (side - width) / 2,
      (side - height) / 2,
      width,
      height,
    );
  } else if (name === "box") {
    const [top, left] = [
      4 + Math.floor((20 - place.height) / 2),
      4 + Math.floor((20 - place.width) / 2),
    ];
    context.drawImage(
      asPicture(scratch, small, place.height, place.width),
      left * unit,
      top * unit,
      place.width * unit,
      place.height * unit,
    );
    context.setLineDash([2 * thin, 2 * thin]);
    context.strokeRect(4 * unit, 4 * unit, 20 * unit, 20 * unit);
    context.setLineDash([]);
  } else {
    context.drawImage(asPicture(scratch, prepared.digit, 28, 28), 0, 0, side, side);
    const [y, x] = prepared.center;
    const at = [(place.left + x + 0.5) * unit, (place.top + y + 0.5) * unit];
    context.beginPath();
    context.moveTo(at[0] - 5 * unit, at[1]);
    context.lineTo(at[0] + 5 * unit, at[1]);
    context.moveTo(at[0], at[1] - 5 * unit);
    context.lineTo(at[0], at[1] + 5 * unit);
    context.stroke();
  }
}

const scratch = h("canvas"); // the pictures before they are scaled to the size of the step

function threadColor() {
  return theme() === "dark" ? "#f58fc4" : "#9b1b63";
}

/** Paint ink on a canvas of its own size, and return it. */
function asPicture(canvas, ink, height, width) {
  paintInk(canvas, ink, height, width);
  return canvas;
}
