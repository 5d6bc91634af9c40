/** Layouts against plain index arithmetic: whatever is transposed and reshaped, elements stay where they are. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelsLastOrder,
  dimOrder,
  layoutOf,
  permutationOf,
  refineTogether,
  reshapeLayout,
  shapeOf,
  transposeLayout,
} from '../../../compiler/import/view.js';
import type { Layout } from '../../../compiler/import/view.js';

/** Memory position of each element, in the tensor's row-major order. */
const positions = (layout: Layout): number[] => {
  const inverse = permutationOf(layout.physical, layout.dims.flat());
  const result = new Array<number>(inverse.length);
  inverse.forEach((logical, memory) => {
    result[logical] = memory;
  });
  return result;
};

const product = (values: readonly number[]): number => values.reduce((a, b) => a * b, 1);

/** Row-major elements of a transposed tensor. */
function transposed(elements: readonly number[], shape: readonly number[], perm: readonly number[]): number[] {
  const strides = shape.map((_, i) => product(shape.slice(i + 1)));
  let result = [0];
  for (const p of perm)
    result = result.flatMap((base) => Array.from({ length: shape[p] }, (_, i) => base + i * strides[p]));
  return result.map((i) => elements[i]);
}

const dims = fc.array(fc.constantFrom(1, 2, 3, 4, 6), { minLength: 1, maxLength: 4 });

describe('layouts', () => {
  it('keep elements in place under random transposes and reshapes', () => {
    let moves = 0;
    fc.assert(
      fc.property(dims, fc.array(fc.tuple(fc.boolean(), fc.nat(1000)), { maxLength: 6 }), (shape, steps) => {
        let layout: Layout = layoutOf(shape, shape.length === 4 ? channelsLastOrder(4) : undefined);
        let elements = positions(layout);
        for (const [transpose, seed] of steps) {
          const now = shapeOf(layout);
          if (transpose) {
            const perm = now.map((_, i) => i).sort((a, b) => ((a * 7 + seed) % 5) - ((b * 7 + seed) % 5) || a - b);
            elements = transposed(elements, now, perm);
            layout = transposeLayout(layout, perm);
          } else {
            const target = regrouped(product(now), seed);
            const next = reshapeLayout(layout, target);
            if (next === null) {
              moves++;
              continue;
            }
            layout = next;
            expect(shapeOf(layout)).toEqual(target);
          }
          expect(positions(layout)).toEqual(elements);
        }
      }),
      { numRuns: 500, seed: 3 },
    );
    expect(moves).toBeGreaterThan(0);
  });

  it('that stand row-major take any shape', () => {
    expect(reshapeLayout(layoutOf([6, 4]), [8, 3])).not.toBeNull();
    expect(reshapeLayout(transposeLayout(layoutOf([6, 4]), [1, 0]), [3, 8])).toBeNull();
  });

  it('split until equal dimensions have equal factors', () => {
    const a = reshapeLayout(layoutOf([2, 3, 4]), [6, 4]) as Layout;
    const shuffled = reshapeLayout(transposeLayout(layoutOf([3, 2, 4]), [1, 0, 2]), [6, 4]) as Layout;
    const [x, y] = refineTogether(a, shuffled) as [Layout, Layout];
    expect(x.dims.map((d) => d.map((f) => f.size))).toEqual([[2, 3], [4]]);
    expect(y.dims.map((d) => d.map((f) => f.size))).toEqual([[2, 3], [4]]);
    expect(positions(x)).toEqual(positions(a));
    expect(
      refineTogether(
        reshapeLayout(transposeLayout(layoutOf([4, 6]), [1, 0]), [24]) as Layout,
        reshapeLayout(transposeLayout(layoutOf([6, 4]), [1, 0]), [24]) as Layout,
      ),
    ).toBeNull();
  });

  it('know whether dimensions lie apart', () => {
    expect(dimOrder(layoutOf([1, 3, 4, 5], channelsLastOrder(4)))).toEqual([2, 3, 1]);
    expect(dimOrder(reshapeLayout(transposeLayout(layoutOf([3, 4, 5]), [2, 0, 1]), [15, 4]) as Layout)).toBeNull();
  });
});

/** Some shape of n elements. */
function regrouped(n: number, seed: number): number[] {
  const shape: number[] = [];
  let rest = n;
  for (let k = 0; rest > 1 && k < 4; k++) {
    const divisors = Array.from({ length: rest }, (_, i) => i + 1).filter((d) => rest % d === 0);
    const d = divisors[(seed >> k) % divisors.length];
    shape.push(d);
    rest /= d;
  }
  return [...shape, rest];
}
