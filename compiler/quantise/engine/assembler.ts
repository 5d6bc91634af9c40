/**
 * Just enough of a WebAssembly assembler for the two inner loops of kernels.ts: functions of int32 parameters over one
 * imported memory, nested counting loops, and 128-bit float vectors. Encodings are those of the WebAssembly core
 * specification 2.0, chapter 5 (binary format).
 */

const unsigned = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
};

const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; ) {
    const low = rest & 0x7f;
    rest >>= 7;
    const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
    bytes.push(done ? low : low | 0x80);
    if (done) return bytes;
  }
};

const section = (id: number, content: readonly number[]): number[] => [id, ...unsigned(content.length), ...content];
const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];
const text = (name: string): number[] => vector([...name].map((c) => [c.charCodeAt(0)]));

const [i32, v128] = [0x7f, 0x7b];

/** Code of one function under construction. Locals are numbers; parameters come first. */
export class FunctionBuilder {
  readonly #parameters: number;
  readonly #locals: number[] = [];
  readonly #code: number[] = [];

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  #emit(...bytes: readonly number[]): this {
    for (const byte of bytes) this.#code.push(byte);
    return this;
  }

  int(): number {
    this.#locals.push(i32);
    return this.#parameters + this.#locals.length - 1;
  }
  vec(): number {
    this.#locals.push(v128);
    return this.#parameters + this.#locals.length - 1;
  }

  get = (local: number): this => this.#emit(0x20, ...unsigned(local));
  set = (local: number): this => this.#emit(0x21, ...unsigned(local));
  constant = (value: number): this => this.#emit(0x41, ...signed(value));
  add = (): this => this.#emit(0x6a);
  multiply = (): this => this.#emit(0x6c);

  /** to = from */
  copy = (to: number, from: number): this => this.get(from).set(to);
  /** local += by */
  step = (local: number, by: number): this => this.get(local).get(by).add().set(local);
  stepBy = (local: number, bytes: number): this => this.get(local).constant(bytes).add().set(local);

  // --- vectors of four floats; addresses and operands are on the stack -----------------------------------------

  #vector = (opcode: number): this => this.#emit(0xfd, ...unsigned(opcode));
  load = (address: number, offset = 0): this =>
    this.get(address)
      .#vector(0)
      .#emit(0, ...unsigned(offset));
  loadSplat = (address: number): this => this.get(address).#vector(9).#emit(0, 0);
  /** Stores the local `value`. */
  store = (address: number, value: number, offset = 0): this =>
    this.get(address)
      .get(value)
      .#vector(11)
      .#emit(0, ...unsigned(offset));
  zero = (local: number): this =>
    this.#vector(12)
      .#emit(...new Array<number>(16).fill(0))
      .set(local);
  addFloats = (): this => this.#vector(0xe4);
  multiplyFloats = (): this => this.#vector(0xe6);

  // --- control ---------------------------------------------------------------------------------------------------

  /** Runs `body` while `counter` >= `least`, taking `least` off it after each turn. */
  loopDown(counter: number, least: number, body: () => void): this {
    this.#emit(0x02, 0x40, 0x03, 0x40).get(counter).constant(least).#emit(0x48, 0x0d, 1);
    body();
    return this.stepBy(counter, -least).#emit(0x0c, 0, 0x0b, 0x0b);
  }

  /** Branches on a local being other than 0. */
  either(condition: number, then: () => void, otherwise: () => void): this {
    this.get(condition).#emit(0x04, 0x40);
    then();
    this.#emit(0x05);
    otherwise();
    return this.#emit(0x0b);
  }

  bytes(): number[] {
    const body = [...vector(this.#locals.map((type) => [1, type])), ...this.#code, 0x0b];
    return [...unsigned(body.length), ...body];
  }
}

/** A module whose functions take int32s and work on the memory that it imports as env.memory. */
export function moduleOf(
  functions: readonly { readonly name: string; readonly parameters: number; readonly code: FunctionBuilder }[],
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [0x60, ...vector(new Array(parameters).fill([i32])), 0]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector(types)),
    ...section(2, vector([[...text('env'), ...text('memory'), 2, 0, 1]])),
    ...section(3, vector(functions.map((_, i) => unsigned(i)))),
    ...section(7, vector(functions.map(({ name }, i) => [...text(name), 0, ...unsigned(i)]))),
    ...section(10, vector(functions.map(({ code }) => code.bytes()))),
  ]);
}
