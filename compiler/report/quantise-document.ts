/** The document `rivulet.quantise/1`: what quantising a model chose and cost. Fields may be added; those here keep their meaning. */

import type { Diagnostic } from '../diagnostics.js';

export const quantiseSchema = 'rivulet.quantise/1';

export interface QuantiseDocument {
  readonly schema: typeof quantiseSchema;
  readonly tool: { readonly name: 'rivulet'; readonly version: string };
  /** The float model. */
  readonly model: { readonly name: string; readonly sha256: string };
  readonly samples: { readonly calibration: number; readonly evaluation: number };
  /** What samples the figures were measured on. */
  readonly evaluatedOn: 'calibration' | 'evaluation';
  /** Of all outputs over all samples, 10 log10(sum y^2 / sum (y - q)^2); null where nothing was lost. */
  readonly sqnrDb: number | null;
  /** Samples whose largest element of the first output is the same in float and int8. */
  readonly agreement: { readonly top1: number; readonly n: number };
  readonly accuracy: { readonly float: number; readonly int8: number; readonly n: number } | null;
  /** Those that cost most first. */
  readonly layers: readonly QuantisedLayer[];
  /** Stages that ran. */
  readonly chosen: {
    readonly ranges: string;
    readonly equalise: boolean;
    readonly rounding: string;
    readonly compensate: boolean;
    readonly bias: boolean;
  };
  /** Of the tensors whose layers cost most. */
  readonly tensors: readonly TensorRange[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The part that a plan holds; its diagnostics are among the plan's. */
export type QuantisationSummary = Omit<QuantiseDocument, 'schema' | 'tool' | 'diagnostics'>;

export interface QuantisedLayer {
  /** The node's name; `input NAME` for a network input. */
  readonly node: string;
  /** Of its output, with all layers before it quantised too; null where nothing was lost. */
  readonly sqnrDb: number | null;
  /** Of the squared errors that the layers cause at the outputs when each is quantised alone. */
  readonly shareOfError: number;
}

/** A tensor's values over the calibration, and the range that was chosen for it. */
export interface TensorRange {
  readonly name: string;
  readonly low: number;
  readonly high: number;
  readonly scale: number;
  readonly zeroPoint: number;
  /** How it was found. */
  readonly method: string;
  /** Counts of elements other than 0 in bins of equal width. */
  readonly histogram: { readonly min: number; readonly max: number; readonly counts: readonly number[] };
}
