import { describe, expect, it } from 'vitest';
import { lowerBound, maximalCliques } from '../../../compiler/memory/lower-bound.js';
import { buildRelations } from '../../../compiler/memory/relations.js';
import { firstFit } from '../../../compiler/memory/first-fit.js';
import { solve } from '../../../compiler/memory/solve.js';
import type { Overlap } from '../../../compiler/memory/problem.js';
import { bruteForceArena, faults, problemOf, type Row } from './problems.js';

const overlap = (input: number, output: number, o: Partial<Overlap>): Overlap => ({
  input,
  output,
  same: false,
  belowBytes: null,
  aboveBytes: null,
  ...o,
});

describe('placing buffers', () => {
  it('places two buffers that never meet at the same offset', () => {
    const placement = solve(
      problemOf([
        ['a', 10, 0, 1],
        ['b', 8, 1, 2],
      ]),
    );
    expect(placement).toMatchObject({ offsets: [0, 0], arenaBytes: 10, lowerBoundBytes: 10, provenOptimal: true });
  });

  it('places nothing in no bytes', () => {
    expect(solve({ steps: 1, buffers: [], overlaps: [] })).toMatchObject({
      offsets: [],
      arenaBytes: 0,
      provenOptimal: true,
    });
  });

  it('fits Tetris: pieces that fill the arena without a hole', () => {
    //  byte 3   c c c e
    //  byte 2   c c c e
    //  byte 1   a a d e
    //  byte 0   a a b d     steps 0 1 2 3, but for d, which keeps its byte
    const rows: Row[] = [
      ['a', 2, 0, 2],
      ['b', 1, 2, 3],
      ['c', 2, 0, 3],
      ['d', 1, 2, 4],
      ['e', 3, 3, 4],
    ];
    const problem = problemOf(rows);
    const placement = solve(problem);
    expect(faults(problem, placement.offsets)).toEqual([]);
    expect(placement).toMatchObject({ arenaBytes: 4, lowerBoundBytes: 4, provenOptimal: true });
  });

  it('fits Stairs: each buffer lives half as long under the next', () => {
    const rows: Row[] = [
      ['s0', 3, 0, 2],
      ['s1', 3, 1, 3],
      ['s2', 3, 2, 4],
      ['s3', 3, 3, 5],
      ['s4', 3, 4, 6],
    ];
    const placement = solve(problemOf(rows));
    expect(placement).toMatchObject({ arenaBytes: 6, provenOptimal: true });
  });

  it('proves that an arena must exceed what any one step needs', () => {
    // Every step holds exactly 10 bytes, yet the fragments of different steps get in one another's way.
    const problem = problemOf([
      ['b0', 1, 0, 5],
      ['b1', 4, 0, 1],
      ['b2', 1, 0, 4],
      ['b3', 4, 0, 2],
      ['b4', 4, 1, 3],
      ['b5', 2, 2, 7],
      ['b6', 2, 2, 6],
      ['b7', 3, 3, 7],
      ['b8', 1, 3, 6],
      ['b9', 1, 4, 8],
      ['b10', 1, 5, 8],
      ['b11', 3, 6, 8],
      ['b12', 1, 7, 8],
      ['b13', 4, 7, 8],
    ]);
    expect(lowerBound(problem).bytes).toBe(10);
    const placement = solve(problem);
    expect(faults(problem, placement.offsets)).toEqual([]);
    expect(placement).toMatchObject({ arenaBytes: 11, lowerBoundBytes: 11, provenOptimal: true });
    expect(bruteForceArena(problem, 11)).toBe(11);
  });

  it('aligns offsets and counts the padding', () => {
    const problem = problemOf(
      [
        ['a', 5, 0, 1],
        ['b', 3, 0, 1],
      ],
      [],
      4,
    );
    const placement = solve(problem);
    expect(placement.arenaBytes).toBe(bruteForceArena(problem));
    // b below a: a starts at 4 and ends at 9.
    expect(placement).toMatchObject({ arenaBytes: 9, lowerBoundBytes: 9, provenOptimal: true });
  });

  it('stops at the node limit and says that it has not proven the arena', () => {
    const problem = problemOf([
      ['b0', 1, 0, 4],
      ['b1', 1, 0, 5],
      ['b2', 1, 0, 1],
      ['b3', 3, 0, 2],
      ['b4', 4, 0, 3],
      ['b5', 1, 1, 6],
      ['b6', 1, 2, 4],
      ['b7', 1, 2, 7],
      ['b8', 1, 2, 4],
      ['b9', 3, 3, 7],
      ['b10', 1, 3, 4],
      ['b11', 4, 4, 5],
      ['b12', 5, 5, 7],
      ['b13', 1, 6, 7],
      ['b14', 4, 7, 8],
      ['b15', 1, 7, 8],
      ['b16', 5, 7, 8],
    ]);
    const limited = solve(problem, { nodeLimit: 20 });
    expect(faults(problem, limited.offsets)).toEqual([]);
    expect(limited).toMatchObject({ arenaBytes: 11, lowerBoundBytes: 10, provenOptimal: false, nodes: 20 });
    expect(solve(problem)).toMatchObject({ arenaBytes: 11, lowerBoundBytes: 11, provenOptimal: true });
  });
});

describe('overlaps', () => {
  const rows: Row[] = [
    ['in', 10, 0, 2],
    ['out', 10, 1, 3],
  ];

  it('puts an output exactly on its dying input', () => {
    expect(solve(problemOf(rows, [overlap(0, 1, { same: true })]))).toMatchObject({
      arenaBytes: 10,
      provenOptimal: true,
    });
  });

  it('puts an output below its input at the safe distance', () => {
    const placement = solve(problemOf(rows, [overlap(0, 1, { belowBytes: 3 })]));
    expect(placement.arenaBytes).toBe(13);
    expect(placement.offsets[0] - placement.offsets[1]).toBeGreaterThanOrEqual(3);
  });

  it('puts an output above its input at the safe distance', () => {
    const placement = solve(problemOf(rows, [overlap(0, 1, { aboveBytes: 4 })]));
    expect(placement).toMatchObject({ offsets: [0, 4], arenaBytes: 14, provenOptimal: true });
  });

  it('allows an output to begin within its input where the distance is negative', () => {
    // held stands below out and in for all three steps.
    const problem = problemOf(
      [
        ['in', 10, 0, 2],
        ['out', 4, 1, 3],
        ['next', 6, 2, 4],
      ],
      [overlap(0, 1, { belowBytes: -2 })],
    );
    const placement = solve(problem);
    expect(faults(problem, placement.offsets)).toEqual([]);
    expect(placement.arenaBytes).toBe(10);
  });

  it('walks one way over both dying inputs of a step', () => {
    // Between its inputs the output would have to walk upwards over one and downwards over the other.
    const three: Row[] = [
      ['a', 10, 0, 2],
      ['b', 10, 0, 2],
      ['out', 10, 1, 3],
    ];
    const problem = problemOf(three, [overlap(0, 2, { aboveBytes: 2 }), overlap(1, 2, { belowBytes: 2 })]);
    const placement = solve(problem);
    expect(faults(problem, placement.offsets)).toEqual([]);
    expect(placement.arenaBytes).toBe(bruteForceArena(problem));
    // a at 0, b at 10, out 2 above a would end in b: legal one way only, so the other input must be clear.
    expect(placement.arenaBytes).toBe(22);
  });
});

describe('the lower bound', () => {
  it('is the largest live set, less what overlaps save', () => {
    const rows: Row[] = [
      ['in', 10, 0, 2],
      ['out', 20, 1, 3],
      ['held', 5, 0, 3],
    ];
    expect(lowerBound(problemOf(rows))).toEqual({ bytes: 35, step: 1 });
    expect(lowerBound(problemOf(rows, [overlap(0, 1, { belowBytes: 12 })]))).toEqual({ bytes: 27, step: 1 });
    expect(lowerBound(problemOf(rows, [overlap(0, 1, { same: true })]))).toEqual({ bytes: 25, step: 1 });
  });

  it('knows the largest sets of buffers that live together', () => {
    const cliques = maximalCliques(
      problemOf([
        ['a', 1, 0, 2],
        ['b', 1, 1, 3],
        ['c', 1, 1, 2],
        ['d', 1, 3, 4],
      ]),
    );
    expect(cliques.map((c) => c.members)).toEqual([[0, 1, 2], [3]]);
  });
});

describe('first fit', () => {
  it('gives legal placements at least as large as the optimum', () => {
    const problem = problemOf([
      ['a', 3, 0, 3],
      ['b', 2, 0, 1],
      ['c', 3, 0, 2],
      ['d', 5, 2, 3],
      ['e', 2, 1, 5],
      ['f', 1, 2, 6],
    ]);
    const packing = firstFit(problem, buildRelations(problem), 0);
    expect(faults(problem, [...packing.offsets])).toEqual([]);
    expect(packing.arenaBytes).toBeGreaterThanOrEqual(bruteForceArena(problem));
  });
});
