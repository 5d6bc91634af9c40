/** What lives in the arena at each step of a placed program: for the report, the peak and the gaps. */

import type { PlacedBuffer } from './plan.js';
import type { BufferId } from './problem.js';

export interface StepUsage {
  /** Bytes of the arena that live buffers cover; bytes that two of them share count once. */
  readonly liveBytes: number;
  /** End of the highest live buffer. */
  readonly spanBytes: number;
  readonly scratchBytes: number;
  readonly buffers: readonly BufferId[];
}

export type Interval = readonly [number, number];

export function stepUsage(buffers: readonly PlacedBuffer[], steps: number): StepUsage[] {
  const live: PlacedBuffer[][] = Array.from({ length: Math.max(1, steps) }, () => []);
  for (const b of buffers) for (let step = b.firstStep; step < b.endStep; step++) live[step].push(b);
  return live.map((here) => {
    const covered = union(here);
    return {
      liveBytes: covered.reduce((sum, [from, to]) => sum + to - from, 0),
      spanBytes: covered.at(-1)?.[1] ?? 0,
      scratchBytes: here.filter((b) => b.kind === 'scratch').reduce((sum, b) => sum + b.bytes, 0),
      buffers: here.map((b) => b.id),
    };
  });
}

/** First step that covers most of the arena. */
export function peakStep(usage: readonly StepUsage[]): number {
  return usage.reduce((best, u, step) => (u.liveBytes > usage[best].liveBytes ? step : best), 0);
}

/** Arena bytes that no buffer ever covers. */
export function gapsOf(buffers: readonly PlacedBuffer[], arenaBytes: number): Interval[] {
  const gaps: Interval[] = [];
  let at = 0;
  for (const [from, to] of [...union(buffers), [arenaBytes, arenaBytes] as const]) {
    if (from > at) gaps.push([at, from]);
    at = Math.max(at, to);
  }
  return gaps;
}

/** The bytes that buffers cover, as disjoint intervals in ascending order. */
function union(buffers: readonly PlacedBuffer[]): Interval[] {
  const sorted = buffers.map((b): Interval => [b.offsetBytes, b.offsetBytes + b.bytes]).sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (from < to) merged.push([from, to]);
  }
  return merged;
}
