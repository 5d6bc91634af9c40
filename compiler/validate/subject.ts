/** What a validation is given, and what it finds before anyone judges it. */

import type { SampleData } from '../data/samples.js';
import type { Diagnostic } from '../diagnostics.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { Plan } from '../memory/plan.js';
import type { PackageSource } from '../codegen/package-source.js';
import type { Board } from '../machine/board.js';
import type { Fit } from '../machine/fit.js';
import type { Comparison } from './compare.js';
import type { ValidateDocument } from './document.js';
import type { ArenaTrace } from './exchange.js';
import type { LayerMismatch } from './layers.js';
import type { Sample } from './vectors.js';

/** A compiled network: what its package was made of, and the package. */
export interface Subject extends PackageSource {
  readonly files: ReadonlyMap<string, string>;
  readonly graph: Int8Graph;
  readonly plan: Plan;
  readonly board: Board;
  readonly fit: Fit;
}

export interface ValidateSettings {
  readonly on: 'host' | 'qemu';
  readonly samples: readonly Sample[];
  /** Outputs that someone else computed, one for each sample; null: the reference alone decides. */
  readonly expected: readonly Sample[] | null;
  /** The same as their files have them. */
  readonly expectedData?: readonly SampleData[] | null;
  /** Class of each sample. */
  readonly labels: readonly number[] | null;
  /** Names of the classes. */
  readonly classes?: readonly string[] | null;
  /** What is to be said besides the verdicts. */
  readonly notes?: readonly Diagnostic[];
  /** Against `expected`, in output steps. */
  readonly tolerance: number;
  /** Extra compiler flags. */
  readonly flags?: readonly string[];
  readonly onProgress?: (what: string) => void;
}

/** What a run showed; verdicts.ts turns it into diagnostics. */
export interface Found {
  readonly agreement: Comparison;
  readonly agreed: Comparison;
  readonly arena: ArenaTrace;
  readonly layer: LayerMismatch | null;
  readonly guardsIntact: boolean;
  readonly stackBytes: ValidateDocument['stackBytes'];
  readonly unlistedGaps: readonly (readonly [number, number])[];
  /** Whether instructions were counted. */
  readonly counted: boolean;
}
