/**
 * NSGA-II (Deb et al. 2002): ranks by constrained domination, crowding distances, binary tournaments. Every objective is to be
 * small. Pure and generic; ties go to the earlier index, so that one seed gives one result.
 */

import type { SeededRandom } from '../util/random.js';

export interface Judged {
  /** All to be small, finite. */
  readonly objectives: readonly number[];
  /** By how much the constraints are missed; 0 where they hold. */
  readonly violation: number;
}

/** Constrained domination: feasible before infeasible, less violation before more, then Pareto. */
export function dominates(a: Judged, b: Judged): boolean {
  if (a.violation !== b.violation) return a.violation < b.violation;
  let better = false;
  for (const [i, x] of a.objectives.entries()) {
    if (x > b.objectives[i]) return false;
    if (x < b.objectives[i]) better = true;
  }
  return better;
}

/** By position the number of the front that a point is in, from 0. */
export function ranksOf(points: readonly Judged[]): readonly number[] {
  const ranks = new Array<number>(points.length).fill(-1);
  const beaten = points.map(() => 0);
  const over = points.map((): number[] => []);
  for (const [i, a] of points.entries())
    for (const [j, b] of points.entries())
      if (dominates(a, b)) {
        over[i].push(j);
        beaten[j]++;
      }
  let front = points.flatMap((_, i) => (beaten[i] === 0 ? [i] : []));
  for (let rank = 0; front.length > 0; rank++) {
    const next: number[] = [];
    for (const i of front) {
      ranks[i] = rank;
      for (const j of over[i]) if (--beaten[j] === 0) next.push(j);
    }
    front = next.sort((a, b) => a - b);
  }
  return ranks;
}

/** Of the points of one front: how much room each has for itself, infinite at the ends of an objective. */
export function crowdingDistances(points: readonly Judged[]): readonly number[] {
  const distances = points.map(() => 0);
  const count = points[0]?.objectives.length ?? 0;
  for (let m = 0; m < count; m++) {
    const at = (i: number): number => points[i].objectives[m];
    const order = points.map((_, i) => i).sort((a, b) => at(a) - at(b) || a - b);
    const [first, last] = [order[0], order[order.length - 1]];
    const span = at(last) - at(first);
    distances[first] = distances[last] = Infinity;
    if (span === 0) continue;
    for (let k = 1; k + 1 < order.length; k++) distances[order[k]] += (at(order[k + 1]) - at(order[k - 1])) / span;
  }
  return distances;
}

/** The positions that survive, best first: whole fronts, of the last one those with most room. */
export function survivors(points: readonly Judged[], count: number): readonly number[] {
  const ranks = ranksOf(points);
  const kept: number[] = [];
  for (let rank = 0; kept.length < Math.min(count, points.length); rank++) {
    const front = points.flatMap((_, i) => (ranks[i] === rank ? [i] : []));
    const room = crowdingDistances(front.map((i) => points[i]));
    const order = front.map((_, k) => k).sort((a, b) => descending(room[a], room[b]) || a - b);
    kept.push(...order.slice(0, count - kept.length).map((k) => front[k]));
  }
  return kept;
}

/** The better of two drawn positions of a list that `survivors` ordered. */
export function tournament(count: number, random: SeededRandom): number {
  return Math.min(below(random, count), below(random, count));
}

/** Points of a front thinned to `count`: the one with least room goes first, again and again. */
export function thinned(points: readonly Judged[], count: number): readonly number[] {
  let left = points.map((_, i) => i);
  while (left.length > count) {
    const room = crowdingDistances(left.map((i) => points[i]));
    let worst = left.length - 1;
    for (let k = left.length - 1; k >= 0; k--) if (room[k] < room[worst]) worst = k;
    left = left.filter((_, k) => k !== worst);
  }
  return left;
}

/** Uniform in 0 .. count - 1. */
export const below = (random: SeededRandom, count: number): number => Math.floor((random.next() / 2 ** 32) * count);

/** Infinities are equal. */
const descending = (a: number, b: number): number => (a === b ? 0 : b - a);
