/** Inputs and outputs of a graph as the readers of files see them. */

import type { IoLayout, Quant } from '../ir/tensor.js';
import type { TensorSpec } from './tensors.js';

/** `quant`: how the tensor is quantised; null for a float one. */
export function tensorSpec(name: string, layout: IoLayout, quant: Quant | null): TensorSpec {
  const { onnxShape, onnxDType, factors, order } = layout;
  // Physical memory is height x width x channels.
  const isImage = factors.length === 3 && onnxShape.filter((d, i) => i > 0 || d !== 1).length === 3;
  return {
    name,
    shape: onnxShape,
    type: onnxDType,
    channelAxis: isImage ? order.indexOf(2) + onnxShape.length - 3 : null,
    reach: quant === null ? null : quant.scale * (127 - quant.zeroPoint),
  };
}
