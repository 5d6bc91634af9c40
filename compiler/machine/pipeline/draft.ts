/** What decoders of all kinds of instructions fill in. */

import type { DecodedText, Read, Use } from './instruction.js';
import { addressIn, namesIn, unitsOf } from './operands.js';

/** A decoded instruction while it is put together. */
export type Draft = { -readonly [K in keyof DecodedText]: DecodedText[K] } & {
  reads: Read[];
  writes: string[];
  writesBack: string[];
};

export const read = (register: string, use: Use): Read => ({ register, use });

/** Every register of operands. */
export const reads = (parts: readonly string[], use: Use, vectors: boolean): Read[] =>
  parts.flatMap((part) => unitsIn(part, vectors).map((register) => read(register, use)));

export const unitsIn = (part: string, vectors: boolean): readonly string[] =>
  namesIn(part).flatMap((name) => unitsOf(name, vectors));

/** The address in brackets. */
export function readAddress(draft: Draft, parts: readonly string[]): void {
  const address = addressIn(parts);
  if (address === null) return;
  draft.baseRegister = address.registers[0] ?? null;
  draft.indexRegister = address.registers[1] ?? null;
  draft.offset = address.offset;
  draft.changesBase = address.changesBase;
  draft.postIndexed = address.postIndexed;
  draft.reads.push(...address.registers.map((r) => read(r, 'address')));
  if (address.changesBase && draft.baseRegister !== null) draft.writesBack.push(draft.baseRegister);
}
