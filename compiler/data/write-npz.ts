/** numpy's .npz files, written. */

import { zipSync } from 'fflate';
import { formatNpy } from './npy.js';

export interface NpzArray {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** One .npy a name, not compressed; the same arrays give the same bytes. */
export function writeNpz(arrays: ReadonlyMap<string, NpzArray>): Uint8Array {
  const files = Object.fromEntries([...arrays].map(([name, array]) => [`${name}.npy`, formatNpy(array)]));
  // The first day that a zip file can tell, so that no clock is in the file.
  return zipSync(files, { level: 0, mtime: '1980-01-01T00:00:00' });
}
