/** What grew and what shrank from one plan to another: totals, bytes of the peak, layers. */

import type { PlanDocument, StepDocument } from './plan-document.js';

export interface Change {
  readonly what: string;
  readonly before: number;
  readonly after: number;
  /** Not comparable with the rows beside it: its bar is a share of itself. */
  readonly ownScale: boolean;
}

export interface Comparison {
  /** In bytes, instructions, multiply-accumulates. */
  readonly totals: readonly Change[];
  /** Bytes at each plan's own peak, by what holds them. */
  readonly peak: readonly Change[];
  /** By layer, largest change first, the small ones in one row. */
  readonly layers: readonly { readonly title: string; readonly changes: readonly Change[] }[];
}

/** From `before` to `plan`. Layers are the same where their names are. */
export function comparePlans(plan: PlanDocument, before: PlanDocument): Comparison {
  const total = (what: string, of: (d: PlanDocument) => number): Change => ({
    what,
    before: of(before),
    after: of(plan),
    ownScale: true,
  });
  const layers = (title: string, of: (s: StepDocument) => number) => ({
    title,
    changes: folded(changes(bySum(before.steps, nameOf, of), bySum(plan.steps, nameOf, of))),
  });
  return {
    totals: [
      total('Peak SRAM', (d) => d.memory.peakSramBytes),
      total('arena', (d) => d.memory.arenaBytes),
      total('stack', (d) => d.memory.stackBytes),
      total('Flash', (d) => d.cost.flashBytes.weights + d.cost.flashBytes.code),
      total('constants', (d) => d.cost.flashBytes.weights),
      total('code', (d) => d.cost.flashBytes.code),
      total('Instructions', (d) => d.cost.estimatedInstructions),
      total('MACs', (d) => d.cost.executedMacs),
    ],
    peak: folded(changes(peakBytes(before), peakBytes(plan))),
    layers: [
      layers('Instructions', (s) => s.estimatedInstructions),
      layers('Constants', (s) => s.weightBytes),
      {
        title: 'SRAM during the layer',
        changes: folded(changes(byMost(before.steps), byMost(plan.steps))),
      },
    ],
  };
}

/** The layer's own name where it has one, and what it does otherwise. */
const nameOf = (s: StepDocument): string => (s.name === '' ? `${s.op} of step ${s.index}` : s.name);

/** By the tensor, whether it is held whole or in part: of several in one place the one that is written there. */
function peakBytes(d: PlanDocument): ReadonlyMap<string, number> {
  const buffers = new Map(d.buffers.map((b) => [b.id, b]));
  return bySum(
    d.memory.peak,
    (segment) => {
      const held = segment.buffers.map((id) => buffers.get(id)).filter((b) => b !== undefined);
      return held.reduce((a, b) => (b.firstStep > a.firstStep ? b : a), held[0])?.name ?? 'free';
    },
    (segment) => segment.toByte - segment.fromByte,
  );
}

function bySum<T>(
  items: readonly T[],
  key: (item: T) => string,
  value: (item: T) => number,
): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(key(item), (sums.get(key(item)) ?? 0) + value(item));
  return sums;
}

function byMost(steps: readonly StepDocument[]): ReadonlyMap<string, number> {
  const most = new Map<string, number>();
  for (const s of steps) most.set(nameOf(s), Math.max(most.get(nameOf(s)) ?? 0, s.liveBytes));
  return most;
}

/** Every key of either, the largest change first, equal ones left out. */
function changes(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): readonly Change[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((what) => ({ what, before: before.get(what) ?? 0, after: after.get(what) ?? 0, ownScale: false }))
    .filter((c) => c.before !== c.after)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before));
}

const mostRows = 15;

/** The largest changes, and what remains as one. */
function folded(all: readonly Change[]): readonly Change[] {
  if (all.length <= mostRows + 1) return all;
  const rest = all.slice(mostRows);
  const sum = (of: (c: Change) => number): number => rest.reduce((total, c) => total + of(c), 0);
  return [
    ...all.slice(0, mostRows),
    { what: `${rest.length} others`, before: sum((c) => c.before), after: sum((c) => c.after), ownScale: false },
  ];
}
