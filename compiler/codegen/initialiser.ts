/**
 * C text of constants: a kernel's parameter struct and the arrays it points to.
 *
 * Arrays become objects of their own (for <net>_weights.c), the struct refers to them by name. The text is a function
 * of the values alone, lines stay within 100 columns, and initialisers are clean under -Wconversion and -Wpedantic.
 * Long byte arrays are written as little-endian uint32 words, which halves compile time; C allows their bytes to be
 * read through any character type, and rv_types.h refuses a big-endian target.
 */

import type { CScalar, CStruct, CStructs, CValue } from '../machine/kernel.js';

export interface EmittedArray {
  readonly name: string;
  /** `extern const int8_t name[n];`, or the empty string for static arrays. */
  readonly declaration: string;
  /** The definition, closed by `;` without a final newline. */
  readonly definition: string;
  /** Bytes in flash; for arrays of structs an ILP32 target's size is not known here: 0. */
  readonly bytes: number;
}

export interface EmittedStruct {
  /** In the order in which they must be defined: an array comes after all that it refers to. */
  readonly arrays: readonly EmittedArray[];
  /** `static const <type> <name> = {...};` without a final newline. */
  readonly definition: string;
}

export interface EmitOptions {
  /** 'extern': arrays can be defined in another file, by way of `declaration`. Default 'static'. */
  readonly linkage?: 'static' | 'extern';
}

type CArray = Extract<CValue, { kind: 'array' }>;

const columnLimit = 100;
/** Byte arrays from this size on are written as words. */
const packFromBytes = 1024;
const scalarBytes: Readonly<Record<CScalar, number>> = {
  int8_t: 1,
  uint8_t: 1,
  int16_t: 2,
  uint16_t: 2,
  int32_t: 4,
  uint32_t: 4,
  int64_t: 8,
};

/**
 * The definition of `name` and of the arrays behind its pointers, which are named `<name>_<field>`, and
 * `<name>_<field>_<index>_<field>` within arrays of structs. `name` must be a C identifier.
 * Throws on an empty array or a number that is no integer of its type: internal errors.
 */
export function emitStruct(struct: CStruct, name: string, options: EmitOptions = {}): EmittedStruct {
  const arrays: EmittedArray[] = [];
  const body = structBody(struct, name, 1, arrays, options);
  return { arrays, definition: `static const ${struct.type} ${name} = ${body};` };
}

/** As emitStruct, for a struct or an array of structs. */
export function emitParams(params: CStruct | CStructs, name: string, options: EmitOptions = {}): EmittedStruct {
  if (params.kind === 'struct') return emitStruct(params, name, options);
  const arrays: EmittedArray[] = [];
  const bodies = params.items.map((item, i) => `  ${structBody(item, `${name}_${i}`, 2, arrays, options)},`);
  return {
    arrays,
    definition: `static const ${params.type} ${name}[${params.items.length}] = {\n${bodies.join('\n')}\n};`,
  };
}

/** What stands before a definition: builds place a network's own arrays by RV_WEIGHTS (docs/placement.md). */
const storage = { static: 'static ', extern: 'RV_WEIGHTS ' } as const;

/** One array of scalars as an object of its own; `reference` is the expression that points at its first element. */
export function emitArray(
  array: CArray,
  name: string,
  options: EmitOptions = {},
): EmittedArray & { readonly reference: string } {
  const { data, type } = array;
  if (data.length === 0) throw new Error(`empty array ${name}`);
  const bytes = data.length * scalarBytes[type];
  const packed = scalarBytes[type] === 1 && bytes >= packFromBytes;
  const storedType = packed ? 'uint32_t' : type;
  const words = packed ? packWords(data as ArrayLike<number>) : data;
  const align = array.alignBytes ?? 1;
  const aligned = align > scalarBytes[storedType] ? `RV_ALIGNED(${align}) ` : '';
  const head = `const ${storedType} ${name}[${words.length}]`;
  const linkage = options.linkage ?? 'static';
  const literals = packed ? hexWords(words as Uint32Array) : literalsOf(words, type);
  return {
    name,
    declaration: linkage === 'extern' ? `extern ${head};` : '',
    definition: `${storage[linkage]}${aligned}${head} = {\n${wrap(literals)}\n};`,
    bytes: words.length * scalarBytes[storedType],
    reference: packed ? `(const ${type} *)${name}` : name,
  };
}

/** As many fields a line as fit; a short struct within another stands on one line. */
function structBody(
  struct: CStruct,
  path: string,
  depth: number,
  arrays: EmittedArray[],
  options: EmitOptions,
): string {
  const items = Object.entries(struct.fields).map(
    ([field, value]) => `.${field} = ${valueText(value, `${path}_${field}`, depth, arrays, options)}`,
  );
  if (items.length === 0) throw new Error(`struct without fields: ${path}`);
  const inline = `{${items.join(', ')}}`;
  if (depth > 1 && inline.length <= 60 && !inline.includes('\n')) return inline;
  return `{\n${fieldLines(items, '  '.repeat(depth)).join('\n')}\n${'  '.repeat(depth - 1)}}`;
}

/** Items closed by commas; one that spans lines begins its own. */
function fieldLines(items: readonly string[], indent: string): string[] {
  const lines: string[] = [];
  let open = '';
  for (const item of items) {
    const joined = open === '' ? `${indent}${item},` : `${open} ${item},`;
    const tall = item.includes('\n');
    if (open !== '' && (tall || joined.length > columnLimit)) {
      lines.push(open);
      open = `${indent}${item},`;
    } else {
      open = joined;
    }
    if (tall) {
      lines.push(open);
      open = '';
    }
  }
  if (open !== '') lines.push(open);
  return lines;
}

function valueText(value: CValue, path: string, depth: number, arrays: EmittedArray[], options: EmitOptions): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return numberLiteral(value);
  if (typeof value === 'bigint') return wideLiteral(value);
  if (value.kind === 'struct') return structBody(value, path, depth + 1, arrays, options);
  if (value.kind === 'array') {
    const { reference, ...array } = emitArray(value, path, options);
    arrays.push(array);
    return reference;
  }
  arrays.push(emitStructs(value.type, value.items, path, arrays, options));
  return path;
}

function emitStructs(
  type: string,
  items: readonly CStruct[],
  path: string,
  arrays: EmittedArray[],
  options: EmitOptions,
): EmittedArray {
  if (items.length === 0) throw new Error(`empty array ${path}`);
  const bodies = items.map((item, i) => `  ${structBody(item, `${path}_${i}`, 2, arrays, options)},`);
  const linkage = options.linkage ?? 'static';
  const head = `const ${type} ${path}[${items.length}]`;
  return {
    name: path,
    declaration: linkage === 'extern' ? `extern ${head};` : '',
    definition: `${storage[linkage]}${head} = {\n${bodies.join('\n')}\n};`,
    bytes: 0,
  };
}

/** An integer constant of any 32-bit type. */
function numberLiteral(value: number): string {
  if (!Number.isInteger(value) || value < -(2 ** 31) || value >= 2 ** 32)
    throw new Error(`not a 32-bit integer: ${value}`);
  if (value === -(2 ** 31)) return 'INT32_MIN';
  return value >= 2 ** 31 ? `${value}u` : String(value);
}

function wideLiteral(value: bigint): string {
  if (value < -(2n ** 63n) || value >= 2n ** 63n) throw new Error(`not a 64-bit integer: ${value}`);
  return value === -(2n ** 63n) ? 'INT64_MIN' : `INT64_C(${value})`;
}

function literalsOf(data: ArrayLike<number> | BigInt64Array, type: CScalar): string[] {
  if (type === 'int64_t') return Array.from(data as BigInt64Array, wideLiteral);
  const bits = 8 * scalarBytes[type];
  const [least, most] = type.startsWith('u') ? [0, 2 ** bits - 1] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  return Array.from(data as ArrayLike<number>, (value) => {
    if (value < least || value > most) throw new Error(`${value} is no ${type}`);
    return numberLiteral(value);
  });
}

function hexWords(words: Uint32Array): string[] {
  return Array.from(words, (word) => `0x${word.toString(16)}u`);
}

/** Bytes as little-endian words, the last one filled up with zeros. */
function packWords(bytes: ArrayLike<number>): Uint32Array {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  for (let i = 0; i < bytes.length; i++) words[i >> 2] |= (bytes[i] & 0xff) << ((i & 3) * 8);
  return words;
}

/** Comma-separated literals in lines of at most 100 columns. */
function wrap(literals: readonly string[]): string {
  const lines: string[] = [];
  let first = 0;
  let columns = 1;
  for (let i = 0; i < literals.length; i++) {
    const width = literals[i].length + 2;
    if (columns + width > columnLimit) {
      lines.push(`  ${literals.slice(first, i).join(', ')},`);
      first = i;
      columns = 1;
    }
    columns += width;
  }
  lines.push(`  ${literals.slice(first).join(', ')}`);
  return lines.join('\n');
}
