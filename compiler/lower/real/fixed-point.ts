/** Units and multipliers of 32-bit fixed point: floor((x << leftShift) * multiplier / 2^32). */

import { divide, integer, multiply, roundHalfEven, toNumber, type Rational } from '../../numerics/rational.js';

const int32Max = 2 ** 31 - 1;

/** Fixed-point numbers stay below this, so that sums of two and their roundings fit int32. */
export const valueLimit = 2 ** 29;

/** A number leaves int32 in the units that were tried: coarser ones may do. */
export class TooFine extends Error {}

/** 2^exponent */
export const powerOfTwo = (exponent: number): Rational =>
  exponent >= 0 ? integer(1n << BigInt(exponent)) : { numerator: 1n, denominator: 1n << BigInt(-exponent) };

/** The largest shift that keeps |x| <= reach within int32. */
export const leftShiftFor = (reach: number): number =>
  Math.min(30, Math.max(0, Math.floor(Math.log2(int32Max / Math.max(reach, 1)))));

/** The multiplier that makes x times ratio of x << leftShift. */
export function multiplierFor(ratio: Rational, leftShift: number): number {
  const multiplier = Number(roundHalfEven(multiply(ratio, powerOfTwo(32 - leftShift))));
  if (Math.abs(multiplier) > int32Max) throw new TooFine();
  return multiplier;
}

/** value / unit to nearest, limited to int32. */
export const inUnits = (value: number, unit: Rational): number =>
  Math.min(Math.max(Math.round(value / toNumber(unit)), -int32Max), int32Max);

/** The exact constant in units, to nearest. */
export function constantInUnits(value: Rational, unit: Rational): number {
  const units = Number(roundHalfEven(divide(value, unit)));
  if (Math.abs(units) > valueLimit) throw new TooFine();
  return units;
}
