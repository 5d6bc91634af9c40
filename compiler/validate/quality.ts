/** How far outputs are from expected ones, in the outputs' own units. */

import { elements, type Quant } from '../ir/tensor.js';
import type { SampleData } from '../data/samples.js';
import type { NpyData } from '../data/npy.js';
import { elementShape, type Int8Graph, type Int8Io, valueOf } from '../ir/int8-graph.js';
import { isWhole, meaningOf, toOnnxOrder } from './border.js';
import type { Sample } from './vectors.js';

export interface OutputQuality {
  readonly name: string;
  /** Root of the mean squared difference. */
  readonly rmse: number;
  /** Cosine of the angle between all expected and all actual numbers; null where either are all zero. */
  readonly cosine: number | null;
  /** 10 log10(sum expected^2 / sum difference^2), in decibels; null where nothing differs, or nothing was expected but zeros. */
  readonly sqnrDb: number | null;
}

export interface Quality {
  readonly outputs: readonly OutputQuality[];
  /** Of the first output, where it is a vector: samples whose largest number stands in the same place. */
  readonly top1: { readonly agree: number; readonly n: number } | null;
}

/** Compares `actual[k]`, as it stands in memory, with `expected[k]`, as files have it. */
export function qualityOf(graph: Int8Graph, expected: readonly SampleData[], actual: readonly Sample[]): Quality {
  const pairs = graph.outputs.map((io, o) =>
    expected.map((sample, k) => ({
      want: wantedOf(graph, io, sample[o]),
      got: gotOf(graph, io, toOnnxOrder(io, actual[k][o])),
    })),
  );
  const shape = elementShape(valueOf(graph, graph.outputs[0].value));
  const isVector = shape.c > 1 && elements(shape) === shape.c;
  return {
    outputs: graph.outputs.map((io, o) => ({ name: io.name, ...distance(pairs[o]) })),
    top1: isVector
      ? { agree: pairs[0].filter(({ want, got }) => largest(want) === largest(got)).length, n: expected.length }
      : null,
  };
}

/** Numbers of a file; codes by the output's scale. */
function wantedOf(graph: Int8Graph, io: Int8Io, data: NpyData): Float64Array {
  const { quant, dtype } = valueOf(graph, io.value);
  const numbers = Float64Array.from(data as ArrayLike<number | bigint>, Number);
  const areCodes = dtype === 'int32' ? isWhole(data) : meaningOf(data, io) === 'codes';
  return quant !== null && areCodes ? byScale(numbers, quant, data instanceof Uint8Array ? 128 : 0) : numbers;
}

/** Numbers of the program: codes by the output's scale, indices as they are. */
function gotOf(graph: Int8Graph, io: Int8Io, codes: Sample[number]): Float64Array {
  const { quant } = valueOf(graph, io.value);
  const numbers = Float64Array.from(codes);
  return quant === null ? numbers : byScale(numbers, quant, 0);
}

const byScale = (codes: Float64Array, { scale, zeroPoint }: Quant, shift: number): Float64Array =>
  codes.map((code) => (code - shift - zeroPoint) * scale);

interface Pair {
  readonly want: Float64Array;
  readonly got: Float64Array;
}

function distance(pairs: readonly Pair[]): Omit<OutputQuality, 'name'> {
  let [squares, wants, gots, products, n] = [0, 0, 0, 0, 0];
  for (const { want, got } of pairs) {
    for (let i = 0; i < want.length; i++) {
      squares += (want[i] - got[i]) ** 2;
      wants += want[i] ** 2;
      gots += got[i] ** 2;
      products += want[i] * got[i];
    }
    n += want.length;
  }
  return {
    rmse: Math.sqrt(squares / n),
    cosine: wants === 0 || gots === 0 ? null : products / Math.sqrt(wants * gots),
    sqnrDb: wants === 0 || squares === 0 ? null : 10 * Math.log10(wants / squares),
  };
}

/** Of equal ones the first. */
const largest = (values: Float64Array): number => values.reduce((best, x, i) => (x > values[best] ? i : best), 0);
