/** What a report says besides the program itself: the one input of plan.json and the reports. */

import type { ConstantOutput } from '../ir/constant-output.js';
import type { Diagnostic } from '../diagnostics.js';
import type { CoreId } from '../machine/core.js';
import type { MemoryLimits } from '../machine/fit.js';
import type { Program } from '../program/program.js';
import type { QuantiseDocument } from './quantise-document.js';

export interface ModelFacts {
  /** Name of the network or its file (untrusted text). */
  readonly name: string;
  readonly sha256: string;
  /** Multiply-accumulates of the network as imported, padded taps counted. */
  readonly macs: number;
  readonly parameters: number;
  /** Outputs of the file that no input changes. */
  readonly constantOutputs?: readonly ConstantOutput[];
}

export interface BoardFacts {
  readonly id: string;
  readonly name?: string;
  readonly core: CoreId;
  readonly sramBytes: number;
  readonly flashBytes: number;
}

/** Channels of a node that the compiler computed at compile time, with the reason in words. */
export interface RemovedChannels {
  readonly node: string;
  readonly channels: number;
  readonly of: number;
  readonly reason: string;
}

/** A point of the front of SRAM against work. */
export interface ParetoPoint {
  readonly peakSramBytes: number;
  readonly executedMacs: number;
  readonly estimatedInstructions: number;
  /** Estimated instructions as a multiple of those of the layer-by-layer plan. */
  readonly slowdown: number;
  readonly input: 'resident' | 'streamed';
  readonly schedule: unknown;
}

/** A plan that other flags give. */
export interface KneePoint {
  readonly peakSramBytes: number;
  readonly slowdown: number;
  readonly input: 'resident' | 'streamed';
  /** In place of --objective, --sram, --input, --max-slowdown and --max-overhead. */
  readonly flags: string;
}

export interface CompileFacts {
  readonly toolVersion: string;
  /** Prefix of the C symbols: codegen/names.ts. */
  readonly net: string;
  readonly model: ModelFacts;
  readonly program: Program;
  readonly board: BoardFacts | null;
  /** What the network may take: the board's memory, or less where less was asked for. */
  readonly limits: MemoryLimits;
  /** Peak SRAM of the plain layer-by-layer plan of the same graph, same accounting, input resident. */
  readonly layerByLayerBytes: number;
  readonly fits: boolean;
  readonly diagnostics: readonly Diagnostic[];
  /** Peak SRAM of the schedule with the input resident and with it streamed: never mixed. */
  readonly totals?: { readonly residentBytes: number | null; readonly streamedBytes: number | null };
  readonly removedChannels?: readonly RemovedChannels[];
  /** What was chosen and why, in words. */
  readonly reasons?: readonly string[];
  readonly pareto?: readonly ParetoPoint[];
  /** Of a model that was quantised in the same run. */
  readonly quantisation?: QuantiseDocument;
  readonly knee?: readonly KneePoint[];
  /** Estimated instructions of the plan as a multiple of those of layer by layer. */
  readonly slowdown: number;
}
