// What is chosen on the page, in one place. Parts watch the keys they show; a change is passed on
// once per frame of the screen. What a teacher may want to send is kept in the address as well.

import { strokesFromText, strokesToText } from "../draw/ink.js";

const values = {
  language: null, // "en" or "zh"; null is what the browser prefers, until the page starts
  theme: null, // "light" or "dark"; null follows the system
  part: "draw", // the part that a phone shows
  embed: null, // "1" inside another page: only the part, without header and tabs
  net: null, // the network's name; null is the first one offered
  moment: null, // the step of a snapshot; null is the trained network
  line: 1, // 0 is the input x, i + 1 is the i-th line of forward
  number: null, // the value opened: [channel, row, column] or [index]; null chooses one
  input: null, // within a number: the channel (or term) looked at
  off: [], // what is taken away: "relu", "pooling", "normalization", "centering"; "dropout" is added
  trace: null, // [digit, other digit or null]: traced back to the pixels
  truth: null, // part 3: what the drawing really is
  weight: null, // part 3: the weight that is followed, [name, index]
  strokes: [], // the drawing: [{width, points: [x, y, x, y, …]}] on a pad of 280 × 280
  sample: null, // instead of a drawing: the index of a test image
  brought: null, // instead of a drawing: a digit of a picture, {index, pixels, digit, probability, unsure}
  run: null, // part 4: the run that is shown; null follows the network
  kernels: null, // part 4: "change" shows how far the kernels moved; null shows them as they were
  cell: null, // part 4: the cell of the confusion table looked into, [truth, answer]
  mistake: null, // part 4: the test image whose wrong answer is looked into
  pictureMode: "page", // part 5: "page" or "one", whether a picture shows many digits or one

  // Computed from the above by reading.js; not in the address.
  networks: [], // those on offer: [{name, title, kind}]
  network: null,
  reading: null,
  shownRun: null, // part 4: the run's details, as far as they are known
  latest: null, // part 4: the newest snapshot of a run that goes on, {name, step}; shown if no moment is chosen. After its end, step is null
  tested: null, // part 4: what the network answers to the test images, see testing.js
  trainingOpen: false, // part 4: whether the form of a new training is unfolded
};

const CODES = {
  language: ["lang", String, (text) => (["en", "zh"].includes(text) ? text : null)],
  theme: ["theme", String, (text) => (["light", "dark"].includes(text) ? text : null)],
  part: ["part", String, (text) => (/^[a-z]{1,12}$/.test(text) ? text : "draw")],
  embed: ["embed", String, (text) => (text === "1" ? text : null)],
  net: ["net", String, String],
  moment: ["step", String, whole],
  line: ["line", String, (text) => whole(text) ?? 1],
  number: ["at", (index) => index.join("."), indices],
  input: ["in", String, whole],
  off: [
    "off",
    (names) => names.join("."),
    (text) => text.split(".").filter((name) => INGREDIENTS.includes(name)),
  ],
  trace: [
    "trace",
    (pair) => pair.filter((digit) => digit !== null).join("."),
    (text) => {
      const found = indices(text);
      return found && [found[0], found[1] ?? null];
    },
  ],
  truth: ["truth", String, whole],
  weight: [
    "weight",
    ([name, index]) => `${name}.${index}`,
    (text) => {
      const found = /^([\w.]+)\.(\d+)$/.exec(text);
      return found && [found[1], Number(found[2])];
    },
  ],
  run: ["run", String, String],
  kernels: ["kernels", String, (text) => (text === "change" ? text : null)],
  cell: ["cell", (pair) => pair.join("."), (text) => (/^\d\.\d$/.test(text) ? indices(text) : null)],
  mistake: ["mistake", String, whole],
  sample: ["sample", String, whole],
  strokes: ["ink", strokesToText, strokesFromText],
};

export const INGREDIENTS = ["relu", "pooling", "dropout", "centering", "normalization"];

const DEFAULTS = { ...values };
const watchers = [];
let changed = new Set();
let frame = 0;
let writing = 0;

/** Return what a key holds now. */
export function get(key) {
  return values[key];
}

/** Change keys; whoever watches them is called before the next frame is painted. */
export function set(changes) {
  for (const [key, value] of Object.entries(changes)) {
    if (!(key in values)) throw new Error(`the state has no ${key}`);
    if (values[key] === value) continue;
    values[key] = value;
    changed.add(key);
  }
  if (changed.size && !frame) frame = requestAnimationFrame(passOn);
}

/** Call a function once per frame in which one of these keys changed, in the order of watching. */
export function watch(keys, callback) {
  watchers.push({ keys, callback });
}

function passOn() {
  frame = 0;
  const seen = new Set();
  // Watchers may change further keys (the reading follows the strokes): another round shows those.
  for (let round = 0; changed.size && round < 8; round++) {
    const pending = changed;
    changed = new Set();
    pending.forEach((key) => seen.add(key));
    for (const { keys, callback } of watchers) {
      if (keys.some((key) => pending.has(key))) callback(pending);
    }
  }
  if ([...seen].some((key) => key in CODES)) {
    clearTimeout(writing);
    writing = setTimeout(writeAddress, 250); // browsers refuse to change the address too often
  }
}

function writeAddress() {
  const parts = [];
  for (const [key, [code, write]] of Object.entries(CODES)) {
    const value = values[key];
    if (value === null || (value === DEFAULTS[key] && key !== "strokes")) continue;
    if (key === "off" && value.length === 0) continue;
    if (key === "strokes" && values.sample !== null) continue;
    parts.push(`${code}=${encodeURIComponent(write(value))}`);
  }
  const hash = parts.length ? `#${parts.join("&")}` : "";
  if (hash !== location.hash)
    history.replaceState(null, "", hash || location.pathname + location.search);
}

/**
 * Take over what the address says, after "?" or "#"; what it does not say is as by default. Returns whether
 * it had a drawing, which may be an empty one.
 */
export function readAddress() {
  const changes = {};
  const parts = [location.search, location.hash].flatMap((it) => it.slice(1).split("&"));
  const found = new Map(parts.map((part) => part.split(/=(.*)/s)));
  for (const [key, [code, , read]] of Object.entries(CODES)) {
    changes[key] = DEFAULTS[key];
    if (!found.has(code)) continue;
    try {
      changes[key] = read(decodeURIComponent(found.get(code) ?? "")) ?? DEFAULTS[key];
    } catch {
      // A damaged address is no reason to show nothing: this key keeps its default.
    }
  }
  set(changes);
  return found.has(CODES.strokes[0]) || found.has(CODES.sample[0]);
}

function whole(text) {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

function indices(text) {
  return /^\d{1,4}(\.\d{1,4}){0,2}$/.test(text) ? text.split(".").map(Number) : null;
}
