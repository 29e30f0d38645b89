// The networks of snapshots, decoded once: the same moment is the same object wherever it is shown,
// until its run ends.

import { decodeNetwork } from "../arithmetic/net.js";
import * as source from "../shell/source.js";

const MOST = 48; // networks kept; the largest recipe's has half a megabyte
const kept = new Map(); // promises, by `keyOf`; those used last come last

/** Return a network as it is now (`step` null), or as it was at a snapshot. */
export function networkAt(name, step = null) {
  if (step === null) return source.network(name).then(decodeNetwork); // a run goes on
  const key = keyOf(name, step);
  const found = kept.get(key) ?? source.network(name, step).then(decodeNetwork);
  kept.delete(key);
  kept.set(key, found);
  found.catch(() => kept.delete(key)); // the next try may succeed
  if (kept.size > MOST) kept.delete(kept.keys().next().value);
  return found;
}

/** Forget the moments of a run that has ended: only now the server knows how sure they may be. */
export function forget(name) {
  for (const key of kept.keys()) if (key.startsWith(keyOf(name))) kept.delete(key);
}

function keyOf(name, step = "") {
  return `${encodeURIComponent(name)}?${step}`;
}
