/** Outputs of the program against what they should be. */

import { type Int8Graph, valueOf } from '../ir/int8-graph.js';
import { counted } from '../util/format.js';
import { toOnnxOrder } from './border.js';
import type { Sample } from './vectors.js';

export interface Mismatch {
  /** Position among the inputs. */
  readonly input: number;
  /** Name of the network output. */
  readonly output: string;
  /** Position in the ONNX tensor, row-major. */
  readonly element: number;
  readonly expected: number;
  readonly actual: number;
}

export interface Comparison {
  /** Bytes of elements that are more than the tolerance away. */
  readonly mismatchedBytes: number;
  /** Largest difference of all, in output steps; of indices the difference itself. */
  readonly maxDifference: number;
  readonly firstMismatch: Mismatch | null;
}

/**
 * Compares `actual[k]` with `expected[k]` for every k. `tolerance` is in output steps: of an int32 output that stands for
 * real numbers, 255 of them span what it can reach, and `noise` of one is allowed at least; indices must be equal. A
 * float32 output has steps of a 255th of its largest expected number, and must be equal to the bit where none is allowed.
 */
export function compareOutputs(
  graph: Int8Graph,
  expected: readonly Sample[],
  actual: readonly Sample[],
  tolerance: number,
  noise = 0,
): Comparison {
  let mismatchedBytes = 0;
  let maxDifference = 0;
  let firstMismatch: Mismatch | null = null;
  expected.forEach((sample, k) =>
    sample.forEach((want, o) => {
      const got = actual[k][o];
      const step = want instanceof Int8Array ? 1 : stepOf(graph, o, want);
      const allowed = want instanceof Int8Array ? tolerance : Math.max(tolerance, noise) * step;
      let differs = false;
      for (let i = 0; i < want.length; i++) {
        const difference = differenceOf(want, got, i);
        maxDifference = Math.max(maxDifference, step === 0 ? difference : difference / step);
        if (difference > allowed) {
          mismatchedBytes += want.BYTES_PER_ELEMENT;
          differs = true;
        }
      }
      if (differs && firstMismatch === null) firstMismatch = locate(graph, k, o, want, got, allowed);
    }),
  );
  return { mismatchedBytes, maxDifference, firstMismatch };
}

/** Of an int32 or float32 output a step in its own numbers; 0 for indices. */
function stepOf(graph: Int8Graph, o: number, want: Sample[number]): number {
  if (want instanceof Float32Array) return want.reduce((m, v) => Math.max(m, Math.abs(v)), 0) / 255;
  const { value, floatRange } = graph.outputs[o];
  const { quant } = valueOf(graph, value);
  return quant === null || floatRange === undefined ? 0 : (floatRange[1] - floatRange[0]) / 255 / quant.scale;
}

/** NaN where both are equals nothing else; 0 and -0 differ. */
function differenceOf(want: Sample[number], got: Sample[number], i: number): number {
  if (Object.is(want[i], got[i])) return 0;
  const difference = Math.abs(want[i] - got[i]);
  return Number.isNaN(difference) ? Infinity : Math.max(difference, Number.MIN_VALUE);
}

function locate(
  graph: Int8Graph,
  input: number,
  o: number,
  want: Sample[number],
  got: Sample[number],
  allowed: number,
): Mismatch {
  const io = graph.outputs[o];
  const [a, b] = [toOnnxOrder(io, want), toOnnxOrder(io, got)];
  const element = a.findIndex((_, i) => differenceOf(a, b, i) > allowed);
  return { input, output: io.name, element, expected: a[element], actual: b[element] };
}

/** Index of the largest element of the first output (of equal ones the first), or its only element where it is an index already. */
export function topClass(graph: Int8Graph, sample: Sample): number {
  const [scores] = sample;
  const { dtype, quant } = valueOf(graph, graph.outputs[0].value);
  if (dtype === 'int32' && quant === null) return scores[0];
  return (scores as Int8Array).reduce((best, x, i) => (x > scores[best] ? i : best), 0);
}

/** `1 step`, `0.025 steps`. */
export const stepsText = (steps: number): string =>
  Number.isInteger(steps) || steps >= 100 ? counted(steps, 'step') : `${Number(steps.toPrecision(2))} steps`;
