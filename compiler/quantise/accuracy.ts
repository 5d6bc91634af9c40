/** What quantisation cost: the network against the float one, layer by layer and layer alone. */

import { quantiseFloat32 } from '../ir/codes.js';
import { type Graph, type Node, type ValueId, valueOfGraph } from '../ir/graph.js';
import { countMacs } from '../ir/graph-size.js';
import { elements, type Quant, type Shape } from '../ir/tensor.js';
import { lowerToInt8 } from '../lower/lower.js';
import type { Int8Tensor } from '../reference/int8.js';
import { Convolver } from './engine/convolver.js';
import { floatRunner, realConstant } from './engine/float-node.js';
import { Int8Executor } from './engine/int8-executor.js';
import { keepsCodes } from './groups.js';
import { Noise } from './measure.js';
import type { RunNode } from './statistics.js';

export interface LayerAccuracy {
  /** The node's name; `input NAME` for a network input. */
  readonly node: string;
  /** Of its output, all layers before it quantised too; null where nothing was lost. */
  readonly sqnrDb: number | null;
  /** Of the squared errors that the layers cause at the outputs when each is quantised alone. */
  readonly shareOfError: number;
}

export interface Accuracy {
  /** Over all outputs and samples; null where nothing was lost. */
  readonly sqnrDb: number | null;
  /** Samples whose largest element of the first output is the same in both. */
  readonly agreement: { readonly top1: number; readonly n: number };
  readonly accuracy: { readonly float: number; readonly int8: number; readonly n: number } | null;
  /** Those that cost most first. */
  readonly layers: readonly LayerAccuracy[];
}

/** Work for the layers alone, in multiply-accumulates. */
const layerWork = 2e10;

/** `float` and `quantised` are one network, with the same values; samples HWC. */
export function measureAccuracy(
  float: Graph,
  quantised: Graph,
  samples: readonly (readonly Float32Array[])[],
  labels: readonly number[] | null,
): Accuracy {
  const convolver = new Convolver();
  const run = floatRunner(float, convolver);
  const executor = new Int8Executor(convolver);
  const program = lowerToInt8(quantised).graph;
  const total = new Noise();
  const perValue = new Map<ValueId, Noise>();
  let [agree, floatRight, int8Right] = [0, 0, 0];
  const quantOf = (id: ValueId): Quant | null => valueOfGraph(quantised, id).quant;
  samples.forEach((sample, s) => {
    const codes = new Map<ValueId, Int8Tensor>();
    const inputs = quantised.inputs.map((io, i) => {
      const quant = quantOf(io.value);
      if (quant === null) throw new Error(`input '${io.name}' is not quantised`);
      return Int8Array.from(sample[i], (x) => quantiseFloat32(x, quant));
    });
    quantised.inputs.forEach((io, i) => codes.set(io.value, inputs[i]));
    const results = executor.run(program, inputs, (node, output) => codes.set(node.output, output));
    const floats = runAll(float, sample, run);
    for (const [id, y] of floats) {
      const q = codes.get(id);
      const quant = valueOfGraph(float, id).dtype === 'int32' ? null : quantOf(id);
      if (q === undefined || quant === null) continue;
      let noise = perValue.get(id);
      if (noise === undefined) {
        noise = new Noise();
        perValue.set(id, noise);
      }
      noise.add(y, q, quant);
    }
    float.outputs.forEach((io, k) => {
      if (valueOfGraph(float, io.value).dtype !== 'int32')
        total.add(floats.get(io.value) as Float32Array, results[k], quantOf(io.value));
    });
    const [a, b] = [largest(floats.get(float.outputs[0].value) as Float32Array), largest(results[0])];
    if (a === b) agree++;
    if (labels !== null) {
      if (a === labels[s]) floatRight++;
      if (b === labels[s]) int8Right++;
    }
  });
  const n = samples.length;
  const alone = errorsAlone(float, quantised, samples, run);
  const sum = [...alone.values()].reduce((a, b) => a + b, 0);
  const layers = [...alone].map(([id, error]): LayerAccuracy => {
    const maker = float.nodes.find((node) => node.output === id);
    return {
      node: maker?.name ?? `input ${valueOfGraph(float, id).name}`,
      sqnrDb: reported(perValue.get(id)?.db ?? Infinity),
      shareOfError: sum === 0 ? 0 : error / sum,
    };
  });
  return {
    sqnrDb: reported(total.db),
    agreement: { top1: agree, n },
    accuracy: labels === null ? null : { float: floatRight / n, int8: int8Right / n, n },
    layers: layers.sort((a, b) => b.shareOfError - a.shareOfError),
  };
}

/**
 * To a millionth of a decibel, null for infinity: engines of JavaScript may round a logarithm's last bit as they like, and the same
 * inputs give the same figures in each.
 */
const reported = (db: number): number | null => (Number.isFinite(db) ? Math.round(db * 1e6) / 1e6 : null);

/** Of a vector the index of its largest element; an index (ArgMax) is itself. */
function largest(x: ArrayLike<number>): number {
  if (x.length === 1) return x[0];
  let best = 0;
  for (let i = 1; i < x.length; i++) if (x[i] > x[best]) best = i;
  return best;
}

/** Every value of the float network on a sample. */
function runAll(graph: Graph, sample: readonly Float32Array[], run: RunNode): Map<ValueId, Float32Array> {
  const held = new Map<ValueId, Float32Array>();
  for (const [id, value] of graph.values) if (value.constant !== null) held.set(id, realConstant(value));
  graph.inputs.forEach((io, i) => held.set(io.value, sample[i]));
  for (const node of graph.nodes)
    held.set(
      node.output,
      run(
        node,
        node.inputs.map((id) => read(held, id)),
      ),
    );
  return held;
}

function read(held: ReadonlyMap<ValueId, Float32Array>, id: ValueId): Float32Array {
  const x = held.get(id);
  if (x === undefined) throw new Error(`value ${id} is read before it is written`);
  return x;
}

/** By value: the squared error at the outputs when the layer that makes it (an input's codes) is quantised alone. */
function errorsAlone(
  float: Graph,
  quantised: Graph,
  samples: readonly (readonly Float32Array[])[],
  run: RunNode,
): Map<ValueId, number> {
  const integer = new Map(quantised.nodes.map((node) => [node.output, node]));
  const layers: readonly { readonly id: ValueId; readonly node: Node | null; readonly behind: readonly Node[] }[] = [
    ...float.inputs.map((io) => ({ id: io.value, node: null, behind: dependents(float, io.value) })),
    ...float.nodes
      .filter((node) => !keepsCodes(node.op) && valueOfGraph(float, node.output).dtype === 'float32')
      .map((node) => ({
        id: node.output,
        node: integer.get(node.output) ?? node,
        behind: dependents(float, node.output),
      })),
  ];
  const work = layers.reduce((sum, l) => sum + l.behind.reduce((w, node) => w + workOf(float, node), 0), 0);
  const count = Math.max(1, Math.min(samples.length, Math.floor(layerWork / Math.max(work, 1))));
  const errors = new Map(layers.map((l) => [l.id, 0]));
  for (let s = 0; s < count; s++) {
    const held = runAll(float, samples[Math.floor(((s + 0.5) * samples.length) / count)], run);
    for (const { id, node, behind } of layers) {
      const quant = valueOfGraph(quantised, id).quant;
      if (quant === null) continue;
      const result =
        node === null
          ? read(held, id)
          : run(
              node,
              node.inputs.map((input) => read(held, input)),
            );
      const changed = new Map(held).set(id, throughCodes(result, quant));
      for (const next of behind)
        changed.set(
          next.output,
          run(
            next,
            next.inputs.map((input) => read(changed, input)),
          ),
        );
      let sum = errors.get(id) ?? 0;
      for (const io of float.outputs) sum += squaredDistance(read(held, io.value), read(changed, io.value));
      errors.set(id, sum);
    }
  }
  return errors;
}

function dependents(graph: Graph, id: ValueId): readonly Node[] {
  const reached = new Set([id]);
  return graph.nodes.filter((node) => {
    const reads = node.inputs.some((input) => reached.has(input));
    if (reads) reached.add(node.output);
    return reads;
  });
}

const size = (s: Shape): number => elements(s);
const workOf = (graph: Graph, node: Node): number =>
  countMacs({ ...graph, nodes: [node] }) + 16 * size(valueOfGraph(graph, node.output).shape);

/** A tensor quantised and made real again. */
function throughCodes(x: Float32Array, { scale, zeroPoint }: Quant): Float32Array {
  const [least, most] = [-128 - zeroPoint, 127 - zeroPoint];
  return x.map((v) => {
    const steps = Math.round(v / scale);
    return scale * (steps < least ? least : steps > most ? most : steps);
  });
}

function squaredDistance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
