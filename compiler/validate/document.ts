/** The document `rivulet.validate/1`. Sizes are bytes. */

import type { Diagnostic } from '../diagnostics.js';
import type { Accuracy } from './accuracy.js';
import type { Comparison, Mismatch } from './compare.js';
import type { CycleReport } from './cycle-report.js';
import type { LayerMismatch } from './layers.js';
import type { Quality } from './quality.js';

export const validateSchema = 'rivulet.validate/1';

export interface ValidateDocument {
  readonly schema: typeof validateSchema;
  readonly tool: { readonly name: 'rivulet'; readonly version: string };
  readonly model: { readonly name: string; readonly sha256: string };
  readonly board: string;
  readonly target: 'host' | { readonly machine: string; readonly core: string };
  /** Number of inferences compared. */
  readonly inputs: number;
  /** Against the expected outputs where they were given, else against the reference. */
  readonly mismatchedBytes: number;
  readonly maxDifference: number;
  readonly firstMismatch: (Mismatch & { readonly layer: LayerMismatch | null }) | null;
  readonly tolerance: number;
  /** Against the reference interpreter, byte for byte. */
  readonly reference: Pick<Comparison, 'mismatchedBytes' | 'maxDifference'>;
  /** Executed instructions of one inference; null on the host, or where QEMU takes no plugin. */
  readonly instructions: { readonly min: number; readonly median: number; readonly max: number } | null;
  /** Modelled cycles of the first input; null on the host, without a model of the core, or where QEMU takes no plugin. */
  readonly cycles: CycleReport | null;
  readonly arenaBytes: { readonly planned: number; readonly touched: number };
  /** Nobody wrote in front of the arena or behind it. */
  readonly guardsIntact: boolean;
  /** Arena bytes that no run wrote and that the plan does not list as gaps. */
  readonly unlistedGaps: readonly (readonly [number, number])[];
  readonly stackBytes: { readonly bound: number; readonly touched: number } | null;
  readonly flashBytes: { readonly text: number; readonly rodata: number; readonly data: number } | null;
  /** With labels. */
  readonly accuracy?: Accuracy;
  /** With expected outputs. */
  readonly quality?: Quality;
  readonly ok: boolean;
  readonly diagnostics: readonly Diagnostic[];
}
