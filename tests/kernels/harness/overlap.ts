/** Cases in which the output overlaps a dying input. */

import { elementBytesOf, epilogueOf, valueOf } from '../../../compiler/ir/int8-graph.js';
import { layerEvents, safeDistances } from '../../../compiler/memory/overlap.js';
import { kernelById } from '../../../compiler/machine/kernel-table.js';
import { type CallWindow, denseForm, type KernelCase, randomTensor, stepInputs } from './case.js';
import type { Random } from './random.js';
import type { SuiteEntry } from './suite.js';

export type Direction = 'ascending' | 'descending';

const walk = (height: number, width: number, rowsPerCall: number, direction: Direction): CallWindow[] => {
  const calls = Array.from({ length: Math.ceil(height / rowsPerCall) }, (_, k) => k * rowsPerCall).map((y) => ({
    y,
    rows: Math.min(rowsPerCall, height - y),
    x: 0,
    cols: width,
  }));
  return direction === 'ascending' ? calls : calls.reverse();
};

/** A node whose output overlaps an input exactly as far as its kernel's accesses allow, from below and from above. */
export function overlapCases(random: Random, { id, make }: SuiteEntry, i: number): KernelCase[] {
  const kernel = kernelById(id);
  const graph = make(random, i);
  const node = graph.nodes[0];
  const output = valueOf(graph, node.output).shape;
  const inputs = stepInputs(node).map((v) => randomTensor(random, valueOf(graph, v)));
  const input = random.int(0, inputs.length - 1);
  const rowsPerCall = kernel.calls === 'whole' ? output.h : random.pick([1, 2, output.h]);
  const direction: Direction = random.pick(['ascending', 'descending']);
  const { belowBytes, aboveBytes } = safeDistances(
    layerEvents((y, rows) => kernel.accesses(node, graph, input, y, rows), output.h, rowsPerCall, direction),
  );
  // Tensors of words stand at words.
  const values = [valueOf(graph, node.inputs[input]), valueOf(graph, node.output)];
  const unit = epilogueOf(node.op) === null ? 1 : Math.max(...values.map(elementBytesOf));
  const distances = [-unit * Math.ceil(belowBytes / unit), unit * Math.ceil(aboveBytes / unit)].filter(Number.isFinite);
  if (direction === 'ascending' && kernel.inPlace(node, graph, input, { rows: rowsPerCall, cols: output.w }))
    distances.push(0);
  return distances.map((distance) => ({
    name: `${id}_${i}_${direction}_${rowsPerCall}_${distance}`,
    kernel,
    graph,
    node,
    inputs,
    inputForms: inputs.map(() => denseForm),
    outputForm: denseForm,
    calls: walk(output.h, output.w, rowsPerCall, direction),
    overlap: { input, distance },
  }));
}
