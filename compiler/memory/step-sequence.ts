/**
 * A Schedule as steps over storage, nothing placed yet: what lifetimes and overlaps are computed from. A fused region
 * contributes one step for each of its kernels; they run interleaved, so whatever one of them touches stays for all.
 */

import type { ValueId } from '../ir/int8-graph.js';
import type { Kernel } from '../machine/kernel.js';
import type { TensorView } from './plan.js';
import type { Buffer } from './problem.js';
import type { Unit } from '../schedule/schedule.js';

export type StorageId = number;

/** Bytes that become one buffer. */
export interface Storage {
  readonly id: StorageId;
  readonly name: string;
  readonly kind: Buffer['kind'];
  readonly bytes: number;
  readonly alignBytes: number;
  /** Values that live in it. */
  readonly values: readonly ValueId[];
  /** Holds data before the first step (network inputs), or after the last (network outputs, kept inputs). */
  readonly liveBefore: boolean;
  readonly liveAfter: boolean;
  /** Holds data only while one of its steps runs, though that step is interleaved with others: a unit's tile. */
  readonly turn?: true;
  /** Lives through these steps [first, end) whichever touch it: counters, sums, tiles with columns that are kept. */
  readonly region?: readonly [number, number];
}

/** A TensorView whose buffer is not placed: `offsetBytes` counts from the storage's start. */
export interface StorageView extends Omit<TensorView, 'buffer'> {
  /** Null: a constant in flash. */
  readonly storage: StorageId | null;
}

export interface SequenceStep {
  readonly region: number;
  readonly node: number;
  readonly kernel: Kernel;
  readonly rowsPerCall: number;
  /** Rows per call of a walk from the last rows to the first; null where that does not pay. */
  readonly descendingRows: number | null;
  readonly inputs: readonly StorageView[];
  readonly output: StorageView;
  /** For a call of rowsPerCall rows; of descendingRows rows, at most as much. */
  readonly scratchBytes: number;
  /** The first step during which the scratch holds something: where sums over channel slices begin, else the step itself. */
  readonly scratchFrom: number;
  /** Steps [first, end) that run interleaved with this one; [index, index + 1) for a layer. */
  readonly interleaved: readonly [number, number];
}

export interface StepSequence {
  readonly steps: readonly SequenceStep[];
  readonly storages: readonly Storage[];
  readonly inputs: readonly StorageView[];
  readonly outputs: readonly StorageView[];
  /** Fused regions in order. */
  readonly fused: readonly FusedStepRegion[];
}

/** Where a fused region's whole output may stand below a whole input, provided that the input dies in the region. */
export interface RegionOverlap {
  readonly output: StorageId;
  readonly input: StorageId;
  readonly belowBytes: number;
  /** Steps [first, end) of the region. */
  readonly region: readonly [number, number];
}

export interface FusedStepUnit {
  readonly unit: Unit;
  readonly firstStep: number;
  readonly endStep: number;
  /** Sums of a global pool that takes its rows as they come, else null. */
  readonly sumsStorage: StorageId | null;
}

export interface FusedStepRegion {
  /** Position in schedule.regions. */
  readonly region: number;
  readonly units: readonly FusedStepUnit[];
  readonly stateStorage: StorageId;
  /** The counter of pushed rows; null where the region takes none. */
  readonly takenStorage: StorageId | null;
  readonly streamedInput: StorageView | null;
  readonly overlaps: readonly RegionOverlap[];
}
