// Which number is chosen: it stays at the same place of the drawing when another line is chosen.

import { samePlace } from "./field.js";
import { get, set } from "./state.js";
import { flatIndex, isIndexOf, unflatten } from "../inside/terms.js";

let lastLine = null; // the line for which the number was chosen
let lastPlace = null; // the last number that was part of a map: {line, number}

/** Make the chosen number one of the chosen line. `changed` are the keys that have changed. */
export function settleNumber(changed) {
  const { network, pass } = { network: get("network"), pass: get("reading").pass };
  const line = Math.min(get("line"), pass.shapes.length - 1);
  const shape = pass.shapes[line];
  let number = get("number");
  const moved = lastLine !== null && lastLine !== line && !changed.has("number");
  if (moved) number = carried(network, pass, line, number);
  if (!isIndexOf(shape, number)) number = unflatten(shape, largest(pass.values[line]));
  lastLine = line;
  if (shape.length === 3) lastPlace = { line, number };
  const isSame = get("number") && String(get("number")) === String(number);
  if (!isSame) set({ number, input: null });
  if (line !== get("line")) set({ line });
}

/** Return the number of the new line that stands at the place of the old one; null if none does. */
function carried(network, pass, line, number) {
  const [from, to] = [pass.shapes[lastLine], pass.shapes[line]];
  if (!from || !number) return null;
  if (to.length === 3) {
    const place =
      from.length === 3 && isIndexOf(from, number) ? { line: lastLine, number } : lastPlace;
    return place ? samePlace(network, pass.shapes, place.line, place.number, line) : null;
  }
  if (from.length === 1 && from[0] === to[0]) return number;
  const before = pass.shapes[line - 1];
  if (
    from.length === 3 &&
    lastLine < line &&
    before.length === 3 &&
    network.lines[line - 1].op === "flatten"
  ) {
    const place = samePlace(network, pass.shapes, lastLine, number, line - 1);
    return [flatIndex(before, place)];
  }
  return null;
}

function largest(values) {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
}
