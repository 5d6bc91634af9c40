/**
 * A fused region as steps over storage: rings, sums and counters live through the region; tiles and scratch only while
 * their unit works, for units take turns.
 */

import { isOfParts, operatorOf } from '../ir/operators/index.js';
import {
  type Int8Graph,
  type Int8Node,
  type ValueId,
  valueOf,
  elementBytesOf,
  pixelBytesOf,
} from '../ir/int8-graph.js';
import type { FusedRegion, Unit } from '../schedule/schedule.js';
import { type Stream, counterBytes, feedsGlobalPool, simulateStream } from '../schedule/stream.js';
import { streamBelowBytes } from '../schedule/stream-overlap.js';
import { type UnitGeometry, kernelNode, tileChannels, unitCost } from '../schedule/unit.js';
import type { Kernel } from '../machine/kernel.js';
import type {
  FusedStepRegion,
  FusedStepUnit,
  SequenceStep,
  RegionOverlap,
  Storage,
  StorageId,
  StorageView,
} from './step-sequence.js';

/** What a sequence under construction offers. */
export interface StepSink {
  readonly graph: Int8Graph;
  readonly kernelById: (id: string) => Kernel;
  readonly activationAlignBytes: number;
  /** Steps so far. */
  readonly stepCount: number;
  /** A value that is stored whole, or a constant. */
  whole(value: ValueId): StorageView;
  storage(storage: Omit<Storage, 'id'>): StorageId;
  push(step: SequenceStep): void;
}

export function addFusedRegion(
  sink: StepSink,
  region: FusedRegion,
  position: number,
  streamedInput: ValueId | null,
): FusedStepRegion {
  const { graph } = sink;
  const stream = simulateStream(graph, region, streamedInput);
  const first = sink.stepCount;
  const end = first + region.units.flatMap((u) => u.nodes).reduce((n, id) => n + partsOf(graph.nodes[id]), 0);
  // A pushed image's counters are reset before the caller writes the other inputs, or after.
  const counted: readonly [number, number] = [streamedInput === null ? first : 0, end];
  const views = new Map<ValueId, StorageView>();
  for (const [value, rows] of stream.ringRows) views.set(value, ringView(sink, value, rows));
  const stateStorage = sink.storage({
    name: `counters of region ${position}`,
    kind: 'state',
    bytes: counterBytes * region.units.length,
    alignBytes: 4,
    values: [],
    liveBefore: false,
    liveAfter: false,
    region: counted,
  });
  // Counts on after the region, so that a row too many is refused.
  const takenStorage =
    streamedInput === null
      ? null
      : sink.storage({
          name: 'rows taken of the input',
          kind: 'state',
          bytes: counterBytes,
          alignBytes: 2,
          values: [],
          liveBefore: false,
          liveAfter: true,
          region: counted,
        });
  const view = (value: ValueId): StorageView => views.get(value) ?? sink.whole(value);
  const units: FusedStepUnit[] = [];
  for (const [k, g] of stream.units.entries())
    units.push(addUnit(sink, g, region.units[k], position, [first, end], view, views));
  return {
    region: position,
    units,
    stateStorage,
    takenStorage,
    streamedInput: streamedInput === null ? null : view(streamedInput),
    overlaps: regionOverlaps(sink, stream, [first, end]),
  };
}

function addUnit(
  sink: StepSink,
  g: UnitGeometry,
  unit: Unit,
  position: number,
  range: readonly [number, number],
  view: (value: ValueId) => StorageView,
  views: Map<ValueId, StorageView>,
): FusedStepUnit {
  const { graph } = sink;
  const cost = unitCost(graph, g);
  const pooled = feedsGlobalPool(graph, g);
  const firstStep = sink.stepCount;
  // Kept columns wait in their tile while the unit's other nodes work.
  const slides = unit.slideColumns && g.colsPerTile < valueOf(graph, g.output).shape.w;
  const turn = slides ? { region: [firstStep, firstStep + g.nodes.length] as const } : { turn: true as const };
  for (const [value, tile] of cost.tiles) {
    views.set(value, tileView(sink, value, { ...tile, channels: tileChannels(graph, g, value) }, turn));
  }
  g.nodes.forEach((node, k) => {
    const kernel = sink.kernelById(unit.kernels[k]);
    const output = view(node.output);
    const call = cost.calls.get(node.output)!;
    const called = kernelNode(graph, g, k);
    const step = {
      region: position,
      node: node.id,
      kernel,
      rowsPerCall: call.rows,
      descendingRows: null,
      scratchBytes: pooled ? 0 : kernel.scratchBytes(called.node, called.graph, call),
      scratchFrom: k === g.slices?.sumsAt ? firstStep : sink.stepCount,
      interleaved: range,
    };
    const inputs = node.inputs.map(view);
    if (!isOfParts(node.op)) sink.push({ ...step, inputs, output });
    else
      for (const [part, input] of inputs.entries()) {
        sink.push({
          ...step,
          scratchFrom: sink.stepCount,
          inputs: [input],
          output: partView(graph, node, part, output),
        });
      }
  });
  const sumsStorage = !pooled
    ? null
    : sink.storage({
        name: `sums of ${g.nodes[0].name}`,
        kind: 'state',
        bytes: 4 * valueOf(graph, g.output).shape.c,
        alignBytes: 4,
        values: [],
        liveBefore: false,
        liveAfter: false,
        region: range,
      });
  return { unit, firstStep, endStep: sink.stepCount, sumsStorage };
}

/** A concat is a copy of each of its inputs. */
const partsOf = (node: Int8Node): number => (isOfParts(node.op) ? node.inputs.length : 1);

/** Where input `part` of a concat over columns or channels stands in the output. */
function partView(graph: Int8Graph, node: Int8Node, part: number, output: StorageView): StorageView {
  const axis = operatorOf(node.op).partAxis(node.op) === 'w' ? 'w' : 'c';
  const before = node.inputs.slice(0, part).reduce((sum, id) => sum + valueOf(graph, id).shape[axis], 0);
  const { w, c } = valueOf(graph, node.inputs[part]).shape;
  return {
    ...output,
    offsetBytes:
      output.offsetBytes +
      before * (axis === 'w' ? output.pixelPitchBytes : elementBytesOf(valueOf(graph, node.output))),
    width: w,
    channels: c,
  };
}

function ringView(sink: StepSink, value: ValueId, rows: number): StorageView {
  const tensor = valueOf(sink.graph, value);
  const { shape } = tensor;
  const pixelPitchBytes = pixelBytesOf(tensor);
  const rowPitchBytes = shape.w * pixelPitchBytes;
  const storage = sink.storage({
    name: tensor.name,
    kind: 'ring',
    bytes: rows * rowPitchBytes,
    alignBytes: Math.max(sink.activationAlignBytes, elementBytesOf(tensor)),
    values: [value],
    liveBefore: false,
    liveAfter: false,
  });
  return {
    value,
    storage,
    offsetBytes: 0,
    rowPitchBytes,
    pixelPitchBytes,
    height: shape.h,
    width: shape.w,
    channels: shape.c,
    ringRows: rows < shape.h ? rows : 0,
  };
}

function tileView(
  sink: StepSink,
  value: ValueId,
  tile: { rows: number; cols: number; channels: number },
  lives: Pick<Storage, 'turn' | 'region'>,
): StorageView {
  const tensor = valueOf(sink.graph, value);
  const { shape } = tensor;
  const pixelPitchBytes = tile.channels * elementBytesOf(tensor);
  const rowPitchBytes = tile.cols * pixelPitchBytes;
  const storage = sink.storage({
    name: tensor.name,
    kind: 'tile',
    bytes: tile.rows * rowPitchBytes,
    alignBytes: Math.max(sink.activationAlignBytes, elementBytesOf(tensor)),
    values: [value],
    liveBefore: false,
    liveAfter: false,
    ...lives,
  });
  return {
    value,
    storage,
    offsetBytes: 0,
    rowPitchBytes,
    pixelPitchBytes,
    height: shape.h,
    width: shape.w,
    channels: tile.channels,
    ringRows: 0,
    tile: true,
  };
}

/** Where the region's whole outputs may stand over whole inputs, if those die in it. */
function regionOverlaps(sink: StepSink, stream: Stream, range: readonly [number, number]): RegionOverlap[] {
  const { graph } = sink;
  const rings = new Set(stream.ringRows.keys());
  const inputs = new Set(
    stream.units.flatMap((g) => g.external).filter((id) => !rings.has(id) && !stream.whole.includes(id)),
  );
  const overlaps: RegionOverlap[] = [];
  for (const input of inputs) {
    for (const output of stream.whole) {
      const from = sink.whole(input);
      const to = sink.whole(output);
      if (
        from.storage === null ||
        to.storage === null ||
        from.storage === to.storage ||
        !isDense(graph, from) ||
        !isDense(graph, to)
      )
        continue;
      const belowBytes = streamBelowBytes(graph, stream, input, output) + to.offsetBytes - from.offsetBytes;
      overlaps.push({ output: to.storage, input: from.storage, belowBytes, region: range });
    }
  }
  return overlaps;
}

const isDense = (graph: Int8Graph, v: StorageView): boolean =>
  (v.height === 1 || v.rowPitchBytes === v.width * v.pixelPitchBytes) &&
  (v.width === 1 || v.pixelPitchBytes === v.channels * elementBytesOf(valueOf(graph, v.value)));
