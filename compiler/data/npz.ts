/** NumPy's .npz files: a zip of .npy files. */

import { unzipSync } from 'fflate';
import { parseNpy, type NpyArray } from './npy.js';
import { refuse } from './problem.js';

/** By its first bytes: whether a file is a zip. */
export const isNpz = (bytes: Uint8Array): boolean => bytes[0] === 0x50 && bytes[1] === 0x4b;

/** The arrays of a file by name, in its order. E150 (exit 2) where it is no zip of .npy files. */
export function parseNpz(bytes: Uint8Array, file: string): ReadonlyMap<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const [name, content] of entries(bytes, file))
    if (name.endsWith('.npy')) arrays.set(name.slice(0, -4), parseNpy(content, `${file} (${name})`));
  return arrays.size > 0 ? arrays : refuse('E150', file, 'holds no .npy array');
}

function entries(bytes: Uint8Array, file: string): readonly (readonly [string, Uint8Array])[] {
  try {
    return Object.entries(unzipSync(bytes));
  } catch (error) {
    return refuse('E150', file, `is not a .npz file that can be read: ${(error as Error).message}`);
  }
}
