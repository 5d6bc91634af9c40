/** Samples out of files that hold one tensor or several: which file belongs to which tensor. Pure: names and tensors are given. */

import { refuse } from './problem.js';
import type { TensorData, TensorSpec } from './tensors.js';

/** One inference: elements of every input, in the order of the model's inputs. */
export type SampleData = readonly TensorData[];

/** Whether a file's name says that it holds samples. */
export const isSampleFile = (name: string): boolean => /\.(npy|npz|png|jpe?g|bin|raw)$/i.test(name);

/** Those that hold samples among the files of a folder, in their order; E151 (exit 2) where none does. */
export function sampleFilesAmong(names: readonly string[], folder: string | null): readonly string[] {
  const found = names.filter(isSampleFile);
  return found.length > 0 ? found : refuse('E151', folder, 'holds no .npy, .npz, .png, .jpg, .bin or .raw file');
}

/** A tensor's name as a file name. */
export const safeFileName = (name: string): string => name.replace(/[^A-Za-z0-9._-]/g, '_');

/**
 * The files that hold a tensor: of several tensors those of its name, or else all archives (.npz), which hold every tensor. `role`
 * names the tensors in messages. E153 (exit 2) where there is none.
 */
export function filesForTensor(
  tensors: readonly TensorSpec[],
  index: number,
  role: string,
  paths: readonly string[],
): readonly string[] {
  if (tensors.length === 1) return paths;
  const { name } = tensors[index];
  const own = paths.filter((path) => path.replace(/^.*[\\/]/, '').replace(/\.[^.]*$/, '') === safeFileName(name));
  if (own.length > 0) return own;
  const archives = paths.filter((path) => /\.npz$/i.test(path));
  if (archives.length > 0) return archives;
  return refuse(
    'E153',
    null,
    `nothing given for ${role} "${name}"`,
    `the model has ${tensors.length} ${role}s: give NAME=FILE for each of ${tensors.map((t) => t.name).join(', ')}, a folder with a file of that name for each, or an .npz with an array of that name for each`,
  );
}

/** Samples from the tensors of each input; E153 (exit 2) where the inputs come in different numbers. */
export function samplesOf(
  tensors: readonly TensorSpec[],
  role: string,
  columns: readonly (readonly TensorData[])[],
): readonly SampleData[] {
  if (new Set(columns.map((c) => c.length)).size > 1)
    return refuse(
      'E153',
      null,
      `the ${role}s come in different numbers: ${tensors.map((t, i) => `${t.name} ${columns[i].length}`).join(', ')}`,
    );
  return columns[0].map((_, k) => columns.map((c) => c[k]));
}

/** Elements as real numbers: 64-bit integers become doubles. */
export const realSamples = (samples: readonly SampleData[]): readonly (readonly ArrayLike<number>[])[] =>
  samples.map((sample) =>
    sample.map((data) =>
      data instanceof BigInt64Array || data instanceof BigUint64Array ? Array.from(data, Number) : data,
    ),
  );
