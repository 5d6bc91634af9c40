/** Random pooling, Softmax and ArgMax nodes. */

import type { AveragePoolOp, Int8Graph } from '../../../../compiler/ir/int8-graph.js';
import type { Shape } from '../../../../compiler/ir/tensor.js';
import type { Window } from '../../../../compiler/ir/window.js';
import { planLogSoftmax } from '../../../../compiler/numerics/log-softmax.js';
import { softmaxTable, softmaxTableBits } from '../../../../compiler/numerics/softmax.js';
import { poolDivisor } from '../../../../compiler/reference/int8/pool.js';
import { graphOf, randomShape, randomWindow, windowOutput } from '../nodes.js';
import type { Random } from '../random.js';
import { randomRequant, randomRounding } from '../requants.js';

const limits = { kernel: 4, stride: 3, dilation: 2, pad: 2 };

export function maxPool(r: Random): Int8Graph {
  const input = randomShape(r, 9, 9);
  const window = randomWindow(r, input, limits);
  const clampMin = r.chance(0.5) ? -128 : r.int(-128, 127);
  return graphOf({ kind: 'maxPool', window, clampMin, clampMax: r.chance(0.5) ? 127 : r.int(clampMin, 127) }, [input], {
    ...windowOutput(window, input),
    c: input.c,
  });
}

/** Every divisor that occurs, each with a requantisation of its own. */
function averagePoolGraph(r: Random, input: Shape, window: Window, output: Shape): Int8Graph {
  const countIncludePad = r.chance(0.5);
  const divisors = new Set<number>();
  for (let y = 0; y < output.h; y++)
    for (let x = 0; x < output.w; x++) divisors.add(poolDivisor(window, input, countIncludePad, y, x));
  const bound = 255 * window.kernelH * window.kernelW;
  const rounding = randomRounding(r);
  const op: AveragePoolOp = {
    kind: 'averagePool',
    window,
    countIncludePad,
    inputZeroPoint: r.int(-128, 127),
    divisors: Int32Array.from(divisors),
    requants: Array.from(divisors, () => randomRequant(r, bound, rounding)),
  };
  return graphOf(op, [input], output);
}

export function averagePool(r: Random): Int8Graph {
  const input = randomShape(r, 9, 11);
  const window = randomWindow(r, input, limits);
  const { h, w } = windowOutput(window, input);
  // ceil_mode: an output more than fits, where its window still begins inside the padded image.
  const more = (out: number, stride: number, extent: number): number =>
    out + (r.chance(0.3) && out * stride < extent ? 1 : 0);
  return averagePoolGraph(r, input, window, {
    h: more(h, window.strideH, input.h),
    w: more(w, window.strideW, input.w),
    c: input.c,
  });
}

export function globalPool(r: Random): Int8Graph {
  const input = randomShape(r, 9, 11);
  const window: Window = {
    kernelH: input.h,
    kernelW: input.w,
    strideH: 1,
    strideW: 1,
    dilationH: 1,
    dilationW: 1,
    padTop: 0,
    padLeft: 0,
    padBottom: 0,
    padRight: 0,
  };
  return averagePoolGraph(r, input, window, { h: 1, w: 1, c: input.c });
}

export function softmax(r: Random): Int8Graph {
  const shape = randomShape(r, 4, 30);
  const table = Uint32Array.from({ length: 256 }, (_, d) => Math.floor(2 ** 24 * Math.exp(-d / r.int(3, 60))));
  return graphOf({ kind: 'softmax', table, requant: randomRequant(r, 2 ** 30 - 1, randomRounding(r)) }, [shape], shape);
}

export function logSoftmax(r: Random): Int8Graph {
  const shape = randomShape(r, 4, 30);
  const inputScale = 1 / r.int(3, 60);
  const form = planLogSoftmax(inputScale, r.pick([1 / 16, 1 / 9.7, 1 / 300, 1e-6, 2]), shape.c);
  return graphOf(
    {
      kind: 'logSoftmax',
      table: softmaxTable(inputScale, shape.c),
      tableBits: softmaxTableBits(shape.c),
      zeroPoint: r.int(-128, 127),
      ...form,
    },
    [shape],
    shape,
  );
}

export function argMax(r: Random): Int8Graph {
  const shape = randomShape(r, 5, 20);
  return graphOf({ kind: 'argMax', lastIndex: r.chance(0.5) }, [shape], { ...shape, c: 1 });
}
