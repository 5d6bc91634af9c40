/** Pareto fronts. */

/**
 * The items that no other is at least as good as in every figure (less is better), in their order; of items with
 * equal figures the first, or all of them. O(n x size of the front).
 */
export function paretoOptimal<T>(
  items: readonly T[],
  figures: (item: T) => readonly number[],
  keepEquals = false,
): T[] {
  const all = items.map((item, index) => ({ item, index, f: figures(item) }));
  // What beats an item sorts before it, so the front so far is all there is to compare with.
  const sorted = [...all].sort((a, b) => compare(a.f, b.f) || a.index - b.index);
  const front: (typeof all)[number][] = [];
  for (const entry of sorted) {
    if (!front.some((other) => beats(other.f, entry.f, keepEquals))) front.push(entry);
  }
  return front.sort((a, b) => a.index - b.index).map(({ item }) => item);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] - b[i];
  return 0;
}

/** `a` sorts before `b`: nowhere worse is enough, but for equals. */
function beats(a: readonly number[], b: readonly number[], keepEquals: boolean): boolean {
  let better = !keepEquals;
  for (let i = 0; i < a.length; i++) {
    if (a[i] > b[i]) return false;
    if (a[i] < b[i]) better = true;
  }
  return better;
}
