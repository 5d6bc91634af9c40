/** Inputs that use so little or so much of their range that they are hardly what the network was trained with. */

import { type Diagnostic, printable } from '../diagnostics.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { Sample } from './vectors.js';

/** Of 256 codes. */
const fewCodes = 16;
const mostSaturated = 0.95;

/** W705 for every int8 input of samples from files that looks wrongly scaled. */
export function inputRangeNotes(graph: Int8Graph, samples: readonly Sample[]): readonly Diagnostic[] {
  return graph.inputs.flatMap(({ name }, i): Diagnostic[] => {
    const tensors = samples.map((sample) => sample[i]);
    if (!tensors.every((t): t is Int8Array => t instanceof Int8Array)) return [];
    const [seen, saturated, n] = [new Set<number>(), { count: 0 }, tensors.reduce((sum, t) => sum + t.length, 0)];
    for (const tensor of tensors)
      for (const code of tensor) {
        seen.add(code);
        if (code === -128 || code === 127) saturated.count++;
      }
    const span = Math.max(...seen) - Math.min(...seen) + 1;
    const what =
      span <= fewCodes
        ? `lie within ${span} of the 256 codes`
        : saturated.count > mostSaturated * n
          ? `are ${Math.floor((100 * saturated.count) / n)} % at the ends of their range`
          : null;
    return what === null
      ? []
      : [
          {
            code: 'W705',
            severity: 'warning',
            message: `the inputs "${printable(name, 60)}" ${what}: are they scaled as in training?`,
            hint: '--scale, --mean and --std say what a pixel stands for',
          },
        ];
  });
}
