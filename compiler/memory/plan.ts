/**
 * A Plan is a Schedule with every byte placed: what codegen turns into C and report draws. Plain data, JSON-safe.
 */

import type { NodeId, ValueId } from '../ir/int8-graph.js';
import type { Schedule, Unit } from '../schedule/schedule.js';
import type { Buffer, BufferId } from './problem.js';

/** Where a step finds a tensor, or a part of one (Concat's parts, Slice's window, a tile, a ring). */
export interface TensorView {
  readonly value: ValueId;
  /** Null: a constant in flash. */
  readonly buffer: BufferId | null;
  /** Arena offset of the first element held. */
  readonly offsetBytes: number;
  readonly rowPitchBytes: number;
  readonly pixelPitchBytes: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** 0: linear. */
  readonly ringRows: number;
  /** The buffer holds a tile: the caller of the step says which row and column come first. */
  readonly tile?: true;
}

/** Calls of one kernel: for a layer region ceil(rows / rowsPerCall) calls, in this direction. */
export interface PlanStep {
  readonly index: number;
  /** Position in schedule.regions. */
  readonly region: number;
  readonly node: NodeId;
  readonly kernel: string;
  readonly rowsPerCall: number;
  readonly direction: 'ascending' | 'descending';
  readonly inputs: readonly TensorView[];
  readonly output: TensorView;
  readonly scratch: { readonly buffer: BufferId; readonly offsetBytes: number; readonly bytes: number } | null;
}

/** A unit of a fused region, placed: steps [firstStep, endStep), one for each of its nodes. */
export interface PlanUnit {
  readonly unit: Unit;
  readonly firstStep: number;
  readonly endStep: number;
  /** Where a global pool that is fed row by row keeps its int32 sums; null for every other unit. */
  readonly sumsOffsetBytes: number | null;
}

/** A fused region, placed. Its steps are run by the loops of codegen/fused.ts, not in order. */
export interface PlanFusedRegion {
  /** Position in schedule.regions. */
  readonly region: number;
  readonly units: readonly PlanUnit[];
  /** uint16 counters in the arena: rows done by each unit. */
  readonly stateOffsetBytes: number;
  /** uint16 counter of the rows taken of the streamed input, or null. */
  readonly takenOffsetBytes: number | null;
  /** The ring of the network input that is pushed row by row, or null. */
  readonly streamedInput: TensorView | null;
}

export interface PlacedBuffer extends Buffer {
  readonly offsetBytes: number;
  /** Values that live in it (more than one with views). */
  readonly values: readonly ValueId[];
}

export interface Plan {
  readonly schedule: Schedule;
  readonly steps: readonly PlanStep[];
  readonly buffers: readonly PlacedBuffer[];
  readonly arenaBytes: number;
  readonly arenaAlignBytes: number;
  /** Scratch within arenaBytes at the peak step. */
  readonly scratchBytes: number;
  readonly lowerBoundBytes: number;
  readonly provenOptimal: boolean;
  readonly searchNodes: number;
  /** Peak step (first of them). */
  readonly peakStep: number;
  /** Arena bytes that no buffer ever covers, half-open intervals. */
  readonly gaps: readonly (readonly [number, number])[];
  /** Fused regions in order. */
  readonly fused: readonly PlanFusedRegion[];
  /** Network inputs and outputs: their views (a streamed input's is its ring). */
  readonly inputs: readonly TensorView[];
  readonly outputs: readonly TensorView[];
  /** Whether each network input still holds its data after run. */
  readonly inputSurvives: readonly boolean[];
}
