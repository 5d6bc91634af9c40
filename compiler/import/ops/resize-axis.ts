/** One axis of a Resize in exact rational arithmetic: which inputs an output element reads and how they are weighted. */

import type { ResizeAxis } from '../../ir/graph.js';

export type CoordinateMode =
  | 'half_pixel'
  | 'half_pixel_symmetric'
  | 'pytorch_half_pixel'
  | 'align_corners'
  | 'asymmetric'
  | 'tf_half_pixel_for_nn';
export type NearestMode = 'round_prefer_floor' | 'round_prefer_ceil' | 'floor' | 'ceil';

/** Positive, not necessarily in lowest terms. */
export interface Ratio {
  readonly numerator: number;
  readonly denominator: number;
}

/** Weights' denominators stay below this, so that the product of two and 8 bits of data fits an int32. */
const maxDenominator = 2048;

/**
 * A float32 scale as a fraction: out / in where that is the same float32, else the simplest fraction that rounds to
 * it (continued fractions), else the scale to 2^-20.
 */
export function rationalScale(scale: number, input: number, output: number): Ratio {
  const wanted = Math.fround(scale);
  if (Math.fround(output / input) === wanted) return { numerator: output, denominator: input };
  let [h0, h1, k0, k1] = [0, 1, 1, 0];
  let rest = wanted;
  for (let i = 0; i < 20; i++) {
    const a = Math.floor(rest);
    [h0, h1] = [h1, a * h1 + h0];
    [k0, k1] = [k1, a * k1 + k0];
    if (k1 > 2 ** 20 || h1 > 2 ** 20) break;
    if (Math.fround(h1 / k1) === wanted) return { numerator: h1, denominator: k1 };
    if (rest === a) break;
    rest = 1 / (rest - a);
  }
  return { numerator: Math.max(1, Math.round(wanted * 2 ** 20)), denominator: 2 ** 20 };
}

/** The input coordinate of each output element as numerators over one denominator. */
function coordinates(
  input: number,
  output: number,
  scale: Ratio,
  mode: CoordinateMode,
): { numerators: number[]; denominator: number } {
  const { numerator: p, denominator: q } = scale;
  const all = (denominator: number, of: (i: number) => number) => ({
    numerators: Array.from({ length: output }, (_, i) => of(i)),
    denominator,
  });
  switch (mode) {
    case 'half_pixel':
      return all(2 * p, (i) => (2 * i + 1) * q - p);
    // offset = center * (1 - adjustment), adjustment = output / (scale * input), center = input / 2
    case 'half_pixel_symmetric':
      return all(2 * p, (i) => input * p - output * q + (2 * i + 1) * q - p);
    case 'pytorch_half_pixel':
      return output > 1 ? all(2 * p, (i) => (2 * i + 1) * q - p) : all(1, () => 0);
    case 'align_corners':
      return output > 1 ? all(output - 1, (i) => i * (input - 1)) : all(1, () => 0);
    case 'asymmetric':
      return all(p, (i) => i * q);
    case 'tf_half_pixel_for_nn':
      return all(2 * p, (i) => (2 * i + 1) * q);
  }
}

const clampIndex = (i: number, size: number): number => Math.max(0, Math.min(size - 1, i));

export function nearestAxis(
  input: number,
  output: number,
  scale: Ratio,
  mode: CoordinateMode,
  nearest: NearestMode,
): ResizeAxis {
  const { numerators, denominator } = coordinates(input, output, scale, mode);
  const index0 = Int32Array.from(numerators, (n) => clampIndex(roundRatio(n, denominator, nearest), input));
  return { index0, index1: index0, weight1: new Int32Array(output), denominator: 1, float1: new Float32Array(output) };
}

function roundRatio(numerator: number, denominator: number, mode: NearestMode): number {
  switch (mode) {
    case 'floor':
      return Math.floor(numerator / denominator);
    case 'ceil':
      return Math.ceil(numerator / denominator);
    case 'round_prefer_floor':
      return Math.ceil((2 * numerator - denominator) / (2 * denominator));
    case 'round_prefer_ceil':
      return Math.floor((2 * numerator + denominator) / (2 * denominator));
  }
}

/**
 * Coordinates outside the image take its border. `floatScale` is the scale as ONNX Runtime holds it; its float32
 * coordinates say which inputs are read, so that one that falls just short of an integer reads the two around it.
 */
export function linearAxis(
  input: number,
  output: number,
  scale: Ratio,
  mode: CoordinateMode,
  floatScale = Math.fround(scale.numerator / scale.denominator),
): ResizeAxis {
  const { numerators, denominator } = coordinates(input, output, scale, mode);
  const index0 = new Int32Array(output);
  const index1 = new Int32Array(output);
  const float1 = new Float32Array(output);
  const weights = numerators.map((n, i) => {
    const float = Math.max(0, Math.min(input - 1, float32Coordinate(i, input, output, floatScale, mode)));
    const low = clampIndex(Math.floor(float), input);
    index0[i] = low;
    index1[i] = clampIndex(low + 1, input);
    float1[i] = index1[i] === low ? 0.5 : float - low;
    return index1[i] === low ? 0 : Math.max(0, Math.min(denominator, n - low * denominator));
  });
  const divisor = weights.reduce(gcd, denominator);
  const exact = denominator / divisor;
  // Two, so that the halves at the border are whole numbers.
  const reduced = exact === 1 ? 2 : Math.min(exact, maxDenominator);
  const weight1 = Int32Array.from(weights, (w, i) =>
    index0[i] === index1[i] && reduced % 2 === 0 ? reduced / 2 : Math.round((w * reduced) / denominator),
  );
  return { index0, index1, float1, weight1, denominator: reduced };
}

/** The input coordinate of output element i as ONNX Runtime computes it, operation by operation. */
function float32Coordinate(i: number, input: number, output: number, scale: number, mode: CoordinateMode): number {
  const f = Math.fround;
  if (scale === 1) return i;
  switch (mode) {
    case 'half_pixel':
      return f(f((i + 0.5) / scale) - 0.5);
    case 'half_pixel_symmetric': {
      const offset = f(f(input / 2) * f(1 - f(output / f(scale * input))));
      return f(offset + (i + 0.5) / scale - 0.5);
    }
    case 'pytorch_half_pixel':
      return output > 1 ? f(f((i + 0.5) / scale) - 0.5) : 0;
    case 'align_corners':
      return output > 1 ? f(f(i * (input - 1)) / (output - 1)) : 0;
    case 'asymmetric':
      return f(i / scale);
    case 'tf_half_pixel_for_nn':
      return f((i + 0.5) / scale);
  }
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
