/** From a line of disassembly to what the pipeline models ask of an instruction. */

import { decodeVector } from './decode-vector.js';
import { type Draft, read, readAddress, reads } from './draft.js';
import type { DecodedText, Instruction, Read, TimingClass, Use } from './instruction.js';
import { listed, namesIn, splitOperands } from './operands.js';
import {
  branches,
  compares,
  dataClass,
  loads,
  loops,
  manyLoads,
  manyStores,
  nothing,
  splitMnemonic,
  stores,
} from './words.js';

/** Decodes a mnemonic and its operands. `vectors`: of a core with MVE, whose s and d registers are parts of q. */
export function decodeText(mnemonic: string, operands: string, vectors: boolean): DecodedText {
  const { base: word, setsFlags, condition } = splitMnemonic(mnemonic);
  const base = word === 'neg' ? 'rsb' : word;
  const draft: Draft = {
    mnemonic,
    base,
    operands,
    kind: 'alu',
    conditional: condition !== null,
    reads: [],
    writes: [],
    writesBack: [],
    setsFlags,
    readsFlags: condition !== null,
    registers: 1,
    baseRegister: null,
    offset: 0,
    indexRegister: null,
    changesBase: false,
    postIndexed: false,
    elementBytes: 4,
  };
  const parts = splitOperands(operands);
  if (base.startsWith('v')) decodeVector(draft, parts, vectors);
  else if (base === 'tbb' || base === 'tbh') {
    draft.kind = 'branch';
    readAddress(draft, parts);
  } else if (loads.has(base) || stores.has(base) || base === 'ldrd' || base === 'strd') decodeAccess(draft, parts);
  else if (manyLoads.has(base) || manyStores.has(base)) decodeMany(draft, parts);
  else if (branches.has(base)) decodeBranch(draft, parts);
  else if (loops.has(base)) {
    draft.kind = 'loop';
    draft.reads = reads(parts.slice(0, 2), 'plain', vectors).slice(0, 2);
    if (base !== 'lctp') draft.writes = ['lr'];
  } else if (base === 'it') {
    draft.kind = 'ifThen';
    draft.readsFlags = true;
  } else if (nothing.has(base)) draft.kind = 'none';
  else decodeData(draft, parts);
  // A conditional instruction keeps what it would have written.
  if (draft.conditional && draft.kind !== 'branch') draft.reads.push(...draft.writes.map((r) => read(r, 'plain')));
  return draft;
}

function decodeAccess(draft: Draft, parts: readonly string[]): void {
  const pair = draft.base === 'ldrd' || draft.base === 'strd';
  const isLoad = draft.base.startsWith('l');
  draft.kind = pair ? (isLoad ? 'loadPair' : 'storePair') : isLoad ? 'load' : 'store';
  const values = parts.slice(0, pair ? 2 : 1);
  if (pair) draft.registers = 2;
  else draft.elementBytes = /b/.test(draft.base.slice(3)) ? 1 : /h/.test(draft.base.slice(3)) ? 2 : 4;
  if (isLoad) draft.writes.push(...values.flatMap(namesIn));
  else draft.reads.push(...reads(values, 'data', false));
  readAddress(draft, parts);
}

function decodeMany(draft: Draft, parts: readonly string[]): void {
  const isLoad = manyLoads.has(draft.base);
  const registers = listed(parts.at(-1)!);
  const onStack = draft.base === 'pop' || draft.base === 'push';
  draft.kind = isLoad ? 'loadMany' : 'storeMany';
  draft.registers = registers.length;
  draft.baseRegister = onStack ? 'sp' : (namesIn(parts[0])[0] ?? 'sp');
  draft.reads.push(read(draft.baseRegister, 'address'));
  if (onStack || parts[0].includes('!')) {
    draft.changesBase = true;
    draft.writesBack.push(draft.baseRegister);
  }
  if (isLoad) draft.writes.push(...registers);
  else draft.reads.push(...registers.map((r) => read(r, 'data')));
}

function decodeBranch(draft: Draft, parts: readonly string[]): void {
  draft.kind = 'branch';
  if (draft.base === 'bx' || draft.base === 'blx') draft.reads = reads(parts.slice(0, 1), 'address', false);
  if (draft.base === 'cbz' || draft.base === 'cbnz') draft.reads = reads(parts.slice(0, 1), 'plain', false);
  if (draft.base === 'bl' || draft.base === 'blx') draft.writes = ['lr'];
}

const shiftOperand = /^(ror|lsl|lsr|asr|rrx)\b/;

function decodeData(draft: Draft, parts: readonly string[]): void {
  const { base } = draft;
  let kind: TimingClass = dataClass(base) ?? 'alu';
  if (kind === 'alu' && parts.some((part) => shiftOperand.test(part))) kind = 'shiftedAlu';
  draft.kind = kind;
  const written = compares.has(base) ? 0 : kind === 'longMultiply' || kind === 'longMultiplyAdd' ? 2 : 1;
  if (compares.has(base)) draft.setsFlags = true;
  if (['adc', 'sbc', 'rrx', 'sel'].includes(base) || kind === 'select') draft.readsFlags = true;
  const targets = parts.slice(0, written);
  const sources = parts.slice(written);
  draft.writes.push(...targets.flatMap(namesIn));
  draft.reads.push(...dataReads(draft, kind, targets, sources));
  if (base === 'movt') draft.reads.push(...reads(targets, 'plain', false));
}

function dataReads(draft: Draft, kind: TimingClass, targets: readonly string[], sources: readonly string[]): Read[] {
  const { base } = draft;
  const of = (parts: readonly string[], use: Use): Read[] => reads(parts, use, false);
  switch (kind) {
    case 'bitfield':
      if (base === 'bfi') return [...of(targets, 'plain'), ...of(sources, 'shifted')];
      return base === 'bfc' ? of(targets, 'plain') : of(sources, 'shifted');
    case 'reverse':
      return of(sources, 'shifted');
    case 'multiplyAdd':
      return [...of(sources.slice(0, 2), 'factor'), ...of(sources.slice(2, 3), 'accumulator')];
    case 'multiply':
      return [...(sources.length === 1 ? of(targets, 'factor') : []), ...of(sources, 'factor')];
    case 'longMultiply':
      return of(sources, 'factor');
    case 'longMultiplyAdd':
      return [...of(targets, 'accumulator'), ...of(sources, 'factor')];
    case 'extendAdd':
      return [...of(sources.slice(0, 1), 'plain'), ...of(sources.slice(1), 'shifted')];
    case 'pack':
      return [...of(sources.slice(0, 1), base === 'pkhtb' ? 'shifted' : 'plain'), ...of(sources.slice(1), 'shifted')];
    case 'extend':
      return of(sources, /\b(ror|lsl|lsr|asr) #/.test(draft.operands) ? 'shifted' : 'plain');
    case 'shiftedAlu':
      return shiftedReads(base, targets, sources);
    default:
      return [...of(sources, 'plain'), ...(readsTarget(base, kind, sources) ? of(targets, 'plain') : [])];
  }
}

/** Two-operand forms such as add r0, r1 read what they write. */
const readsTarget = (base: string, kind: TimingClass, sources: readonly string[]): boolean =>
  sources.length === 1 &&
  !['mov', 'movw', 'adr', 'mvn', ...compares].includes(base) &&
  (kind === 'alu' || kind === 'shift' || kind === 'dsp');

function shiftedReads(base: string, targets: readonly string[], sources: readonly string[]): Read[] {
  const found = sources.flatMap((part, k) => {
    const shifted = shiftOperand.test(part) || shiftOperand.test(sources[k + 1] ?? '');
    return reads([part], shifted ? 'shifted' : 'plain', false);
  });
  const alone = sources.filter((part) => namesIn(part).length > 0).length === 1;
  if (alone && base !== 'mov' && base !== 'mvn' && !compares.has(base)) found.push(...reads(targets, 'plain', false));
  return found;
}

/** All instructions of a program by address. `text` is objdump -d's. */
export function decodeProgram(text: string, vectors: boolean): ReadonlyMap<number, Instruction> {
  const decoded = new Map<string, DecodedText>();
  const program = new Map<number, Instruction>();
  let symbol = '?';
  for (const line of text.split('\n')) {
    const label = /^[0-9a-f]+ <(.+)>:$/.exec(line);
    if (label !== null) {
      symbol = label[1];
      continue;
    }
    const found = /^\s*([0-9a-f]+):\t((?:[0-9a-f]{4} ?)+)\s*\t(\S+)\t?(.*)$/.exec(line);
    if (found === null || found[3].startsWith('.')) continue;
    const operands = found[4]
      .replace(/\s*[@;].*$/, '')
      .replace(/\s*<[^>]*>/, '')
      .trim();
    // Where a branch goes is known from the counted edges.
    const isBranch = /^(b(?!f|i|k)|cbn?z|le|wls)/.test(found[3]);
    const key = `${found[3]} ${isBranch ? operands.replace(/\b[0-9a-f]{3,8}$/, '') : operands}`;
    let what = decoded.get(key);
    if (what === undefined) {
      what = decodeText(found[3], key.slice(found[3].length + 1).replace(/,\s*$/, ''), vectors);
      decoded.set(key, what);
    }
    const address = parseInt(found[1], 16);
    program.set(address, { ...what, address, size: found[2].replaceAll(' ', '').length / 2, symbol });
  }
  return program;
}
