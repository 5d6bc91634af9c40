/** What the original network makes of the calibration inputs, at some pixels of every value: what fits aim at. */

import { type Graph, type Node, type Value, type ValueId, valueOfGraph } from '../../ir/graph.js';
import { elements } from '../../ir/tensor.js';
import type { Convolver } from '../../quantise/engine/convolver.js';
import { pixelsOf } from '../../quantise/moments.js';
import { evenly } from '../../quantise/quantise-graph.js';
import { FloatNetwork, type RealSample } from '../float-network.js';
import type { Outputs } from '../score.js';
import { type ChannelMoments, MomentSums, opened } from './match-moments.js';

/** A value at some pixels of every sample. */
export interface ValueRows {
  readonly value: Value;
  /** By sample: positions in the image, row-major. */
  readonly pixels: readonly Int32Array[];
  /** By sample: the channels of each of these pixels, one pixel after the other. */
  readonly rows: readonly Float32Array[];
}

/** Rows of a fit: so many times the unknowns, within these bounds. */
const rowsPerUnknown = 16;
const [leastRows, mostRows] = [3072, 8192];
/** Of the samples, every so many-th only judges. */
const judgeEvery = 4;
/** Samples that moments are taken over. */
export const momentSamples = 32;
/** Bytes of tensors that a run of all samples side by side may hold at once. */
const mostLiveBytes = 6e8;

export class Original {
  readonly graph: Graph;
  /** Those that weights are fitted to, then those that only judge. */
  readonly samples: readonly RealSample[];
  readonly fitted: number;
  /** By sample. */
  readonly outputs: Outputs;
  readonly #rows = new Map<ValueId, ValueRows>();
  readonly #convolver: Convolver;
  #moments: ReadonlyMap<string, ChannelMoments> | null = null;

  constructor(graph: Graph, calibration: readonly RealSample[], convolver: Convolver) {
    this.graph = graph;
    this.#convolver = convolver;
    const most = Math.max(8, Math.floor(mostLiveBytes / (4 * largestStep(graph))));
    const some = evenly(calibration, most);
    const isJudge = (i: number): boolean => some.length > 1 && i % judgeEvery === judgeEvery - 1;
    const fit = some.filter((_, i) => !isJudge(i));
    const judges = some.filter((_, i) => isJudge(i));
    // Too few to spare one: what fits also judges.
    this.samples = judges.length === 0 ? [...fit, ...fit] : [...fit, ...judges];
    this.fitted = fit.length;
    const network = new FloatNetwork(graph, convolver);
    const captured = new Map<ValueId, Float32Array[]>();
    const pixels = new Map<ValueId, readonly Int32Array[]>();
    for (const node of graph.nodes) {
      const { shape } = valueOfGraph(graph, node.output);
      pixels.set(node.output, pixelsOf(shape, this.samples.length, rowsFor(graph, node)));
      captured.set(node.output, []);
    }
    this.outputs = this.samples.map((sample, s) =>
      network.run(sample, (node, output) => {
        const { c } = valueOfGraph(graph, node.output).shape;
        captured.get(node.output)?.push(rowsAt(output, c, pixels.get(node.output)?.[s] ?? new Int32Array()));
      }),
    );
    for (const [id, rows] of captured)
      this.#rows.set(id, { value: valueOfGraph(graph, id), pixels: pixels.get(id) ?? [], rows });
  }

  /** The same value in the original, if it has it at the same size. */
  rowsOf(value: Value): ValueRows | null {
    const known = this.#rows.get(value.id);
    if (known === undefined || known.value.name !== value.name) return null;
    const { h, w } = known.value.shape;
    return h === value.shape.h && w === value.shape.w ? known : null;
  }

  rowsOfId(id: ValueId): ValueRows | null {
    return this.#rows.get(id) ?? null;
  }

  has(node: Node): boolean {
    return this.graph.nodes.some((n) => n.name === node.name);
  }

  /** By name of a convolution: its sums over some of the samples that are fitted to. */
  momentsOf(name: string): ChannelMoments | null {
    if (this.#moments === null) {
      const sums = new Map<string, MomentSums>();
      const network = new FloatNetwork(opened(this.graph), this.#convolver);
      for (const sample of evenly(this.samples.slice(0, this.fitted), momentSamples))
        network.run(sample, ({ name: own, op }, output) => {
          if (op.kind !== 'conv2d') return;
          const known = sums.get(own) ?? new MomentSums(op.outChannels);
          known.add(output);
          sums.set(own, known);
        });
      this.#moments = new Map([...sums].map(([own, { moments }]) => [own, moments]));
    }
    return this.#moments.get(name) ?? null;
  }

  get judgedOutputs(): Outputs {
    return this.outputs.slice(this.fitted);
  }
}

export function rowsAt(data: Float32Array, channels: number, pixels: Int32Array): Float32Array {
  const rows = new Float32Array(pixels.length * channels);
  pixels.forEach((pixel, i) => rows.set(data.subarray(pixel * channels, (pixel + 1) * channels), i * channels));
  return rows;
}

function rowsFor(graph: Graph, { op, output }: Node): number {
  const unknowns = op.kind === 'conv2d' ? op.weights.data.length / op.outChannels : 0;
  const { c } = valueOfGraph(graph, output).shape;
  return Math.min(Math.max(rowsPerUnknown * Math.max(unknowns, c), leastRows), mostRows);
}

/** Elements that the largest node reads and writes. */
const largestStep = (graph: Graph): number =>
  Math.max(
    ...graph.nodes.map((node) =>
      [...node.inputs, node.output].reduce((sum, id) => sum + elements(valueOfGraph(graph, id).shape), 0),
    ),
  );
