// The drawing: strokes to a gray picture of 280 × 280, and strokes to text and back. No DOM; the
// same strokes give the same bytes in every browser, so that an address shows everyone the same.

export const PAD = 280; // pixels of the pad's side
const MOST_STROKES = 200;
const MOST_POINTS = 20_000;

/** Return an empty picture: 255 is paper, 0 is ink. */
export function emptyPicture() {
  return new Uint8Array(PAD * PAD).fill(255);
}

/** Draw one stroke, from its point `start` on, into a gray picture. */
export function drawStroke(gray, stroke, start = 0) {
  const { points, width } = stroke;
  if (points.length === 2) drawSegment(gray, points[0], points[1], points[0], points[1], width);
  for (let i = Math.max(start, 1); 2 * i < points.length; i++) {
    drawSegment(
      gray,
      points[2 * i - 2],
      points[2 * i - 1],
      points[2 * i],
      points[2 * i + 1],
      width,
    );
  }
}

/**
 * Draw a line with round ends. A pixel's ink depends on its distance to the line: full inside,
 * none outside, and between over one pixel. Where lines overlap, the darker one counts.
 */
function drawSegment(gray, x0, y0, x1, y1, width) {
  const radius = width / 2;
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - radius - 1));
  const right = Math.min(PAD - 1, Math.ceil(Math.max(x0, x1) + radius + 1));
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - radius - 1));
  const bottom = Math.min(PAD - 1, Math.ceil(Math.max(y0, y1) + radius + 1));
  const dx = x1 - x0;
  const dy = y1 - y0;
  const length = dx * dx + dy * dy || 1;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const px = x + 0.5 - x0;
      const py = y + 0.5 - y0;
      const along = Math.min(1, Math.max(0, (px * dx + py * dy) / length));
      const distance = Math.sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2);
      const paper = Math.round(255 * Math.min(1, Math.max(0, distance - radius + 0.5)));
      if (paper < gray[y * PAD + x]) gray[y * PAD + x] = paper;
    }
  }
}

/** Return the gray picture of all strokes. */
export function picture(strokes) {
  const gray = emptyPicture();
  for (const stroke of strokes) drawStroke(gray, stroke);
  return gray;
}

/**
 * Write strokes as text for an address. Each is its width, its number of points, and the steps from
 * point to point in quarters of a pixel, as numbers of 7 bits per byte, in base64 with - and _.
 */
export function strokesToText(strokes) {
  const bytes = [];
  for (const { width, points } of strokes) {
    push(bytes, width);
    push(bytes, points.length / 2);
    let x = 0;
    let y = 0;
    for (let i = 0; i < points.length; i += 2) {
      push(bytes, zigzag(Math.round(4 * points[i]) - x));
      push(bytes, zigzag(Math.round(4 * points[i + 1]) - y));
      x = Math.round(4 * points[i]);
      y = Math.round(4 * points[i + 1]);
    }
  }
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** Read strokes back; throws an Error if the text is damaged or far too long. */
export function strokesFromText(text) {
  if (!text) return [];
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) =>
    c.charCodeAt(0),
  );
  const reader = { bytes, at: 0 };
  const strokes = [];
  let total = 0;
  while (reader.at < bytes.length) {
    const width = pull(reader);
    const count = pull(reader);
    total += count;
    if (
      width < 1 ||
      width > PAD ||
      count < 1 ||
      total > MOST_POINTS ||
      strokes.length >= MOST_STROKES
    )
      throw new Error("damaged drawing");
    const points = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < count; i++) {
      x += unzigzag(pull(reader));
      y += unzigzag(pull(reader));
      if (Math.abs(x) > 8 * PAD || Math.abs(y) > 8 * PAD) throw new Error("damaged drawing");
      points.push(x / 4, y / 4);
    }
    strokes.push({ width, points });
  }
  return strokes;
}

function zigzag(value) {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value) {
  return value % 2 ? -(value + 1) / 2 : value / 2;
}

function push(bytes, value) {
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>= 7;
  }
  bytes.push(rest);
}

function pull(reader) {
  let value = 0;
  for (let shift = 0; shift < 28; shift += 7) {
    if (reader.at >= reader.bytes.length) throw new Error("damaged drawing");
    const byte = reader.bytes[reader.at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return value;
  }
  throw new Error("damaged drawing");
}
