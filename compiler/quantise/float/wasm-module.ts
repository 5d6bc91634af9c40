/** WebAssembly of a few small loops, assembled here: instructions as bytes (WebAssembly 2.0, with SIMD). */

export type Code = readonly number[];

/** LEB128, unsigned. */
function unsigned(n: number): number[] {
  const low = n & 0x7f;
  return n > 0x7f ? [low | 0x80, ...unsigned(n >>> 7)] : [low];
}
/** LEB128, signed. */
function signed(n: number): number[] {
  const low = n & 0x7f;
  const rest = n >> 7;
  const isLast = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}
const vector = (items: readonly Code[]): number[] => [...unsigned(items.length), ...items.flat()];
const sized = (bytes: Code): number[] => [...unsigned(bytes.length), ...bytes];
const text = (s: string): number[] => sized(Array.from(s, (c) => c.charCodeAt(0)));

/** A parameter or local of a function. */
export type Local = number;

export const get = (l: Local): Code => [0x20, ...unsigned(l)];
export const set = (l: Local, value: Code): Code => [...value, 0x21, ...unsigned(l)];
export const i32 = (n: number): Code => [0x41, ...signed(n)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const times = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
/** l += value */
export const advance = (l: Local, value: Code): Code => set(l, add(get(l), value));

/** body, `count` times (at least once); `counter` is a local of its own. */
export const repeat = (counter: Local, count: Code, ...body: readonly Code[]): Code => [
  ...set(counter, count),
  ...[0x03, 0x40],
  ...body.flat(),
  ...set(counter, add(get(counter), i32(-1))),
  ...get(counter),
  ...[0x0d, 0x00, 0x0b],
];

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
export const loadI32 = (at: Code, offset = 0): Code => [...at, 0x28, 2, ...unsigned(offset)];
/** Four floats. */
export const load4 = (at: Code, offset = 0): Code => [...at, ...simd(0x00), 2, ...unsigned(offset)];
/** One float, four times. */
export const loadSplat = (at: Code, offset = 0): Code => [...at, ...simd(0x09), 2, ...unsigned(offset)];
export const store4 = (at: Code, value: Code, offset = 0): Code => [
  ...at,
  ...value,
  ...simd(0x0b),
  2,
  ...unsigned(offset),
];
export const add4 = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe4)];
export const times4 = (a: Code, b: Code): Code => [...a, ...b, ...simd(0xe6)];

/** A function of i32 parameters without a result. Locals are numbered from the parameters on: first i32, then v128. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  readonly integers: number;
  readonly vectors: number;
  readonly body: readonly Code[];
}

const [typeI32, typeV128] = [0x7f, 0x7b];

/** A module that exports the functions and imports `env.memory`. */
export function assemble(functions: readonly WasmFunction[]): Uint8Array {
  const section = (id: number, items: readonly Code[]): number[] => [id, ...sized(vector(items))];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(
      1,
      functions.map((f) => [0x60, ...vector(Array.from({ length: f.parameters }, () => [typeI32])), 0]),
    ),
    ...section(2, [[...text('env'), ...text('memory'), 0x02, 0x00, 0x01]]),
    ...section(
      3,
      functions.map((_, i) => unsigned(i)),
    ),
    ...section(
      7,
      functions.map((f, i) => [...text(f.name), 0x00, ...unsigned(i)]),
    ),
    ...section(
      10,
      functions.map((f) =>
        sized([
          ...vector([
            [...unsigned(f.integers), typeI32],
            [...unsigned(f.vectors), typeV128],
          ]),
          ...f.body.flat(),
          0x0b,
        ]),
      ),
    ),
  ]);
}
