/** Repeatable pseudo-random numbers: mulberry32, a 32-bit state. */
export class SeededRandom {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [0, 2^32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** Uniform int8 codes. */
  codes(count: number): Int8Array {
    return Int8Array.from({ length: count }, () => (this.next() >>> 24) - 128);
  }
}
