/** NumPy's .npz archives (zip, stored or deflated), as numpy.savez writes them. */

import { readFileSync } from 'node:fs';
import { inflateRawSync } from 'node:zlib';
import { type NpyArray, parseNpy } from '../../compiler/data/npy.js';

/** Arrays by name. Sizes are read from the central directory: the local headers of streamed archives have none. */
export function readNpz(path: string): ReadonlyMap<string, NpyArray> {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  const arrays = new Map<string, NpyArray>();
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const [method, size] = [bytes.readUInt16LE(at + 10), bytes.readUInt32LE(at + 20)];
    const [nameBytes, extra, comment] = [28, 30, 32].map((o) => bytes.readUInt16LE(at + o));
    const local = bytes.readUInt32LE(at + 42);
    const name = bytes.toString('utf8', at + 46, at + 46 + nameBytes).replace(/\.npy$/, '');
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const data = bytes.subarray(start, start + size);
    arrays.set(name, parseNpy(method === 0 ? data : inflateRawSync(data), name));
    at += 46 + nameBytes + extra + comment;
  }
  return arrays;
}
