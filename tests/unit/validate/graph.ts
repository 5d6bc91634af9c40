import type { Int8Graph, Int8Io, Int8Value } from '../../../compiler/ir/int8-graph.js';
import type { IoLayout, Quant, Shape } from '../../../compiler/ir/tensor.js';

export interface IoSpec {
  readonly name?: string;
  readonly shape: Shape;
  readonly onnxDType?: IoLayout['onnxDType'];
  readonly dtype?: 'int8' | 'int32';
  readonly quant?: Quant;
  readonly floatRange?: readonly [number, number];
}

/** NCHW in the file, NHWC in memory. */
export const nchw = ({ h, w, c }: Shape, onnxDType: IoLayout['onnxDType'] = 'float32'): IoLayout => ({
  onnxShape: [1, c, h, w],
  factors: [h, w, c],
  order: [2, 0, 1],
  onnxDType,
});

/** A graph of inputs and outputs without nodes: enough for everything at the border. */
export function borderGraph(inputs: readonly IoSpec[], outputs: readonly IoSpec[]): Int8Graph {
  const values = new Map<number, Int8Value>();
  const add = (spec: IoSpec, i: number, role: string): Int8Io => {
    const id = values.size;
    const dtype = spec.dtype ?? 'int8';
    const quant = spec.quant ?? (dtype === 'int32' ? null : { scale: 0.5, zeroPoint: 0 });
    const name = spec.name ?? `${role}${i}`;
    values.set(id, { id, name, shape: spec.shape, dtype, quant, constant: null });
    const { floatRange } = spec;
    return {
      value: id,
      name,
      layout: nchw(spec.shape, spec.onnxDType),
      ...(floatRange === undefined ? {} : { floatRange }),
    };
  };
  return {
    name: 'border',
    values,
    nodes: [],
    inputs: inputs.map((s, i) => add(s, i, 'in')),
    outputs: outputs.map((s, i) => add(s, i, 'out')),
  };
}
