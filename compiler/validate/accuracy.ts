/** Outputs against labels. */

import type { Int8Graph } from '../ir/int8-graph.js';
import { topClass } from './compare.js';
import type { Sample } from './vectors.js';

export interface Accuracy {
  /** Share of the samples whose top class is their label. */
  readonly top1: number;
  readonly n: number;
  /** Names of the classes by label, where the data has names. */
  readonly classes: readonly string[] | null;
  /** How often a label was taken for a class, itself included; by label, then by class. What never occurred is left out. */
  readonly confusion: readonly Confusion[];
}

export interface Confusion {
  readonly label: number;
  readonly predicted: number;
  readonly count: number;
}

/** `labels[k]` belongs to `outputs[k]`. */
export function accuracyOf(
  graph: Int8Graph,
  outputs: readonly Sample[],
  labels: readonly number[],
  classes: readonly string[] | null,
): Accuracy {
  const counts = new Map<string, Confusion>();
  for (const [k, label] of labels.entries()) {
    const predicted = topClass(graph, outputs[k]);
    const key = `${label} ${predicted}`;
    counts.set(key, { label, predicted, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  const confusion = [...counts.values()].sort((a, b) => a.label - b.label || a.predicted - b.predicted);
  const hits = confusion.reduce((sum, c) => sum + (c.label === c.predicted ? c.count : 0), 0);
  return { top1: hits / labels.length, n: labels.length, classes, confusion };
}
