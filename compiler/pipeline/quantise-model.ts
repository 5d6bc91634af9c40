/** A float model and inputs for it to an int8 model: post-training quantisation behind one call. */

import { type Diagnostic, ExitCode, RivuletError, usageError } from '../diagnostics.js';
import type { Graph, GraphIo } from '../ir/graph.js';
import { valueOfGraph } from '../ir/graph.js';
import { physicalIndices } from '../ir/layout.js';
import { splitFloatTail } from '../passes/float-tail.js';
import { optimise } from '../passes/pipeline.js';
import { type Accuracy, measureAccuracy } from '../quantise/accuracy.js';
import { checkSamples } from '../quantise/check-samples.js';
import { exportQdq } from '../quantise/export/qdq.js';
import { prepareForQuantisation } from '../quantise/prepare.js';
import { quantiseGraph, type QuantisedNetwork } from '../quantise/quantise-graph.js';
import { defaultSwitches, parseSwitches, type Switches } from '../quantise/switches.js';
import { type QuantiseDocument, quantiseSchema, type TensorRange } from '../report/quantise-document.js';
import type { ModelFile } from './compile.js';
import { importModel } from './import-model.js';
import { toolVersion } from './version.js';

/** One sample: the elements of each input of the model, row-major in the model's own shape, as real numbers. */
export type FloatSample = readonly ArrayLike<number>[];

export interface QuantiseOptions {
  /** Stages of the method: `auto`, `KEY=VALUE,...` as on the command line, or the switches that differ from auto. */
  readonly stages?: string | Partial<Switches>;
  /** Shapes of network inputs with symbolic dimensions. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Tensors that the network ends at, by name: it is cut there; the file's own outputs otherwise. */
  readonly outputs?: readonly string[];
  /** Elementwise functions, Softmax and moves behind the last layer stay in floating point: box decoding, mostly. */
  readonly floatTail?: boolean;
  /** Other samples to measure on; those of the calibration by default. */
  readonly evaluate?: readonly FloatSample[];
  /** Class of each sample that is measured on. */
  readonly labels?: readonly number[];
  readonly onProgress?: (what: string) => void;
}

export interface Quantisation {
  readonly document: QuantiseDocument;
  /** The int8 model: QDQ ONNX. */
  readonly onnx: Uint8Array;
}

/** Tensors in the report with their histograms. */
const reportedTensors = 8;
/** Bins of their histograms. */
const reportBins = 64;

/**
 * Quantises a float model with samples of its inputs. Pure: the same bytes and samples give the same result. Throws a
 * RivuletError with every problem of the model (exit codes 2 and 3), E159 (exit 2) where the samples do not fit it, and
 * E406 (exit 3) where it has nothing to quantise.
 */
export function quantise(
  model: ModelFile,
  samples: readonly FloatSample[],
  options: QuantiseOptions = {},
): Quantisation {
  const progress = options.onProgress ?? (() => {});
  const switches = switchesOf(options.stages);
  const {
    graph: imported,
    info,
    diagnostics,
  } = importModel(
    { bytes: model.bytes, ...(model.externalData === undefined ? {} : { externalData: model.externalData }) },
    {
      ...(options.outputs === undefined ? {} : { outputs: options.outputs }),
      inputShapes: Object.fromEntries(Object.entries(options.inputShapes ?? {}).map(([k, v]) => [k, [...v]])),
      floatParts: 'kept',
    },
  );
  const whole = optimise(imported);
  const split = options.floatTail === true ? splitFloatTail(whole) : null;
  const graph = prepareForQuantisation(split?.body ?? whole);
  if (![...graph.values.values()].some((v) => v.dtype === 'float32'))
    throw new RivuletError(ExitCode.unsupported, [
      { code: 'E406', severity: 'error', message: 'the model is quantised already', hint: 'compile it as it is' },
    ]);
  if (samples.length === 0) throw usageError('E159', 'there is no calibration input', 'give some that are typical');
  const calibration = inMemory(graph, samples, 'calibration');
  const evaluation = options.evaluate === undefined ? calibration : inMemory(graph, options.evaluate, 'evaluation');
  const { labels = null } = options;
  if (labels !== null && labels.length !== evaluation.length)
    throw usageError('E159', `there are ${labels.length} labels for ${evaluation.length} inputs to measure on`);
  const network = quantiseGraph(graph, calibration, switches, progress);
  progress('measuring what int8 costs');
  const accuracy = measureAccuracy(network.float, network.graph, evaluation, labels);
  return {
    document: {
      schema: quantiseSchema,
      tool: { name: 'rivulet', version: toolVersion },
      model: { name: model.name ?? info.name, sha256: info.sha256 },
      samples: { calibration: calibration.length, evaluation: options.evaluate?.length ?? 0 },
      evaluatedOn: options.evaluate === undefined ? 'calibration' : 'evaluation',
      ...accuracy,
      chosen: network.decisions,
      tensors: worstTensors(network, accuracy),
      diagnostics: [
        ...diagnostics,
        ...checkSamples(network.float, calibration, network.statistics),
        ...losses(accuracy),
      ],
    },
    onnx: exportQdq(split === null ? network.graph : split.join(network.graph)),
  };
}

function switchesOf(stages: QuantiseOptions['stages']): Switches {
  if (typeof stages !== 'string') return { ...defaultSwitches, ...stages };
  return parseSwitches(stages);
}

/** Samples as the graph's memory has them; E159 (exit 2) where one does not suit the network. */
export function inMemory(
  graph: Graph,
  samples: readonly FloatSample[],
  role: string,
): readonly (readonly Float32Array[])[] {
  return samples.map((sample, s) => {
    if (sample.length !== graph.inputs.length)
      throw usageError(
        'E159',
        `${role} input ${s} has ${sample.length} tensors; the model has ${graph.inputs.length} inputs`,
      );
    return sample.map((data, i) => toMemory(graph.inputs[i], data, `${role} input ${s}`));
  });
}

function toMemory({ name, layout }: GraphIo, data: ArrayLike<number>, what: string): Float32Array {
  const indices = physicalIndices(layout);
  if (data.length !== indices.length)
    throw usageError('E159', `${what} has ${data.length} elements for '${name}' of ${layout.onnxShape.join(' x ')}`);
  const out = new Float32Array(indices.length);
  for (let i = 0; i < indices.length; i++) out[indices[i]] = data[i];
  if (!out.every(Number.isFinite)) throw usageError('E159', `${what} has an element that is not finite`);
  return out;
}

/** A layer that causes this share of the error is worth a word, where the error is worth one. */
const [largeShare, poorDb] = [0.3, 15];

function losses({ sqnrDb, layers }: Accuracy): readonly Diagnostic[] {
  if (sqnrDb === null || sqnrDb >= poorDb || layers.length === 0 || layers[0].shareOfError < largeShare) return [];
  const [{ node, shareOfError }] = layers;
  return [
    {
      code: 'W414',
      severity: 'warning',
      node,
      message: `int8 loses here: outputs are ${sqnrDb.toFixed(1)} dB above their error, and this layer alone causes ${(100 * shareOfError).toFixed(0)} % of it`,
      hint: 'more or more typical calibration inputs, a bounded activation (ReLU6) before it, or training with quantisation may help',
    },
  ];
}

function worstTensors({ float, ranges, statistics }: QuantisedNetwork, { layers }: Accuracy): readonly TensorRange[] {
  const outputs = new Map(float.nodes.map((node) => [node.name, node.output]));
  const inputs = new Map(float.inputs.map((io) => [`input ${valueOfGraph(float, io.value).name}`, io.value]));
  return layers.slice(0, reportedTensors).flatMap(({ node }): TensorRange[] => {
    const id = outputs.get(node) ?? inputs.get(node);
    const range = id === undefined ? undefined : ranges.get(id);
    const s = id === undefined ? undefined : statistics.get(id);
    if (id === undefined || range === undefined || s === undefined) return [];
    const per = s.histogram.length / reportBins;
    const counts = Array.from({ length: reportBins }, (_, i) =>
      s.histogram.subarray(i * per, (i + 1) * per).reduce((a, b) => a + b, 0),
    );
    const { low, high, quant, method } = range;
    return [
      {
        name: valueOfGraph(float, id).name,
        low,
        high,
        ...quant,
        method,
        histogram: { min: s.min, max: s.max, counts },
      },
    ];
  });
}
