/** Instructions of the DSP dot products: the loops are assembly, so their counts are exact. */

/** Work of a call over staged pixels. */
export interface DotWork {
  readonly pixels: number;
  /** Output channels of a group. */
  readonly channels: number;
  readonly groups: number;
  readonly depth: number;
  /** The requantisation is the assembly's own (isFastRequant). */
  readonly fast: boolean;
  /** Blocks for separate bytes (rv_dot_wide_s8). */
  readonly wide: boolean;
}

/** Times that a loop of four, entered so that the first pass is the shorter one, checks for its end. */
const checks = (count: number): number => Math.floor((count + 3) / 4) + (count % 4 === 0 ? 1 : 0);

/** Instructions of the C rounding of six or two accumulators, over the assembly's. */
const slowPair = { three: 190, one: 90 } as const;

/** Instructions of the dot products, staging apart. */
export function dotInstructions(work: DotWork): number {
  const { pixels, channels, groups, depth, fast, wide } = work;
  const steps = Math.ceil(depth / 4);
  const pairs = Math.ceil(channels / 2);
  const odd = channels % 2;
  const eights = Math.floor(steps / 2);
  const three = (wide ? 30 + 19 * steps : 36 + 17 * steps) + 3 * checks(steps - 1) + (fast ? 0 : slowPair.three);
  const one = (wide ? 20 + 18 * eights + 11 * (steps % 2) : 22 + 14 * eights + 9 * (steps % 2)) + 2 * checks(eights) + (fast ? 0 : slowPair.one);
  const perThree = 45 + pairs * three + odd * 80;
  const perOne = 50 + pairs * one + odd * 70;
  return groups * (Math.floor(pixels / 3) * perThree + (pixels % 3) * perOne);
}

/** Instructions that stage neighbouring inputs of the pixels, 4 at a time. */
export function stagingInstructions(pixels: number, inputs: number): number {
  const words = Math.floor(inputs / 4);
  const tail = inputs % 4 === 0 ? 0 : 1;
  return Math.floor(pixels / 3) * (14 + 11 * words + 45 * tail) + (pixels % 3) * (10 + 7 * words + 20 * tail);
}
