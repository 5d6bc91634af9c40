import { describe, expect, it } from 'vitest';
import { linearAxis, nearestAxis, rationalScale } from '../../../compiler/import/ops/resize-axis.js';

const ratio = (numerator: number, denominator: number) => ({ numerator, denominator });
const values = (axis: ReturnType<typeof linearAxis>): number[] =>
  Array.from(
    axis.index0,
    (low, i) => (low * (axis.denominator - axis.weight1[i]) + axis.index1[i] * axis.weight1[i]) / axis.denominator,
  );

describe('scales as fractions', () => {
  it('are output over input where that is the float32 given', () => {
    expect(rationalScale(2, 5, 10)).toEqual(ratio(10, 5));
    expect(rationalScale(Math.fround(1 / 3), 9, 3)).toEqual(ratio(3, 9));
  });

  it('are the simplest fraction otherwise', () => {
    expect(rationalScale(1.5, 5, 7)).toEqual(ratio(3, 2));
    expect(rationalScale(Math.fround(0.6), 7, 4)).toEqual(ratio(3, 5));
  });
});

describe('nearest', () => {
  it('picks by coordinate and rounding mode', () => {
    const pick = (mode: Parameters<typeof nearestAxis>[3], nearest: Parameters<typeof nearestAxis>[4]): number[] =>
      Array.from(nearestAxis(4, 8, ratio(8, 4), mode, nearest).index0);
    expect(pick('asymmetric', 'floor')).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(pick('asymmetric', 'ceil')).toEqual([0, 1, 1, 2, 2, 3, 3, 3]);
    expect(pick('asymmetric', 'round_prefer_floor')).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(pick('asymmetric', 'round_prefer_ceil')).toEqual([0, 1, 1, 2, 2, 3, 3, 3]);
    expect(pick('half_pixel', 'round_prefer_floor')).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(pick('tf_half_pixel_for_nn', 'floor')).toEqual([0, 0, 1, 1, 2, 2, 3, 3]);
    expect(pick('align_corners', 'floor')).toEqual([0, 0, 0, 1, 1, 2, 2, 3]);
  });
});

describe('linear', () => {
  it("samples a ramp at the mode's coordinates, clamped to the border", () => {
    expect(values(linearAxis(4, 8, ratio(8, 4), 'half_pixel'))).toEqual([0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3]);
    expect(values(linearAxis(4, 8, ratio(8, 4), 'asymmetric'))).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3]);
    expect(values(linearAxis(4, 7, ratio(7, 4), 'align_corners'))).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3]);
    expect(values(linearAxis(4, 1, ratio(1, 4), 'pytorch_half_pixel'))).toEqual([0]);
    expect(values(linearAxis(4, 1, ratio(1, 4), 'half_pixel'))).toEqual([1.5]);
    // Half of 5 is 2.5: two outputs, centred on the input instead of aligned to its left half.
    expect(values(linearAxis(5, 2, ratio(1, 2), 'half_pixel_symmetric'))).toEqual([1, 3]);
  });

  it('has the smallest denominator, and a bounded one for awkward scales', () => {
    expect(linearAxis(4, 8, ratio(8, 4), 'half_pixel').denominator).toBe(4);
    const awkward = linearAxis(1000, 1777, ratio(1777, 1000), 'half_pixel');
    expect(awkward.denominator).toBeLessThanOrEqual(2048);
    values(awkward).forEach((x, i) =>
      expect(Math.abs(x - Math.max(0, Math.min(999, ((i + 0.5) * 1000) / 1777 - 0.5)))).toBeLessThanOrEqual(1 / 2048),
    );
  });
});
