/** 256-entry tables: what a real function does to the codes of a tensor. */

import type { Expr } from '../ir/expr.js';
import { functionCode } from '../ir/function-code.js';
import type { Quant } from '../ir/tensor.js';

export interface Table {
  /** Code of input code c at c + 128. */
  readonly codes: Int8Array;
  /** Entries next to a tie, decided by float32 arithmetic against the exact value (ir/function-code.ts). */
  readonly nearTies: number;
}

export function tableOf(expr: Expr, input: Quant, output: Quant): Table {
  const entries = Array.from({ length: 256 }, (_, i) => functionCode(expr, i - 128, input, output));
  return { codes: Int8Array.from(entries, (e) => e.code), nearTies: entries.filter((e) => e.nearTie).length };
}

const identity: Expr = { fn: 'x' };

/** The table that only changes the quantisation, then clamps to [clampMin, clampMax]. */
export function requantisationTable(input: Quant, output: Quant, clampMin = -128, clampMax = 127): Int8Array {
  return tableOf(identity, input, output).codes.map((q) => Math.min(Math.max(q, clampMin), clampMax));
}
