// The moments of a run and where they stand on the axis: examples seen, logarithmic. No document
// here, so the same file runs in Node.

/** Return the moments that can be shown, in order: [{step, examples}], one for each snapshot. */
export function momentsOf(run) {
  return run.snapshots.map((step) => ({ step, examples: examplesAfter(run, step) }));
}

/** Return how many training images a run's network had seen after so many steps. */
export function examplesAfter({ record, history }, step) {
  const batch = record.recipe.batch_size;
  const size = history.find((point) => point.epoch_size)?.epoch_size;
  if (!size) return step * batch;
  const perEpoch = Math.ceil(size / batch);
  return Math.floor(step / perEpoch) * size + Math.min((step % perEpoch) * batch, size);
}

/** Return the last step of a run: the planned one while it is not finished; null if unknown. */
export function lastStep({ status, record, history, snapshots }) {
  if (status === "finished") return snapshots.at(-1) ?? null;
  const size = history.find((point) => point.epoch_size)?.epoch_size;
  return size ? record.recipe.epochs * Math.ceil(size / record.recipe.batch_size) : null;
}

/**
 * Return the axis for so many pixels: at(examples) is a place on it. A batch is the unit: where the
 * run began is the left end, after one batch it has come one step, and then each doubling is as far.
 */
export function axisOf(run, left, right) {
  const unit = run.record?.recipe.batch_size ?? 64;
  const seen = run.history.at(-1)?.examples ?? 0;
  const most = Math.max(run.total ?? 0, seen, 16 * unit);
  const whole = Math.log1p(most / unit);
  return { left, right, most, at: (examples) => left + ((right - left) * Math.log1p(examples / unit)) / whole };
}

/**
 * Return which moments have room for a column of `width` pixels. The chosen one always has, then
 * the first and the last, then the others from the left.
 */
export function columnsOf(moments, axis, width, chosen) {
  const picked = [];
  const order = [chosen, moments[0], moments.at(-1), ...moments].filter(Boolean);
  for (const moment of order) {
    const x = axis.at(moment.examples);
    if (picked.every((other) => Math.abs(axis.at(other.examples) - x) >= width)) picked.push(moment);
  }
  return picked.sort((a, b) => a.step - b.step);
}

/** Return the moment at a place of the axis: the closest one. */
export function momentAt(moments, axis, x) {
  const away = ({ examples }) => Math.abs(axis.at(examples) - x);
  return moments.reduce((best, one) => (away(one) < away(best) ? one : best), moments[0]);
}
