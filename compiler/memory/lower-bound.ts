/**
 * A proven lower bound of the arena: for every step, the least span of the buffers that live at it.
 *
 * Buffers of one step are disjoint but for the overlaps of the step's output with its dying inputs. Offsets are
 * multiples of the smallest alignment g, so a buffer occupies ceil(bytes / g) cells of g bytes for itself; an overlap
 * saves at most the cells that its relations let two buffers share. The last cell may be cut short by the padding of
 * the buffer that stands on top. Not tight where placements of different steps hinder one another: the branch and
 * bound raises the bound there.
 */

import type { Buffer, BufferId, Overlap, Problem } from './problem.js';

/** Buffers that live together at one step, all of whose neighbours lack some of them. */
export interface Clique {
  readonly step: number;
  /** Positions in Problem.buffers, ascending. */
  readonly members: readonly number[];
  readonly overlaps: readonly Overlap[];
}

export interface Bound {
  readonly bytes: number;
  /** First step that needs that much. */
  readonly step: number;
}

/** Greatest common cell: the smallest alignment of all buffers (alignments are powers of two). */
export const cellBytes = (problem: Problem): number =>
  problem.buffers.reduce((g, b) => Math.min(g, b.alignBytes), 1024);

/** The largest of the steps' bounds; 0 for a problem without buffers. */
export function lowerBound(problem: Problem): Bound {
  const cell = cellBytes(problem);
  const overlapsOf = overlapsByOutput(problem);
  let best: Bound = { bytes: 0, step: 0 };
  liveSets(problem).forEach((live, step) => {
    const members = live.map((m) => problem.buffers[m]);
    const bytes = spanBound(members, overlapsWithin(members, overlapsOf), cell);
    if (bytes > best.bytes) best = { bytes, step };
  });
  return best;
}

/** Positions of the buffers that live at each step. */
function liveSets(problem: Problem): number[][] {
  const live: number[][] = Array.from({ length: problem.steps }, () => []);
  problem.buffers.forEach((b, i) => {
    for (let step = b.firstStep; step < b.endStep; step++) live[step].push(i);
  });
  return live;
}

function overlapsByOutput(problem: Problem): ReadonlyMap<BufferId, readonly Overlap[]> {
  const byOutput = new Map<BufferId, Overlap[]>();
  for (const o of problem.overlaps) byOutput.set(o.output, [...(byOutput.get(o.output) ?? []), o]);
  return byOutput;
}

/** The overlaps both of whose buffers are among `members`. */
function overlapsWithin(members: readonly Buffer[], byOutput: ReadonlyMap<BufferId, readonly Overlap[]>): Overlap[] {
  const ids = new Set(members.map((b) => b.id));
  return members.flatMap((b) => (byOutput.get(b.id) ?? []).filter((o) => ids.has(o.input)));
}

/** Least span in bytes of buffers that all live together. */
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
function savedCells(members: readonly Buffer[], overlaps: readonly Overlap[], cell: number): number {
  const byId = new Map(members.map((b) => [b.id, b]));
  const byOutput = new Map<number, Overlap[]>();
  for (const o of overlaps) byOutput.set(o.output, [...(byOutput.get(o.output) ?? []), o]);
  let saved = 0;
  for (const [outputId, group] of byOutput) {
    const output = Math.ceil(byId.get(outputId)!.bytes / cell);
    let ascending = 0;
    let descending = 0;
    for (const o of group) {
      const savings = overlapSavings(o, output, Math.ceil(byId.get(o.input)!.bytes / cell), cell);
      ascending += savings.ascending;
      descending += savings.descending;
    }
    saved += Math.min(output, Math.max(ascending, descending));
  }
  return saved;
}

/** Cells that one overlap saves at most in either walk; sizes in cells. */
export function overlapSavings(
  o: Overlap,
  output: number,
  input: number,
  cell: number,
): { ascending: number; descending: number } {
  const below = o.belowBytes === null ? 0 : output - Math.max(0, Math.ceil(o.belowBytes / cell));
  const above = o.aboveBytes === null ? 0 : input - Math.max(0, Math.ceil(o.aboveBytes / cell));
  const same = o.same ? Math.min(output, input) : 0;
  return { ascending: Math.max(0, same, Math.min(below, input)), descending: Math.max(0, Math.min(above, output)) };
}

/** The maximal sets of buffers that live together, in the order of their steps. */
export function maximalCliques(problem: Problem): Clique[] {
  const overlapsOf = overlapsByOutput(problem);
  const runs: Omit<Clique, 'overlaps'>[] = [];
  liveSets(problem).forEach((members, step) => {
    if (members.length > 0 && !sameMembers(members, runs.at(-1)?.members)) runs.push({ step, members });
  });
  // Lifetimes are intervals, so a live set that another contains is contained in a neighbour's already.
  return runs
    .filter((c, i) => !contains(runs[i - 1], c) && !contains(runs[i + 1], c))
    .map((c) => ({
      ...c,
      overlaps: overlapsWithin(
        c.members.map((m) => problem.buffers[m]),
        overlapsOf,
      ),
    }));
}

const sameMembers = (a: readonly number[], b: readonly number[] | undefined): boolean =>
  b !== undefined && a.length === b.length && a.every((m, i) => m === b[i]);

const contains = (outer: Pick<Clique, 'members'> | undefined, inner: Pick<Clique, 'members'>): boolean =>
  outer !== undefined && inner.members.every((m) => outer.members.includes(m));
