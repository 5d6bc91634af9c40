/** What is said of a convolution's real result before an operator that needs codes. */

import { describe, expect, it } from 'vitest';
import { floats } from '../../models/index.js';
import { model, node, refusal } from './support.js';

const cases = {
  Softmax: { axis: { int: 1 } },
  ArgMax: { axis: { int: 1 } },
  LogSoftmax: { axis: { int: 3 } },
  ReduceMax: { axes: { ints: [2, 3] } },
  ReduceMean: { axes: { ints: [1] } },
};

describe('a real result before an operator that needs codes', () => {
  for (const [op, attributes] of Object.entries(cases))
    it(`is refused, and where to cut the network is said: ${op}`, () => {
      const bytes = model({
        shape: [1, 2, 4, 4],
        nodes: [
          node('QuantizeLinear', ['x', 's'], 'a'),
          node('DequantizeLinear', ['a', 's'], 'b'),
          node('DequantizeLinear', ['w8', 's'], 'w'),
          node('Conv', ['b', 'w'], 'c'),
          node(op, ['c'], 'y', attributes),
        ],
        initializers: {
          s: floats([], [0.05]),
          w8: { type: 'int8', dims: [2, 2, 1, 1], data: [9, -8, 7, 6] },
        },
      });
      const [problem, ...others] = refusal(bytes).diagnostics.filter((d) => d.severity === 'error');
      expect(others).toEqual([]);
      expect(problem.code).toBe('E401');
      // An operator that became several is not its own reader.
      expect(problem.message).not.toMatch(new RegExp(`^${op} is .* goes into ${op} `));
      expect(problem.hint).toContain('--calibrate');
      expect(problem.hint).toContain('--outputs c, with the other outputs');
    });
});
