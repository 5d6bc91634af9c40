/**
 * In which order to run the nodes so that the live tensors peak least. Chains leave no choice; branches do (which one
 * first, and how early a short one). Exact by dynamic programming over the sets of executed nodes while those are few,
 * else greedy; ties go to the given order, so the result is deterministic.
 *
 * The model: tensors count whole; a node needs its inputs and its output at once, except that where an input dies the
 * two share the smaller one's bytes if the operator can work in place or nearly so. Reshape and Concat need nothing of
 * their own. The memory planner computes the true arena of the chosen order.
 */

import { type Int8Graph, type Int8Node, type NodeId, type ValueId, valueOf } from '../ir/int8-graph.js';

/** Most sets of executed nodes that the exact search keeps. */
const stateLimit = 20_000;
/** Above this many nodes the given order stands: looking for ready nodes takes quadratic time. */
const nodeLimit = 2_000;

/** Node ids in execution order, all nodes of the graph. */
export function executionOrder(graph: Int8Graph): readonly NodeId[] {
  if (graph.nodes.length > nodeLimit) return graph.nodes.map((n) => n.id);
  const model = new PeakModel(graph);
  return exactOrder(model) ?? greedyOrder(model);
}

/** Peak in bytes of an order under the model above. */
export function orderPeakBytes(graph: Int8Graph, order: readonly NodeId[]): number {
  const model = new PeakModel(graph);
  const done = new Uint8Array(graph.nodes.length);
  let live = model.inputBytes;
  let peak = live;
  for (const node of order) {
    const cost = model.run(done, node, live);
    peak = Math.max(peak, cost.peak);
    live = cost.live;
    done[node] = 1;
  }
  return peak;
}

interface Cost {
  /** Live bytes while the node runs. */
  readonly peak: number;
  /** Live bytes after it. */
  readonly live: number;
}

class PeakModel {
  readonly count: number;
  readonly inputBytes: number;
  private readonly producer: ReadonlyMap<ValueId, NodeId>;
  private readonly readers: ReadonlyMap<ValueId, readonly NodeId[]>;
  private readonly outputs: ReadonlySet<ValueId>;

  constructor(private readonly graph: Int8Graph) {
    this.count = graph.nodes.length;
    this.producer = new Map(graph.nodes.map((n) => [n.output, n.id]));
    const readers = new Map<ValueId, NodeId[]>();
    for (const node of graph.nodes) {
      for (const id of new Set(node.inputs)) readers.set(id, [...(readers.get(id) ?? []), node.id]);
    }
    this.readers = readers;
    this.outputs = new Set(graph.outputs.map((o) => o.value));
    this.inputBytes = graph.inputs.reduce((sum, io) => sum + this.bytes(io.value), 0);
  }

  /** Nodes whose inputs all exist and that have not run, ascending. */
  ready(done: Uint8Array): NodeId[] {
    return this.graph.nodes
      .filter((n) => done[n.id] === 0 && n.inputs.every((id) => this.exists(done, id)))
      .map((n) => n.id);
  }

  run(done: Uint8Array, id: NodeId, live: number): Cost {
    const node = this.graph.nodes[id];
    const output = this.bytes(node.output);
    const dying = [...new Set(node.inputs)].filter((v) => this.diesAt(done, v, id)).map((v) => this.bytes(v));
    const freed = dying.reduce((sum, b) => sum + b, 0);
    const shared = sharesAll(node) ? Math.min(freed, output) : nearlyInPlace(node) ? Math.min(output, Math.max(0, ...dying)) : 0;
    const kept = this.outputs.has(node.output) || this.readers.has(node.output) ? output : 0;
    return { peak: live + output - shared, live: live - freed + kept };
  }

  private exists(done: Uint8Array, value: ValueId): boolean {
    const producer = this.producer.get(value);
    return producer === undefined || done[producer] !== 0;
  }

  private diesAt(done: Uint8Array, value: ValueId, node: NodeId): boolean {
    if (valueOf(this.graph, value).constant !== null || this.outputs.has(value)) return false;
    return (this.readers.get(value) ?? []).every((reader) => reader === node || done[reader] !== 0);
  }

  private bytes(value: ValueId): number {
    const { shape, dtype, constant } = valueOf(this.graph, value);
    return constant !== null ? 0 : shape.h * shape.w * shape.c * (dtype === 'int32' ? 4 : 1);
  }
}

/** The output is made of the inputs' own bytes. */
const sharesAll = (node: Int8Node): boolean => node.op.kind === 'reshape' || node.op.kind === 'concat';

/** Kernels that read far ahead of what they write, so that the output may cover nearly all of a dying input. */
const nearlyInPlace = (node: Int8Node): boolean => node.op.kind !== 'transpose' && node.op.kind !== 'gather';

interface Partial {
  readonly done: Uint8Array;
  readonly live: number;
  readonly peak: number;
  readonly order: readonly NodeId[];
}

/**
 * Level by level over the sets of executed nodes, keeping for each set the order of least peak. The live bytes depend
 * on the set alone, so the best order of a set extends to the best of its supersets. Null past the state limit.
 */
function exactOrder(model: PeakModel): readonly NodeId[] | null {
  let level = new Map<string, Partial>();
  level.set('', { done: new Uint8Array(model.count), live: model.inputBytes, peak: model.inputBytes, order: [] });
  let states = 0;
  for (let k = 0; k < model.count; k++) {
    const next = new Map<string, Partial>();
    for (const state of level.values()) {
      for (const node of model.ready(state.done)) {
        const cost = model.run(state.done, node, state.live);
        const peak = Math.max(state.peak, cost.peak);
        const done = state.done.slice();
        done[node] = 1;
        const key = done.join('');
        const old = next.get(key);
        if (old !== undefined && old.peak <= peak) continue;
        if (old === undefined && ++states > stateLimit) return null;
        next.set(key, { done, live: cost.live, peak, order: [...state.order, node] });
      }
    }
    level = next;
  }
  return [...level.values()][0].order;
}

/** Always the ready node that needs least, then the one that frees most. */
function greedyOrder(model: PeakModel): readonly NodeId[] {
  const done = new Uint8Array(model.count);
  const order: NodeId[] = [];
  let live = model.inputBytes;
  while (order.length < model.count) {
    let best: { node: NodeId; cost: Cost } | null = null;
    for (const node of model.ready(done)) {
      const cost = model.run(done, node, live);
      if (best === null || cost.live < best.cost.live || (cost.live === best.cost.live && cost.peak < best.cost.peak)) best = { node, cost };
    }
    if (best === null) throw new Error('order: no node is ready');
    order.push(best.node);
    done[best.node] = 1;
    live = best.cost.live;
  }
  return order;
}
