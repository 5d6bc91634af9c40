/** Quantisations of functions: those in which nothing is lost, and those that bounded functions have by convention. */

import { evaluate } from '../../ir/evaluate.js';
import type { Expr } from '../../ir/expr.js';
import { clampedLinear, identityExpr } from '../../ir/expr-algebra.js';
import type { Quant } from '../../ir/tensor.js';

export {
  clampedLinear,
  clampOf,
  compose,
  exprSize,
  identityExpr,
  isIdentity,
  isNonDecreasing,
} from '../../ir/expr-algebra.js';

/**
 * A quantisation in which the function of some codes loses nothing: the codes' own, or for a scaled function one with
 * the scale scaled. Null where the function's values do not lie on such a grid.
 */
export function losslessQuant(e: Expr, quant: Quant): Quant | null {
  const linear = clampedLinear(e);
  const factor = linear === null || linear.scale === 0 ? 1 : Math.abs(linear.scale);
  const scale = Math.fround(quant.scale * factor);
  if (!(scale > 0) || !Number.isFinite(scale)) return null;
  for (const zeroPoint of new Set([
    quant.zeroPoint,
    quant.zeroPoint + Math.round((linear?.shift ?? 0) / scale),
    -1 - quant.zeroPoint,
  ])) {
    const candidate = { scale, zeroPoint };
    if (zeroPoint >= -128 && zeroPoint <= 127 && liesOnGrid(e, quant, candidate, factor === 1 ? 0 : 1e-4))
      return candidate;
  }
  return null;
}

/** Whether f of every code is a value of the grid, to within a fraction of its step. */
function liesOnGrid(e: Expr, from: Quant, grid: Quant, tolerance: number): boolean {
  for (let code = -128; code <= 127; code++) {
    const y = evaluate(e, from.scale * (code - from.zeroPoint));
    const q = Math.round(y / grid.scale) + grid.zeroPoint;
    if (!(q >= -128 && q <= 127) || !(Math.abs(grid.scale * (q - grid.zeroPoint) - y) <= tolerance * grid.scale))
      return false;
  }
  return true;
}

/** The quantisation that bounded functions have by convention: sigmoid [0, 1), tanh [-1, 1). */
export function conventionalQuant(e: Expr): Quant | null {
  if (e.fn === 'sigmoid' || e.fn === 'hardSigmoid') return { scale: 1 / 256, zeroPoint: -128 };
  if (e.fn === 'tanh' || e.fn === 'softsign' || e.fn === 'erf') return { scale: 1 / 128, zeroPoint: 0 };
  return null;
}

/** What codes mean under another quantisation, as a function of what they mean under their own. */
export function rereadExpr(own: Quant, other: Quant): Expr {
  const ratio: Expr = { fn: 'mul', a: identityExpr, b: { fn: 'constant', value: other.scale / own.scale } };
  return { fn: 'add', a: ratio, b: { fn: 'constant', value: other.scale * (own.zeroPoint - other.zeroPoint) } };
}
