/** Checks names and references of a model and puts its nodes in an order in which they can be computed. */

import type { OnnxModel, OnnxNode } from './onnx-model.js';
import type { ProblemList } from './problems.js';

/**
 * The nodes that the outputs depend on, each after the nodes it reads; the file's order where that already holds.
 * Problems (E103 names, E104 cycles) go to `problems`, and then the result is not to be used. Linear in the file.
 */
export function orderNodes(model: OnnxModel, problems: ProblemList): OnnxNode[] {
  const producer = new Map<string, OnnxNode | null>();
  for (const name of model.initializers.keys()) producer.set(name, null);
  for (const input of model.inputs) {
    if (producer.has(input.name)) problems.error('E103', 'two inputs have this name', input.name);
    producer.set(input.name, null);
  }
  for (const node of model.nodes) {
    for (const output of node.outputs) {
      if (output === '') continue;
      if (producer.has(output))
        problems.error('E103', `writes '${output}', which something else defines already`, node.name);
      else producer.set(output, node);
    }
  }
  for (const node of model.nodes) {
    for (const input of node.inputs) {
      if (input !== '' && !producer.has(input))
        problems.error('E103', `reads '${input}', which nothing defines`, node.name);
    }
  }
  if (model.outputs.length === 0) problems.error('E103', 'the graph has no output');
  const outputNames = new Set<string>();
  for (const output of model.outputs) {
    if (outputNames.has(output.name)) problems.error('E103', 'two outputs have this name', output.name);
    outputNames.add(output.name);
    if (!producer.has(output.name)) problems.error('E103', 'nothing defines this output', output.name);
  }
  if (problems.hasErrors) return [];
  return sorted(reachable(model, producer), producer, problems);
}

function reachable(model: OnnxModel, producer: ReadonlyMap<string, OnnxNode | null>): OnnxNode[] {
  const needed = new Set<OnnxNode>();
  const pending: OnnxNode[] = [];
  const need = (name: string): void => {
    const node = producer.get(name);
    if (node === null || node === undefined || needed.has(node)) return;
    needed.add(node);
    pending.push(node);
  };
  for (const output of model.outputs) need(output.name);
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) for (const input of node.inputs) need(input);
  return model.nodes.filter((n) => needed.has(n));
}

/** Kahn's algorithm, first in the file first where several are ready at once and the file is already in order. */
function sorted(
  nodes: readonly OnnxNode[],
  producer: ReadonlyMap<string, OnnxNode | null>,
  problems: ProblemList,
): OnnxNode[] {
  if (isOrdered(nodes, producer)) return [...nodes];
  const missing = new Map<OnnxNode, number>();
  const consumers = new Map<OnnxNode, OnnxNode[]>();
  for (const node of nodes) {
    const sources = new Set(node.inputs.map((i) => producer.get(i)).filter((p) => p !== null && p !== undefined));
    missing.set(node, sources.size);
    for (const source of sources) {
      const list = consumers.get(source);
      if (list === undefined) consumers.set(source, [node]);
      else list.push(node);
    }
  }
  const order = nodes.filter((n) => missing.get(n) === 0);
  for (let i = 0; i < order.length; i++) {
    for (const consumer of consumers.get(order[i]) ?? []) {
      const left = (missing.get(consumer) ?? 0) - 1;
      missing.set(consumer, left);
      if (left === 0) order.push(consumer);
    }
  }
  if (order.length < nodes.length) {
    const cycle = findCycle(
      nodes.filter((n) => (missing.get(n) ?? 0) > 0),
      producer,
    );
    const shown = cycle
      .slice(0, 5)
      .map((n) => n.name)
      .join(' -> ');
    problems.error(
      'E104',
      `nodes form a cycle: ${shown}${cycle.length > 5 ? ` -> ... (${cycle.length} nodes)` : ''}`,
      cycle[0].name,
    );
  }
  return order;
}

function isOrdered(nodes: readonly OnnxNode[], producer: ReadonlyMap<string, OnnxNode | null>): boolean {
  const done = new Set<OnnxNode>();
  for (const node of nodes) {
    for (const input of node.inputs) {
      const source = producer.get(input);
      if (source !== null && source !== undefined && !done.has(source)) return false;
    }
    done.add(node);
  }
  return true;
}

/** Walks backwards among nodes that never became ready: each has a source among them. First in the file first. */
function findCycle(stuck: readonly OnnxNode[], producer: ReadonlyMap<string, OnnxNode | null>): OnnxNode[] {
  const among = new Set(stuck);
  const position = new Map<OnnxNode, number>();
  const path: OnnxNode[] = [];
  let node = stuck[0];
  while (!position.has(node)) {
    position.set(node, path.length);
    path.push(node);
    const source = node.inputs.map((i) => producer.get(i)).find((p) => p !== null && p !== undefined && among.has(p));
    if (source === null || source === undefined) break;
    node = source;
  }
  const cycle = path.slice(position.get(node) ?? 0).reverse();
  const first = cycle.indexOf(cycle.reduce((a, b) => (a.index < b.index ? a : b)));
  return [...cycle.slice(first), ...cycle.slice(0, first)];
}
