/**
 * Which channels to keep: those are taken out, one after the other, that the convolutions behind them miss least, once
 * these are fitted again to what is left (optimal brain surgeon, Hassibi and Stork 1993): with H the covariance of the
 * channels, taking out channel j costs |w_j|^2 / (H^-1)_jj and moves what the others weigh.
 */

import { type Graph, valueOfGraph } from '../../ir/graph.js';
import type { Convolver } from '../../quantise/engine/convolver.js';
import { cholesky, invertLower } from '../../quantise/linear-algebra.js';
import { type Channels, keptChannels } from '../channels.js';
import type { Original } from './original.js';
import { isConv } from '../structure.js';

/** Relative to the mean variance. */
const damping = 0.003;

/** One reader: by channel of the space, what it weighs. */
interface Term {
  /** Inverse of the covariance, n x n. */
  readonly inverse: Float64Array;
  /** n x outputs (times taps). */
  readonly weights: Float64Array;
  readonly scale: number;
}

/**
 * @param space of n channels
 * @param originals by value: which of the original's channels it still has; all of them where it is not named
 * @returns ascending; null where nothing of the original says which matter
 */
export function chooseChannels(
  convolver: Convolver,
  original: Original,
  graph: Graph,
  channels: Channels,
  { space, n }: { readonly space: number; readonly n: number },
  count: number,
  originals: ReadonlyMap<number, readonly number[]>,
): readonly number[] | null {
  const all = Array.from({ length: n }, (_, i) => i);
  const terms: Term[] = [];
  for (const node of graph.nodes) {
    if (!isConv(node) || node.op.groups !== 1) continue;
    const [id] = node.inputs;
    const segments = channels.segments.get(id) ?? [];
    if (segments.filter((s) => s.id === space).length !== 1) continue;
    const known = original.rowsOfId(id);
    if (known === null || known.value.name !== valueOfGraph(graph, id).name) continue;
    // Positions of the space's channels among those of the value, and of these among the original's.
    const others = keptChannels(channels, id, space, []) ?? [];
    const gone = new Set(others);
    const width = valueOfGraph(graph, id).shape.c;
    const own = Array.from({ length: width }, (_, c) => c).filter((c) => !gone.has(c));
    const map = originals.get(id);
    const columns = own.map((c) => map?.[c] ?? c);
    const { op } = node;
    const taps = op.window.kernelH * op.window.kernelW;
    const m = op.outChannels * taps;
    const weights = new Float64Array(n * m);
    for (let o = 0; o < m; o++) own.forEach((c, i) => (weights[i * m + o] = op.weights.data[o * width + c]));
    const term = termOf(convolver, known.rows.slice(0, original.fitted), known.value.shape.c, columns, weights);
    if (term !== null) terms.push(term);
  }
  if (terms.length === 0) return null;
  const left = new Set(all);
  while (left.size > count) {
    let [worst, least] = [-1, Infinity];
    for (const j of left) {
      const cost = terms.reduce((sum, t) => sum + t.scale * costOf(t, j, n), 0);
      if (cost < least) [worst, least] = [j, cost];
    }
    left.delete(worst);
    for (const t of terms) takeOut(t, worst, n);
  }
  return [...left];
}

function termOf(
  convolver: Convolver,
  rows: readonly Float32Array[],
  channels: number,
  columns: readonly number[],
  weights: Float64Array,
): Term | null {
  const n = columns.length;
  const count = rows.reduce((sum, r) => sum + r.length / channels, 0);
  const x = new Float32Array(count * n);
  let at = 0;
  for (const r of rows) for (let p = 0; p < r.length; p += channels) for (const c of columns) x[at++] = r[p + c];
  const mean = new Float64Array(n);
  for (let i = 0; i < x.length; i++) mean[i % n] += x[i] / count;
  for (let i = 0; i < x.length; i++) x[i] -= mean[i % n];
  const covariance = Float64Array.from(convolver.crossProduct(x, x, count), (v) => v / count);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += covariance[i * n + i];
  if (!(trace > 0)) return null;
  const damped = covariance.slice();
  for (let i = 0; i < n; i++) damped[i * n + i] += (damping * trace) / n;
  const lower = cholesky(convolver, damped, n);
  if (lower === null) return null;
  const l = Float32Array.from(invertLower(convolver, lower, n));
  const inverse = Float64Array.from(convolver.crossProduct(l, l, n));
  // Readers count alike, however large their results.
  const m = weights.length / n;
  let energy = 0;
  for (let i = 0; i < n; i++) for (let o = 0; o < m; o++) energy += weights[i * m + o] ** 2 * covariance[i * n + i];
  return { inverse, weights, scale: energy > 0 ? 1 / energy : 0 };
}

function costOf({ inverse, weights }: Term, j: number, n: number): number {
  const m = weights.length / n;
  let sum = 0;
  for (let o = 0; o < m; o++) sum += weights[j * m + o] ** 2;
  return sum / inverse[j * n + j];
}

/** The others take over what they can of channel j. */
function takeOut({ inverse, weights }: Term, j: number, n: number): void {
  const m = weights.length / n;
  const pivot = inverse[j * n + j];
  const row = inverse.slice(j * n, (j + 1) * n);
  const own = weights.slice(j * m, (j + 1) * m);
  for (let i = 0; i < n; i++) {
    const factor = row[i] / pivot;
    if (factor === 0) continue;
    for (let o = 0; o < m; o++) weights[i * m + o] -= factor * own[o];
    for (let k = 0; k < n; k++) inverse[i * n + k] -= factor * row[k];
  }
}
