/** Inputs and expected outputs of a validation: random codes, .npy and raw files, folders of them. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ExitCode, RivuletError, type DiagnosticCode } from '../diagnostics.js';
import type { Int8Graph, Int8Io } from '../ir/int8-graph.js';
import { fileReason } from '../util/file-reason.js';
import { SeededRandom } from '../util/random.js';
import { ioBytes, toNetwork } from './border.js';
import { parseNpy, type NpyArray, type NpyData } from './npy.js';

/** One inference: an array for each network input (or output), in the graph's order, as it stands in memory. */
export type Sample = readonly (Int8Array | Int32Array)[];

/** What one validation holds: its inputs stand in memory, with the outputs that they should give. */
const mostInputBytes = 1 << 30;
const mostInputs = 1_000_000;

/** Uniformly random codes for every input; E156 (exit 2) where they are too many to hold. */
export function randomSamples(graph: Int8Graph, count: number, seed: number): readonly Sample[] {
  const each = graph.inputs.reduce((sum, io) => sum + ioBytes(graph, io), 0);
  const most = Math.min(mostInputs, Math.floor(mostInputBytes / each));
  if (count > most)
    fail(
      'E156',
      `${count} inputs of ${each} bytes are too many for one validation`,
      `at most ${most} at a time; another seed makes others`,
    );
  const random = new SeededRandom(seed);
  return Array.from({ length: count }, () => graph.inputs.map((io) => random.codes(ioBytes(graph, io))));
}

/**
 * Samples from `--inputs` (or `--expect`) arguments: FILE, FOLDER, or NAME=FILE for each of several tensors. A .npy file
 * holds one tensor in the model's own layout, or a batch of them along the first axis; any other file is raw: one byte
 * an element (codes), or four (float32, little-endian). E151 to E153 (exit 2) where they do not fit the model.
 */
export function readSamples(graph: Int8Graph, role: 'input' | 'output', args: readonly string[]): readonly Sample[] {
  const ios = role === 'input' ? graph.inputs : graph.outputs;
  const tensors = ios.map((io, i) => readTensors(graph, io, pathsFor(ios, i, role, args)));
  const counts = new Set(tensors.map((t) => t.length));
  if (counts.size > 1) {
    fail(
      'E153',
      `the ${role}s come in different numbers: ${ios.map((io, i) => `${io.name} ${tensors[i].length}`).join(', ')}`,
    );
  }
  return tensors[0].map((_, k) => tensors.map((t) => t[k]));
}

function pathsFor(ios: readonly Int8Io[], index: number, role: string, args: readonly string[]): readonly string[] {
  const named = args.filter((a) => a.startsWith(`${ios[index].name}=`)).map((a) => a.slice(ios[index].name.length + 1));
  if (named.length > 0) return named.flatMap(filesOf);
  if (ios.length === 1) return args.flatMap(filesOf);
  const all = args.filter((a) => !ios.some((io) => a.startsWith(`${io.name}=`))).flatMap(filesOf);
  const own = all.filter((path) => basename(path).replace(/\.[^.]*$/, '') === safeFileName(ios[index].name));
  if (own.length > 0) return own;
  return fail(
    'E153',
    `nothing given for ${role} "${ios[index].name}"`,
    `the model has ${ios.length} ${role}s: give NAME=FILE for each of ${ios.map((io) => io.name).join(', ')}, or a folder with a file of that name for each`,
  );
}

/** A tensor's name as a file name. */
export const safeFileName = (name: string): string => name.replace(/[^A-Za-z0-9._-]/g, '_');

/** The file itself, or every .npy, .bin and .raw file of a folder by name. */
export function filesOf(path: string): readonly string[] {
  if (!readable(path, () => statSync(path).isDirectory())) return [path];
  const files = readable(path, () => readdirSync(path))
    .filter((name) => /\.(npy|bin|raw)$/i.test(name))
    .sort()
    .map((name) => join(path, name));
  return files.length > 0 ? files : fail('E151', 'holds no .npy, .bin or .raw file', undefined, path);
}

function readTensors(graph: Int8Graph, io: Int8Io, paths: readonly string[]): readonly (Int8Array | Int32Array)[] {
  return paths.flatMap((path) => {
    const array = readArray(path, graph, io);
    const nan = Array.prototype.findIndex.call(array.data, Number.isNaN);
    if (nan >= 0) fail('E152', `element ${nan} is not a number`, undefined, path);
    const per = elementCount(io);
    const count = batchOf(array, io, path);
    return Array.from({ length: count }, (_, k) => toNetwork(graph, io, array.data, k * per));
  });
}

const elementCount = (io: Int8Io): number => io.layout.factors.reduce((product, d) => product * d, 1);

function readArray(path: string, graph: Int8Graph, io: Int8Io): NpyArray {
  const bytes = readable(path, () => readFileSync(path));
  if (/\.npy$/i.test(path)) return parseNpy(bytes, path);
  const data = rawElements(bytes, graph, io);
  return data === null
    ? fail(
        'E152',
        `has ${bytes.length} bytes; a raw file holds ${elementCount(io)} bytes (codes) or ${4 * elementCount(io)} (float32) for "${io.name}"`,
        undefined,
        path,
      )
    : { shape: [data.length], data };
}

/** What `read` returns; E151 (exit 2) where the file system refuses. */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return fail('E151', `cannot be read: ${fileReason(error)}`, undefined, path);
  }
}

/** float32 where the size says so, a batch of codes otherwise; null where it is neither. */
function rawElements(bytes: Uint8Array, graph: Int8Graph, io: Int8Io): NpyData | null {
  const per = elementCount(io);
  const buffer = Uint8Array.from(bytes).buffer;
  const tensorBytes = ioBytes(graph, io);
  if (tensorBytes === per && bytes.length === 4 * per) return new Float32Array(buffer);
  if (bytes.length === 0 || bytes.length % tensorBytes !== 0) return null;
  if (tensorBytes > per) return new Int32Array(buffer);
  return io.layout.onnxDType === 'uint8' ? new Uint8Array(buffer) : new Int8Array(buffer);
}

/** Tensors in an array: its shape is the model's, without or with another first axis, or flat. */
function batchOf(array: NpyArray, io: Int8Io, path: string): number {
  const per = elementCount(io);
  const { onnxShape } = io.layout;
  const inner = onnxShape[0] === 1 ? onnxShape.slice(1) : onnxShape;
  const same = (shape: readonly number[]): boolean =>
    shape.length === inner.length && shape.every((d, i) => d === inner[i]);
  const flat = array.shape.length === 1 && array.data.length % per === 0 && array.data.length > 0;
  if (same(array.shape)) return 1;
  if (same(array.shape.slice(1)) && array.shape[0] > 0) return array.shape[0];
  if (flat) return array.data.length / per;
  return fail(
    'E152',
    `has shape (${array.shape.join(', ')}); "${io.name}" of the model is (${onnxShape.join(', ')})`,
    'give one tensor in the layout of the ONNX file, or a batch of them along the first axis',
    path,
  );
}

function fail(code: DiagnosticCode, message: string, hint?: string, node?: string): never {
  throw new RivuletError(ExitCode.usage, [{ code, severity: 'error', message, hint, node }]);
}
