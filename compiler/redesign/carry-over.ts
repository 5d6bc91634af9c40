/**
 * Makes moves on a trained network and carries its weights over: each layer that a move touched, and the linear layer
 * behind it, is fitted to what the original gave, in order, so that a fit sees the errors of those before it. Layers
 * further on are fitted only while that helps inputs which nothing was fitted to. Layers that make the network's
 * outputs stay as they are.
 */

import { type Graph, noClamp, type Node, type Value, type ValueId, valueOfGraph } from '../ir/graph.js';
import { Convolver } from '../quantise/engine/convolver.js';
import { floatRunner, realConstant } from '../quantise/engine/float-node.js';
import { Noise } from '../quantise/measure.js';
import { evenly } from '../quantise/quantise-graph.js';
import { blockAt } from './blocks.js';
import { channelsOf, keptChannels } from './channels.js';
import { chooseChannels } from './fit/choose-channels.js';
import { fitConvolution } from './fit/fit-convolution.js';
import { MomentSums, withMoments } from './fit/match-moments.js';
import { momentSamples, Original, rowsAt, type ValueRows } from './fit/original.js';
import { FloatNetwork, type RealSample } from './float-network.js';
import { applyMove, describeMove, type Move } from './index.js';
import type { CutWidth } from './move.js';
import { cutTo, spaceMadeBy } from './moves/cut-width.js';
import { type Outputs, sqnrDb } from './score.js';
import { type ConvNode, convOf, isConv, nodeOf, onlyReader, withOp } from './structure.js';

export type Fit = 'plain' | 'near' | 'all' | 'far';

export interface CarryOverOptions {
  /**
   * What is fitted: nothing ('plain': cropped, first channels), what the moves touched and the linear layer behind it
   * ('near'), all that follows too ('all'), or of what follows each layer that helps ('far', the default), which is some
   * ten times the work. Of what an option names and those before it the best on inputs that nothing was fitted to.
   */
  readonly fit?: Fit;
  /** Whether outputSqnrDb is measured behind every move; otherwise behind the last alone, and null before. */
  readonly eachStep?: boolean;
  /** What is happening, in words, for whoever waits. */
  readonly onProgress?: (what: string) => void;
}

export interface CarriedStep {
  readonly move: Move;
  readonly words: string;
  /** Where the move's block ends, against the original there; null where the original has nothing of that size. */
  readonly blockSqnrDb: number | null;
  /**
   * At the network's outputs, with the moves up to this one, over the inputs that nothing was fitted to. Infinite where
   * nothing differs.
   */
  readonly outputSqnrDb: number | null;
}

export interface CarriedOver {
  readonly graph: Graph;
  readonly steps: readonly CarriedStep[];
}

const order: readonly Fit[] = ['plain', 'near', 'all', 'far'];

/** Decibels from which on nothing is left to fit. */
const exactDb = 80;
/** By how much a later layer's fit must lower the noise at the outputs. */
const leastGainDb = 0.01;

const known = new WeakMap<Graph, { readonly calibration: readonly RealSample[]; readonly carrier: Carrier }>();

/** What is known of the original is kept for the next call with the same graph and samples. */
export function carryOver(
  original: Graph,
  moves: readonly Move[],
  calibration: readonly RealSample[],
  options: CarryOverOptions = {},
): CarriedOver {
  const last = known.get(original);
  const carrier = last?.calibration === calibration ? last.carrier : new Carrier(original, calibration);
  known.set(original, { calibration, carrier });
  return carrier.carry(moves, options);
}

/** The network with the moves made, weights as plainly carried over, channels chosen. */
interface Moved {
  readonly graph: Graph;
  /** By value: which of the original's channels it still has, where it has not all. */
  readonly originals: ReadonlyMap<ValueId, readonly number[]>;
  /** By move: the value where its block ends, and the original's value to compare it with. */
  readonly ends: readonly (readonly [ValueId, ValueId] | null)[];
  readonly words: readonly string[];
}

class Carrier {
  readonly #original: Original;
  readonly #convolver = new Convolver();

  constructor(graph: Graph, calibration: readonly RealSample[]) {
    this.#original = new Original(graph, calibration, this.#convolver);
  }

  carry(moves: readonly Move[], options: CarryOverOptions): CarriedOver {
    const fit = options.fit ?? 'far';
    const moved = this.#move(moves, fit !== 'plain', options.onProgress);
    const { graph, outputs, blocks } = this.#best(moved, fit, options.onProgress);
    const final = sqnrDb(this.#original.judgedOutputs, outputs);
    const steps = moves.map((move, i): CarriedStep => {
      const isLast = i === moves.length - 1;
      const before = options.eachStep === true && !isLast ? this.carry(moves.slice(0, i + 1), { fit }) : null;
      return {
        move,
        words: moved.words[i],
        blockSqnrDb: before === null ? blocks[i] : before.steps[i].blockSqnrDb,
        outputSqnrDb: isLast ? final : (before?.steps[i].outputSqnrDb ?? null),
      };
    });
    return { graph, steps };
  }

  /** What is right for each layer may still be wrong for all: the outputs of the samples that judge decide. */
  #best(moved: Moved, fit: Fit, progress?: (what: string) => void): Walked {
    const walks = order
      .slice(0, order.indexOf(fit) + 1)
      .map((f) => new Walk(this.#original, moved, this.#convolver, f).run(progress));
    const dbs = walks.map((w) => sqnrDb(this.#original.judgedOutputs, w.outputs));
    return walks[dbs.indexOf(Math.max(...dbs))];
  }

  #move(moves: readonly Move[], choose: boolean, progress?: (what: string) => void): Moved {
    let { graph } = this.#original;
    const originals = new Map<ValueId, readonly number[]>();
    const words: string[] = [];
    const ends: (readonly [ValueId, ValueId] | null)[] = [];
    for (const move of moves) {
      words.push(describeMove(graph, move));
      progress?.(words[words.length - 1]);
      const before = graph;
      graph = move.kind === 'cutWidth' ? this.#cut(graph, move, choose, originals) : applyMove(graph, move);
      ends.push(blockEnd(before, graph, move, this.#original));
    }
    return { graph, originals, ends, words };
  }

  #cut(graph: Graph, move: CutWidth, choose: boolean, originals: Map<ValueId, readonly number[]>): Graph {
    const node = convOf(graph, move);
    const channels = channelsOf(graph);
    const space = spaceMadeBy(channels, node);
    const n = node.op.outChannels;
    const chosen =
      choose && typeof space === 'number'
        ? chooseChannels(this.#convolver, this.#original, graph, channels, { space, n }, move.channels, originals)
        : null;
    const kept = chosen ?? Array.from({ length: Math.min(Math.max(move.channels, 0), n) }, (_, c) => c);
    const cut = cutTo(graph, move, kept);
    if (typeof space === 'number')
      for (const id of graph.values.keys()) {
        const left = keptChannels(channels, id, space, kept);
        if (left === null) continue;
        const before = originals.get(id);
        originals.set(
          id,
          left.map((c) => before?.[c] ?? c),
        );
      }
    return cut;
  }
}

/** The first Add, linear convolution or value of many readers at or behind the place of a move, that the original has. */
function blockEnd(before: Graph, after: Graph, move: Move, original: Original): readonly [ValueId, ValueId] | null {
  if (move.kind === 'dropBlock') {
    const block = blockAt(before, nodeOf(before, move));
    if (typeof block === 'string') return null;
    return after.values.has(block.skip) ? [block.skip, block.add.output] : [block.add.output, block.add.output];
  }
  let node: Node | null | undefined = after.nodes.find((n) => n.name === move.node);
  let end: readonly [ValueId, ValueId] | null = null;
  while (node !== null && node !== undefined) {
    const value = valueOfGraph(after, node.output);
    if (original.rowsOf(value) !== null) end = [value.id, value.id];
    const reader: Node | null = onlyReader(after, node.output);
    const isLinear = isConv(node) && node.op.clamp.min === -Infinity && node.op.clamp.max === Infinity;
    // A linear convolution ends a block, unless an Add does right behind it.
    const isEnd = node.op.kind === 'binary' || (isLinear && reader?.op.kind !== 'binary');
    if (isEnd && end !== null && node.name !== move.node) break;
    node = reader;
  }
  return end;
}

interface Walked {
  readonly graph: Graph;
  /** Of the samples that judge. */
  readonly outputs: Outputs;
  /** By move. */
  readonly blocks: readonly (number | null)[];
}

/** Runs the moved network on all samples side by side, node by node, and fits on the way. */
class Walk {
  readonly #original: Original;
  readonly #moved: Moved;
  readonly #convolver: Convolver;
  readonly #fit: Fit;
  readonly #held = new Map<ValueId, readonly Float32Array[]>();
  #graph: Graph;

  constructor(original: Original, moved: Moved, convolver: Convolver, fit: Fit) {
    this.#original = original;
    this.#moved = moved;
    this.#convolver = convolver;
    this.#fit = fit;
    this.#graph = moved.graph;
  }

  run(progress?: (what: string) => void): Walked {
    const { samples, fitted } = this.#original;
    const { nodes } = this.#graph;
    const run = floatRunner(this.#graph, this.#convolver);
    const near = nearLayers(this.#original.graph, this.#graph);
    const lastNear =
      this.#fit === 'plain'
        ? -1
        : Math.max(-1, ...nodes.map((node, i) => (near.has(node.name) || this.#isOtherSize(node) ? i : -1)));
    const classifiers = classifierNames(this.#graph);
    const blocks = new Map<ValueId, readonly Float32Array[]>();
    const ends = new Set(this.#moved.ends.flatMap((end) => (end === null ? [] : [end[0]])));
    for (const value of this.#graph.values.values())
      if (value.constant !== null)
        this.#held.set(
          value.id,
          samples.map(() => realConstant(value)),
        );
    this.#graph.inputs.forEach((io, i) => {
      this.#held.set(
        io.value,
        samples.map((s) => s[i]),
      );
    });
    const dying = lastReaders(this.#graph);
    const goesOn = this.#fit === 'all' || this.#fit === 'far';
    let [isAll, bestDb] = [true, -Infinity];
    for (let i = 0; i < nodes.length; i++) {
      let node = this.#graph.nodes[i];
      // Behind the last fit only the samples that judge go on.
      if (isAll && i > lastNear && (!goesOn || near.size === 0)) {
        isAll = false;
        for (const [id, list] of this.#held) this.#held.set(id, list.slice(fitted));
      }
      let outputs = this.#runNode(node, run);
      const wanted = this.#original.rowsOf(valueOfGraph(this.#graph, node.output));
      const isBehind = goesOn && i > lastNear;
      const moments = this.#fit === 'plain' || !isAll ? null : this.#withMoments(node, classifiers);
      if (moments !== null) {
        node = this.#replace(node, moments);
        outputs = this.#runNode(node, run);
      }
      const mayFit = isConv(node) && !classifiers.has(node.name) && (near.has(node.name) || isBehind);
      if (
        isAll &&
        this.#fit !== 'plain' &&
        mayFit &&
        wanted !== null &&
        this.#db(node.output, wanted, outputs) < exactDb
      ) {
        const fit = this.#fitted(node as ConvNode, wanted);
        if (fit !== null && isBehind && this.#fit === 'far') {
          if (bestDb === -Infinity) bestDb = this.#outputDb(i, node);
          const db = this.#outputDb(i, fit);
          if (db > bestDb + leastGainDb) {
            bestDb = db;
            node = this.#replace(node, fit);
            outputs = this.#runNode(node, run);
          }
        } else if (fit !== null) {
          node = this.#replace(node, fit);
          outputs = this.#runNode(node, run);
        }
        progress?.(`fitting ${node.name}`);
      }
      this.#held.set(node.output, outputs);
      if (ends.has(node.output)) blocks.set(node.output, outputs.slice(isAll ? fitted : 0));
      for (const id of dying[i]) this.#held.delete(id);
    }
    const judged = samples.slice(fitted);
    const results = judged.map((_, s) =>
      this.#graph.outputs.map((io) => {
        const list = this.#held.get(io.value) ?? [];
        return list[list.length - judged.length + s];
      }),
    );
    return { graph: this.#graph, outputs: results, blocks: this.#moved.ends.map((end) => this.#blockDb(end, blocks)) };
  }

  #runNode(node: Node, run: ReturnType<typeof floatRunner>): readonly Float32Array[] {
    const inputs = node.inputs.map((id) => this.#held.get(id) ?? []);
    return inputs[0].map((_, s) =>
      run(
        node,
        inputs.map((list) => list[s]),
      ),
    );
  }

  #isOtherSize(node: Node): boolean {
    return (
      isConv(node) && this.#original.has(node) && this.#original.rowsOf(valueOfGraph(this.#graph, node.output)) === null
    );
  }

  /** A convolution on an image of another size than the original's, its channels as large as they were there. */
  #withMoments(node: Node, classifiers: ReadonlySet<string>): ConvNode | null {
    if (!isConv(node) || !this.#isOtherSize(node) || classifiers.has(node.name)) return null;
    const moments = this.#original.momentsOf(node.name);
    if (moments === null) return null;
    const kept = this.#moved.originals.get(node.output);
    const pick = (list: Float64Array): Float64Array =>
      kept === undefined ? list : Float64Array.from(kept, (c) => list[c]);
    const theirs = { mean: pick(moments.mean), deviation: pick(moments.deviation) };
    if (theirs.mean.length !== node.op.outChannels) return null;
    const sums = new MomentSums(node.op.outChannels);
    const open: ConvNode = { ...node, op: { ...node.op, clamp: noClamp } };
    const run = floatRunner(this.#graph, this.#convolver);
    const reads = (this.#held.get(node.inputs[0]) ?? []).slice(0, this.#original.fitted);
    for (const read of evenly(reads, momentSamples)) sums.add(run(open, [read]));
    const op = withMoments(node.op, sums.moments, theirs);
    return op === null ? null : { ...node, op };
  }

  #replace(node: Node, fit: ConvNode): Node {
    this.#graph = withOp(this.#graph, node, fit.op);
    return this.#graph.nodes.find((n) => n.name === fit.name) ?? fit;
  }

  /** Original rows, of the channels that are left. */
  #wantedRows({ rows, value }: ValueRows, id: ValueId): readonly Float32Array[] {
    const kept = this.#moved.originals.get(id);
    if (kept === undefined) return rows;
    return rows.map((row) => {
      const pixels = row.length / value.shape.c;
      const out = new Float32Array(pixels * kept.length);
      for (let p = 0, at = 0; p < pixels; p++) for (const c of kept) out[at++] = row[p * value.shape.c + c];
      return out;
    });
  }

  /** Over the samples that `outputs` has, which are the last of all. */
  #db(id: ValueId, wanted: ValueRows, outputs: readonly Float32Array[]): number {
    const noise = new Noise();
    const c = this.#moved.originals.get(id)?.length ?? wanted.value.shape.c;
    const rows = this.#wantedRows(wanted, id);
    const skipped = rows.length - outputs.length;
    outputs.forEach((data, s) => noise.add(rows[s + skipped], rowsAt(data, c, wanted.pixels[s + skipped]), null));
    return noise.db;
  }

  #blockDb(end: readonly [ValueId, ValueId] | null, found: ReadonlyMap<ValueId, readonly Float32Array[]>) {
    if (end === null) return null;
    const [id, originalId] = end;
    const outputs = found.get(id);
    const wanted = this.#original.rowsOfId(originalId);
    if (outputs === undefined || wanted === null) return null;
    const [own, theirs] = [valueOfGraph(this.#graph, id).shape, wanted.value.shape];
    if (own.h !== theirs.h || own.w !== theirs.w) return null;
    const kept = this.#moved.originals.get(originalId)?.length ?? theirs.c;
    return kept === own.c ? this.#db(originalId, wanted, outputs) : null;
  }

  #fitted(node: ConvNode, wanted: ValueRows): ConvNode | null {
    const shape = (id: ValueId): Value['shape'] => valueOfGraph(this.#graph, id).shape;
    const op = fitConvolution(this.#convolver, {
      op: node.op,
      input: shape(node.inputs[0]),
      output: shape(node.output),
      reads: this.#held.get(node.inputs[0]) ?? [],
      pixels: wanted.pixels,
      wanted: this.#wantedRows(wanted, node.output),
      fitted: this.#original.fitted,
    });
    return op === null ? null : { ...node, op };
  }

  /** At the outputs over the judging samples, with another node in its place and the rest as it is. */
  #outputDb(index: number, node: Node): number {
    const nodes = this.#graph.nodes.map((n, i) => (i === index ? node : n));
    const network = new FloatNetwork({ ...this.#graph, nodes }, this.#convolver);
    const { samples, fitted } = this.#original;
    const outputs = samples.slice(fitted).map((_, s) => {
      const held = new Map([...this.#held].map(([id, list]) => [id, list[fitted + s]]));
      return network.resume(index, held);
    });
    return sqnrDb(this.#original.judgedOutputs, outputs);
  }
}

/** Convolutions that a move changed, or whose reads come from elsewhere now, and the linear layers right behind those. */
function nearLayers(original: Graph, graph: Graph): ReadonlySet<string> {
  const before = new Map(original.nodes.map((node) => [node.name, node]));
  /** By value: how many convolutions stand between the last change and it; absent where nothing changed. */
  const distance = new Map<ValueId, number>();
  const near = new Set<string>();
  for (const node of graph.nodes) {
    const old = before.get(node.name);
    const isNew = old === undefined;
    const changed = !isNew && (old.op !== node.op || node.inputs.some((id, i) => id !== old.inputs[i]));
    const read = node.inputs.flatMap((id) => distance.get(id) ?? []);
    const least = read.length === 0 ? null : Math.min(...read);
    if (!isConv(node)) {
      if (changed || isNew) distance.set(node.output, 0);
      else if (least !== null) distance.set(node.output, least);
      continue;
    }
    if (changed || least === 0) near.add(node.name);
    if (changed || isNew) distance.set(node.output, 0);
    else if (least !== null) distance.set(node.output, least + 1);
  }
  return near;
}

/** Convolutions behind which no other stands. */
function classifierNames(graph: Graph): ReadonlySet<string> {
  const followed = new Set<ValueId>();
  const names = new Set<string>();
  for (const node of [...graph.nodes].reverse()) {
    const isFollowed = followed.has(node.output);
    if (isConv(node) && !isFollowed) names.add(node.name);
    if (isFollowed || isConv(node)) for (const id of node.inputs) followed.add(id);
  }
  return names;
}

function lastReaders(graph: Graph): readonly (readonly ValueId[])[] {
  const last = new Map<ValueId, number>();
  graph.nodes.forEach((node, i) => {
    for (const id of [...node.inputs, node.output]) last.set(id, i);
  });
  for (const io of graph.outputs) last.delete(io.value);
  const dying = graph.nodes.map((): ValueId[] => []);
  for (const [id, i] of last) if (valueOfGraph(graph, id).constant === null) dying[i].push(id);
  return dying;
}
