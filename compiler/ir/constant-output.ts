/** An output of the file that no input changes (anchors of a detector): a constant beside the network. */
export interface ConstantOutput {
  /** Name in the ONNX file (untrusted text). */
  readonly name: string;
  readonly onnxShape: readonly number[];
  readonly dtype: 'float32' | 'int8' | 'uint8' | 'int32';
  /** In the ONNX tensor's own order. */
  readonly data: ArrayLike<number>;
}

/** Of one element in C. */
const elementBytes: Readonly<Record<ConstantOutput['dtype'], number>> = { float32: 4, int32: 4, int8: 1, uint8: 1 };

/** Bytes of flash. */
export const constantOutputBytes = ({ dtype, data }: ConstantOutput): number => data.length * elementBytes[dtype];
