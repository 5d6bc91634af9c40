/** What the generated header says of each network input and output. */

import { type Int8Graph, type Int8Io, valueOf } from '../ir/int8-graph.js';
import { elements, type IoLayout, type Shape } from '../ir/tensor.js';
import type { Plan, TensorView } from '../memory/plan.js';
import type { View } from '../assets/template.js';
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

function ioView(
  net: string,
  graph: Int8Graph,
  io: Int8Io,
  view: TensorView,
  role: 'input' | 'output',
  suffix: string,
): View {
  const value = valueOf(graph, io.value);
  const { h, w, c } = value.shape;
  const elementBytes = value.dtype === 'int32' ? 4 : 1;
  const dense = view.pixelPitchBytes === c * elementBytes && view.rowPitchBytes === w * view.pixelPitchBytes;
  return {
    net,
    what: suffix === '' ? `the ${role}` : `${role} ${suffix.slice(1)}`,
    What: suffix === '' ? `The ${role}` : `${role[0].toUpperCase()}${role.slice(1)} ${suffix.slice(1)}`,
    fn: `${net}_${role}${suffix}`,
    macro: `${macroName(net)}_${role.toUpperCase()}${suffix}`,
    name: commentText(io.name),
    ctype: value.dtype === 'int32' ? 'int32_t' : 'int8_t',
    isInt8: value.dtype === 'int8',
    hasScale: value.quant !== null,
    onnx: `${io.layout.onnxDType}[${io.layout.onnxShape.join(', ')}]`,
    layout: layoutText(io.layout, value.shape),
    h,
    w,
    c,
    size: elements(value.shape),
    bytes: elements(value.shape) * elementBytes,
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
