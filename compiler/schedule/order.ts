/**
 * In which order to run the nodes so that the live tensors peak least. Chains leave no choice; branches do (which one
 * first, and how early a short one). Exact by dynamic programming over the sets of executed nodes while those are few,
 * else a beam of them; never worse than the given order, which wins ties, so the result is deterministic.
 *
 * The model: tensors count whole; a node needs its inputs and its output at once, except that where an input dies the
 * two share the smaller one's bytes if the operator can work in place or nearly so. Reshape and Concat need nothing of
 * their own. The memory planner computes the true arena of the chosen order.
 */

import { operatorOf } from '../ir/operators/index.js';
import { bytesOf, type Int8Graph, type Int8Node, type NodeId, type ValueId, valueOf } from '../ir/int8-graph.js';

/** Sets of executed nodes after which the search keeps only a beam of them. */
const stateLimit = 5_000;
const beamWidth = 16;
/** Above this many nodes the given order stands: looking for ready nodes takes quadratic time. */
const nodeLimit = 2_000;

/** Node ids in execution order, all nodes of the graph. */
export function executionOrder(graph: Int8Graph): readonly NodeId[] {
  const given = graph.nodes.map((n) => n.id);
  if (graph.nodes.length > nodeLimit) return given;
  const peak = orderPeakBytes(graph, given);
  const found = search(new PeakModel(graph), peak);
  return found !== null && orderPeakBytes(graph, found) < peak ? found : given;
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

  /** Nodes that only read network inputs and constants, ascending. */
  firstReady(): NodeId[] {
    return this.graph.nodes.filter((n) => !n.inputs.some((id) => this.producer.has(id))).map((n) => n.id);
  }

  /** The ready nodes after `node`, one of them, has run; ascending. `done` includes it. */
  nextReady(done: Uint8Array, ready: readonly NodeId[], node: NodeId): NodeId[] {
    const freed = (this.readers.get(this.graph.nodes[node].output) ?? []).filter((reader) =>
      this.graph.nodes[reader].inputs.every((id) => this.exists(done, id)),
    );
    return [...ready.filter((n) => n !== node), ...freed].sort((a, b) => a - b);
  }

  run(done: Uint8Array, id: NodeId, live: number): Cost {
    const node = this.graph.nodes[id];
    const output = this.bytes(node.output);
    const dying = [...new Set(node.inputs)].filter((v) => this.diesAt(done, v, id)).map((v) => this.bytes(v));
    const freed = dying.reduce((sum, b) => sum + b, 0);
    const shared = sharesAll(node)
      ? Math.min(freed, output)
      : nearlyInPlace(node)
        ? Math.min(output, Math.max(0, ...dying))
        : 0;
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
    const tensor = valueOf(this.graph, value);
    return tensor.constant !== null ? 0 : bytesOf(tensor);
  }
}

/** The output is made of the inputs' own bytes. */
const sharesAll = (node: Int8Node): boolean => operatorOf(node.op).storage !== 'own';

/** Kernels that read far ahead of what they write, so that the output may cover nearly all of a dying input. */
const nearlyInPlace = (node: Int8Node): boolean => operatorOf(node.op).readsAhead;

interface Partial {
  readonly done: Uint8Array;
  /** Nodes that may run next: they tell the set of executed nodes. */
  readonly ready: readonly NodeId[];
  readonly live: number;
  readonly peak: number;
  /** The last node executed, and the state before it; null at the start. */
  readonly last: { readonly node: NodeId; readonly before: Partial } | null;
}

/**
 * Level by level over the sets of executed nodes, keeping for each set the order of least peak: the live bytes depend
 * on the set alone, so the best order of a set extends to the best of its supersets. Sets that peak above `peakLimit`
 * are dropped. Past the state limit only the most promising sets of a level are kept, and the result need not be best;
 * null where none of them is left.
 */
function search(model: PeakModel, peakLimit: number): readonly NodeId[] | null {
  const start = {
    done: new Uint8Array(model.count),
    ready: model.firstReady(),
    live: model.inputBytes,
    peak: model.inputBytes,
    last: null,
  };
  let level: Partial[] = [start];
  let states = 0;
  for (let k = 0; k < model.count; k++) {
    const next = new Map<string, Partial>();
    for (const state of level) {
      for (const node of state.ready) {
        const cost = model.run(state.done, node, state.live);
        const peak = Math.max(state.peak, cost.peak);
        if (peak > peakLimit) continue;
        const done = state.done.slice();
        done[node] = 1;
        const ready = model.nextReady(done, state.ready, node);
        const key = ready.join();
        const old = next.get(key);
        if (old === undefined || peak < old.peak)
          next.set(key, { done, ready, live: cost.live, peak, last: { node, before: state } });
      }
    }
    states += next.size;
    level = [...next.values()];
    if (states > stateLimit && level.length > beamWidth) {
      level = level.sort((a, b) => a.peak - b.peak || a.live - b.live).slice(0, beamWidth);
    }
  }
  if (level.length === 0) return null;
  const order: NodeId[] = [];
  for (let state = level[0]; state.last !== null; state = state.last.before) order.push(state.last.node);
  return order.reverse();
}
