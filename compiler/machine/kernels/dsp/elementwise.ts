/** Add and Mul for the DSP extension: four elements a word. */

import type { AddOp } from '../../../ir/int8-graph.js';
import { costOf } from '../../cost.js';
import type { Kernel } from '../../kernel.js';
import { addStruct, broadcastsChannels, elementwiseAccesses, inPlaceElementwise, mulStruct } from '../c/elementwise.js';
import { opOf } from '../c/structs.js';
import { elementwiseFeatures } from './features-words.js';
import { footprintOf } from './footprint.js';

interface Elementwise {
  readonly id: string;
  readonly accepts: Kernel['accepts'];
  readonly params: Kernel['params'];
}

function elementwise({ id, accepts, params }: Elementwise): Kernel {
  const files = [
    `src/${id}.c`,
    'src/rv_broadcast.h',
    'include/rv_kernels_dsp.h',
    'include/rv_dsp.h',
    'include/rv_requantise.h',
  ];
  return {
    id,
    isa: 'dsp',
    files,
    accepts,
    params,
    scratchBytes: () => 0,
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    // Four elements are read before they are written, in the order of the plain C kernels.
    inPlace: inPlaceElementwise,
    accesses: elementwiseAccesses,
    ...costOf(id, elementwiseFeatures),
    ...footprintOf(id, files),
  };
}

/** The zero point fits into the addend: no sum of int8 operands leaves int32. */
function sumFits(op: AddOp): boolean {
  const constant = op.addend + 2 ** (op.shift - 1) + op.zeroPoint * 2 ** op.shift;
  const reach = 128 * (Math.abs(op.multiplierA) + Math.abs(op.multiplierB));
  return Math.abs(constant) + reach < 2 ** 31 && Math.abs(constant - op.zeroPoint * 2 ** op.shift) + reach < 2 ** 31;
}

const unclamped = (r: { readonly clampMin: number; readonly clampMax: number }): boolean =>
  r.clampMin === -128 && r.clampMax === 127;

export const add = elementwise({
  id: 'rv_add_s8_dsp',
  accepts(node, graph) {
    if (node.op.kind !== 'add' || broadcastsChannels(node, graph)) return false;
    return (
      node.op.rounding === 'fixed' &&
      unclamped(node.op) &&
      node.op.shift >= 1 &&
      node.op.shift <= 22 &&
      sumFits(node.op)
    );
  },
  params: addStruct,
});

export const mul = elementwise({
  id: 'rv_mul_s8_dsp',
  accepts(node, graph) {
    if (node.op.kind !== 'mul' || broadcastsChannels(node, graph)) return false;
    const { requant } = opOf(node, 'mul');
    return requant.rounding === 'fixed' && requant.leftShift === 0 && unclamped(requant);
  },
  params: mulStruct,
});
