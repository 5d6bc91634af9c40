/** Chooses one range for the values of each quantisation group, by the error that it costs at the network's outputs. */

import { type Graph, type Op, type ValueId, valueOfGraph } from '../ir/graph.js';
import type { Quant } from '../ir/tensor.js';
import { quantOf } from './assignment.js';
import { keepsCodes, quantisationGroups } from './groups.js';
import { inSteps } from './lattice.js';
import { candidates, leastSquares, minMax, type Range, type RangeMethod, squaredError } from './ranges.js';
import type { Sensitivity } from './sensitivity.js';
import { joined, type ValueStatistics } from './statistics.js';

export interface ChosenRange extends Range {
  readonly quant: Quant;
  /** How it was found: `output` is the range with the least error at the outputs, `steps` that of an input in steps. */
  readonly method: RangeMethod | 'output' | 'steps' | 'fixed';
}

export interface RangeFacts {
  readonly statistics: ReadonlyMap<ValueId, ValueStatistics>;
  readonly sensitivity: ReadonlyMap<ValueId, Sensitivity>;
}

/** What counts of an error is its cost at the outputs of the samples, and to this part its size, for other inputs. */
const unweighted = 0.3;

/** By value. `samples` are the network's inputs. */
export function chooseRanges(
  graph: Graph,
  samples: readonly (readonly Float32Array[])[],
  { statistics, sensitivity }: RangeFacts,
  method: RangeMethod | 'auto',
): ReadonlyMap<ValueId, ChosenRange> {
  const chosen = new Map<ValueId, ChosenRange>();
  const makers = new Map<ValueId, Op>(graph.nodes.map((n) => [n.output, n.op]));
  const inputs = new Map(graph.inputs.map((io, i) => [io.value, i]));
  for (const members of quantisationGroups(graph).values()) {
    const floats = members.filter((id) => valueOfGraph(graph, id).dtype !== 'int32');
    if (floats.length === 0) continue;
    const range =
      preset(graph, floats) ??
      fixedRange(floats.map((id) => makers.get(id))) ??
      stepsOf(floats, inputs, samples) ??
      searched(
        floats.filter((id) => isSource(id, makers)),
        pads(floats, makers),
        statistics,
        sensitivity,
        method,
      );
    for (const id of floats) chosen.set(id, range);
  }
  return chosen;
}

const isSource = (id: ValueId, makers: ReadonlyMap<ValueId, Op>): boolean => {
  const op = makers.get(id);
  return op === undefined || !keepsCodes(op);
};

/** A quantisation that the network came with. */
function preset(graph: Graph, ids: readonly ValueId[]): ChosenRange | null {
  for (const id of ids) {
    const { quant } = valueOfGraph(graph, id);
    if (quant === null) continue;
    const { scale, zeroPoint } = quant;
    return { quant, method: 'fixed', low: scale * (-128 - zeroPoint), high: scale * (127 - zeroPoint) };
  }
  return null;
}

/** Probabilities are in steps of 1 / 256, which is how every tool quantises them. */
function fixedRange(makers: readonly (Op | undefined)[]): ChosenRange | null {
  const isProbability = makers.some((op) => op?.kind === 'softmax' && !op.log);
  return isProbability
    ? { quant: { scale: 1 / 256, zeroPoint: -128 }, method: 'fixed', low: 0, high: 255 / 256 }
    : null;
}

/** Constants that pads of the group bring in. */
function pads(ids: readonly ValueId[], makers: ReadonlyMap<ValueId, Op>): readonly number[] {
  return ids.flatMap((id) => {
    const op = makers.get(id);
    return op?.kind === 'pad' && op.mode === 'constant' && Number.isFinite(op.value) ? [op.value] : [];
  });
}

function stepsOf(
  ids: readonly ValueId[],
  inputs: ReadonlyMap<ValueId, number>,
  samples: readonly (readonly Float32Array[])[],
): ChosenRange | null {
  const at = ids.map((id) => inputs.get(id)).find((i) => i !== undefined);
  const quant = at === undefined ? null : inSteps(samples.map((s) => s[at]));
  if (quant === null) return null;
  const { scale, zeroPoint } = quant;
  return { quant, method: 'steps', low: scale * (-128 - zeroPoint), high: scale * (127 - zeroPoint) };
}

function searched(
  sources: readonly ValueId[],
  constants: readonly number[],
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
  sensitivity: ReadonlyMap<ValueId, Sensitivity>,
  method: RangeMethod | 'auto',
): ChosenRange {
  const known = sources.filter((id) => statistics.has(id));
  if (known.length === 0) return { quant: quantOf(0, 1), method: 'fixed', low: 0, high: 1 };
  const own = known.map((id) => statistics.get(id) as ValueStatistics);
  const plain = joined(own);
  const including = (r: Range): Range => ({
    low: Math.min(r.low, ...constants),
    high: Math.max(r.high, ...constants),
  });
  const finish = (r: Range, how: ChosenRange['method']): ChosenRange => {
    const { low, high } = including(r);
    return { quant: quantOf(low, high), method: how, low, high };
  };
  if (!(plain.max > plain.min)) return finish(minMax(plain), 'minmax');
  const weights = joined(own.map((s, i) => ({ ...s, histogram: sensitivity.get(known[i])?.histogram ?? s.histogram })));
  const cost = mixed(plain, weights);
  if (method !== 'auto') return finish(least(candidates(plain, [method]), cost), method);
  const best = least(
    [
      ...candidates(plain, ['minmax', 'percentile', 'mse', 'entropy']),
      { method: 'output' as const, ...leastSquares(cost) },
    ],
    cost,
  );
  return finish(best, best.method);
}

function least<T extends Range>(list: readonly T[], cost: ValueStatistics): T {
  return list.reduce((a, b) => (squaredError(cost, b.low, b.high) < squaredError(cost, a.low, a.high) ? b : a));
}

/** Elements weighted by what their errors cost, and by 1. */
function mixed(plain: ValueStatistics, weighted: ValueStatistics): ValueStatistics {
  const sum = (h: Float64Array): number => h.reduce((a, b) => a + b, 0);
  const [all, cost] = [sum(plain.histogram), sum(weighted.histogram)];
  if (!(cost > 0) || !(all > 0)) return plain;
  const histogram = plain.histogram.map(
    (count, i) => (unweighted * count) / all + ((1 - unweighted) * weighted.histogram[i]) / cost,
  );
  return { ...plain, histogram };
}
