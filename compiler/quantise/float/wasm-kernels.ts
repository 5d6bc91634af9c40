/**
 * The two loops that float networks spend their time in, four floats at a time. Every sum runs in the order of its
 * taps, one after the other in float32, so that results do not depend on the machine.
 */

import {
  add,
  add4,
  advance,
  assemble,
  type Code,
  get,
  i32,
  load4,
  loadI32,
  loadSplat,
  type Local,
  repeat,
  set,
  store4,
  times,
  times4,
  type WasmFunction,
} from './wasm-module.js';

/** Columns of a product that are computed together. */
export const blockColumns = 8;
/** Rows of a product that are computed together. */
export const blockRows = 4;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const accumulate = (l: Local, a: Code, b: Code): Code => set(l, add4(get(l), times4(a, b)));

/**
 * multiply(a, b, start, out, rowBlocks, columnBlocks, depth): out[row][column] = start[column] + sum over k of
 * a[row][k] * b[block][k][column of the block].
 */
const multiply: WasmFunction = (() => {
  const [a, b, start, out, rowBlocks, columnBlocks, depth] = range(7);
  const [aBytes, outBytes, blocks, rows, k, aAt, bAt, outAt, ...pointers] = range(8 + blockRows).map((i) => 7 + i);
  const first = 7 + 8 + blockRows;
  const [b0, b1, x] = [first, first + 1, first + 2];
  const sums = range(blockRows).map((r) => [first + 3 + 2 * r, first + 4 + 2 * r] as const);
  const tile: Code[] = [
    ...sums.flatMap(([low, high]) => [set(low, load4(get(start))), set(high, load4(get(start), 16))]),
    ...pointers.map((p, r) => set(p, r === 0 ? get(aAt) : add(get(pointers[r - 1]), get(aBytes)))),
    set(bAt, get(b)),
    repeat(
      k,
      get(depth),
      set(b0, load4(get(bAt))),
      set(b1, load4(get(bAt), 16)),
      ...sums.flatMap(([low, high], r) => [
        set(x, loadSplat(get(pointers[r]))),
        accumulate(low, get(x), get(b0)),
        accumulate(high, get(x), get(b1)),
        advance(pointers[r], i32(4)),
      ]),
      advance(bAt, i32(4 * blockColumns)),
    ),
    ...sums.flatMap(([low, high]) => [
      store4(get(outAt), get(low)),
      store4(get(outAt), get(high), 16),
      advance(outAt, get(outBytes)),
    ]),
    advance(aAt, times(get(aBytes), i32(blockRows))),
  ];
  return {
    name: 'multiply',
    parameters: 7,
    integers: 8 + blockRows,
    vectors: 3 + 2 * blockRows,
    body: [
      set(aBytes, times(get(depth), i32(4))),
      set(outBytes, times(get(columnBlocks), i32(4 * blockColumns))),
      repeat(
        blocks,
        get(columnBlocks),
        set(aAt, get(a)),
        set(outAt, get(out)),
        repeat(rows, get(rowBlocks), ...tile),
        advance(b, times(get(aBytes), i32(blockColumns))),
        advance(start, i32(4 * blockColumns)),
        advance(out, i32(4 * blockColumns)),
      ),
    ],
  };
})();

/**
 * depthwise(x, w, start, out, taps, tapCount, vectors, pixels, xStep): out[pixel][c] = start[c] + sum over taps of
 * x[pixel * xStep + offset of the tap + c] * w[offset of the tap + c]. A tap is two int32: where it reads x, and w,
 * in bytes. `vectors` is channels / 4, `xStep` is bytes.
 */
const depthwise: WasmFunction = (() => {
  const [x, w, start, out, taps, tapCount, vectors, pixels, xStep] = range(9);
  const [pixel, v, t, xAt, wAt, startAt, tap, sum] = range(8).map((i) => 9 + i);
  return {
    name: 'depthwise',
    parameters: 9,
    integers: 7,
    vectors: 1,
    body: [
      repeat(
        pixel,
        get(pixels),
        set(xAt, get(x)),
        set(wAt, get(w)),
        set(startAt, get(start)),
        repeat(
          v,
          get(vectors),
          set(sum, load4(get(startAt))),
          set(tap, get(taps)),
          repeat(
            t,
            get(tapCount),
            accumulate(sum, load4(add(get(xAt), loadI32(get(tap)))), load4(add(get(wAt), loadI32(get(tap), 4)))),
            advance(tap, i32(8)),
          ),
          store4(get(out), get(sum)),
          ...[xAt, wAt, startAt, out].map((p) => advance(p, i32(16))),
        ),
        advance(x, get(xStep)),
      ),
    ],
  };
})();

type Kernel = (...parameters: readonly number[]) => void;

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
/** The part of JavaScript's WebAssembly that is used here; every engine has it, no type library of ours does. */
declare const WebAssembly: {
  readonly Memory: new (limits: { initial: number }) => Memory;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

const pageBytes = 65536;

/** The kernels and their memory, which callers fill anew for each call. */
export class WasmKernels {
  readonly multiply: Kernel;
  readonly depthwise: Kernel;
  readonly #memory = new WebAssembly.Memory({ initial: 1 });
  #floats = new Float32Array(this.#memory.buffer);
  #used = 0;

  constructor() {
    const module = new WebAssembly.Module(assemble([multiply, depthwise]));
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    ({ multiply: this.multiply, depthwise: this.depthwise } = instance.exports as Record<
      'multiply' | 'depthwise',
      Kernel
    >);
  }

  /** Gives all memory back. */
  reset(): void {
    this.#used = 0;
  }

  /** A place for so many floats: its byte address, a multiple of 16. Views taken before are void. */
  allocate(floats: number): number {
    const at = this.#used;
    this.#used += Math.ceil(floats / 4) * 16;
    const missing = this.#used - this.#memory.buffer.byteLength;
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / pageBytes));
      this.#floats = new Float32Array(this.#memory.buffer);
    }
    return at;
  }

  /** Floats from a byte address on. */
  view(at: number, floats: number): Float32Array {
    return this.#floats.subarray(at / 4, at / 4 + floats);
  }

  integers(at: number, count: number): Int32Array {
    return new Int32Array(this.#memory.buffer, at, count);
  }

  /** Allocates and fills. */
  put(data: Float32Array): number {
    const at = this.allocate(data.length);
    this.view(at, data.length).set(data);
    return at;
  }
}
