// Where a number looks: from a value of any line back to the pixels of 28 × 28 that it depends on
// (its receptive field), and from those to the place on the pad.

/** Return the pixels {top, left, height, width} of 28 × 28 that a value of a line depends on. */
export function receptiveField(network, line, index, shapes) {
  if (!index || index.length < 3) return { top: 0, left: 0, height: 28, width: 28 };
  let [, top, left] = index;
  let [height, width] = [1, 1];
  for (let i = line - 1; i >= 0; i--) {
    const { op, stride = 1, size = 1, layer } = network.lines[i];
    const step = op === "conv" ? stride : size;
    if (op !== "conv" && op !== "max_pool") continue;
    const [down, across] =
      op === "conv" ? network.shapes[`${layer}.weight`].slice(2) : [size, size];
    top *= step;
    left *= step;
    height = (height - 1) * step + down;
    width = (width - 1) * step + across;
  }
  if (!shapes) return { top, left, height, width };
  return { top, left, height: Math.min(height, 28 - top), width: Math.min(width, 28 - left) };
}

/** Return the value of another line that looks at the same place of the drawing, or null. */
export function samePlace(network, shapes, fromLine, index, toLine) {
  const from = receptiveField(network, fromLine, index, shapes);
  const shape = shapes[toLine];
  if (shape.length !== 3) return null;
  const middle = [from.top + from.height / 2, from.left + from.width / 2];
  const channel = index && index.length === 3 ? Math.min(index[0], shape[0] - 1) : 0;
  const place = [0, 1].map((axis) =>
    nearest(network, shapes, toLine, axis, middle[axis], shape[axis + 1]),
  );
  return [channel, ...place];
}

function nearest(network, shapes, line, axis, middle, count) {
  let best = 0;
  let least = Infinity;
  for (let i = 0; i < count; i++) {
    const field = receptiveField(network, line, axis === 0 ? [0, i, 0] : [0, 0, i], shapes);
    const center = axis === 0 ? field.top + field.height / 2 : field.left + field.width / 2;
    const distance = Math.abs(center - middle);
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}

/** Return the place on the pad, in its units, of a box of 28 × 28; null without a drawing. */
export function toPad(reading, box) {
  if (reading.prepared === null || reading.isUncentered) return scaled(box, 10, 0, 0);
  if (reading.prepared.blank) return null;
  const { box: ink, place } = reading.prepared;
  const scale = Math.max(ink.height, ink.width) / Math.max(place.height, place.width);
  return scaled(box, scale, ink.top - place.top * scale, ink.left - place.left * scale);
}

function scaled({ top, left, height, width }, scale, down, right) {
  return {
    top: top * scale + down,
    left: left * scale + right,
    height: height * scale,
    width: width * scale,
  };
}

/** Return the box on the pad at which the chosen number looks, cut to the pad; null if none. */
export function lookingAt(reading, network, line, number) {
  if (!reading || !network || !number || number.length !== 3 || reading.isBlank) return null;
  const box = toPad(reading, receptiveField(network, line, number, reading.pass.shapes));
  if (!box) return null;
  const [top, left] = [Math.max(1, box.top), Math.max(1, box.left)];
  const height = Math.min(279, box.top + box.height) - top;
  const width = Math.min(279, box.left + box.width) - left;
  return height > 0 && width > 0 ? { top, left, height, width } : null; // beside the pad: nothing
}
