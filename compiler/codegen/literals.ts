/** C text of single numbers; arrays and structs are initialiser.ts's. */

/** Shortest decimal that reads back as the same float32, with the suffix f: `0.0078125f`, `1.0f`, `3.5e-10f`. */
export function floatLiteral(value: number): string {
  if (!Number.isFinite(value) || Math.fround(value) !== value) throw new Error(`not a finite float32: ${value}`);
  for (let digits = 1; digits <= 9; digits++) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return `${/[.e]/.test(text) ? text : `${text}.0`}f`;
  }
  throw new Error(`9 digits do not give back ${value}`);
}

/** `arena + 4096`, or `arena` at offset 0. */
export const arenaPlus = (offsetBytes: number): string => (offsetBytes === 0 ? 'arena' : `arena + ${offsetBytes}`);
