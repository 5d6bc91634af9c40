/**
 * A proven lower bound of the arena: for every step, the least span of the buffers that live at it.
 *
 * Buffers of one step are disjoint but for the overlaps of the step's output with its dying inputs. Offsets are
 * multiples of the smallest alignment g, so a buffer occupies ceil(bytes / g) cells of g bytes for itself; an overlap
 * saves at most the cells that its relations let two buffers share. The last cell may be cut short by the padding of
 * the buffer that stands on top. Not tight where placements of different steps hinder one another: the branch and
 * bound raises the bound there.
 */

import type { Buffer, Overlap, Problem } from './problem.js';

/** Buffers that live at one step, none of whose neighbours has them all. */
export interface Clique {
  readonly step: number;
  /** Positions in Problem.buffers, ascending. */
  readonly members: readonly number[];
}

export interface Bound {
  readonly bytes: number;
  /** First step that needs that much. */
  readonly step: number;
}

/** Greatest common cell: the smallest alignment of all buffers (alignments are powers of two). */
export const cellBytes = (problem: Problem): number => problem.buffers.reduce((g, b) => Math.min(g, b.alignBytes), 1024);

/** The largest of the steps' bounds; 0 for a problem without buffers. */
export function lowerBound(problem: Problem): Bound {
  let best: Bound = { bytes: 0, step: 0 };
  for (let step = 0; step < problem.steps; step++) {
    const bytes = stepBound(problem, step);
    if (bytes > best.bytes) best = { bytes, step };
  }
  return best;
}

/** Least span in bytes of the buffers live at `step`. */
export function stepBound(problem: Problem, step: number): number {
  const members = problem.buffers.filter((b) => b.firstStep <= step && step < b.endStep);
  const cell = cellBytes(problem);
  const ids = new Set(members.map((b) => b.id));
  const overlaps = problem.overlaps.filter((o) => ids.has(o.output) && ids.has(o.input));
  return spanBound(members, overlaps, cell);
}

/** Least span of buffers that all live together. */
export function spanBound(members: readonly Buffer[], overlaps: readonly Overlap[], cell: number): number {
  if (members.length === 0) return 0;
  let cells = 0;
  let padding = 0;
  for (const b of members) {
    const own = Math.ceil(b.bytes / cell);
    cells += own;
    padding = Math.max(padding, own * cell - b.bytes);
  }
  const largest = members.reduce((max, b) => Math.max(max, b.bytes), 0);
  return Math.max(largest, (cells - savedCells(members, overlaps, cell)) * cell - padding);
}

/**
 * Cells that overlaps can save at most, for each output in the better of its two walks. An output shares at most
 * its own cells, however many inputs die; an input may be shared by one output only.
 */
export function savedCells(members: readonly Buffer[], overlaps: readonly Overlap[], cell: number): number {
  const byId = new Map(members.map((b) => [b.id, b]));
  const byOutput = new Map<number, Overlap[]>();
  for (const o of overlaps) byOutput.set(o.output, [...(byOutput.get(o.output) ?? []), o]);
  let saved = 0;
  for (const [outputId, group] of byOutput) {
    const output = Math.ceil(byId.get(outputId)!.bytes / cell);
    let ascending = 0;
    let descending = 0;
    for (const o of group) {
      const input = Math.ceil(byId.get(o.input)!.bytes / cell);
      const below = o.belowBytes === null ? 0 : output - Math.max(0, Math.ceil(o.belowBytes / cell));
      const above = o.aboveBytes === null ? 0 : input - Math.max(0, Math.ceil(o.aboveBytes / cell));
      const same = o.same ? Math.min(output, input) : 0;
      ascending += Math.max(0, same, Math.min(below, input));
      descending += Math.max(0, Math.min(above, output));
    }
    saved += Math.min(output, Math.max(ascending, descending));
  }
  return saved;
}

/** The maximal sets of buffers that live together, in the order of their steps. */
export function maximalCliques(problem: Problem): Clique[] {
  const runs: Clique[] = [];
  for (let step = 0; step < problem.steps; step++) {
    const members: number[] = [];
    problem.buffers.forEach((b, i) => {
      if (b.firstStep <= step && step < b.endStep) members.push(i);
    });
    if (members.length > 0 && !sameMembers(members, runs.at(-1)?.members)) runs.push({ step, members });
  }
  // Lifetimes are intervals, so a live set that another contains is contained in a neighbour's already.
  return runs.filter((c, i) => !contains(runs[i - 1], c) && !contains(runs[i + 1], c));
}

const sameMembers = (a: readonly number[], b: readonly number[] | undefined): boolean =>
  b !== undefined && a.length === b.length && a.every((m, i) => m === b[i]);

const contains = (outer: Clique | undefined, inner: Clique): boolean =>
  outer !== undefined && inner.members.every((m) => outer.members.includes(m));
