import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lowerBound } from '../../compiler/memory/lower-bound.js';
import { solve } from '../../compiler/memory/solve.js';
import { bruteForceArena, faults, randomProblem } from '../unit/memory/problems.js';

describe('the planner on random problems', () => {
  it('finds the arena that trying every offset finds', () => {
    fc.assert(
      fc.property(randomProblem(5, 6, [1, 2, 4]), (problem) => {
        const placement = solve(problem);
        expect(faults(problem, placement.offsets)).toEqual([]);
        expect(placement.arenaBytes).toBe(bruteForceArena(problem));
        expect(placement.provenOptimal).toBe(true);
        expect(placement.lowerBoundBytes).toBe(placement.arenaBytes);
      }),
      { numRuns: 400 },
    );
  });

  it('gives legal placements and true bounds on larger problems', () => {
    fc.assert(
      fc.property(randomProblem(40, 5000, [4, 8, 16]), (problem) => {
        const placement = solve(problem, { nodeLimit: 300 });
        expect(faults(problem, placement.offsets)).toEqual([]);
        const ends = problem.buffers.map((b, i) => placement.offsets[i] + b.bytes);
        expect(placement.arenaBytes).toBe(Math.max(...ends));
        expect(placement.lowerBoundBytes).toBeGreaterThanOrEqual(lowerBound(problem).bytes);
        expect(placement.lowerBoundBytes).toBeLessThanOrEqual(placement.arenaBytes);
        expect(placement.nodes).toBeLessThanOrEqual(300);
        expect(solve(problem, { nodeLimit: 300 })).toEqual(placement);
      }),
      { numRuns: 60 },
    );
  });
});
