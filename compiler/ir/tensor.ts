/** Element types of activations. */
export type DType = 'int8' | 'int32' | 'float32';

/** An activation's shape in memory order, batch 1. A vector is 1 x 1 x c, a sequence 1 x w x c. */
export interface Shape {
  readonly h: number;
  readonly w: number;
  readonly c: number;
}

/**
 * Affine quantisation of a tensor: real = scale * (q - zeroPoint), q in int8.
 * `scale` is a float32 value, finite and > 0. uint8 tensors of a model are shifted by -128 at import.
 */
export interface Quant {
  readonly scale: number;
  readonly zeroPoint: number;
}

export const elements = (s: Shape): number => s.h * s.w * s.c;
export const sameShape = (a: Shape, b: Shape): boolean => a.h === b.h && a.w === b.w && a.c === b.c;
export const sameQuant = (a: Quant, b: Quant): boolean => a.scale === b.scale && a.zeroPoint === b.zeroPoint;
export const formatShape = (s: Shape): string => `${s.h}x${s.w}x${s.c}`;

/**
 * How a network input or output stands in the ONNX file. Physical memory is the row-major product of `factors`;
 * walking the factors in `order` (outermost first) visits the elements in the ONNX tensor's own row-major order.
 * NCHW: factors [h, w, c], order [2, 0, 1].
 */
export interface IoLayout {
  readonly onnxShape: readonly number[];
  readonly factors: readonly number[];
  readonly order: readonly number[];
  /** Element type in the file; a float is quantised at the border by the value's own scale. */
  readonly onnxDType: 'float32' | 'int8' | 'uint8' | 'int64' | 'int32';
}
