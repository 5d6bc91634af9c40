/** The names closest to a mistyped one: at most `limit`, none farther than a third of the name's length plus one. */
export function nearest(name: string, candidates: readonly string[], limit = 3): readonly string[] {
  const wanted = name.toLowerCase();
  const reach = Math.floor(wanted.length / 3) + 1;
  const close = candidates
    .map((candidate) => ({ candidate, distance: distanceTo(wanted, candidate.toLowerCase()) }))
    .filter((c) => c.distance <= reach)
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  return close
    .filter((c) => c.distance === close[0].distance)
    .slice(0, limit)
    .map((c) => c.candidate);
}

/** Edit distance, 1 where one contains the other (f746 names nucleo-f746zg well) or is its last word (m4 names cortex-m4). */
function distanceTo(wanted: string, candidate: string): number {
  if (wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate)))
    return wanted === candidate ? 0 : 1;
  if (candidate.endsWith(`-${wanted}`)) return 1;
  return editDistance(wanted, candidate);
}

/** Levenshtein distance, O(|a| * |b|). */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}
