/**
 * Cortex-M7 as measured on an STM32H743 (jnk0le/random, cortex_m7.md) and as LLVM 19's ARMScheduleM7.td has it: two instructions a
 * cycle in order; simple operations execute early or late; one multiplier; LDM, LDRD and their stores go alone, two registers a cycle; of
 * two loads beside each other the addresses lie in different banks; DSP instructions go first in their pair. Guessed branches are free
 * and a wrong guess costs 7 cycles, 9 where the target comes from a register.
 */

import type { Instruction, Read, TimingClass } from './instruction.js';
import { loadsCounter, type Pipeline } from './pipeline.js';

const divideCycles = 8;

const set = (...kinds: readonly TimingClass[]): ReadonlySet<TimingClass> => new Set(kinds);
const dsp = set('bitfield', 'extend', 'extendAdd', 'pack', 'reverse', 'dsp');
const products = set('multiply', 'multiplyAdd', 'longMultiply', 'longMultiplyAdd');
const loads = set('load', 'floatLoad');
const stores = set('store', 'floatStore');
const singleFloat = set('float', 'floatMultiplyAdd', 'floatConvert', 'floatDivide', 'floatCompare');
const manyLoads = set('loadMany', 'loadPair', 'floatLoadMany');
const manyStores = set('storeMany', 'storePair', 'floatStoreMany');
/** Instructions that go alone. */
const alone = set(
  ...manyLoads,
  ...manyStores,
  'divide',
  'float64',
  'floatMultiplyAdd64',
  'floatDivide64',
  'floatConvert64',
);
const beforeShift = set('bitfield', 'extendAdd', 'pack', 'reverse');
const floatTransfers = set('floatLoad', 'floatStore', 'floatMove');
const early = /^(add|sub|addw|subw|mov|movw|movt|adr|rsb)$/;

type From = 'alu' | 'dsp' | 'reverse' | 'multiply' | 'load' | 'narrowLoad' | 'floatLoad' | 'float' | 'writeBack';

interface Result {
  /** The cycle in which it is there. */
  readonly at: number;
  readonly from: From;
}

interface Timing {
  readonly result: Result;
  /** Cycles in which nothing else is issued. */
  readonly occupied: number;
}

export class M7Pipeline implements Pipeline {
  readonly mispredicted = { conditional: 7, indirect: 9 };
  #cycles = 0;
  /** The first of a pair that waits for its second. */
  #first: Instruction | null = null;
  #firstIsAlone = false;
  #ready = new Map<string, Result>();
  #flagsAt = 0;
  #floor = 0;

  reset(): void {
    this.#cycles = 0;
    this.#first = null;
    this.#firstIsAlone = false;
    this.#ready.clear();
    this.#flagsAt = 0;
    this.#floor = 0;
  }

  now(): number {
    if (this.#first === null) return this.#cycles;
    return this.#cycles + (this.#firstIsAlone ? 1 : 0.5);
  }

  step(i: Instruction, taken: boolean): void {
    let issue = Math.max(this.#needs(i), this.#floor);
    const first = this.#first;
    const second = first !== null && issue <= this.#cycles && !this.#firstIsAlone && canPair(first, i);
    issue = second ? this.#cycles : Math.max(issue, first === null ? this.#cycles : this.#cycles + 1);
    const { result, occupied } = this.#timing(i, issue, second);
    i.writes.forEach((r, k) => {
      const at = i.kind === 'loadMany' || i.kind === 'loadPair' ? issue + 2 + (k >> 1) : result.at;
      this.#ready.set(r, { at, from: result.from });
    });
    for (const r of i.writesBack) this.#ready.set(r, { at: issue + 1, from: 'writeBack' });
    if (i.setsFlags) this.#flagsAt = issue + 2;
    this.#firstIsAlone = alone.has(i.kind);
    this.#cycles = this.#firstIsAlone ? issue + occupied - 1 : second ? issue + 1 : issue;
    this.#first = second && !this.#firstIsAlone ? null : i;
    if ((i.kind === 'branch' && taken) || loadsCounter(i)) {
      this.#cycles = issue + occupied;
      this.#first = null;
      this.#floor = this.#cycles;
    }
  }

  /** The first cycle that its operands allow, where it executes late. */
  #needs(i: Instruction): number {
    let earliest = 0;
    for (const operand of i.reads) {
      const value = this.#ready.get(operand.register);
      if (value !== undefined) earliest = Math.max(earliest, value.at - forwarded(operand, value.from, i.kind));
    }
    return i.readsFlags && i.kind !== 'branch' ? Math.max(earliest, this.#flagsAt - 1) : earliest;
  }

  #timing(i: Instruction, issue: number, second: boolean): Timing {
    const of = (after: number, from: From, occupied = 1): Timing => ({
      result: { at: issue + after, from },
      occupied,
    });
    const pairs = (i.registers + 1) >> 1;
    if (dsp.has(i.kind)) {
      const simple = i.kind === 'reverse' || i.base === 'ubfx' || i.base === 'sbfx';
      return simple ? of(1, 'reverse') : of(2, 'dsp');
    }
    if (products.has(i.kind)) return of(3, 'multiply');
    if (manyLoads.has(i.kind)) return of(2, 'load', pairs);
    if (manyStores.has(i.kind)) return of(2, 'alu', pairs);
    switch (i.kind) {
      case 'alu':
      case 'shift':
        return of(this.#executesEarly(i, issue, second) ? 1 : 2, 'alu');
      case 'load':
        return i.elementBytes === 4 ? of(2, 'load') : of(3, 'narrowLoad');
      case 'floatLoad':
        return of(1, 'floatLoad');
      case 'divide':
        return of(divideCycles, 'alu', divideCycles);
      case 'float':
      case 'floatConvert':
      case 'floatMultiplyAdd':
        return of(3, 'float');
      case 'floatDivide':
        return of(16, 'alu', 15);
      case 'floatMove':
        return of((i.writes[0] ?? '').startsWith('s') ? 3 : 2, 'alu');
      case 'float64':
      case 'floatConvert64':
        return of(4, 'alu', 2);
      case 'floatMultiplyAdd64':
        return of(9, 'alu', 8);
      case 'floatDivide64':
        return of(30, 'alu', 30);
      default:
        return of(2, 'alu');
    }
  }

  #executesEarly(i: Instruction, issue: number, second: boolean): boolean {
    if (i.conditional) return false;
    const simple = (i.kind === 'shift' && i.indexRegister === null) || (!second && early.test(i.base));
    return simple && i.reads.every((r) => (this.#ready.get(r.register)?.at ?? 0) <= issue);
  }
}

/** By how many cycles before a result is there an instruction that uses it may be issued. */
function forwarded({ register, use }: Read, from: From, kind: TimingClass): number {
  if (singleFloat.has(kind) && register.startsWith('s')) return 0;
  switch (use) {
    case 'address':
      return from === 'dsp' || from === 'reverse' ? -1 : 0;
    case 'shifted':
      return 0;
    case 'accumulator':
      return 2;
    case 'data':
      return from === 'narrowLoad' ? 3 : 2;
    case 'factor':
      return from === 'load' ? 0 : 1;
    case 'plain':
      return 1;
  }
}

function canPair(a: Instruction, b: Instruction): boolean {
  if (alone.has(a.kind) || alone.has(b.kind)) return false;
  if (products.has(a.kind) && (products.has(b.kind) || stores.has(b.kind))) return false;
  if (stores.has(a.kind) && (products.has(b.kind) || stores.has(b.kind))) return false;
  if (dsp.has(b.kind)) return false;
  if (b.kind === 'shiftedAlu' && (a.kind === 'shiftedAlu' || beforeShift.has(a.kind))) return false;
  if (loads.has(a.kind) && loads.has(b.kind)) return loadsPair(a, b);
  if (singleFloat.has(a.kind) && singleFloat.has(b.kind)) return false;
  const wideMove = (i: Instruction): boolean => i.kind === 'floatMove' && i.registers === 2;
  if (wideMove(a) || wideMove(b)) return false;
  const fused = (x: Instruction, y: Instruction): boolean =>
    x.kind === 'floatMultiplyAdd' && floatTransfers.has(y.kind);
  if (fused(a, b) || fused(b, a)) return false;
  const wideAccess = (i: Instruction): boolean =>
    (i.kind === 'floatLoad' || i.kind === 'floatStore') && i.registers === 2;
  return !wideAccess(a) && !wideAccess(b);
}

/** Words of the two banks; with different base registers they are taken to be in different ones. */
function loadsPair(a: Instruction, b: Instruction): boolean {
  if (a.baseRegister !== b.baseRegister || a.indexRegister !== null || b.indexRegister !== null) return true;
  return !a.changesBase && ((a.offset ^ b.offset) & 4) !== 0;
}
