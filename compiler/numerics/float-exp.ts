/**
 * exp of a float32 in integers: the same bits on every machine, whatever its floating-point unit and the compiler's
 * options, which may fuse a product and a sum. Within two units in the last place; float_exp of runtime-c/src/rv_float_pixels.c is this in C.
 */

/** log2(e) * 2^30 */
const log2e = 1549082005n;
/** (2^f - 1) / f for f in [0, 1), from the constant term up, times 2^32: interpolated at Chebyshev's nodes. */
const coefficients = [2977044430n, 1031767986n, 238353606n, 41455862n, 5451244n, 894123n] as const;
/** Above, the result is as large as float32 gets, less 2^-11 of it; below, it is smaller than any normal number: 0. */
const [largest, smallest] = [Math.fround(88.722), Math.fround(-87.336)];

/** The float32 nearest to e^x or one beside it; e^88.722 above, 0 below -87.336 and for NaN. */
export function floatExp(x: number): number {
  if (!(x > smallest)) return 0;
  // 24 fractional bits; 2^24 * x is exact.
  const t = BigInt(Math.trunc(Math.min(x, largest) * 2 ** 24));
  const y = t * log2e;
  const exponent = y >> 54n;
  const f = (y >> 22n) & 0xffffffffn;
  let q = coefficients[5];
  for (let i = 4; i >= 0; i--) q = coefficients[i] + ((q * f) >> 32n);
  // 2^f - 1 in 32 bits, to 23 of them; a carry makes the next power of two.
  const mantissa = (((q * f) >> 32n) + 256n) >> 9n;
  const bits = ((exponent + 127n) << 23n) + mantissa;
  return new Float32Array(Uint32Array.of(Number(bits)).buffer)[0];
}
