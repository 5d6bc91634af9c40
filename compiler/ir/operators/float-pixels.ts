import type { Quant } from '../tensor.js';
import { positionwise, readsItself, type Operator } from './operator.js';

/**
 * float32 arithmetic on each pixel: what a float tail does between moves. Registers r[0 .. registers) are float32; each
 * step writes `count` of them from `to` on, element by element, every result rounded to float32, no two operations
 * fused. The pixel of the output is r[result ...], NaN as 0x7FC00000. All inputs have the output's rows and columns.
 */
export interface FloatPixelsOp {
  readonly kind: 'floatPixels';
  readonly registers: number;
  readonly steps: readonly FloatStep[];
  readonly result: number;
}

export type FloatStep = { readonly to: number; readonly count: number } & (
  | {
      /** r[to + i] = (x[from + i] - zeroPoint) * scale of an int8 input, x[from + i] of a float32 one (quant null). */
      readonly kind: 'load';
      readonly input: number;
      readonly from: number;
      readonly quant: Quant | null;
    }
  | {
      /** r[to + i] = data[y * rowStep + x * pixelStep + i]; steps count numbers. */
      readonly kind: 'constant';
      readonly data: Float32Array;
      readonly rowStep: number;
      readonly pixelStep: number;
    }
  | {
      /** r[to + i] = r[a + i * stepA] fn r[b + i * stepB]; min is b < a ? b : a, max is a < b ? b : a. */
      readonly kind: 'binary';
      readonly fn: FloatBinary;
      readonly a: number;
      readonly stepA: number;
      readonly b: number;
      readonly stepB: number;
    }
  | {
      /** r[to + i] = fn(r[a + i * stepA]); exp as numerics/float-exp.ts computes it. */
      readonly kind: 'unary';
      readonly fn: 'copy' | 'abs' | 'exp';
      readonly a: number;
      readonly stepA: number;
    }
  | {
      /** r[to] = r[a] fn r[a + 1] fn ... of `of` registers, from the first to the last; count is 1. */
      readonly kind: 'reduce';
      readonly fn: 'sum' | 'max';
      readonly a: number;
      readonly of: number;
    }
);
export type FloatBinary = 'add' | 'sub' | 'mul' | 'div' | 'min' | 'max';

export const floatPixels: Operator<FloatPixelsOp> = {
  ...positionwise,
  reads: readsItself,
  tiles: false,
  borderRows: () => 0,
  takesArray: true,
  word: () => 'float',
  label: () => 'float',
};
