/** What the values of a float network are over the samples: bounds, bounds of each channel, histograms. */

import { type Graph, type Node, type ValueId, valueOfGraph } from '../ir/graph.js';

export const bins = 2048;

/** Of one value over all samples. */
export interface ValueStatistics {
  readonly min: number;
  readonly max: number;
  readonly channelMin: Float32Array;
  readonly channelMax: Float32Array;
  /** The largest magnitude that a channel is likely to have in samples that are not here. */
  readonly channelReach: Float64Array;
  /** Mean square of each channel. */
  readonly channelSquare: Float64Array;
  /** Elements that are exactly 0: they have a code of their own under every quantisation, and are in no bin. */
  readonly zeros: number;
  /** Other elements in `bins` bins of equal width from min to max. */
  readonly histogram: Float64Array;
}

export function statisticsOf(tensors: readonly Float32Array[], channels: number): ValueStatistics {
  const channelMin = new Float32Array(channels).fill(Infinity);
  const channelMax = new Float32Array(channels).fill(-Infinity);
  const channelSquare = new Float64Array(channels);
  const peaks = [new Float64Array(channels), new Float64Array(channels)] as const;
  const peak = new Float64Array(channels);
  for (const x of tensors) {
    peak.fill(0);
    for (let i = 0, c = 0; i < x.length; i++) {
      const v = x[i];
      if (v < channelMin[c]) channelMin[c] = v;
      if (v > channelMax[c]) channelMax[c] = v;
      channelSquare[c] += v * v;
      const magnitude = v < 0 ? -v : v;
      if (magnitude > peak[c]) peak[c] = magnitude;
      if (++c === channels) c = 0;
    }
    for (let c = 0; c < channels; c++) {
      if (peak[c] > peaks[0][c]) {
        peaks[1][c] = peaks[0][c];
        peaks[0][c] = peak[c];
      } else if (peak[c] > peaks[1][c]) peaks[1][c] = peak[c];
    }
  }
  // The jackknife's estimate of an end point (Quenouille 1956): as far beyond the largest as that is beyond the next.
  const channelReach = peaks[0].map((first, c) => first + (first - peaks[1][c]));
  const perChannel = tensors.reduce((n, x) => n + x.length, 0) / channels;
  for (let c = 0; c < channels; c++) channelSquare[c] /= perChannel;
  const min = channelMin.reduce((m, v) => Math.min(m, v), Infinity);
  const max = channelMax.reduce((m, v) => Math.max(m, v), -Infinity);
  const histogram = new Float64Array(bins);
  let zeros = 0;
  const perUnit = max > min ? bins / (max - min) : 0;
  for (const x of tensors)
    for (let i = 0; i < x.length; i++) {
      const v = x[i];
      if (v === 0) zeros++;
      else {
        const bin = Math.floor((v - min) * perUnit);
        histogram[bin < bins ? bin : bins - 1]++;
      }
    }
  return { min, max, channelMin, channelMax, channelReach, channelSquare, zeros, histogram };
}

/** The statistics of several values taken together, channels aside. */
export function joined(list: readonly ValueStatistics[]): ValueStatistics {
  if (list.length === 1) return list[0];
  const min = Math.min(...list.map((s) => s.min));
  const max = Math.max(...list.map((s) => s.max));
  const histogram = new Float64Array(bins);
  const perUnit = max > min ? bins / (max - min) : 0;
  for (const s of list) {
    const width = (s.max - s.min) / bins;
    s.histogram.forEach((count, i) => {
      const bin = Math.floor((s.min + (i + 0.5) * width - min) * perUnit);
      histogram[Math.min(Math.max(bin, 0), bins - 1)] += count;
    });
  }
  const zeros = list.reduce((n, s) => n + s.zeros, 0);
  return {
    min,
    max,
    channelMin: Float32Array.of(min),
    channelMax: Float32Array.of(max),
    channelReach: Float64Array.of(0),
    channelSquare: Float64Array.of(0),
    zeros,
    histogram,
  };
}

/** Runs one node of the float network. */
export type RunNode = (node: Node, inputs: readonly Float32Array[]) => Float32Array;

export interface Calibration {
  readonly statistics: ReadonlyMap<ValueId, ValueStatistics>;
  /** By sample, in the order of the graph's outputs. */
  readonly outputs: readonly (readonly Float32Array[])[];
}

/** Runs the float network on all samples, one node after the other, so that only what is still read is held. */
export function calibrate(graph: Graph, samples: readonly (readonly Float32Array[])[], run: RunNode): Calibration {
  const statistics = new Map<ValueId, ValueStatistics>();
  const held = new Map<ValueId, readonly Float32Array[]>();
  const keep = (id: ValueId, tensors: readonly Float32Array[]): void => {
    held.set(id, tensors);
    const { shape, dtype } = valueOfGraph(graph, id);
    if (dtype === 'float32') statistics.set(id, statisticsOf(tensors, shape.c));
  };
  const last = new Map<ValueId, Node | null>();
  for (const node of graph.nodes) for (const id of node.inputs) last.set(id, node);
  for (const io of graph.outputs) last.set(io.value, null);
  for (const [id, { constant }] of graph.values)
    if (constant instanceof Float32Array)
      keep(
        id,
        samples.map(() => constant),
      );
  graph.inputs.forEach((io, i) =>
    keep(
      io.value,
      samples.map((s) => s[i]),
    ),
  );
  const read = (id: ValueId): readonly Float32Array[] => {
    const tensors = held.get(id);
    if (tensors === undefined) throw new Error(`value ${id} is read before it is written`);
    return tensors;
  };
  for (const node of graph.nodes) {
    const inputs = node.inputs.map(read);
    keep(
      node.output,
      samples.map((_, s) =>
        run(
          node,
          inputs.map((tensors) => tensors[s]),
        ),
      ),
    );
    for (const id of node.inputs) if (last.get(id) === node) held.delete(id);
  }
  return { statistics, outputs: samples.map((_, s) => graph.outputs.map((io) => read(io.value)[s])) };
}
