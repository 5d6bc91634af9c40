/**
 * Is there a placement within a given arena? Exact depth-first search over the intervals of the pairs.
 *
 * Every buffer keeps a window [earliest, latest] of offsets, every pair the set of intervals still open. Propagation:
 * an interval that the two windows cannot meet is closed; what all open intervals of a pair imply moves the windows
 * (difference constraints, as in job-shop scheduling); pairs of one output agree on a walk; and within each set of
 * buffers that live together, no range of offsets may hold more than its length (energy check). When no pair is
 * violated with every buffer at its earliest offset, that is a placement. Otherwise one violated pair is split into
 * its open intervals: the one with the least room, weighed by how often it ended a branch before (Boussemart et al.
 * 2004), and the search begins anew now and then so that what it learned counts from the root on. Sound because every
 * placement lies in exactly the windows and intervals of some branch, and complete because runs grow.
 *
 * The limit is on search nodes, never on time: the same problem gives the same answer everywhere.
 */

import { EnergyCheck } from './energy.js';
import { cellBytes, maximalCliques } from './lower-bound.js';
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

/** Nodes after which the search begins anew, with what it has learned of the pairs; each run twice as long as the last. */
const firstRun = 500;

export class ArenaSearch {
  private readonly relations: Relations;
  private readonly pairs: FlatPairs;
  private readonly energy: readonly EnergyCheck[];
  /** Positions in `energy` of the cliques of each buffer. */
  private readonly cliquesOf: readonly (readonly number[])[];
  private readonly pairsOfGroup: readonly (readonly number[])[];
  private readonly queued: Uint8Array;
  /** How often each pair ended a branch, from 1 on: the harder it is, the earlier it is split. */
  private readonly weight: Float64Array;
  /** Buffers whose windows the last propagation moved. */
  private readonly moved = new Set<number>();
  /** Of the last closeIntervals(): the hull of the open intervals, and their walks. */
  private hullLo = 0;
  private hullHi = 0;
  private hullWalk = 0;

  constructor(problem: Problem, relations: Relations) {
    this.relations = relations;
    this.pairs = flatten(relations);
    this.queued = new Uint8Array(relations.pairs.length);
    this.weight = new Float64Array(relations.pairs.length).fill(1);
    const cliques = maximalCliques(problem);
    this.energy = cliques.map((c) => new EnergyCheck(problem, c, cellBytes(problem)));
    const cliquesOf: number[][] = problem.buffers.map(() => []);
    cliques.forEach((c, k) => c.members.forEach((m) => cliquesOf[m].push(k)));
    this.cliquesOf = cliquesOf;
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
    let nodes = 0;
    for (let run = firstRun; ; run *= 2) {
      const verdict = this.descend(copyState(root), Math.min(run, nodeLimit - nodes));
      nodes += verdict.nodes;
      if (verdict.kind !== 'limit' || nodes >= nodeLimit) return { ...verdict, nodes };
    }
  }

  /** One run from the root. */
  private descend(root: State, nodeLimit: number): Verdict {
    const stack: { state: State; dirty: number[] }[] = [{ state: root, dirty: this.relations.pairs.map((_, p) => p) }];
    let nodes = 0;
    while (stack.length > 0) {
      if (nodes >= nodeLimit) return { kind: 'limit', nodes };
      nodes++;
      const { state, dirty } = stack.pop()!;
      const [split] = dirty;
      if (!this.propagate(state, dirty)) continue;
      if (!this.energyFits(state, nodes === 1)) {
        this.weight[split]++;
        continue;
      }
      const next = this.chooseSplit(state);
      if (next === null) return { kind: 'found', offsets: state.earliest, nodes };
      // The most promising child is pushed last, hence visited first.
      for (let k = next.intervals.length - 1; k >= 0; k--) {
        const child = k === 0 ? state : copyState(state);
        child.open[next.pair] = 1 << next.intervals[k];
        stack.push({ state: child, dirty: [next.pair] });
      }
    }
    return { kind: 'impossible', nodes };
  }

  /** Narrows windows and closes intervals to a fixed point; false where some pair has none left. */
  private propagate(state: State, queue: number[]): boolean {
    const { queued, moved } = this;
    const { first, second, group } = this.pairs;
    const { pairsOf } = this.relations;
    const { earliest, latest, walks } = state;
    queued.fill(0);
    moved.clear();
    for (const p of queue) queued[p] = 1;
    const enqueue = (ps: readonly number[]): void => {
      for (let i = 0; i < ps.length; i++) {
        const p = ps[i];
        if (queued[p] === 0) {
          queued[p] = 1;
          queue.push(p);
        }
      }
    };
    for (let head = 0; head < queue.length; head++) {
      const p = queue[head];
      queued[p] = 0;
      if (!this.closeIntervals(state, p)) return this.fails(p);
      const a = first[p];
      const b = second[p];
      const { hullLo, hullHi } = this;
      if (group[p] >= 0 && (walks[group[p]] & ~this.hullWalk) !== 0) {
        walks[group[p]] &= this.hullWalk;
        if (walks[group[p]] === 0) return this.fails(p);
        enqueue(this.pairsOfGroup[group[p]]);
      }
      if (this.narrow(state, a, earliest[b] - hullHi, latest[b] - hullLo)) enqueue(pairsOf[a]);
      if (this.narrow(state, b, earliest[a] + hullLo, latest[a] + hullHi)) enqueue(pairsOf[b]);
      if (earliest[a] > latest[a] || earliest[b] > latest[b]) return this.fails(p);
    }
    return true;
  }

  private fails(pair: number): false {
    this.weight[pair]++;
    return false;
  }

  /** Closes the intervals that the windows or the walk exclude and takes the hull of the rest; false where none is left. */
  private closeIntervals(state: State, p: number): boolean {
    const { first, second, group, begin, lo, hi, walk } = this.pairs;
    const least = state.earliest[second[p]] - state.latest[first[p]];
    const most = state.latest[second[p]] - state.earliest[first[p]];
    const walks = group[p] < 0 ? Walk.any : state.walks[group[p]];
    const from = begin[p];
    const count = begin[p + 1] - from;
    let open = state.open[p];
    let hullLo = Infinity;
    let hullHi = -Infinity;
    let hullWalk = 0;
    for (let k = 0; k < count; k++) {
      if ((open & (1 << k)) === 0) continue;
      const i = from + k;
      if (lo[i] > most || hi[i] < least || (walk[i] & walks) === 0) {
        open &= ~(1 << k);
        continue;
      }
      if (lo[i] < hullLo) hullLo = lo[i];
      if (hi[i] > hullHi) hullHi = hi[i];
      hullWalk |= walk[i];
    }
    state.open[p] = open;
    this.hullLo = hullLo;
    this.hullHi = hullHi;
    this.hullWalk = hullWalk;
    return open !== 0;
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
    if (moved) this.moved.add(i);
    return moved;
  }

  /** The energy check of all cliques; of those alone whose windows moved, the others having passed it before. */
  private energyFits(state: State, all: boolean): boolean {
    const { energy, cliquesOf } = this;
    if (all) return energy.every((check) => check.fits(state.earliest, state.latest));
    const checked = new Uint8Array(energy.length);
    for (const i of this.moved) {
      for (const k of cliquesOf[i]) {
        if (checked[k] === 1) continue;
        checked[k] = 1;
        if (!energy[k].fits(state.earliest, state.latest)) return false;
      }
    }
    return true;
  }

  /**
   * The violated pair with the least room to choose, and its open intervals, roomiest first; null where every pair
   * holds at the earliest offsets.
   */
  private chooseSplit(state: State): { pair: number; intervals: number[] } | null {
    const { first, second, group, begin, lo, hi, walk } = this.pairs;
    const { earliest, open } = state;
    let best = -1;
    let bestRoom = Infinity;
    const groupWalks = Uint8Array.from(state.walks);
    for (let p = 0; p < open.length; p++) {
      const d = earliest[second[p]] - earliest[first[p]];
      let walks = 0;
      for (let i = begin[p], bit = 1; i < begin[p + 1]; i++, bit <<= 1) {
        if ((open[p] & bit) !== 0 && lo[i] <= d && d <= hi[i]) walks |= walk[i];
      }
      if (group[p] >= 0) {
        groupWalks[group[p]] &= walks;
        walks = groupWalks[group[p]];
      }
      if (walks !== 0) continue;
      // A pair that agrees by itself but not with its group has a sibling to split as well.
      for (const q of group[p] >= 0 ? this.pairsOfGroup[group[p]] : [p]) {
        if ((open[q] & (open[q] - 1)) === 0) continue;
        const room = this.rooms(state, q).reduce((sum, r) => sum + r.room, 0) / this.weight[q];
        if (room < bestRoom) {
          bestRoom = room;
          best = q;
        }
      }
    }
    if (best < 0) return null;
    const rooms = this.rooms(state, best).sort((a, b) => b.room - a.room || a.interval - b.interval);
    return { pair: best, intervals: rooms.map((r) => r.interval) };
  }

  /** Differences that the windows leave to each open interval of a pair. */
  private rooms(state: State, p: number): { interval: number; room: number }[] {
    const { first, second, begin, lo, hi } = this.pairs;
    const least = state.earliest[second[p]] - state.latest[first[p]];
    const most = state.latest[second[p]] - state.earliest[first[p]];
    const rooms: { interval: number; room: number }[] = [];
    for (let k = 0, i = begin[p]; i < begin[p + 1]; k++, i++) {
      if ((state.open[p] & (1 << k)) !== 0)
        rooms.push({ interval: k, room: Math.min(most, hi[i]) - Math.max(least, lo[i]) });
    }
    return rooms;
  }
}

/** Relations.pairs side by side; the intervals of pair p at [begin[p], begin[p + 1]). */
interface FlatPairs {
  readonly first: Int32Array;
  readonly second: Int32Array;
  readonly group: Int32Array;
  readonly begin: Int32Array;
  readonly lo: Int32Array;
  readonly hi: Int32Array;
  readonly walk: Uint8Array;
}

function flatten({ pairs }: Relations): FlatPairs {
  const begin = new Int32Array(pairs.length + 1);
  pairs.forEach((pair, p) => {
    begin[p + 1] = begin[p] + pair.intervals.length;
  });
  const intervals = pairs.flatMap((p) => p.intervals);
  return {
    first: Int32Array.from(pairs, (p) => p.first),
    second: Int32Array.from(pairs, (p) => p.second),
    group: Int32Array.from(pairs, (p) => p.group),
    begin,
    lo: Int32Array.from(intervals, (i) => i.lo),
    hi: Int32Array.from(intervals, (i) => i.hi),
    walk: Uint8Array.from(intervals, (i) => i.walk),
  };
}

function copyState(s: State): State {
  return { earliest: s.earliest.slice(), latest: s.latest.slice(), open: s.open.slice(), walks: s.walks.slice() };
}
