/** Inputs and expected outputs of a validation: random codes, or files as the network's memory. */

import { readSampleData } from '../data/files.js';
import type { SampleData } from '../data/samples.js';
import type { ImageOptions } from '../data/pixels.js';
import { tensorSpec } from '../data/spec.js';
import type { TensorSpec } from '../data/tensors.js';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { valueOf, type Int8Graph, type Int8Io } from '../ir/int8-graph.js';
import { SeededRandom } from '../util/random.js';
import { ioBytes, type NetworkTensor, toNetwork } from './border.js';

/** One inference: an array for each network input (or output), in the graph's order, as it stands in memory. */
export type Sample = readonly NetworkTensor[];

/** What one validation holds: its inputs stand in memory, with the outputs that they should give. */
const mostInputBytes = 1 << 30;
const mostInputs = 1_000_000;

/** Uniformly random codes for every input; E156 (exit 2) where they are too many to hold. */
export function randomSamples(graph: Int8Graph, count: number, seed: number): readonly Sample[] {
  const each = graph.inputs.reduce((sum, io) => sum + ioBytes(graph, io), 0);
  const most = Math.min(mostInputs, Math.floor(mostInputBytes / each));
  if (count > most)
    throw new RivuletError(ExitCode.usage, [
      {
        code: 'E156',
        severity: 'error',
        message: `${count} inputs of ${each} bytes are too many for one validation`,
        hint: `at most ${most} at a time; another seed makes others`,
      },
    ]);
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => graph.inputs.map((io) => random.codes(ioBytes(graph, io))));
}

/** Samples from `--inputs` (or `--expect`) arguments, as `readSampleData` reads them. */
export function readSamples(
  graph: Int8Graph,
  role: 'input' | 'output',
  args: readonly string[],
  images: ImageOptions = {},
): readonly Sample[] {
  const ios = role === 'input' ? graph.inputs : graph.outputs;
  return inMemory(graph, ios, readSampleData(specsOf(graph, ios), role, args, images));
}

export const specsOf = (graph: Int8Graph, ios: readonly Int8Io[]): readonly TensorSpec[] =>
  ios.map((io) => tensorSpec(io.name, io.layout, valueOf(graph, io.value).quant));

/** Elements in the model's order as the network's memory has them. */
export const inMemory = (graph: Int8Graph, ios: readonly Int8Io[], samples: readonly SampleData[]): readonly Sample[] =>
  samples.map((sample) => sample.map((data, i) => toNetwork(graph, ios[i], data, 0)));
