/** What the generated header says of each network input and output. */

import { elementShape, type Int8Graph, type Int8Io, type Int8Value, numberBytes, valueOf } from '../ir/int8-graph.js';
import type { IoLayout, Shape } from '../ir/tensor.js';
import type { Plan, TensorView } from '../memory/plan.js';
import type { View } from '../assets/template.js';
import { type ConstantOutput, constantOutputBytes } from '../ir/constant-output.js';
import { floatLiteral } from './literals.js';
import { commentText, macroName } from './names.js';

/** Name of the array of a constant value. */
export const constantName = (net: string, value: number): string => `${net}_constant_${value}`;

/** Template fields of every input, in the model's order. */
export function inputViews(net: string, graph: Int8Graph, plan: Plan): readonly View[] {
  const pushed = plan.fused.some((region) => region.streamedInput !== null);
  return graph.inputs.map((io, i) => {
    const streamed = plan.fused.some((region) => region.streamedInput?.value === io.value);
    return {
      ...ioView(net, graph, io, plan.inputs[i], 'input', graph.inputs.length > 1 ? `_${i}` : ''),
      survives: plan.inputSurvives[i],
      streamed,
      /** Of the network, some input is pushed. */
      pushed,
      isUint8: io.layout.onnxDType === 'uint8',
      ...pixelFields(graph, io, streamed ? null : plan.inputs[i]),
    };
  });
}

export function outputViews(net: string, graph: Int8Graph, plan: Plan): readonly View[] {
  return graph.outputs.map((io, i) =>
    ioView(net, graph, io, plan.outputs[i], 'output', graph.outputs.length > 1 ? `_${i}` : ''),
  );
}

/** A table of codes by pixel, for images whose pixels stand at equal distances. `view` is null for rows to push, which are dense. */
function pixelFields(graph: Int8Graph, io: Int8Io, view: TensorView | null): View {
  const { shape, quant, dtype } = valueOf(graph, io.value);
  const isEven = view === null || view.rowPitchBytes === shape.w * view.pixelPitchBytes;
  return {
    hasPixelTable: dtype === 'int8' && quant !== null && [1, 3].includes(shape.c) && shape.h > 1 && isEven,
    isColour: shape.c === 3,
    bytes256: shape.c * 256,
    pixelStep: view?.pixelPitchBytes ?? shape.c,
  };
}

const ctypes = { int8: 'int8_t', int32: 'int32_t', float32: 'float' } as const;

function ioView(
  net: string,
  graph: Int8Graph,
  io: Int8Io,
  view: TensorView,
  role: 'input' | 'output',
  suffix: string,
): View {
  const value = valueOf(graph, io.value);
  const { h, w, c } = elementShape(value);
  const elementBytes = numberBytes(value.dtype);
  const dense = view.pixelPitchBytes === c * elementBytes && view.rowPitchBytes === w * view.pixelPitchBytes;
  return {
    net,
    what: suffix === '' ? `the ${role}` : `${role} ${suffix.slice(1)}`,
    What: suffix === '' ? `The ${role}` : `${role[0].toUpperCase()}${role.slice(1)} ${suffix.slice(1)}`,
    fn: `${net}_${role}${suffix}`,
    macro: `${macroName(net)}_${role.toUpperCase()}${suffix}`,
    name: commentText(io.name),
    ctype: ctypes[value.dtype],
    dtype: value.dtype,
    isInt8: value.dtype === 'int8',
    isFloat: value.dtype === 'float32',
    hasScale: value.quant !== null,
    notes: floatNotes(io, value.dtype),
    onnx: `${io.layout.onnxDType}[${io.layout.onnxShape.join(', ')}]`,
    layout: layoutText(io.layout, elementShape(value)),
    h,
    w,
    c,
    size: h * w * c,
    bytes: h * w * c * elementBytes,
    scale: value.quant === null ? '' : floatLiteral(value.quant.scale),
    zeroPoint: value.quant?.zeroPoint ?? 0,
    dense,
    rowPitch: view.rowPitchBytes / elementBytes,
    pixelPitch: view.pixelPitchBytes / elementBytes,
    address:
      view.buffer === null
        ? constantName(net, view.value) + (view.offsetBytes > 0 ? ` + ${view.offsetBytes}` : '')
        : `(${role === 'input' ? '' : 'const '}int8_t *)arena${view.offsetBytes > 0 ? ` + ${view.offsetBytes}` : ''}`,
  };
}

/** Of an output that the file leaves in floating point: what it has become. */
function floatNotes({ floatRange }: Int8Io, dtype: Int8Value['dtype']): readonly string[] {
  if (floatRange === undefined) return [];
  const [lo, hi] = floatRange.map((v) => Number(v.toPrecision(4)));
  return dtype === 'int32'
    ? ['The file leaves it in floating point: real = scale * code, finer than any 8-bit code.']
    : [`The file leaves it in floating point: codes span all that it can reach, ${lo} to ${hi}.`];
}

/** Outputs that no input changes. */
export function constantOutputViews(net: string, outputs: readonly ConstantOutput[]): readonly View[] {
  return outputs.map((output, i) => ({
    name: commentText(output.name),
    onnx: `${output.dtype}[${output.onnxShape.join(', ')}]`,
    symbol: constantOutputName(net, i),
    macro: macroName(constantOutputName(net, i)),
    ctype: constantTypes[output.dtype],
    size: output.data.length,
    bytes: constantOutputBytes(output),
  }));
}

/** The definitions of the same, for the weights file. */
export function constantOutputDefinitions(net: string, outputs: readonly ConstantOutput[]): readonly string[] {
  return outputs.map(({ dtype, data }, i) => {
    const values = Array.from(data, (v) => (dtype === 'float32' ? floatText(Math.fround(v)) : String(v)));
    const lines: string[] = [];
    for (let k = 0; k < values.length; k += 8) lines.push(`  ${values.slice(k, k + 8).join(', ')},`);
    return `const ${constantTypes[dtype]} ${constantOutputName(net, i)}[${data.length}] = {\n${lines.join('\n')}\n};`;
  });
}

const constantOutputName = (net: string, index: number): string => `${net}_constant_output_${index}`;

const constantTypes: Readonly<Record<ConstantOutput['dtype'], string>> = {
  float32: 'float',
  int8: 'int8_t',
  uint8: 'uint8_t',
  int32: 'int32_t',
};

/** A float32 as C; -0 keeps its sign. */
const floatText = (value: number): string => (Object.is(value, -0) ? '-0.0f' : floatLiteral(value));

/** How the ONNX tensor's elements stand in memory, in one sentence. */
export function layoutText(layout: IoLayout, shape: Shape): string {
  const { factors, order } = layout;
  const inOrder = order.every((axis, i) => axis === i);
  const realAxes = order.filter((axis) => factors[axis] > 1);
  if (inOrder || realAxes.every((axis, i) => i === 0 || axis > realAxes[i - 1])) {
    return 'The elements stand in the order of the ONNX tensor.';
  }
  const channelsLast =
    factors.length === 3 &&
    order.join() === '2,0,1' &&
    factors[0] === shape.h &&
    factors[1] === shape.w &&
    factors[2] === shape.c;
  if (channelsLast) {
    return `Channels last (NHWC): element [n][c][y][x] of the ONNX tensor stands at (y * ${shape.w} + x) * ${shape.c} + c.`;
  }
  const axes = factors.map((extent, i) => `[i${i} < ${extent}]`).join('');
  return `Memory is the row-major array ${axes}; the ONNX tensor runs through ${order.map((i) => `i${i}`).join(', ')}, the last fastest.`;
}
