// Part 1, Draw: the pad with its tools, the way to 28 × 28, and the answer.

import { startAnswer } from "./answer.js";
import { startPad } from "./pad.js";
import { startPreparation } from "./preparation.js";

export function startDraw(section) {
  startPad(section.querySelector("#pad"));
  startPreparation(section.querySelector("#preparation"));
  startAnswer(section.querySelector("#answer"));
}
