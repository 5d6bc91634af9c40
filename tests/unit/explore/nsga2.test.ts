import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  crowdingDistances,
  dominates,
  type Judged,
  ranksOf,
  survivors,
  thinned,
} from '../../../compiler/explore/nsga2.js';

const point = (...objectives: readonly number[]): Judged => ({ objectives, violation: 0 });
const points = fc.array(
  fc.record({
    objectives: fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 9 })),
    violation: fc.constantFrom(0, 0, 1, 2),
  }),
  { minLength: 1, maxLength: 25 },
);

describe('domination', () => {
  it('is strict, and puts what keeps the limits before what does not', () => {
    expect(dominates(point(1, 1), point(1, 1))).toBe(false);
    expect(dominates(point(1, 1), point(1, 2))).toBe(true);
    expect(dominates(point(0, 2), point(1, 1))).toBe(false);
    expect(dominates({ objectives: [9], violation: 0 }, { objectives: [1], violation: 1 })).toBe(true);
  });

  it('gives each front those that only earlier fronts beat', () => {
    fc.assert(
      fc.property(points, (all) => {
        const ranks = ranksOf(all);
        for (const [i, p] of all.entries()) {
          const above = all.flatMap((q, j) => (dominates(q, p) ? [ranks[j]] : []));
          expect(ranks[i]).toBe(above.length === 0 ? 0 : Math.max(...above) + 1);
        }
      }),
    );
  });
});

describe('selection', () => {
  it('keeps whole fronts first, and of the last one the ends', () => {
    const all = [point(5, 5), point(0, 4), point(2, 2), point(1.9, 2.1), point(4, 0)];
    expect(new Set(survivors(all, 4))).toEqual(new Set([1, 2, 3, 4]));
    expect(new Set(survivors(all, 2))).toEqual(new Set([1, 4]));
  });

  it('measures room between neighbours', () => {
    expect(crowdingDistances([point(0, 4), point(1, 3), point(4, 0)])).toEqual([Infinity, 2, Infinity]);
  });

  it('thins what is crowded', () => {
    expect(thinned([point(0, 10), point(5, 5), point(5.1, 4.9), point(10, 0)], 3)).toHaveLength(3);
    expect(thinned([point(0, 10), point(5, 5), point(10, 0)], 5)).toEqual([0, 1, 2]);
    expect(thinned([point(0, 10), point(5, 5), point(5.1, 4.9), point(10, 0)], 2)).toEqual([0, 3]);
  });
});
