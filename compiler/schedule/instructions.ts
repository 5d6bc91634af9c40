/**
 * Instructions that a schedule executes: its kernel calls, each at the shape it has (the last rows of a layer and the
 * tiles at the edges are smaller), and the generated code around them (codegen/steps.ts, fused.ts and run.ts). Search,
 * memory planner and reports all count here.
 */

import { type Int8Graph, type Int8Node, type ValueId, valueOf, pixelBytesOf } from '../ir/int8-graph.js';
import { isOfParts } from '../ir/operators/index.js';
import type { Core } from '../machine/core.js';
import { instructionsOf } from '../machine/cost.js';
import { added, type Features, movedBytes } from '../machine/cost-features.js';
import type { CallShape, Kernel, Work } from '../machine/kernel.js';
import { kernelById } from '../machine/kernel-table.js';
import type { ChannelSlice } from './channel-slices.js';
import { feedsGlobalPool, unitRows } from './stream.js';
import type { Schedule, Unit } from './schedule.js';
import { callsPerTile, type UnitCost, type UnitGeometry, unitCost, unitGeometry, walksTiles } from './unit.js';

/** Costs of one network on one core; calls of one shape are counted once. */
export class InstructionCosts {
  readonly graph: Int8Graph;
  readonly core: Core;
  readonly #known = new Map<string, number>();
  readonly #geometries = new Map<Unit, UnitGeometry>();

  constructor(graph: Int8Graph, core: Core) {
    this.graph = graph;
    this.core = core;
  }

  /** One call of a kernel. `slice`: which of the node's channels `node` has, in the graph where it has them alone. */
  call(kernel: Kernel, node: Int8Node, call: CallShape, slice?: ChannelSlice): number {
    const part = slice === undefined ? (call.part ?? '') : `${slice.firstChannel}+${slice.channels}`;
    const key = `${kernel.id} ${node.id} ${call.rows} ${call.cols} ${part}`;
    let instructions = this.#known.get(key);
    if (instructions === undefined) {
      instructions = kernel.instructions(node, slice?.graph ?? this.graph, call, this.core);
      this.#known.set(key, instructions);
    }
    return instructions;
  }

  /** A step over its whole output, rowsPerCall rows at a time. `part`: of a concat, the input that the step copies. */
  layer(kernel: Kernel, node: Int8Node, rowsPerCall: number, part?: number): number {
    if (isOfParts(node.op) && part === undefined) {
      return node.inputs.reduce((sum, _, i) => sum + this.layer(kernel, node, rowsPerCall, i), 0);
    }
    const { h, w } = valueOf(this.graph, part === undefined ? node.output : node.inputs[part]).shape;
    const rows = Math.min(rowsPerCall, h);
    const whole = Math.floor(h / rows);
    const rest = h - whole * rows;
    const call = (n: number): number =>
      this.call(kernel, node, { rows: n, cols: w, ...(part === undefined ? {} : { part }) });
    return (
      whole * call(rows) + (rest > 0 ? call(rest) : 0) + this.#weigh([stepWork(node, whole + (rest > 0 ? 1 : 0), 0)])
    );
  }

  /** All batches of a unit: instructions by node, and those around the nodes' calls. */
  unit(
    g: UnitGeometry,
    kernels: readonly Kernel[],
    cost: UnitCost = unitCost(this.graph, g),
  ): { readonly byNode: readonly number[]; readonly around: number } {
    const around = this.#weigh(aroundUnit(this.graph, g, cost));
    if (feedsGlobalPool(this.graph, g)) return { byNode: [this.#weigh(pooledWork(this.graph, g))], around };
    const byNode = g.nodes.map((node, k) => {
      let sum = 0;
      for (const [rows, batches] of cost.rowExtents.get(node.output) ?? []) {
        for (const [cols, tiles] of cost.colExtents.get(node.output) ?? []) {
          if (rows > 0 && cols > 0) sum += batches * tiles * this.#tile(g, k, kernels[k], { rows, cols });
        }
      }
      return sum;
    });
    return { byNode, around };
  }

  /** Node `k` of a unit for a tile: a call, or one for each slice of its channels (those between the first and the last cost alike). */
  #tile(g: UnitGeometry, k: number, kernel: Kernel, call: CallShape): number {
    const { slices } = g;
    if (slices === null || k > slices.sumsAt) return this.call(kernel, g.nodes[k], call);
    const of = (index: number): number => this.call(kernel, slices.slice(index).nodes[k], call, slices.slice(index));
    return of(0) + (slices.count > 1 ? of(slices.count - 1) : 0) + (slices.count > 2 ? (slices.count - 2) * of(1) : 0);
  }

  /** What a fused region executes around its units: which of them is ready, and the rows that are pushed into it. */
  region(units: readonly Unit[], streamedInput: ValueId | null): number {
    return this.#weigh(
      aroundRegion(
        this.graph,
        units.map((u) => this.#geometry(u)),
        streamedInput,
      ),
    );
  }

  /** Units come in many regions. */
  #geometry(unit: Unit): UnitGeometry {
    let g = this.#geometries.get(unit);
    if (g === undefined) this.#geometries.set(unit, (g = unitGeometry(this.graph, unit)));
    return g;
  }

  #weigh(work: readonly Work[]): number {
    return work.reduce((sum, w) => sum + instructionsOf(w.id, w.features, this.core), 0);
  }
}

/** Calls of a step's function: views, window, and the kernel's arguments. */
const stepWork = (node: Int8Node, calls: number, tileViews: number): Work => ({
  id: 'step',
  features: { calls, views: calls * (node.inputs.length + 1), tileViews: calls * tileViews },
});

/** Calls of the functions of a unit and of its steps; columns that move from tile to tile. */
export function aroundUnit(graph: Int8Graph, g: UnitGeometry, cost: UnitCost): Work[] {
  const batches = batchesOf(graph, g);
  if (!walksTiles(graph, g)) {
    return [stepWork(g.nodes[0], batches, 0), { id: 'unit', features: { plainCalls: batches } }];
  }
  const { w } = valueOf(graph, g.output).shape;
  const tilesPerBatch = Math.ceil(w / g.colsPerTile);
  const tiles = batches * tilesPerBatch;
  const internal = new Set(g.internal);
  const slides = g.unit.slideColumns && tilesPerBatch > 1;
  const steps = g.nodes.map((node, k) => {
    const views = [...node.inputs, node.output].filter((id) => internal.has(id)).length;
    return stepWork(node, tiles * callsPerTile(g, k), views);
  });
  const nodes = g.nodes.length;
  const calls = g.nodes.reduce((sum, _, k) => sum + callsPerTile(g, k), 0);
  const work: Work[] = [
    ...steps,
    {
      id: 'unit',
      features: {
        calls: batches,
        nodes: batches * nodes,
        tiles,
        tileNodes: tiles * calls,
        slidingNodes: slides ? tiles * (nodes - 1) : 0,
      },
    },
  ];
  if (slides) for (const id of g.internal) work.push(...keptWork(graph, id, cost));
  return work;
}

/** rv_keep_columns for one tensor: its loop over rows, and what each moves. */
function keptWork(graph: Int8Graph, id: ValueId, cost: UnitCost): Work[] {
  const c = pixelBytesOf(valueOf(graph, id));
  const rowBytes = (cost.tiles.get(id)?.cols ?? 0) * c;
  const work: Work[] = [];
  for (const [cols, tiles] of cost.keptExtents.get(id) ?? []) {
    for (const [rows, batches] of cost.rowExtents.get(id) ?? []) {
      const moves = batches * tiles;
      work.push({
        id: 'keepColumns',
        features: { calls: moves, rows: moves * rows, ...movedBytes(moves * rows * cols * c, cols * c, rowBytes | c) },
      });
    }
  }
  return work;
}

/** A global pool that is fed row by row. */
function pooledWork(graph: Int8Graph, g: UnitGeometry): readonly Work[] {
  const [node] = g.nodes;
  const { rowSums } = kernelById(g.unit.kernels[0]);
  if (rowSums === undefined) throw new Error(`${node.name}: ${g.unit.kernels[0]} is not fed row by row`);
  return rowSums.work(node, graph, batchesOf(graph, g));
}

/** The region's loop tries its units from the deepest on; each pushed row is copied and enters it once. */
export function aroundRegion(graph: Int8Graph, units: readonly UnitGeometry[], streamedInput: ValueId | null): Work[] {
  const pushed = streamedInput === null ? 0 : valueOf(graph, streamedInput).shape.h;
  const entries = streamedInput === null ? 1 : pushed;
  let batches = 0;
  let refused = entries * units.length;
  units.forEach((g, k) => {
    const n = batchesOf(graph, g);
    batches += n;
    refused += n * (units.length - 1 - k);
  });
  const work: Work[] = [{ id: 'region', features: { entries, batches, refused } }];
  if (streamedInput !== null) {
    const { w, c } = valueOf(graph, streamedInput).shape;
    work.push({ id: 'push', features: { rows: pushed, ...movedBytes(pushed * w * c, w * c, w * c) } });
  }
  return work;
}

const batchesOf = (graph: Int8Graph, g: UnitGeometry): number => Math.ceil(unitRows(graph, g) / g.unit.rowsPerCall);

/** What a schedule executes around kernel calls; its layers in one call each. */
export function aroundSchedule(graph: Int8Graph, schedule: Schedule): Work[] {
  return schedule.regions.flatMap((region, position) => {
    if (region.kind === 'layer') return [stepWork(graph.nodes[region.node], 1, 0)];
    const geometries = region.units.map((u) => unitGeometry(graph, u));
    const streamed = schedule.input === 'streamed' && position === 0 ? graph.inputs[0].value : null;
    return [
      ...aroundRegion(graph, geometries, streamed),
      ...geometries.flatMap((g) => [
        ...aroundUnit(graph, g, unitCost(graph, g)),
        ...(feedsGlobalPool(graph, g) ? pooledWork(graph, g) : []),
      ]),
    ];
  });
}

/** Sums of counted work by id. */
export const workById = (work: readonly Work[]): ReadonlyMap<string, Features> =>
  work.reduce((sums, w) => sums.set(w.id, added(sums.get(w.id) ?? {}, w.features)), new Map<string, Features>());
