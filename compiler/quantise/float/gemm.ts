/** Products of a float matrix with weights that are laid out once. */

import { blockColumns, blockRows, WasmKernels } from './wasm-kernels.js';

/** Made at the first use: engines compile it in well under a millisecond. */
let made: WasmKernels | null = null;
export function wasmKernels(): WasmKernels {
  made ??= new WasmKernels();
  return made;
}

const roundUp = (n: number, unit: number): number => Math.ceil(n / unit) * unit;

/** Weights of some outputs, in blocks of columns: [block][depth][column]. */
export interface PackedWeights {
  readonly data: Float32Array;
  /** What each output starts from, padded to whole blocks. */
  readonly start: Float32Array;
  readonly outputs: number;
  readonly depth: number;
}

/** Weights [outputs][depth]. */
export function packWeights(
  weights: Float32Array,
  start: Float32Array | null,
  outputs: number,
  depth: number,
): PackedWeights {
  const columns = roundUp(outputs, blockColumns);
  const data = new Float32Array(columns * depth);
  for (let n = 0; n < outputs; n++) {
    const to = Math.floor(n / blockColumns) * blockColumns * depth + (n % blockColumns);
    for (let k = 0; k < depth; k++) data[to + k * blockColumns] = weights[n * depth + k];
  }
  const padded = new Float32Array(columns);
  if (start !== null) padded.set(start);
  return { data, start: padded, outputs, depth };
}

/** A matrix [rows][depth] to fill, times the weights, again and again. */
export class Product {
  readonly #kernels = wasmKernels();
  readonly #weights: PackedWeights;
  readonly #at: { readonly a: number; readonly b: number; readonly start: number; readonly out: number };
  readonly #columns: number;
  /** Row-major, to be filled before `run`. */
  readonly matrix: Float32Array;

  /** Memory of other products ends: one at a time. */
  constructor(weights: PackedWeights, maxRows: number) {
    const kernels = this.#kernels;
    kernels.reset();
    const rows = roundUp(maxRows, blockRows);
    this.#weights = weights;
    this.#columns = weights.start.length;
    this.#at = {
      b: kernels.put(weights.data),
      start: kernels.put(weights.start),
      a: kernels.allocate(rows * weights.depth),
      out: kernels.allocate(rows * this.#columns),
    };
    this.matrix = kernels.view(this.#at.a, rows * weights.depth);
  }

  /** Writes row r of the product to out[to + r * stride ...]. */
  run(rows: number, out: Float32Array, to: number, stride: number): void {
    const { a, b, start, out: outAt } = this.#at;
    const { depth, outputs } = this.#weights;
    const columns = this.#columns;
    this.#kernels.multiply(a, b, start, outAt, Math.ceil(rows / blockRows), columns / blockColumns, depth);
    const result = this.#kernels.view(outAt, rows * columns);
    if (outputs === columns && stride === columns) {
      out.set(result, to);
      return;
    }
    for (let r = 0; r < rows; r++) {
      const [from, first] = [r * columns, to + r * stride];
      for (let n = 0; n < outputs; n++) out[first + n] = result[from + n];
    }
  }
}
