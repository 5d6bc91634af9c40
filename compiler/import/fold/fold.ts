/**
 * Constant folding: nodes all of whose inputs are constants. Real exporters compute shapes (Shape, Gather, Concat,
 * ...), masks and dequantised weights this way; nothing of it is left in the network.
 */

import { newArray } from '../constant.js';
import type { Constant } from '../constant.js';
import type { NodeContext } from '../context.js';
import { requireFiniteConstant } from '../finite.js';
import { arithmeticFolders } from './arithmetic.js';
import type { Folder } from './folder.js';
import { quantiseFolders } from './quantise.js';
import { reduceFolders } from './reduce.js';
import { shapeFolders } from './shape.js';

const folders: Readonly<Record<string, Folder>> = {
  ...arithmeticFolders,
  ...shapeFolders,
  ...reduceFolders,
  ...quantiseFolders,
};

/** Operators of ONNX's own set that fold; the op table lists them. */
export const foldedOperators: readonly string[] = Object.keys(folders).sort();

/** Folds the node if it can be; false where an input is not constant or the operator has no folder. */
export function tryFold(ctx: NodeContext): boolean {
  const { node } = ctx;
  if (node.domain !== '' && !(node.domain === 'com.microsoft' && /^(De)?[Qq]uantizeLinear$/.test(node.op)))
    return false;
  const folder = Object.hasOwn(folders, node.op) ? folders[node.op] : undefined;
  if (folder === undefined) return false;
  const inputs: (Constant | null)[] = [];
  for (const [i, name] of node.inputs.entries()) {
    if (name === '') {
      inputs.push(null);
      continue;
    }
    const entry = ctx.entry(i);
    // Of its second input CastLike reads nothing but the type.
    if (entry.kind === 'activation' && node.op === 'CastLike' && i === 1)
      inputs.push({ dims: [0], type: entry.type, data: newArray(entry.type, 0), quantised: null });
    else if (entry.kind === 'constant') inputs.push(entry.constant);
    else return false;
  }
  const results = folder(ctx, inputs);
  results.forEach((constant, i) => {
    requireFiniteConstant(constant, `its result '${node.outputs[i]}', computed at compile time,`, node.name);
    ctx.set(i, { kind: 'constant', constant });
  });
  return true;
}
