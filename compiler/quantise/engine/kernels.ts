/** The two inner loops of calibration as WebAssembly: a matrix product and a depthwise convolution of float32. */

import { FunctionBuilder, moduleOf } from './assembler.js';

/** All addresses and strides in bytes. */
export interface Kernels {
  /**
   * C[i][j] (+)= sum over t of A[i][t] * B[t][j], i < rows, j < 8 * panels, t < depth. A[i][t] is at
   * a + i * aRow + t * aStep, B[t][8p ..] at b + p * bPanel + t * bStep, C[i][8p ..] at c + i * cRow + 32p.
   */
  readonly product: (
    a: number,
    aRow: number,
    aStep: number,
    b: number,
    bStep: number,
    bPanel: number,
    c: number,
    cRow: number,
    rows: number,
    panels: number,
    depth: number,
    accumulate: number,
  ) => void;
  /**
   * out[y][x][c] = sum over ky, kx of in[y * inRow + ky * tapRow + x * inColumn + kx * tapColumn + 4c] * w[ky][kx][c] for
   * quads of four channels; `out` and `w` are dense.
   */
  readonly depthwise: (
    input: number,
    inRow: number,
    inColumn: number,
    weights: number,
    tapRow: number,
    tapColumn: number,
    out: number,
    outRows: number,
    outColumns: number,
    kernelRows: number,
    kernelColumns: number,
    quads: number,
  ) => void;
}

/** Rows of A that one turn of the inner loop takes. */
const tile = 4;

function product(): FunctionBuilder {
  const f = new FunctionBuilder(12);
  const [a, aRow, aStep, b, bStep, bPanel, c, cRow, rows, panels, depth, accumulate] = Array.from(
    { length: 12 },
    (_, i) => i,
  );
  const [rest, t, aAt, bAt, cAt, blockRow, blockOut] = [f.int(), f.int(), f.int(), f.int(), f.int(), f.int(), f.int()];
  const rowAt = Array.from({ length: tile }, () => f.int());
  const outAt = Array.from({ length: tile }, () => f.int());
  const sums = Array.from({ length: 2 * tile }, () => f.vec());
  const [b0, b1, x] = [f.vec(), f.vec(), f.vec()];
  const block = (height: number): void => {
    f.copy(rowAt[0], aAt).copy(outAt[0], cAt);
    for (let i = 1; i < height; i++) {
      f.get(rowAt[i - 1])
        .get(aRow)
        .add()
        .set(rowAt[i]);
      f.get(outAt[i - 1])
        .get(cRow)
        .add()
        .set(outAt[i]);
    }
    f.either(
      accumulate,
      () => {
        for (let i = 0; i < height; i++) {
          f.load(outAt[i]).set(sums[2 * i]);
          f.load(outAt[i], 16).set(sums[2 * i + 1]);
        }
      },
      () => {
        for (let i = 0; i < 2 * height; i++) f.zero(sums[i]);
      },
    );
    f.copy(bAt, b).copy(t, depth);
    f.loopDown(t, 1, () => {
      f.load(bAt).set(b0).load(bAt, 16).set(b1).step(bAt, bStep);
      for (let i = 0; i < height; i++) {
        f.loadSplat(rowAt[i]).set(x).step(rowAt[i], aStep);
        f.get(sums[2 * i])
          .get(x)
          .get(b0)
          .multiplyFloats()
          .addFloats()
          .set(sums[2 * i]);
        f.get(sums[2 * i + 1])
          .get(x)
          .get(b1)
          .multiplyFloats()
          .addFloats()
          .set(sums[2 * i + 1]);
      }
    });
    for (let i = 0; i < height; i++) f.store(outAt[i], sums[2 * i]).store(outAt[i], sums[2 * i + 1], 16);
  };
  f.get(aRow).constant(tile).multiply().set(blockRow);
  f.get(cRow).constant(tile).multiply().set(blockOut);
  f.loopDown(panels, 1, () => {
    f.copy(aAt, a).copy(cAt, c).copy(rest, rows);
    f.loopDown(rest, tile, () => {
      block(tile);
      f.step(aAt, blockRow).step(cAt, blockOut);
    });
    f.loopDown(rest, 1, () => {
      block(1);
      f.step(aAt, aRow).step(cAt, cRow);
    });
    f.step(b, bPanel).stepBy(c, 32);
  });
  return f;
}

function depthwise(): FunctionBuilder {
  const f = new FunctionBuilder(12);
  const [
    input,
    inRow,
    inColumn,
    weights,
    tapRow,
    tapColumn,
    out,
    outRows,
    outColumns,
    kernelRows,
    kernelColumns,
    quads,
  ] = Array.from({ length: 12 }, (_, i) => i);
  const [columns, quad, ky, kx] = [f.int(), f.int(), f.int(), f.int()];
  const [pixel, from, row, at, weight, weightQuad, weightStep] = Array.from({ length: 7 }, () => f.int());
  const sum = f.vec();
  f.get(quads).constant(16).multiply().set(weightStep);
  f.loopDown(outRows, 1, () => {
    f.copy(pixel, input).copy(columns, outColumns);
    f.loopDown(columns, 1, () => {
      f.copy(from, pixel).copy(quad, quads).copy(weightQuad, weights);
      f.loopDown(quad, 1, () => {
        f.zero(sum).copy(row, from).copy(ky, kernelRows).copy(weight, weightQuad);
        f.loopDown(ky, 1, () => {
          f.copy(at, row).copy(kx, kernelColumns);
          f.loopDown(kx, 1, () => {
            f.get(sum).load(at).load(weight).multiplyFloats().addFloats().set(sum);
            f.step(at, tapColumn).step(weight, weightStep);
          });
          f.step(row, tapRow);
        });
        f.store(out, sum).stepBy(out, 16).stepBy(from, 16).stepBy(weightQuad, 16);
      });
      f.step(pixel, inColumn);
    });
    f.step(input, inRow);
  });
  return f;
}

/** The part of the WebAssembly interface that is needed; engines differ in the types that they ship. */
export interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}
declare const WebAssembly: {
  readonly Memory: new (limits: { readonly initial: number; readonly maximum: number }) => Memory;
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: object };
};

/** Up to 1 GiB, one page of 64 KiB to begin with. */
export const makeMemory = (): Memory => new WebAssembly.Memory({ initial: 1, maximum: 16384 });

/** The kernels on a memory. */
export function makeKernels(memory: Memory): Kernels {
  const bytes = moduleOf([
    { name: 'product', parameters: 12, code: product() },
    { name: 'depthwise', parameters: 12, code: depthwise() },
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  return exports as unknown as Kernels;
}
