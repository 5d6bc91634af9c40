/** Kinds of work whose instructions the benchmark tells apart. */

import { valueOf, type Int8Graph, type Int8Node } from '../../compiler/ir/int8-graph.js';
import { opWord } from '../../compiler/ir/op-label.js';

/** Column heads of the tables, in their order. `loops`: everything outside the steps. */
export const kernelClasses = [
  '1x1',
  'first conv',
  'conv KxK',
  'depthwise 3x3',
  'depthwise 5x5',
  'depthwise 7x7',
  'depthwise, other',
  'dense',
  'add',
  'pool',
  'other',
  'loops',
] as const;
export type KernelClass = (typeof kernelClasses)[number];

/** Classes whose work is counted in elements of the output (pools: of the input); the rest counts MACs, `other` and `loops` nothing. */
const elementClasses: ReadonlySet<KernelClass> = new Set(['add', 'pool']);
const unmeasured: ReadonlySet<KernelClass> = new Set(['other', 'loops']);

export function classOf(node: Int8Node, graph: Int8Graph): KernelClass {
  const { op } = node;
  if (op.kind === 'add') return 'add';
  if (op.kind === 'maxPool' || op.kind === 'averagePool') return 'pool';
  if (op.kind !== 'conv2d') return 'other';
  const { kernelH, kernelW } = op.window;
  const word = opWord(node, graph);
  if (word === 'dense') return 'dense';
  if (word === 'depthwise') {
    const size =
      kernelH === kernelW && [3, 5, 7].includes(kernelH) ? (`${kernelH}x${kernelH}` as '3x3' | '5x5' | '7x7') : null;
    return size === null ? 'depthwise, other' : `depthwise ${size}`;
  }
  if (kernelH === 1 && kernelW === 1) return '1x1';
  return valueOf(graph, node.inputs[0]).shape.c <= 4 ? 'first conv' : 'conv KxK';
}

/** MACs or elements of a node, by its class; 0 where there is no measure. */
export function workOf(node: Int8Node, graph: Int8Graph): number {
  const kind = classOf(node, graph);
  if (unmeasured.has(kind)) return 0;
  if (!elementClasses.has(kind)) return node.macs;
  const { h, w, c } = valueOf(graph, kind === 'pool' ? node.inputs[0] : node.output).shape;
  return h * w * c;
}
