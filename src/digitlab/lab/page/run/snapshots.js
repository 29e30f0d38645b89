// The networks of snapshots, decoded once: the same moment is the same object wherever it is shown.

import { decodeNetwork } from "../arithmetic/net.js";
import * as source from "../shell/source.js";

const MOST = 48; // networks kept; the largest recipe's has half a megabyte
const kept = new Map(); // promises, by name and step; those used last come last

/** Return a network as it is now (`step` null), or as it was at a snapshot. */
export function networkAt(name, step = null) {
  const key = JSON.stringify([name, step]);
  if (step === null) return source.network(name).then(decodeNetwork); // a run goes on
  const found = kept.get(key) ?? source.network(name, step).then(decodeNetwork);
  kept.delete(key);
  kept.set(key, found);
  found.catch(() => kept.delete(key)); // the next try may succeed
  if (kept.size > MOST) kept.delete(kept.keys().next().value);
  return found;
}
