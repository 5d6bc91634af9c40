/** The files that validate_main.c reads and writes. All numbers are little-endian. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { valueOf, type Int8Graph } from '../ir/int8-graph.js';
import { elementArrays, ioBytes, type NetworkTensor } from './border.js';
import type { Sample } from './vectors.js';

/** Length and paint of the guards on both sides of the arena; paint of the arena in run 0 (run 1 has its complement). */
export const guardBytes = 64;
const guardPaint = 0x3c;
const arenaPaint = 0x5a;

/** Bytes of the arena that a pair of runs did or did not write. */
export interface ArenaTrace {
  /** Highest touched byte + 1. */
  readonly touchedBytes: number;
  /** Half-open ranges below it that no run touched. */
  readonly untouched: readonly (readonly [number, number])[];
  readonly guardsIntact: boolean;
}

/** Writes inputs.bin: run 0 and run 1 both take the first sample, the others follow. */
export async function writeInputs(folder: string, runs: readonly Sample[]): Promise<void> {
  const parts: Uint8Array[] = [new Uint8Array(Uint32Array.of(runs.length).buffer)];
  for (const sample of runs) for (const tensor of sample) parts.push(bytesOf(tensor));
  await writeFile(join(folder, 'inputs.bin'), Buffer.concat(parts));
}

const bytesOf = (tensor: NetworkTensor): Uint8Array =>
  new Uint8Array(tensor.buffer, tensor.byteOffset, tensor.byteLength);

/** Outputs of every run. */
export async function readOutputs(folder: string, graph: Int8Graph, runs: number): Promise<readonly Sample[]> {
  const bytes = await readFile(join(folder, 'outputs.bin'));
  let at = 0;
  return Array.from({ length: runs }, () =>
    graph.outputs.map((io) => {
      const size = ioBytes(graph, io);
      const copy = Uint8Array.from(bytes.subarray(at, (at += size))).buffer;
      return new elementArrays[valueOf(graph, io.value).dtype](copy);
    }),
  );
}

/** What the two painted runs left behind in arena.bin. */
export async function readArena(folder: string, arenaBytes: number): Promise<ArenaTrace> {
  const bytes = await readFile(join(folder, 'arena.bin'));
  const record = arenaBytes + 2 * guardBytes;
  const [a, b] = [bytes.subarray(0, record), bytes.subarray(record, 2 * record)];
  const isUntouched = (i: number): boolean =>
    a[guardBytes + i] === arenaPaint && b[guardBytes + i] === (~arenaPaint & 0xff);
  return { ...traceOf(arenaBytes, isUntouched), guardsIntact: guardsOf(a) && guardsOf(b) };
}

function guardsOf(record: Uint8Array): boolean {
  return [...record.subarray(0, guardBytes), ...record.subarray(record.length - guardBytes)].every(
    (byte) => byte === guardPaint,
  );
}

/** Ranges of bytes that a predicate calls untouched. */
export function traceOf(arenaBytes: number, isUntouched: (byte: number) => boolean): Omit<ArenaTrace, 'guardsIntact'> {
  let touchedBytes = arenaBytes;
  while (touchedBytes > 0 && isUntouched(touchedBytes - 1)) touchedBytes--;
  const untouched: [number, number][] = [];
  for (let i = 0; i < touchedBytes; i++) {
    if (!isUntouched(i)) continue;
    const last = untouched.at(-1);
    if (last !== undefined && last[1] === i) last[1] = i + 1;
    else untouched.push([i, i + 1]);
  }
  return { touchedBytes, untouched };
}

/** result.bin: stack bytes touched at most, and whether the guards held in every run. */
export async function readResult(
  folder: string,
): Promise<{ readonly stackBytes: number; readonly guardsIntact: boolean }> {
  const bytes = await readFile(join(folder, 'result.bin'));
  return { stackBytes: bytes.readUInt32LE(0), guardsIntact: bytes.readUInt32LE(4) === 1 };
}

/** One kernel call of run 0: the window of its output, dense. */
export interface LayerCall {
  readonly step: number;
  readonly y: number;
  readonly rows: number;
  readonly x: number;
  readonly cols: number;
  readonly pixelBytes: number;
  readonly data: Uint8Array;
}

/** layers.bin, in order of execution. */
export async function readLayers(folder: string): Promise<readonly LayerCall[]> {
  const bytes = await readFile(join(folder, 'layers.bin'));
  const calls: LayerCall[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [step, y, rows, x, cols, pixelBytes] = [0, 4, 8, 12, 16, 20].map((offset) => bytes.readInt32LE(at + offset));
    const data = bytes.subarray(at + 24, at + 24 + rows * cols * pixelBytes);
    calls.push({ step, y, rows, x, cols, pixelBytes, data });
    at += 24 + data.length;
  }
  return calls;
}
