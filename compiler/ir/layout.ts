/** How tensors of the model's own layout stand in memory. */

import type { IoLayout } from './tensor.js';

/** Network memory by position in the ONNX tensor's row-major order: physical index of every element. */
export function physicalIndices(layout: IoLayout): Uint32Array {
  const { factors, order } = layout;
  const strides = factors.map((_, axis) => factors.slice(axis + 1).reduce((product, d) => product * d, 1));
  const indices = new Uint32Array(factors.reduce((product, d) => product * d, 1));
  const position = order.map(() => 0);
  for (let i = 0, at = 0; i < indices.length; i++) {
    indices[i] = at;
    for (let k = order.length - 1; k >= 0; k--) {
      const axis = order[k];
      at += strides[axis];
      if (++position[k] < factors[axis]) break;
      at -= strides[axis] * factors[axis];
      position[k] = 0;
    }
  }
  return indices;
}
