/** Random elementwise nodes. */

import type { AddOp, Int8Graph, Int8Op, Rounding } from '../../../../compiler/ir/int8-graph.js';
import type { Shape } from '../../../../compiler/ir/tensor.js';
import { graphOf, randomShape } from '../nodes.js';
import type { Random } from '../random.js';
import { randomChannelRequant, randomRequant, randomRounding } from '../requants.js';

/** Two operands, each repeating some axes of the output (at most one of them a given axis). */
function binary(r: Random, make: (output: Shape) => Int8Op): Int8Graph {
  const output = randomShape(r, 6, 9);
  const repeat = (axis: keyof Shape): number => (output[axis] > 1 && r.chance(0.25) ? r.int(1, 2) : 0);
  const who = { h: repeat('h'), w: repeat('w'), c: repeat('c') };
  const operand = (k: number): Shape => ({
    h: who.h === k ? 1 : output.h,
    w: who.w === k ? 1 : output.w,
    c: who.c === k ? 1 : output.c,
  });
  return graphOf(make(output), [operand(1), operand(2)], output);
}

function addOp(r: Random): AddOp {
  const rounding: Rounding = randomRounding(r);
  const shift = r.int(6, 20);
  const scale = 2 ** shift;
  // Ties to even are defined on any sum, so small multipliers make them frequent.
  const multiplier = (): number => Math.round(r.int(-20, 20) * (scale / 16));
  const clampMin = r.chance(0.5) ? -128 : r.int(-128, 0);
  return {
    kind: 'add',
    rounding,
    shift,
    multiplierA: multiplier(),
    multiplierB: multiplier(),
    addend: r.int(-20, 20) * (scale / 4),
    exact:
      rounding === 'exact'
        ? {
            numeratorA: BigInt(r.int(-9, 9)),
            numeratorB: BigInt(r.int(-9, 9)),
            numeratorC: BigInt(r.int(-99, 99)),
            denominator: BigInt(r.int(2, 12)),
          }
        : null,
    zeroPoint: r.int(-128, 127),
    clampMin,
    clampMax: r.chance(0.5) ? 127 : r.int(clampMin, 127),
  };
}

export const add = (r: Random): Int8Graph => binary(r, () => addOp(r));
export const mul = (r: Random): Int8Graph =>
  binary(r, () => ({
    kind: 'mul',
    zeroPointA: r.int(-128, 127),
    zeroPointB: r.int(-128, 127),
    requant: randomRequant(r, 255 * 255, randomRounding(r)),
  }));
export const minMax = (r: Random): Int8Graph => binary(r, () => ({ kind: r.pick(['min', 'max'] as const) }));

export function lut(r: Random): Int8Graph {
  const shape = randomShape(r, 6, 9);
  return graphOf({ kind: 'lut', table: r.int8Array(256) }, [shape], shape);
}

export function prelu(r: Random): Int8Graph {
  const shape = randomShape(r, 6, 9);
  return graphOf(
    {
      kind: 'prelu',
      inputZeroPoint: r.int(-128, 127),
      positive: randomRequant(r, 255, randomRounding(r)),
      negative: randomChannelRequant(
        r,
        Array.from({ length: shape.c }, () => 255),
        randomRounding(r),
      ),
    },
    [shape],
    shape,
  );
}
