/** float32 arithmetic on each pixel: the meaning of float tails, operation by operation. */

import type { FloatPixelsOp, FloatStep } from '../../ir/int8-graph.js';
import { elements, type Shape } from '../../ir/tensor.js';
import { floatBinary } from '../../numerics/float-binary.js';
import { floatExp } from '../../numerics/float-exp.js';

const unary: Readonly<Record<'copy' | 'abs' | 'exp', (a: number) => number>> = {
  copy: (a) => a,
  abs: Math.abs,
  exp: floatExp,
};

interface Operand {
  readonly codes: Int8Array;
  readonly bytes: DataView;
  readonly shape: Shape;
}

/** The bytes of the result. */
export function floatPixels(
  op: FloatPixelsOp,
  inputs: readonly Int8Array[],
  shapes: readonly Shape[],
  output: Shape,
): Int8Array {
  // Stores round to float32, which is the correctly rounded result of one operation on float32 numbers.
  const r = new Float32Array(op.registers);
  const operands = inputs.map((codes, i): Operand => {
    const bytes = new DataView(codes.buffer, codes.byteOffset, codes.byteLength);
    return { codes, bytes, shape: shapes[i] };
  });
  const out = new Int8Array(elements(output));
  const written = new DataView(out.buffer);
  for (let y = 0, at = 0; y < output.h; y++) {
    for (let x = 0; x < output.w; x++) {
      for (const step of op.steps) runStep(step, r, operands, y, x);
      for (let i = 0; i < output.c / 4; i++, at += 4) {
        const value = r[op.result + i];
        if (Number.isNaN(value)) written.setUint32(at, 0x7fc00000, true);
        else written.setFloat32(at, value, true);
      }
    }
  }
  return out;
}

function runStep(step: FloatStep, r: Float32Array, operands: readonly Operand[], y: number, x: number): void {
  const { to, count } = step;
  switch (step.kind) {
    case 'load': {
      const { codes, bytes, shape } = operands[step.input];
      const pixel = (y * shape.w + x) * shape.c;
      const { quant } = step;
      for (let i = 0; i < count; i++)
        r[to + i] =
          quant === null
            ? bytes.getFloat32(pixel + 4 * (step.from + i), true)
            : (codes[pixel + step.from + i] - quant.zeroPoint) * quant.scale;
      return;
    }
    case 'constant':
      for (let i = 0; i < count; i++) r[to + i] = step.data[y * step.rowStep + x * step.pixelStep + i];
      return;
    case 'binary': {
      const f = floatBinary[step.fn];
      for (let i = 0; i < count; i++) r[to + i] = f(r[step.a + i * step.stepA], r[step.b + i * step.stepB]);
      return;
    }
    case 'unary': {
      const f = unary[step.fn];
      for (let i = 0; i < count; i++) r[to + i] = f(r[step.a + i * step.stepA]);
      return;
    }
    case 'reduce': {
      const f = floatBinary[step.fn === 'sum' ? 'add' : 'max'];
      let value = r[step.a];
      for (let i = 1; i < step.of; i++) value = Math.fround(f(value, r[step.a + i]));
      r[to] = value;
    }
  }
}
