import { pickChannels } from '../pick-channels.js';
import type { ConvOp } from './conv.js';
import type { Operator } from './operator.js';
import { windowLabel, windowed } from './windowed.js';
import type { Shape } from '../tensor.js';

export const conv2d: Operator<ConvOp> = {
  ...windowed,
  // Slices of what an epilogue reads, or sums without their rounding, have no kernels.
  channels: (op, _, output) => ({
    begins: op.groups === 1 && op.epilogue === undefined,
    keepsApart: op.groups === output.c && op.groups > 1 && op.epilogue === undefined,
    sums: sumsUp(op),
  }),
  someChannels,
  partialSum,
  sumsRows: false,
  epilogue: (op) => op.epilogue ?? null,
  word,
  label: (op, input, output) => {
    const name = word(op, input, output);
    if (name === 'dense') return name;
    const groups = op.groups > 1 && name === 'conv' ? ` g${op.groups}` : '';
    return `${name} ${windowLabel(op.window)}${groups}`;
  },
};

/** Depthwise and fully connected layers are told apart from other convolutions. */
function word(op: ConvOp, input: Shape, output: Shape): string {
  if (op.groups > 1 && op.groups === input.c && output.c === input.c) return 'depthwise';
  if (input.h === 1 && input.w === 1 && op.window.kernelH === 1 && op.window.kernelW === 1) return 'dense';
  return 'conv';
}

/** Pointwise, and no sum over some of the channels leaves int32. */
function sumsUp(op: ConvOp): boolean {
  if (op.groups !== 1 || op.epilogue !== undefined) return false;
  const w = op.window;
  if (w.kernelH !== 1 || w.kernelW !== 1 || w.padTop !== 0 || w.padLeft !== 0 || w.padBottom !== 0 || w.padRight !== 0)
    return false;
  const inChannels = op.weights.length / op.bias.length;
  return op.bias.every((bias, o) => {
    let weights = 0;
    for (let c = 0; c < inChannels; c++) weights += Math.abs(op.weights[o * inChannels + c]);
    return Math.abs(bias) + weights * 128 < 2 ** 31;
  });
}

function someChannels(op: ConvOp, first: number, count: number): ConvOp {
  const end = first + count;
  const rowLength = op.weights.length / op.bias.length;
  return {
    ...op,
    groups: op.groups === 1 ? 1 : count,
    weights: op.weights.subarray(first * rowLength, end * rowLength),
    bias: op.bias.subarray(first, end),
    requant: pickChannels(
      op.requant,
      Array.from({ length: count }, (_, c) => first + c),
    ),
  };
}

/** The first slice's sum has the bias, zero point included. */
function partialSum(op: ConvOp, inChannels: number, first: number, count: number): ConvOp {
  const outChannels = op.bias.length;
  const weights =
    op.weights.constructor === Int8Array ? new Int8Array(outChannels * count) : new Int16Array(outChannels * count);
  for (let o = 0; o < outChannels; o++) {
    weights.set(op.weights.subarray(o * inChannels + first, o * inChannels + first + count), o * count);
  }
  return {
    ...op,
    weights,
    bias: first === 0 ? op.bias : new Int32Array(outChannels),
    partial: { first: first === 0, last: first + count === inChannels },
  };
}
