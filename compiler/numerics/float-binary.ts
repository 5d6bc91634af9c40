/** Operators of two real numbers as floating-point arithmetic has them; whoever calls rounds the result to float32. */

/** The first operand stands where both are equal, or one is not a number: the comparisons of C. */
export const floatBinary = {
  add: (a: number, b: number): number => a + b,
  sub: (a: number, b: number): number => a - b,
  mul: (a: number, b: number): number => a * b,
  div: (a: number, b: number): number => a / b,
  min: (a: number, b: number): number => (b < a ? b : a),
  max: (a: number, b: number): number => (a < b ? b : a),
} as const;
