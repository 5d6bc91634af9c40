/** The document `rivulet.search/1`: what a search over networks found. Fields may be added; those here keep their meaning. */

import type { Diagnostic } from '../diagnostics.js';

export const searchSchema = 'rivulet.search/1';

/** `sqnrDb` on inputs that no weight was fitted to, `accuracy` on labelled ones, `command`: what the user's command said. */
export type ScoreKind = 'sqnrDb' | 'accuracy' | 'command';

export interface ScoreFigures {
  /** What the search compares by; larger is better. */
  readonly score: number;
  /** 10 log10(sum y^2 / sum (y - q)^2) of the outputs against the original's; null where nothing differs or it was not measured. */
  readonly sqnrDb: number | null;
  /** Share of the inputs whose largest output is the original's. */
  readonly agreement: number | null;
  readonly accuracy: number | null;
}

export interface StageRow {
  readonly stage: number;
  readonly node: string;
  readonly height: number;
  readonly width: number;
  readonly receptiveField: number;
  readonly macs: number;
  readonly ringBytes: number;
}

export interface FoundNetwork extends ScoreFigures {
  readonly peakSramBytes: number;
  readonly flashBytes: number;
  readonly instructions: number;
  readonly macs: number;
  readonly executedMacs: number;
  /** Stages of one resolution, from the input on. */
  readonly receptiveField: readonly StageRow[];
  /** What int8 costs it, against its own float network; null where the inputs could not be quantised. */
  readonly int8: { readonly sqnrDb: number | null; readonly agreement: number } | null;
}

export interface FrontPoint extends FoundNetwork {
  /** Its folder. */
  readonly id: string;
  readonly moves: readonly MoveRow[];
  /** Paths within the output folder. */
  readonly onnx: string;
  readonly plan: string;
}

export interface MoveRow {
  readonly move: { readonly kind: string; readonly node: string };
  readonly words: string;
  readonly blockSqnrDb: number | null;
  readonly outputSqnrDb: number | null;
}

export interface SearchDocument {
  readonly schema: typeof searchSchema;
  readonly tool: { readonly name: 'rivulet'; readonly version: string };
  readonly model: { readonly name: string; readonly sha256: string };
  readonly scoredBy: ScoreKind;
  readonly samples: { readonly fitted: number; readonly scored: number };
  readonly original: FoundNetwork;
  /** Most score first. */
  readonly front: readonly FrontPoint[];
  /** Candidates that were planned: networks times schedules. */
  readonly evaluated: number;
  /** Networks whose weights were carried over and scored. */
  readonly fitted: number;
  readonly seed: number;
  readonly diagnostics: readonly Diagnostic[];
}
