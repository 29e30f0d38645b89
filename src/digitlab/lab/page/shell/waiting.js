// Computing in slices, so that the page gets its turn in between.

const SLICE = 12; // milliseconds

/** Resolve after so many milliseconds. */
export function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * Call `work(i)` for each i below `count`, and let the page have its turn every 12 ms. Returns
 * whether all was done: `isStale()` is asked after each turn, and `tell(i)` is told how far it is.
 */
export async function inSlices(count, work, isStale, tell = () => {}) {
  let since = performance.now();
  for (let i = 0; i < count; i++) {
    work(i);
    if (performance.now() - since < SLICE) continue;
    tell(i + 1);
    await pause(4);
    if (isStale()) return false;
    since = performance.now();
  }
  return !isStale();
}
