/** Flags of calibration, and the int8 model that they make of a float one. */

import { basename } from 'node:path';
import type { Options } from 'yargs';
import { filesOf, readBytes, readLabelledData, readLabels, readSampleData } from '../data/files.js';
import { parseNpy } from '../data/npy.js';
import type { ImageOptions } from '../data/pixels.js';
import { realSamples } from '../data/samples.js';
import { tensorSpec } from '../data/spec.js';
import type { TensorSpec } from '../data/tensors.js';
import { usageError } from '../diagnostics.js';
import { importModel } from '../pipeline/import-model.js';
import type { ModelFile } from '../pipeline/compile.js';
import { type FloatSample, type Quantisation, quantise } from '../pipeline/quantise-model.js';
import type { QuantiseDocument } from '../report/quantise-document.js';
import { parseNames, parseShapes } from './arguments.js';
import { type DataArguments, dataFlags, imageOptions } from './data-flags.js';

export const calibrationFlags = {
  calibrate: {
    type: 'string',
    array: true,
    nargs: 1,
    describe:
      'of a float model: typical inputs, a folder of images, .npy, .npz or a CSV of file,label; NAME=FILE for several inputs',
  },
  evaluate: { type: 'string', array: true, nargs: 1, describe: 'other inputs to measure the int8 model on' },
  labels: { type: 'string', describe: 'CSV (file,label) or .npy: the classes of what is measured on' },
  quantise: {
    type: 'string',
    describe: 'auto (default), or stages: ranges=, equalise=, rounding=, compensate=, bias=, with commas between',
  },
  ...dataFlags,
} as const satisfies Readonly<Record<string, Options>>;

export interface CalibrationArguments extends DataArguments {
  readonly calibrate?: readonly string[];
  readonly evaluate?: readonly string[];
  readonly labels?: string;
  readonly quantise?: string;
  readonly inputShape?: readonly string[];
  readonly floatTail?: boolean;
  readonly outputs?: readonly string[];
}

export interface CalibratedModel {
  /** The int8 model where inputs for calibration were given, the model itself otherwise. */
  readonly model: ModelFile;
  readonly quantisation: QuantiseDocument | null;
}

/** What compile, analyze and validate read. */
export function calibrated(
  model: ModelFile,
  args: CalibrationArguments,
  progress: (what: string) => void,
): CalibratedModel {
  if (args.calibrate === undefined) {
    for (const flag of ['evaluate', 'labels', 'quantise'] as const)
      if (args[flag] !== undefined) throw usageError('E111', `--${flag} needs --calibrate: inputs for the float model`);
    return { model, quantisation: null };
  }
  const { onnx, document } = quantiseByFlags(model, args.calibrate, args, progress);
  return { model: { bytes: onnx, ...(model.name === undefined ? {} : { name: model.name }) }, quantisation: document };
}

/** What the flags name, read: inputs to calibrate on, others to measure on, and their classes. */
export interface ReadSamples {
  readonly samples: readonly FloatSample[];
  /** Null: those of the calibration. */
  readonly evaluate: readonly FloatSample[] | null;
  readonly labels: readonly number[] | null;
}

export function readSamples(model: ModelFile, calibrate: readonly string[], args: CalibrationArguments): ReadSamples {
  const inputShapes = { ...parseShapes(args.inputShape ?? []) } as Record<string, number[]>;
  const cut = args.outputs === undefined ? {} : { outputs: parseNames('outputs', args.outputs) };
  const { graph } = importModel(model, { inputShapes, ...cut, floatParts: 'kept' });
  const specs = graph.inputs.map((io) => tensorSpec(io.name, io.layout, null));
  const images = imageOptions(args);
  const samples = isLabelCsv(calibrate)
    ? realSamples(readLabelledData(specs, calibrate[0], null, images).samples)
    : realSamples(readSampleData(specs, 'input', calibrate, images));
  const labelled = labelledBy(args.labels, args.evaluate ?? calibrate, specs, images);
  const evaluate =
    args.evaluate === undefined
      ? null
      : (labelled?.samples ?? realSamples(readSampleData(specs, 'input', args.evaluate, images)));
  return { samples, evaluate, labels: labelled?.labels ?? null };
}

export function quantiseByFlags(
  model: ModelFile,
  calibrate: readonly string[],
  args: CalibrationArguments,
  progress: (what: string) => void,
): Quantisation {
  progress('reading inputs');
  const { samples, evaluate, labels } = readSamples(model, calibrate, args);
  return quantise(model, samples, {
    ...(args.quantise === undefined ? {} : { stages: args.quantise }),
    ...(evaluate === null ? {} : { evaluate }),
    ...(labels === null ? {} : { labels }),
    ...(args.outputs === undefined ? {} : { outputs: parseNames('outputs', args.outputs) }),
    ...(args.floatTail === undefined ? {} : { floatTail: args.floatTail }),
    inputShapes: parseShapes(args.inputShape ?? []),
    onProgress: progress,
  });
}

/** A CSV of file,label lines, which names the inputs as well. */
const isLabelCsv = (paths: readonly string[]): boolean => paths.length === 1 && /\.csv$/i.test(paths[0]);

interface Labelled {
  readonly samples: readonly FloatSample[];
  readonly labels: readonly number[];
}

/** The samples that figures are measured on with their labels; null without labels. */
function labelledBy(
  labels: string | undefined,
  measured: readonly string[],
  specs: readonly TensorSpec[],
  images: ImageOptions,
): Labelled | null {
  if (labels === undefined) {
    if (!isLabelCsv(measured)) return null;
    const data = readLabelledData(specs, measured[0], null, images);
    return { samples: realSamples(data.samples), labels: data.labels };
  }
  const samples = realSamples(readSampleData(specs, 'input', measured, images));
  if (/\.npy$/i.test(labels)) {
    const { data } = parseNpy(readBytes(labels), labels);
    return { samples, labels: Array.from(data as ArrayLike<number | bigint>, Number) };
  }
  const known = new Map(readLabels(labels).entries.map(({ file, label }) => [basename(file), label]));
  const files = measured.flatMap(filesOf);
  if (files.length !== samples.length)
    throw usageError(
      'E154',
      `${labels} names files, and ${measured.join(', ')} holds several inputs in one`,
      'give labels as .npy',
    );
  const missing = files.filter((file) => !known.has(basename(file)));
  if (missing.length > 0)
    throw usageError('E154', `${labels} has no label for ${missing.length} files, as ${basename(missing[0])}`);
  return { samples, labels: files.map((file) => known.get(basename(file)) ?? -1) };
}
