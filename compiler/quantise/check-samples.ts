/** What is wrong with a calibration set. */

import type { Diagnostic } from '../diagnostics.js';
import { floatBias, type Graph, noClamp, valueOfGraph } from '../ir/graph.js';
import type { ValueId } from '../ir/graph.js';
import { FloatExecutor } from './float-executor.js';
import type { ValueStatistics } from './statistics.js';

const fewest = 16;

const warning = (code: Diagnostic['code'], message: string, hint: string, node?: string): Diagnostic => ({
  code,
  severity: 'warning',
  message,
  hint,
  ...(node === undefined ? {} : { node }),
});

/** Warnings W410 to W413. `statistics` are those of the float network over the samples. */
export function checkSamples(
  graph: Graph,
  samples: readonly (readonly Float32Array[])[],
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
): readonly Diagnostic[] {
  return [
    ...tooFew(samples.length),
    ...alike(samples),
    ...graph.inputs.flatMap((_, i) => strangeRange(graph, i, samples, statistics)),
    ...graph.inputs.flatMap((io) => constantChannels(graph, io.value, io.name, statistics)),
  ];
}

function tooFew(count: number): readonly Diagnostic[] {
  if (count >= fewest) return [];
  return [
    warning(
      'W410',
      `the calibration set has ${count === 1 ? 'a single input' : `${count} inputs`}: ranges may not hold for others`,
      `give at least ${fewest}, better a hundred, as different as the network will see`,
    ),
  ];
}

function alike(samples: readonly (readonly Float32Array[])[]): readonly Diagnostic[] {
  const [first] = samples;
  const isSame = (s: readonly Float32Array[]): boolean => s.every((x, i) => x.every((v, k) => v === first[i][k]));
  if (samples.length < 2 || !samples.every(isSame)) return [];
  return [warning('W411', `all ${samples.length} calibration inputs are the same`, 'give inputs that differ')];
}

/** Variances of the first layer's results that are this many times the mean square of its biases, or this part of it. */
const [outsized, undersized] = [1000, 0.003];
/** Inputs that are looked at. */
const looked = 8;

/**
 * Networks are trained on inputs that make results of the first layer of about the size of its biases (those of a folded
 * BatchNormalization, whose results have unit variance): far more or far less says that the scale is another one. Results
 * count before the activation, which may cut them off.
 */
function strangeRange(
  graph: Graph,
  input: number,
  samples: readonly (readonly Float32Array[])[],
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
): readonly Diagnostic[] {
  const { value: id, name } = graph.inputs[input];
  const own = statistics.get(id);
  if (own === undefined) return [];
  const executor = new FloatExecutor(graph);
  for (const node of graph.nodes) {
    const { op } = node;
    if (node.inputs[0] !== id || op.kind !== 'conv2d' || op.bias === null) continue;
    const bias = floatBias(op);
    const biasSquare = bias.reduce((sum, b) => sum + b * b, 0) / bias.length;
    if (!(biasSquare > 0)) continue;
    const unclamped = { ...node, op: { ...op, clamp: noClamp } };
    const results = samples.slice(0, looked).map((sample) => executor.runNode(unclamped, [sample[input]]));
    const ratio = variance(results, op.outChannels) / biasSquare;
    if (ratio <= outsized && ratio >= undersized) continue;
    const range = `${own.min.toPrecision(4)} to ${own.max.toPrecision(4)}`;
    return [
      warning(
        'W412',
        ratio > outsized
          ? `its values, ${range}, look too large for the first layer: its results spread ${Math.sqrt(ratio).toFixed(0)} times as far as its biases`
          : `its values, ${range}, look too small for the first layer: its results hardly differ from its biases`,
        'scale calibration inputs as in training: --scale, --mean and --std',
        name,
      ),
    ];
  }
  return [];
}

/** Of each of the last axis's channels, the mean over all of them. */
function variance(results: readonly Float32Array[], channels: number): number {
  const [sum, square] = [new Float64Array(channels), new Float64Array(channels)];
  let count = 0;
  for (const result of results) {
    result.forEach((v, i) => {
      sum[i % channels] += v;
      square[i % channels] += v * v;
    });
    count += result.length / channels;
  }
  return square.reduce((total, s, c) => total + s / count - (sum[c] / count) ** 2, 0) / channels;
}

function constantChannels(
  graph: Graph,
  id: ValueId,
  name: string,
  statistics: ReadonlyMap<ValueId, ValueStatistics>,
): readonly Diagnostic[] {
  const s = statistics.get(id);
  const { c } = valueOfGraph(graph, id).shape;
  if (s === undefined || c > 16) return [];
  const constant = Array.from({ length: c }, (_, k) => k).filter((k) => s.channelMin[k] === s.channelMax[k]);
  if (constant.length === 0) return [];
  return [
    warning(
      'W413',
      `${constant.length === c ? 'the input' : `channel ${constant.join(', ')}`} is ${s.channelMin[constant[0]]} in every calibration input`,
      'check how the inputs were read: colours, layout, scale',
      name,
    ),
  ];
}
