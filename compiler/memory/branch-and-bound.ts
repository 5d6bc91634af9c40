/**
 * Is there a placement within a given arena? Exact depth-first search over the intervals of the pairs.
 *
 * Every buffer keeps a window [earliest, latest] of offsets, every pair the set of intervals still open. Propagation:
 * an interval that the two windows cannot meet is closed; what all open intervals of a pair imply moves the windows
 * (difference constraints, as in job-shop scheduling); pairs of one output agree on a walk; and within each set of
 * buffers that live together, no range of offsets may hold more than its length (energy check). When no pair is
 * violated with every buffer at its earliest offset, that is a placement. Otherwise one violated pair is split into
 * its open intervals. Sound because every placement lies in exactly the windows and intervals of some branch.
 *
 * The limit is on search nodes, never on time: the same problem gives the same answer everywhere.
 */

import { cellBytes, type Clique, maximalCliques, savedCells } from './lower-bound.js';
import type { Problem } from './problem.js';
import { alignDown, alignUp, Walk } from './relations.js';
import type { Relations } from './relations.js';

export type Verdict =
  | { readonly kind: 'found'; readonly offsets: Int32Array; readonly nodes: number }
  | { readonly kind: 'impossible'; readonly nodes: number }
  | { readonly kind: 'limit'; readonly nodes: number };

/** One node's state; copied for each child. */
interface State {
  readonly earliest: Int32Array;
  readonly latest: Int32Array;
  /** Bit k: interval k of the pair is open. */
  readonly open: Uint8Array;
  /** Walks still possible, by group. */
  readonly walks: Uint8Array;
}

export class ArenaSearch {
  private readonly relations: Relations;
  private readonly cliques: readonly Clique[];
  private readonly pairsOfGroup: readonly (readonly number[])[];
  private readonly cell: number;
  private readonly problem: Problem;

  constructor(problem: Problem, relations: Relations) {
    this.problem = problem;
    this.relations = relations;
    this.cell = cellBytes(problem);
    this.cliques = maximalCliques(problem);
    const pairsOfGroup: number[][] = Array.from({ length: relations.groups }, () => []);
    relations.pairs.forEach((pair, p) => {
      if (pair.group >= 0) pairsOfGroup[pair.group].push(p);
    });
    this.pairsOfGroup = pairsOfGroup;
  }

  /** Looks for a placement whose highest end is at most `arenaBytes`, visiting at most `nodeLimit` nodes. */
  fit(arenaBytes: number, nodeLimit: number): Verdict {
    const { buffers, pairs, groups } = this.relations;
    const root: State = {
      earliest: new Int32Array(buffers.length),
      latest: Int32Array.from(buffers, (b) => alignDown(arenaBytes - b.bytes, b.alignBytes)),
      open: Uint8Array.from(pairs, (p) => (1 << p.intervals.length) - 1),
      walks: new Uint8Array(groups).fill(Walk.any),
    };
    if (root.latest.some((l) => l < 0)) return { kind: 'impossible', nodes: 1 };
    const stack: { state: State; dirty: Iterable<number> }[] = [{ state: root, dirty: pairs.keys() }];
    let nodes = 0;
    while (stack.length > 0) {
      if (nodes >= nodeLimit) return { kind: 'limit', nodes };
      nodes++;
      const { state, dirty } = stack.pop()!;
      if (!this.propagate(state, dirty) || !this.energyFits(state)) continue;
      const split = this.chooseSplit(state);
      if (split === null) return { kind: 'found', offsets: state.earliest, nodes };
      // The most promising child is pushed last, hence visited first.
      for (let k = split.intervals.length - 1; k >= 0; k--) {
        const child = k === 0 ? state : copyState(state);
        child.open[split.pair] = 1 << split.intervals[k];
        stack.push({ state: child, dirty: [split.pair] });
      }
    }
    return { kind: 'impossible', nodes };
  }

  /** Narrows windows and closes intervals to a fixed point; false where some pair has none left. */
  private propagate(state: State, dirty: Iterable<number>): boolean {
    const { pairs, pairsOf } = this.relations;
    const queue = [...dirty];
    const queued = new Uint8Array(pairs.length);
    for (const p of queue) queued[p] = 1;
    const enqueue = (ps: readonly number[]): void => {
      for (const p of ps) {
        if (queued[p] === 0) {
          queued[p] = 1;
          queue.push(p);
        }
      }
    };
    for (let head = 0; head < queue.length; head++) {
      const p = queue[head];
      queued[p] = 0;
      const { first, second, group } = pairs[p];
      const hull = this.closeIntervals(state, p);
      if (hull === null) return false;
      if (group >= 0 && (state.walks[group] & ~hull.walk) !== 0) {
        state.walks[group] &= hull.walk;
        if (state.walks[group] === 0) return false;
        enqueue(this.pairsOfGroup[group]);
      }
      if (this.narrow(state, first, state.earliest[second] - hull.hi, state.latest[second] - hull.lo)) enqueue(pairsOf[first]);
      if (this.narrow(state, second, state.earliest[first] + hull.lo, state.latest[first] + hull.hi)) enqueue(pairsOf[second]);
      if (state.earliest[first] > state.latest[first] || state.earliest[second] > state.latest[second]) return false;
    }
    return true;
  }

  /** Closes the intervals that the windows or the walk exclude; returns the hull of the rest, null where none is left. */
  private closeIntervals(state: State, p: number): { lo: number; hi: number; walk: number } | null {
    const { first, second, intervals, group } = this.relations.pairs[p];
    const least = state.earliest[second] - state.latest[first];
    const most = state.latest[second] - state.earliest[first];
    const walks = group < 0 ? Walk.any : state.walks[group];
    let open = state.open[p];
    let lo = Infinity;
    let hi = -Infinity;
    let walk = 0;
    for (let k = 0; k < intervals.length; k++) {
      if ((open & (1 << k)) === 0) continue;
      const interval = intervals[k];
      if (interval.lo > most || interval.hi < least || (interval.walk & walks) === 0) {
        open &= ~(1 << k);
        continue;
      }
      lo = Math.min(lo, interval.lo);
      hi = Math.max(hi, interval.hi);
      walk |= interval.walk;
    }
    state.open[p] = open;
    return open === 0 ? null : { lo, hi, walk };
  }

  /** Cuts a window to [lo, hi]; true where it moved. */
  private narrow(state: State, i: number, lo: number, hi: number): boolean {
    const { alignBytes } = this.relations.buffers[i];
    let moved = false;
    if (lo > state.earliest[i]) {
      state.earliest[i] = alignUp(lo, alignBytes);
      moved = true;
    }
    if (hi < state.latest[i]) {
      state.latest[i] = alignDown(hi, alignBytes);
      moved = true;
    }
    return moved;
  }

  /**
   * For the buffers of a clique that must lie within [from, to): together they need no more than to - from, less
   * what overlaps save, and less the padding of the one on top.
   */
  private energyFits(state: State): boolean {
    const { buffers } = this.problem;
    const { cell } = this;
    for (const { members, overlaps } of this.cliques) {
      const froms = new Set(members.map((m) => state.earliest[m]));
      for (const from of froms) {
        const inside = members
          .filter((m) => state.earliest[m] >= from)
          .sort((a, b) => state.latest[a] + buffers[a].bytes - (state.latest[b] + buffers[b].bytes));
        let cells = 0;
        let padding = 0;
        const ids = new Set<number>();
        for (const m of inside) {
          const b = buffers[m];
          const own = Math.ceil(b.bytes / cell);
          cells += own;
          padding = Math.max(padding, own * cell - b.bytes);
          ids.add(b.id);
          const room = state.latest[m] + b.bytes - from;
          if (cells * cell - padding <= room) continue;
          const shared = overlaps.filter((o) => ids.has(o.output) && ids.has(o.input));
          const saved = shared.length === 0 ? 0 : savedCells(inside.map((x) => buffers[x]), shared, cell);
          if ((cells - saved) * cell - padding > room) return false;
        }
      }
    }
    return true;
  }

  /**
   * The violated pair with the least room to choose, and its open intervals, roomiest first; null where every pair
   * holds at the earliest offsets.
   */
  private chooseSplit(state: State): { pair: number; intervals: number[] } | null {
    const { pairs } = this.relations;
    const { earliest } = state;
    let best = -1;
    let bestRoom = Infinity;
    const groupWalks = Uint8Array.from(state.walks);
    pairs.forEach((pair, p) => {
      const d = earliest[pair.second] - earliest[pair.first];
      let walks = 0;
      pair.intervals.forEach((interval, k) => {
        if ((state.open[p] & (1 << k)) !== 0 && interval.lo <= d && d <= interval.hi) walks |= interval.walk;
      });
      if (pair.group >= 0) {
        groupWalks[pair.group] &= walks;
        walks = groupWalks[pair.group];
      }
      if (walks !== 0) return;
      // A pair that agrees by itself but not with its group has a sibling to split as well.
      for (const q of pair.group >= 0 ? this.pairsOfGroup[pair.group] : [p]) {
        if ((state.open[q] & (state.open[q] - 1)) === 0) continue;
        const room = this.rooms(state, q).reduce((sum, r) => sum + r.room, 0);
        if (room < bestRoom) {
          bestRoom = room;
          best = q;
        }
      }
    });
    if (best < 0) return null;
    return { pair: best, intervals: this.rooms(state, best).map((r) => r.interval) };
  }

  /** Differences that the windows leave to each open interval of a pair, most first. */
  private rooms(state: State, p: number): { interval: number; room: number }[] {
    const { first, second, intervals } = this.relations.pairs[p];
    const least = state.earliest[second] - state.latest[first];
    const most = state.latest[second] - state.earliest[first];
    return intervals
      .map((interval, k) => ({ interval: k, room: Math.min(most, interval.hi) - Math.max(least, interval.lo) }))
      .filter((r) => (state.open[p] & (1 << r.interval)) !== 0)
      .sort((a, b) => b.room - a.room || a.interval - b.interval);
  }
}

function copyState(s: State): State {
  return { earliest: s.earliest.slice(), latest: s.latest.slice(), open: s.open.slice(), walks: s.walks.slice() };
}
