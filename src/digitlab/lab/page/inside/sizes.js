// How large maps and rows of numbers are, so that they fit into a width and a height. All in pixels.

const MOST_HEIGHT = 316; // of all maps together, so that the number below them stays in view

/** Return the space between so many maps. */
export function gapOf(count) {
  return count > 30 ? 4 : 8;
}

/** Return how many values stand next to each other: 10 of 10 or 50, 16 of 64, 128 or 320. */
export function columnsFor(count) {
  if (count <= 12) return count;
  return count % 16 === 0 ? 16 : 10;
}

/** Return the size at which so many maps fit, a multiple of their side where possible. */
export function mapSize(count, side, width) {
  let best = { size: 8, labeled: false };
  for (let columns = 1; columns <= count; columns++) {
    const gap = gapOf(count);
    const room = Math.floor((width - gap * (columns - 1)) / columns);
    const labeled = room >= 52 && count > 1;
    const rows = Math.ceil(count / columns);
    const most = Math.floor((MOST_HEIGHT - rows * (labeled ? 24 : gap)) / rows);
    const largest = Math.min(room, most, 280);
    const size = largest - (largest % side > largest / 12 ? 0 : largest % side);
    if (size > best.size) best = { size, labeled };
  }
  return best;
}

/** Return the size of the small maps on a phone, among which one is picked. */
export function pickerSize(count, width) {
  const columns = count <= 10 ? 5 : count <= 24 ? 7 : count <= 48 ? 12 : 13;
  return Math.floor((width - 4 * (columns - 1)) / columns);
}
