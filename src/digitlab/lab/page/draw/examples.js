// Drawings to start from: one that is clear, one that is unsure, and one that is no digit.

/** Return points on a smooth curve through some points (Catmull-Rom), in quarters of a pixel. */
function curve(...through) {
  const points = [];
  const at = (i) => through[Math.min(Math.max(i, 0), through.length - 1)];
  for (let i = 0; i + 1 < through.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let step = 0; step < 8; step++) {
      const u = step / 8;
      points.push(
        ...[0, 1].map(
          (k) =>
            Math.round(
              2 *
                (2 * b[k] +
                  (c[k] - a[k]) * u +
                  (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k]) * u * u +
                  (3 * b[k] - a[k] - 3 * c[k] + d[k]) * u ** 3),
            ) / 4,
        ),
      );
    }
  }
  points.push(...through.at(-1));
  return points;
}

const WIDTH = 17;

export const EXAMPLES = {
  seven: [
    {
      width: WIDTH,
      points: curve(
        [152, 92],
        [188, 86],
        [226, 80],
        [244, 84],
        [240, 106],
        [222, 146],
        [206, 178],
        [200, 204],
      ),
    },
  ],
  unsure: [
    {
      width: WIDTH,
      points: curve([112, 74], [104, 102], [104, 128], [126, 138], [158, 132], [178, 118]),
    },
    {
      width: WIDTH,
      points: curve([158, 76], [174, 74], [184, 104], [178, 140], [160, 182], [156, 214]),
    },
  ],
  scribble: [
    {
      width: WIDTH,
      points: curve(
        [64, 120],
        [120, 60],
        [84, 170],
        [170, 66],
        [116, 214],
        [216, 92],
        [166, 220],
        [226, 160],
      ),
    },
    { width: WIDTH, points: curve([70, 200], [140, 120], [210, 208]) },
  ],
};
