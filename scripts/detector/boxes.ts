/** Boxes of a detector, and how two sets of them agree. */

export interface Box {
  /** Corners, as fractions of the image. */
  readonly corners: readonly [number, number, number, number];
  readonly score: number;
}

/** Overlap from which two boxes are of one face. */
const sameFace = 0.3;

/** Boxes over a score, the best of each face: [anchors][2] scores of nothing and of a face, [anchors][4] corners. */
export function bestBoxes(scores: ArrayLike<number>, corners: ArrayLike<number>, least: number): readonly Box[] {
  const found: Box[] = [];
  for (let i = 0; i < scores.length / 2; i++) {
    const score = scores[2 * i + 1];
    if (score > least)
      found.push({ score, corners: [corners[4 * i], corners[4 * i + 1], corners[4 * i + 2], corners[4 * i + 3]] });
  }
  found.sort((a, b) => b.score - a.score);
  const kept: Box[] = [];
  for (const box of found) if (kept.every((other) => overlap(box, other) < sameFace)) kept.push(box);
  return kept;
}

/** Intersection over union. */
export function overlap({ corners: a }: Box, { corners: b }: Box): number {
  const side = (axis: 0 | 1): number => Math.max(0, Math.min(a[axis + 2], b[axis + 2]) - Math.max(a[axis], b[axis]));
  const area = (c: Box['corners']): number => (c[2] - c[0]) * (c[3] - c[1]);
  const common = side(0) * side(1);
  return common / (area(a) + area(b) - common);
}

/** How well the best match of each box overlaps it; 0 where there is none. */
export const matches = (wanted: readonly Box[], found: readonly Box[]): readonly number[] =>
  wanted.map((box) => Math.max(0, ...found.map((other) => overlap(box, other))));
