import fc from 'fast-check';
import { expect, it } from 'vitest';
import { floatLiteral } from '../../../compiler/codegen/literals.js';

it.each([
  [1, '1.0f'],
  [0.0078125, '0.0078125f'],
  [Math.fround(0.1), '0.1f'],
  [Math.fround(3.5e-10), '3.5e-10f'],
  [1e21, '1e+21f'],
])('writes %d as %s', (value, text) => {
  expect(floatLiteral(Math.fround(value))).toBe(text);
});

it('reads back as the same float32', () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Math.fround(Number(floatLiteral(value).slice(0, -1))) === value).toBe(true);
    }),
  );
});

it('refuses what is no float32', () => {
  expect(() => floatLiteral(0.1)).toThrow();
  expect(() => floatLiteral(NaN)).toThrow();
});
