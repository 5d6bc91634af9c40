/** Softmax, LogSoftmax and ArgMax of the integer program, over the channels of each pixel. */

import { requantise } from '../../numerics/apply.js';
import { log2Fixed, logBits } from '../../numerics/log-softmax.js';
import type { ArgMaxOp, LogSoftmaxOp, SoftmaxOp } from '../../ir/int8-graph.js';

/** (a * b) / 2^32, rounded down, of two uint32 values. */
const mulHighUnsigned = (a: number, b: number): number => Number((BigInt(a) * BigInt(b)) >> 32n);

export function softmax(op: SoftmaxOp, x: Int8Array, channels: number): Int8Array {
  const out = new Int8Array(x.length);
  for (let from = 0; from < x.length; from += channels) {
    const pixel = x.subarray(from, from + channels);
    const max = pixel.reduce((m, v) => Math.max(v, m), -128);
    const sum = pixel.reduce((s, v) => s + op.table[max - v], 0);
    const z = Math.clz32(sum) - 1;
    const inverse = Number((1n << 61n) / (BigInt(sum) << BigInt(z)));
    for (let c = 0; c < channels; c++) {
      const e = op.table[max - pixel[c]] * 2 ** z;
      out[from + c] = requantise(mulHighUnsigned(e, inverse), op.requant);
    }
  }
  return out;
}

export function logSoftmax(op: LogSoftmaxOp, x: Int8Array, channels: number): Int8Array {
  const out = new Int8Array(x.length);
  const half = 1n << BigInt(op.logShift - 1);
  for (let from = 0; from < x.length; from += channels) {
    const pixel = x.subarray(from, from + channels);
    const max = pixel.reduce((m, v) => Math.max(v, m), -128);
    const sum = pixel.reduce((s, v) => s + op.table[max - v], 0);
    const log2 = BigInt(log2Fixed(sum) - op.tableBits * 2 ** logBits);
    const log = Math.min(Number((log2 * BigInt(op.logMultiplier) + half) >> BigInt(op.logShift)), op.logLimit);
    for (let c = 0; c < channels; c++) {
      const t = Math.min(max - pixel[c], op.farthest) * op.stepMultiplier + log;
      const odd = Math.floor(t / 2 ** op.shift) % 2;
      const steps = Math.floor((t + 2 ** (op.shift - 1) - 1 + odd) / 2 ** op.shift);
      out[from + c] = Math.max(op.zeroPoint - steps, -128);
    }
  }
  return out;
}

export function argMax(op: ArgMaxOp, x: Int8Array, channels: number): Int32Array {
  const out = new Int32Array(x.length / channels);
  for (let p = 0; p < out.length; p++) {
    let best = 0;
    for (let c = 1; c < channels; c++) {
      const difference = x[p * channels + c] - x[p * channels + best];
      if (difference > 0 || (difference === 0 && op.lastIndex)) best = c;
    }
    out[p] = best;
  }
  return out;
}
