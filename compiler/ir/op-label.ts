/** Short words for operators, shared by C comments and reports. */

import { type Int8Graph, type Int8Node, valueOf } from './int8-graph.js';
import type { Window } from './window.js';

/** What a node is, for a C identifier: depthwise and fully connected layers are told apart from other convolutions. */
export function opWord(node: Int8Node, graph: Int8Graph): string {
  const op = node.op;
  switch (op.kind) {
    case 'conv2d': {
      const input = valueOf(graph, node.inputs[0]).shape;
      const output = valueOf(graph, node.output).shape;
      if (op.groups > 1 && op.groups === input.c && output.c === input.c) return 'depthwise';
      if (input.h === 1 && input.w === 1 && op.window.kernelH === 1 && op.window.kernelW === 1) return 'dense';
      return 'conv';
    }
    case 'convTranspose2d':
      return 'conv_transpose';
    case 'maxPool':
      return 'max_pool';
    case 'averagePool':
      return 'average_pool';
    case 'argMax':
      return 'arg_max';
    case 'poolSums':
      return 'average_pool';
    case 'floatPixels':
      return 'float';
    default:
      return op.kind;
  }
}

/** The same with its window: `conv 3x3 /2`, `depthwise 5x5`, `add`. */
export function opLabel(node: Int8Node, graph: Int8Graph): string {
  const word = opWord(node, graph).replace('_', ' ');
  const op = node.op;
  switch (op.kind) {
    case 'conv2d': {
      if (word === 'dense') return word;
      const groups = op.groups > 1 && word === 'conv' ? ` g${op.groups}` : '';
      return `${word} ${windowLabel(op.window)}${groups}`;
    }
    case 'convTranspose2d':
    case 'maxPool':
      return `${word} ${windowLabel(op.window)}`;
    case 'averagePool':
    case 'poolSums': {
      const input = valueOf(graph, node.inputs[0]).shape;
      const global = op.window.kernelH >= input.h && op.window.kernelW >= input.w;
      return global ? 'global average' : `${word} ${windowLabel(op.window)}`;
    }
    case 'resize':
      return `resize ${op.mode}`;
    case 'concat':
      return `concat ${op.axis}`;
    default:
      return word;
  }
}

function windowLabel(w: Window): string {
  const stride =
    w.strideH === 1 && w.strideW === 1
      ? ''
      : w.strideH === w.strideW
        ? ` /${w.strideH}`
        : ` /${w.strideH}x${w.strideW}`;
  const dilation =
    w.dilationH === 1 && w.dilationW === 1
      ? ''
      : ` d${w.dilationH}${w.dilationH === w.dilationW ? '' : `x${w.dilationW}`}`;
  return `${w.kernelH}x${w.kernelW}${stride}${dilation}`;
}
