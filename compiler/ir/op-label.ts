/** Short words for operators, shared by C comments and reports. */

import { type Int8Graph, type Int8Node, valueOf } from './int8-graph.js';
import { operatorOf } from './operators/index.js';

/** What a node is, for a C identifier: depthwise and fully connected layers are told apart from other convolutions. */
export const opWord = ({ op, inputs, output }: Int8Node, graph: Int8Graph): string =>
  operatorOf(op).word(op, valueOf(graph, inputs[0]).shape, valueOf(graph, output).shape);

/** The same with its window: `conv 3x3 /2`, `depthwise 5x5`, `add`. */
export const opLabel = ({ op, inputs, output }: Int8Node, graph: Int8Graph): string =>
  operatorOf(op).label(op, valueOf(graph, inputs[0]).shape, valueOf(graph, output).shape);
