/** Tensor data in files beside the model, as `external_data` names them: location, offset, length. */

import { NodeProblem } from './problems.js';

/** Returns the bytes of a file beside the model, by the location that the model gives (already checked). */
export type ReadExternal = (location: string) => Uint8Array;

export interface ExternalEntry {
  readonly key: string;
  readonly value: string;
}

/** True for a plain relative path that stays within the model's folder on any system. */
export function isSafeLocation(location: string): boolean {
  if (location === '' || location.includes('\0') || location.includes('\\') || location.includes(':')) return false;
  if (location.startsWith('/') || location.startsWith('~')) return false;
  const parts = location.split('/');
  return parts.every((part) => part !== '..' && part !== '');
}

export class ExternalDataReader {
  readonly #read: ReadExternal | undefined;
  readonly #files = new Map<string, Uint8Array>();

  constructor(read: ReadExternal | undefined) {
    this.#read = read;
  }

  /** Throws a NodeProblem E105 that names the tensor and the location. */
  read(tensor: string, entries: readonly ExternalEntry[]): Uint8Array {
    const fields = new Map(entries.map((e) => [e.key, e.value]));
    const location = fields.get('location') ?? '';
    const fail = (message: string, hint?: string): never => {
      throw new NodeProblem('E105', message, hint, tensor);
    };
    if (!isSafeLocation(location)) fail(`external data at '${location}' is outside the model's folder`);
    const file = this.#open(location, fail);
    const offset = integerField(fields.get('offset'), 0);
    const length = integerField(fields.get('length'), file.length - offset);
    if (!(offset >= 0) || !(length >= 0) || offset + length > file.length) {
      fail(
        `external data in '${location}': offset ${fields.get('offset') ?? 0}, length ${fields.get('length') ?? 'rest'} ` +
          `do not lie within its ${file.length} bytes`,
      );
    }
    return file.subarray(offset, offset + length);
  }

  #open(location: string, fail: (message: string, hint?: string) => never): Uint8Array {
    const known = this.#files.get(location);
    if (known !== undefined) return known;
    if (this.#read === undefined)
      return fail(`its data is in another file, '${location}'`, 'Keep the external data file beside the model.');
    let bytes: Uint8Array;
    try {
      bytes = this.#read(location);
    } catch (error) {
      return fail(
        `external data '${location}' cannot be read: ${error instanceof Error ? error.message : String(error)}`,
        'Keep the external data file beside the model.',
      );
    }
    this.#files.set(location, bytes);
    return bytes;
  }
}

/** A decimal integer, or NaN. */
function integerField(text: string | undefined, fallback: number): number {
  if (text === undefined || text === '') return fallback;
  return /^\d{1,15}$/.test(text) ? Number(text) : NaN;
}
