/** Hand-drawn and random placement problems, a checker that shares nothing with the planner, and brute force. */

import fc from 'fast-check';
import type { Buffer, Overlap, Problem } from '../../../compiler/memory/problem.js';

/** [name, bytes, firstStep, endStep] */
export type Row = readonly [string, number, number, number];

export function problemOf(rows: readonly Row[], overlaps: readonly Overlap[] = [], alignBytes = 1): Problem {
  const buffers: Buffer[] = rows.map(([name, bytes, firstStep, endStep], id) => ({
    id,
    name,
    kind: 'activation',
    bytes,
    alignBytes,
    firstStep,
    endStep,
  }));
  return { steps: Math.max(1, ...rows.map((r) => r[3])), buffers, overlaps };
}

/** What is wrong with offsets, in words; empty where they are legal. */
export function faults(problem: Problem, offsets: readonly number[]): string[] {
  const found: string[] = [];
  const { buffers } = problem;
  const fits = (a: number, b: number): boolean =>
    offsets[a] + buffers[a].bytes <= offsets[b] || offsets[b] + buffers[b].bytes <= offsets[a];
  buffers.forEach((b, i) => {
    if (offsets[i] < 0 || offsets[i] % b.alignBytes !== 0) found.push(`${b.name} at ${offsets[i]}`);
  });
  const walks = new Map<number, { up: boolean; down: boolean }>();
  for (let i = 0; i < buffers.length; i++) {
    for (let j = i + 1; j < buffers.length; j++) {
      if (buffers[i].firstStep >= buffers[j].endStep || buffers[j].firstStep >= buffers[i].endStep || fits(i, j))
        continue;
      const o = problem.overlaps.find(
        (x) => [x.input, x.output].sort().join() === [buffers[i].id, buffers[j].id].sort().join(),
      );
      if (o === undefined) {
        found.push(`${buffers[i].name} over ${buffers[j].name}`);
        continue;
      }
      const output = offsets[buffers.findIndex((b) => b.id === o.output)];
      const input = offsets[buffers.findIndex((b) => b.id === o.input)];
      const walk = walks.get(o.output) ?? { up: true, down: true };
      const up = (o.same && output === input) || (o.belowBytes !== null && output + o.belowBytes <= input);
      const down = o.aboveBytes !== null && output >= input + o.aboveBytes;
      walks.set(o.output, { up: walk.up && up, down: walk.down && down });
    }
  }
  for (const [output, walk] of walks) if (!walk.up && !walk.down) found.push(`no walk for output ${output}`);
  return found;
}

/** Smallest arena of all placements, by trying every offset; `atMost` where none is smaller than that. */
export function bruteForceArena(problem: Problem, atMost = Infinity): number {
  const { buffers } = problem;
  const total = buffers.reduce((sum, b) => sum + b.bytes + b.alignBytes, 0);
  const offsets: number[] = [];
  let best = Math.min(total, atMost);
  const placeNext = (end: number): void => {
    const i = offsets.length;
    if (i === buffers.length) {
      if (faults(problem, offsets).length === 0) best = end;
      return;
    }
    for (let offset = 0; offset + buffers[i].bytes < best; offset += buffers[i].alignBytes) {
      offsets.push(offset);
      const soFar = {
        ...problem,
        buffers: buffers.slice(0, i + 1),
        overlaps: problem.overlaps.filter((o) => o.input <= i && o.output <= i),
      };
      if (faults(soFar, offsets).length === 0) placeNext(Math.max(end, offset + buffers[i].bytes));
      offsets.pop();
    }
  };
  placeNext(0);
  return best;
}

/** Problems like networks': buffers with short lifetimes, some outputs that may overlap dying inputs. */
export function randomProblem(
  maxBuffers: number,
  maxBytes: number,
  alignments: readonly number[],
): fc.Arbitrary<Problem> {
  const row = fc.record({
    bytes: fc.integer({ min: 1, max: maxBytes }),
    first: fc.integer({ min: 0, max: Math.max(3, maxBuffers / 2) }),
    length: fc.integer({ min: 1, max: 3 }),
    align: fc.constantFrom(...alignments),
  });
  const relation = fc.record({
    same: fc.boolean(),
    below: fc.option(fc.integer({ min: -4, max: maxBytes })),
    above: fc.option(fc.integer({ min: -4, max: maxBytes })),
    keep: fc.boolean(),
  });
  return fc
    .tuple(fc.array(row, { minLength: 1, maxLength: maxBuffers }), fc.array(relation, { minLength: 12, maxLength: 12 }))
    .map(([rows, relations]) => {
      const buffers: Buffer[] = rows.map((r, id) => ({
        id,
        name: `b${id}`,
        kind: 'activation',
        bytes: r.bytes,
        alignBytes: r.align,
        firstStep: r.first,
        endStep: r.first + r.length,
      }));
      const overlaps: Overlap[] = [];
      let turn = 0;
      for (const output of buffers) {
        for (const input of buffers) {
          const r = relations[turn++ % relations.length];
          const dies = input.endStep === output.firstStep + 1 && input.firstStep < output.firstStep;
          // One output a step: no input dies into two.
          const taken = overlaps.some((o) => o.input === input.id);
          if (!dies || taken || !r.keep) continue;
          overlaps.push({ output: output.id, input: input.id, same: r.same, belowBytes: r.below, aboveBytes: r.above });
        }
      }
      return { steps: Math.max(...buffers.map((b) => b.endStep)), buffers, overlaps };
    });
}
