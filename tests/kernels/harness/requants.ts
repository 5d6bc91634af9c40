/** Random requantisations that keep the compiler's promise: nothing overflows for |acc| <= bound. */

import type { ChannelRequant, ExactRatio, Requant, Rounding } from '../../../compiler/ir/int8-graph.js';
import type { Random } from './random.js';

interface Shifts {
  readonly leftShift: number;
  readonly shift: number;
}

/** Shifts with which multipliers below 2^31 spread accumulators up to `bound` over about `steps` output codes. */
function randomShifts(random: Random, bound: number, steps: number): Shifts {
  for (;;) {
    const leftShift = random.chance(0.7) ? 0 : random.int(1, 8);
    const shift = random.int(1, 22);
    const multiplier = (steps / bound) * 2 ** (32 + shift - leftShift);
    if (bound * 2 ** leftShift < 2 ** 31 && multiplier < 2 ** 31 && multiplier >= 1) return { leftShift, shift };
    // Small accumulators need a left shift: their multiplier would not fit.
    const needed = Math.ceil(Math.log2((steps / bound) * 2 ** (32 + 1 - 31))) + 1;
    if (needed > 8) return { leftShift: needed, shift: 1 };
  }
}

const multiplierFor = (bound: number, steps: number, { leftShift, shift }: Shifts): number =>
  Math.max(1, Math.floor((steps / bound) * 2 ** (32 + shift - leftShift)));

function randomOutput(random: Random): { zeroPoint: number; clampMin: number; clampMax: number } {
  const clampMin = random.chance(0.5) ? -128 : random.int(-128, 0);
  return { zeroPoint: random.int(-128, 127), clampMin, clampMax: random.chance(0.5) ? 127 : random.int(clampMin, 127) };
}

const randomRatio = (random: Random, bound: number): ExactRatio => ({
  // Small terms make ties; large ones use the 64 bits.
  numerator: BigInt(random.int(1, 50)) * (random.chance(0.2) ? -1n : 1n) * (random.chance(0.5) ? 1n : 1000003n),
  denominator: BigInt(Math.max(2, Math.ceil(bound / random.int(2, 8)))) * (random.chance(0.5) ? 1n : 1000003n),
  accMin: random.chance(0.5) ? -bound : -Math.floor(bound / 2),
  accMax: random.chance(0.5) ? bound : Math.floor(bound / 2),
});

/** `bounds`: the largest |acc| of each channel. */
export function randomChannelRequant(random: Random, bounds: readonly number[], rounding: Rounding): ChannelRequant {
  const largest = Math.max(1, ...bounds);
  const steps = random.int(100, 250);
  const shifts = randomShifts(random, largest, steps);
  return {
    rounding,
    multipliers: Int32Array.from(
      bounds,
      () =>
        (random.chance(0.2) ? -1 : 1) *
        Math.max(1, Math.floor((multiplierFor(largest, steps, shifts) * random.int(1, 64)) / 64)),
    ),
    ...shifts,
    even: rounding === 'even' ? Uint8Array.from(bounds, () => random.int(0, 1)) : null,
    exact: rounding === 'exact' ? bounds.map((b) => randomRatio(random, Math.max(1, b))) : null,
    ...randomOutput(random),
  };
}

export function randomRequant(random: Random, bound: number, rounding: Rounding): Requant {
  const steps = random.int(100, 250);
  const shifts = randomShifts(random, bound, steps);
  return {
    rounding,
    multiplier: multiplierFor(bound, steps, shifts),
    ...shifts,
    exact: rounding === 'exact' ? randomRatio(random, bound) : null,
    ...randomOutput(random),
  };
}

export const randomRounding = (random: Random): Rounding =>
  random.pick(['fixed', 'fixed', 'fixed', 'even', 'exact'] as const);
