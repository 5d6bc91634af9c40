/**
 * The document `rivulet.plan/1`: what plan.json holds, `--json` prints and the reports are drawn from. Sizes are bytes,
 * intervals half-open. Fields may be added; those here keep their names and meaning.
 */

import type { Diagnostic } from '../diagnostics.js';
import type { IoLayout } from '../ir/tensor.js';
import type { PlacedBuffer, TensorView } from '../memory/plan.js';
import type { Schedule } from '../schedule/schedule.js';
import type { KneePoint, ParetoPoint, RemovedChannels } from './facts.js';
import type { QuantisationSummary } from './quantise-document.js';

export const planSchema = 'rivulet.plan/1';

export interface PlanDocument {
  readonly schema: typeof planSchema;
  readonly tool: { readonly name: 'rivulet'; readonly version: string };
  /** Prefix of the C symbols. */
  readonly net: string;
  readonly model: {
    readonly name: string;
    readonly sha256: string;
    /** Multiply-accumulates as imported, padded taps counted. */
    readonly macs: number;
    /** The same without constant and unread channels. */
    readonly liveMacs: number;
    readonly parameters: number;
    readonly inputs: readonly IoDocument[];
    readonly outputs: readonly IoDocument[];
    /** Outputs of the file that no input changes: constants in flash. Absent where there are none. */
    readonly constantOutputs?: readonly {
      readonly name: string;
      readonly onnxShape: readonly number[];
      readonly dtype: string;
    }[];
  };
  /** The board whose limits hold; null where only a core was given. */
  readonly board: BoardDocument | null;
  /** What the network may take: the board's memory, or less where less was asked for; null where nothing limits it. */
  readonly limits: { readonly sramBytes: number | null; readonly flashBytes: number | null };
  /** The core whose kernels were chosen: the board's, or `--core`. */
  readonly core: string;
  readonly schedule: Schedule;
  readonly memory: MemoryDocument;
  readonly cost: {
    readonly executedMacs: number;
    readonly estimatedInstructions: number;
    /** Estimated instructions as a multiple of those of the layer-by-layer plan. */
    readonly slowdown: number;
    readonly flashBytes: { readonly weights: number; readonly code: number };
  };
  readonly fits: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly steps: readonly StepDocument[];
  readonly buffers: readonly PlacedBuffer[];
  readonly removedChannels: readonly RemovedChannels[];
  /** What was chosen and why. */
  readonly reasons: readonly string[];
  readonly pareto: readonly ParetoPoint[];
  /** Of a float model that was quantised in the same run: what that chose and cost. */
  readonly quantisation?: QuantisationSummary;
  /** A few other plans with less SRAM or less work, and the flags that give them; empty where a schedule was asked for. */
  readonly knee: readonly KneePoint[];
}

export interface BoardDocument {
  readonly id: string;
  readonly name: string;
  readonly core: string;
  readonly sramBytes: number;
  readonly flashBytes: number;
}

export interface MemoryDocument {
  /** Whether the network input is held in the arena or fed row by row. */
  readonly input: 'resident' | 'streamed';
  readonly arenaBytes: number;
  readonly arenaAlignBytes: number;
  /** Kernel scratch at the peak step, part of arenaBytes. */
  readonly scratchBytes: number;
  readonly staticBytes: number;
  readonly stackBytes: number;
  /** arenaBytes + staticBytes + stackBytes. */
  readonly peakSramBytes: number;
  /** No placement has a smaller arena, for this order, overlaps and alignment. */
  readonly lowerBoundBytes: number;
  readonly provenOptimal: boolean;
  readonly searchNodes: number;
  /** Peak SRAM of the layer-by-layer plan, counted alike, input resident. */
  readonly layerByLayerBytes: number;
  /** Bytes of the network inputs within the arena; 0 when streamed. */
  readonly inputBytes: number;
  /** Bytes of one row that a caller pushes; 0 when the input is resident. Not part of any total. */
  readonly callerRowBytes: number;
  /** Peak SRAM of the same schedule with the input resident and streamed; null where it does not allow that. */
  readonly residentBytes: number | null;
  readonly streamedBytes: number | null;
  readonly peakStep: number;
  /** What every byte of the arena holds at the peak step, in address order, without holes between segments. */
  readonly peak: readonly PeakSegment[];
  /** Arena bytes that no buffer ever covers. */
  readonly gaps: readonly (readonly [number, number])[];
}

/** Arena bytes [fromByte, toByte) at the peak step; several buffers where an output replaces its dying input. */
export interface PeakSegment {
  readonly fromByte: number;
  readonly toByte: number;
  readonly buffers: readonly number[];
}

export interface IoDocument {
  /** Name in the ONNX file. */
  readonly name: string;
  readonly onnxShape: readonly number[];
  readonly onnxDType: IoLayout['onnxDType'];
  /** Height, width, channels in memory. */
  readonly shape: readonly [number, number, number];
  readonly dtype: 'int8' | 'int32' | 'float32';
  readonly scale: number | null;
  readonly zeroPoint: number | null;
  readonly bytes: number;
  /** First byte in the arena; null for a constant. */
  readonly offsetBytes: number | null;
  /** Of an output that the file leaves in floating point: what it can reach. Absent elsewhere. */
  readonly floatRange?: readonly [number, number];
  /** Inputs: whether the data is still there after run. Outputs: true. */
  readonly survives: boolean;
}

export interface StepDocument {
  readonly index: number;
  /** Position in schedule.regions. */
  readonly region: number;
  readonly node: number;
  /** The ONNX node's name. */
  readonly name: string;
  readonly op: string;
  readonly kernel: string;
  readonly rowsPerCall: number;
  readonly direction: 'ascending' | 'descending';
  readonly inputShapes: readonly (readonly [number, number, number])[];
  readonly outputShape: readonly [number, number, number];
  readonly inputs: readonly TensorView[];
  readonly output: TensorView;
  readonly scratchBytes: number;
  readonly macs: number;
  readonly estimatedInstructions: number;
  /** Packed constants of this step. */
  readonly weightBytes: number;
  /** Distinct arena bytes held while this step runs. */
  readonly liveBytes: number;
  /** Reachable accumulators one output step from ONNX's meaning, of how many. */
  readonly deviations: { readonly off: number; readonly of: number };
}
