/**
 * The integer form of q = clamp(roundHalfEven(ratioA * (a - zeroA) + ratioB * (b - zeroB)) + zeroPoint), exact on
 * every reachable pair of codes. With multipliers A and B fixed, each pair bounds the addend C from one or both
 * sides; multipliers next to ratio * 2^n are tried until the bounds of all pairs leave room for a C. Where ties make
 * that impossible the ties-to-even form is tried in the same way, and after it 64-bit arithmetic.
 */

import type { IntegerAdd } from './apply.js';
import { divideHalfEven, multiply, integer, reduce, toNumber, type Rational } from './rational.js';
import type { OutputCodes } from './requantise.js';

/** One operand: its scale over the output's (negative for what is subtracted), and the codes it can hold. */
export interface Addend {
  readonly ratio: Rational;
  readonly zeroPoint: number;
  readonly min: number;
  readonly max: number;
}

export interface AddForm extends IntegerAdd {
  /** Pairs of reachable codes that are one step off, of all of them. */
  readonly deviations: { readonly off: number; readonly of: number };
}

const int32Max = 2 ** 31 - 1;
const shiftMax = 22;
/** Multipliers this far from the nearest are tried. */
const reach = 8;

/** The meaning of all pairs, and those next to a boundary between two results. */
interface Pairs {
  readonly a: Int16Array;
  readonly b: Int16Array;
  /** Result less zero point, clamped. */
  readonly result: Int16Array;
  /** Indices of pairs ordered so that those nearest to a boundary come first. */
  readonly critical: Int32Array;
}

export function planAdd(a: Addend, b: Addend, output: OutputCodes): AddForm {
  const clampMin = output.clampMin - output.zeroPoint;
  const clampMax = output.clampMax - output.zeroPoint;
  const ratios = [toNumber(a.ratio), toNumber(b.ratio)] as const;
  const shift = largestShift(ratios, a, b, output);
  const of = (a.max - a.min + 1) * (b.max - b.min + 1);
  if (shift !== null) {
    const error = ((reach + 1) * 512 + 2) / 2 ** shift;
    const pairs = meaningOfPairs(a, b, ratios, clampMin, clampMax, error);
    for (const rounding of ['fixed', 'even'] as const) {
      const found = search(pairs, ratios, a, b, shift, rounding, output);
      if (found !== null) return { ...output, ...found, rounding, shift, exact: null, deviations: { off: 0, of } };
    }
  }
  return { ...output, ...exactForm(a, b, output) };
}

/** The largest shift at which no intermediate of a * A + b * B + C + half + (zp << n) leaves int32, in any order. */
function largestShift(ratios: readonly [number, number], a: Addend, b: Addend, output: OutputCodes): number | null {
  const most = (ratio: number, zeroPoint: number): number => Math.abs(ratio) * (128 + Math.abs(zeroPoint));
  const steps = most(ratios[0], a.zeroPoint) + most(ratios[1], b.zeroPoint) + Math.abs(output.zeroPoint) + 1;
  for (let shift = shiftMax; shift >= 1; shift--) {
    // Perturbed multipliers and a moved addend add less than 2^13 to any sum.
    if (steps * 2 ** shift + 2 ** 13 <= int32Max) return shift;
  }
  return null;
}

/** Exact results of every reachable pair. `error`: distance from a boundary, in steps, below which a pair is critical. */
function meaningOfPairs(
  a: Addend,
  b: Addend,
  ratios: readonly [number, number],
  clampMin: number,
  clampMax: number,
  error: number,
): Pairs {
  const countA = a.max - a.min + 1;
  const countB = b.max - b.min + 1;
  const codesA = new Int16Array(countA * countB);
  const codesB = new Int16Array(codesA.length);
  const result = new Int16Array(codesA.length);
  const near: { index: number; distance: number }[] = [];
  const exact = exactResult(a, b);
  for (let p = a.min, index = 0; p <= a.max; p++) {
    for (let q = b.min; q <= b.max; q++, index++) {
      const x = (p - a.zeroPoint) * ratios[0];
      const y = (q - b.zeroPoint) * ratios[1];
      const value = x + y;
      const boundary = Math.floor(value) + 0.5;
      const distance = Math.abs(value - boundary);
      const doubt = (Math.abs(x) + Math.abs(y)) * 2 ** -46;
      const rounded = distance > doubt ? Math.round(value) : exact(p, q);
      codesA[index] = p;
      codesB[index] = q;
      result[index] = Math.min(Math.max(rounded, clampMin), clampMax);
      if (distance <= error && boundary > clampMin && boundary < clampMax) near.push({ index, distance });
    }
  }
  near.sort((s, t) => s.distance - t.distance || s.index - t.index);
  return { a: codesA, b: codesB, result, critical: Int32Array.from(near, (n) => n.index) };
}

/** roundHalfEven of a pair, in integers over the common denominator. */
function exactResult(a: Addend, b: Addend): (p: number, q: number) => number {
  const f = commonFraction(a, b);
  // Small fractions are exact in doubles: ties are then decided without big integers.
  const small = [f.numeratorA, f.numeratorB, f.denominator].every((n) => n < 2n ** 40n && n > -(2n ** 40n));
  const [numberA, numberB, denominator] = [Number(f.numeratorA), Number(f.numeratorB), Number(f.denominator)];
  return (p, q) => {
    if (!small) {
      return Number(
        divideHalfEven(BigInt(p - a.zeroPoint) * f.numeratorA + BigInt(q - b.zeroPoint) * f.numeratorB, f.denominator),
      );
    }
    const n = (p - a.zeroPoint) * numberA + (q - b.zeroPoint) * numberB;
    const rest = ((n % denominator) + denominator) % denominator;
    const whole = (n - rest) / denominator;
    return rest * 2 > denominator || (rest * 2 === denominator && whole % 2 !== 0) ? whole + 1 : whole;
  };
}

function commonFraction(a: Addend, b: Addend): { numeratorA: bigint; numeratorB: bigint; denominator: bigint } {
  const x = reduce(a.ratio);
  const y = reduce(b.ratio);
  const { denominator } = reduce(multiply(integer(x.denominator), { numerator: 1n, denominator: y.denominator }));
  // denominator = y.denominator / gcd, so that the product is the least common multiple.
  return {
    numeratorA: x.numerator * denominator,
    numeratorB: y.numerator * ((x.denominator * denominator) / y.denominator),
    denominator: x.denominator * denominator,
  };
}

interface Found {
  readonly multiplierA: number;
  readonly multiplierB: number;
  readonly addend: number;
}

/** Tries multipliers around the nearest, closest first. */
function search(
  pairs: Pairs,
  ratios: readonly [number, number],
  a: Addend,
  b: Addend,
  shift: number,
  rounding: 'fixed' | 'even',
  output: OutputCodes,
): Found | null {
  const nearestA = Math.round(ratios[0] * 2 ** shift);
  const nearestB = Math.round(ratios[1] * 2 ** shift);
  const clampMin = output.clampMin - output.zeroPoint;
  const clampMax = output.clampMax - output.zeroPoint;
  for (const [da, db] of perturbations) {
    const multiplierA = nearestA + da;
    const multiplierB = nearestB + db;
    const ideal = -(a.zeroPoint * multiplierA + b.zeroPoint * multiplierB);
    const bounds = (indices: Int32Array | null): [number, number] =>
      addendBounds(pairs, indices, multiplierA, multiplierB, shift, rounding, clampMin, clampMax);
    const [low, high] = bounds(pairs.critical);
    if (low > high || Math.max(low - ideal, ideal - high) > 2 ** 11) continue;
    const [least, most] = bounds(null);
    if (least <= most) return { multiplierA, multiplierB, addend: Math.min(Math.max(ideal, least), most) };
  }
  return null;
}

const perturbations: readonly (readonly [number, number])[] = Array.from(
  { length: (2 * reach + 1) ** 2 },
  (_, i) => [(i % (2 * reach + 1)) - reach, Math.floor(i / (2 * reach + 1)) - reach] as const,
).sort((p, q) => Math.abs(p[0]) + Math.abs(p[1]) - Math.abs(q[0]) - Math.abs(q[1]) || p[0] - q[0] || p[1] - q[1]);

/** The addends at which all pairs (or those of `indices`) have their result; empty when low > high. */
function addendBounds(
  pairs: Pairs,
  indices: Int32Array | null,
  multiplierA: number,
  multiplierB: number,
  shift: number,
  rounding: 'fixed' | 'even',
  clampMin: number,
  clampMax: number,
): [number, number] {
  const half = 2 ** (shift - 1);
  let low = -Infinity;
  let high = Infinity;
  const count = indices === null ? pairs.result.length : indices.length;
  for (let i = 0; i < count && low <= high; i++) {
    const index = indices === null ? i : indices[i];
    const r = pairs.result[index];
    const sum = pairs.a[index] * multiplierA + pairs.b[index] * multiplierB;
    // 'even' gives r for t in [(2r - 1) half + odd, (2r + 1) half - odd]; 'fixed' for [(2r - 1) half, (2r + 1) half).
    const odd = r & 1;
    if (r > clampMin) low = Math.max(low, (2 * r - 1) * half + (rounding === 'even' ? odd : 0) - sum);
    if (r < clampMax) high = Math.min(high, (2 * r + 1) * half - (rounding === 'even' ? odd : 1) - sum);
  }
  return [low, high];
}

/** Products with codes stay below 2^62. */
const int64Room = 2n ** 62n;

const size = (n: bigint): bigint => (n < 0n ? -n : n);

function exactForm(a: Addend, b: Addend, output: OutputCodes): Omit<AddForm, keyof OutputCodes> {
  const truth = commonFraction(a, b);
  let { numeratorA, numeratorB, denominator } = truth;
  // Ratios so far apart that 64 bits do not hold them: the last bits go, and what that moves is counted.
  while ((size(numeratorA) + size(numeratorB)) * 256n >= int64Room || denominator >= int64Room) {
    numeratorA = divideHalfEven(numeratorA, 2n);
    numeratorB = divideHalfEven(numeratorB, 2n);
    // Ratios beyond 2^54 saturate unless the sum is 0: 1 below them will do.
    denominator = denominator > 1n ? divideHalfEven(denominator, 2n) : 1n;
  }
  const numeratorC = -(BigInt(a.zeroPoint) * numeratorA + BigInt(b.zeroPoint) * numeratorB);
  const result = (p: bigint, q: bigint, f: typeof truth): number => {
    const r = divideHalfEven(p * f.numeratorA + q * f.numeratorB, f.denominator);
    return Math.min(Math.max(Number(r) + output.zeroPoint, output.clampMin), output.clampMax);
  };
  const shortened = numeratorA !== truth.numeratorA || numeratorB !== truth.numeratorB;
  let off = 0;
  for (let p = a.min; p <= a.max && shortened; p++) {
    for (let q = b.min; q <= b.max; q++) {
      const pair = [BigInt(p - a.zeroPoint), BigInt(q - b.zeroPoint)] as const;
      if (result(...pair, truth) !== result(...pair, { numeratorA, numeratorB, denominator })) off++;
    }
  }
  const of = (a.max - a.min + 1) * (b.max - b.min + 1);
  return {
    rounding: 'exact',
    multiplierA: 0,
    multiplierB: 0,
    addend: 0,
    shift: 1,
    exact: { numeratorA, numeratorB, numeratorC, denominator },
    deviations: { off, of },
  };
}
