/**
 * Our own test networks against ONNX Runtime, operator by operator, as every quantiser writes them. The program is
 * exact everywhere here, so every difference is an element where ONNX Runtime is not. Two kinds have more of them: its
 * fused Add and Mul round ties of sum + zero point, which differ where the zero point is odd.
 */

import { describe, expect, it } from 'vitest';
import { allNetworks, type NetworkOptions } from '../models/index.js';
import { nothingCompared, type Agreement } from './agreement.js';
import { operatorByOperator } from './chain.js';

const variants: readonly (readonly [string, NetworkOptions])[] = [
  ['s8s8', {}],
  ['u8s8', { activations: 'uint8' }],
  ['u8u8, one scale a tensor', { activations: 'uint8', weights: 'uint8', perChannel: false }],
  ['QOperator', { format: 'qoperator' }],
  ['QOperator u8s8', { format: 'qoperator', activations: 'uint8' }],
  ['powers of two', { powerOfTwoScales: true }],
];

describe.each(variants)('networks, operator by operator on the tensors of ONNX Runtime: %s', (_, options) => {
  const total = new Map<string, Agreement>();

  it.each(Object.keys(allNetworks))('%s', async (network) => {
    const { kinds, mine, theirs } = await operatorByOperator(allNetworks[network](options), network.length);
    expect(mine).toBe(0);
    expect([...kinds.values()].reduce((n, a) => n + a.unequal, 0)).toBe(theirs);
    for (const [kind, a] of kinds) {
      expect(a.most, kind).toBeLessThanOrEqual(1);
      const sum = total.get(kind) ?? nothingCompared();
      sum.elements += a.elements;
      sum.unequal += a.unequal;
      total.set(kind, sum);
    }
  });

  it('agree in 99.99 % of the elements of every kind', () => {
    const scattered = options.powerOfTwoScales === true ? ['Add', 'Mul'] : [];
    const checked = [...total].filter(([kind]) => !scattered.includes(kind));
    expect(checked.map(([kind]) => kind.replace('QLinear', ''))).toEqual(
      expect.arrayContaining(['Conv', 'Concat', 'MaxPool']),
    );
    for (const [kind, a] of checked)
      expect(a.unequal / a.elements, `${kind}: ${a.unequal} of ${a.elements}`).toBeLessThanOrEqual(1e-4);
  });
});
