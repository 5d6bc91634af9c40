/** Outputs that the file leaves in floating point. */

import type { ValueId } from '../../ir/graph.js';
import type { Quant } from '../../ir/tensor.js';
import type { ProblemList } from '../../import/problems.js';
import { conventionalQuant, isIdentity, losslessQuant } from './expr.js';
import type { GraphBuilder } from './graph-builder.js';
import type { Link, RealValue, Root } from './real.js';
import type { Realiser } from './realise.js';

/** The quantisation of an output that the file leaves in floating point, where there is an obvious one. */
export function outputQuant(x: RealValue, problems: ProblemList): Quant | null {
  const { base } = x;
  const own = base.kind === 'source' ? base.codes.cell.quant : null;
  const lossless = own === null || isIdentity(x.expr) ? own : losslessQuant(x.expr, own);
  if (lossless !== null) return lossless;
  const quant =
    base.kind === 'source' ? conventionalQuant(x.expr) : isIdentity(x.expr) ? pendingQuant(base.root) : null;
  if (quant !== null) {
    problems.add({
      code: 'W401',
      severity: 'warning',
      node: x.node?.name ?? x.name,
      message:
        `the result of ${x.node?.source ?? 'the network'} is an output and is not quantised in the file; ` +
        `it gets scale ${quant.scale}, zero point ${quant.zeroPoint}`,
    });
  }
  return quant;
}

/** Softmax by convention; means and interpolations do not leave the range of what they read. */
function pendingQuant(root: Root): Quant | null {
  if (root.op?.kind === 'softmax')
    return root.op.log ? { scale: 16 / 256, zeroPoint: 127 } : { scale: 1 / 256, zeroPoint: -128 };
  const [operand] = root.operands;
  const keepsRange = root.op?.kind === 'averagePool' || root.op?.kind === 'resize';
  return keepsRange && 'cell' in operand ? (operand.cell?.quant ?? null) : null;
}

/** An output that stays a real number, in the order and shape that the file gives it; null where that has no integer form. */
export function realOutput(x: RealValue, graph: GraphBuilder, realiser: Realiser): ValueId | null {
  const { base } = x;
  if (base.kind === 'source') return null;
  const links: Link[] = [];
  for (let link = base.link; link !== null; link = link.parent) links.push(link);
  if (links.some((l) => l.op.kind !== 'reshape' && l.op.kind !== 'transpose')) return null;
  const root = realiser.real({ ...x, base: { ...base, link: null } });
  if (root === null) return null;
  return links
    .reverse()
    .reduce(
      (value, l) =>
        graph.node(l.node.name, l.op, [value], { name: l.name, shape: l.shape, dtype: 'float32', cell: null }),
      root.value,
    );
}
