/**
 * Cortex-M3 and Cortex-M4: DDI 0439, table 3-1 and section 3.3.3, and what was measured of them (jnk0le/random, cortex_m3m4.md).
 * Loads take an address and a data cycle, and the next single load or store shares the data cycle unless its address depends on the
 * load; a load right behind a store waits; several registers take 1 + N cycles, LDRD and STRD 3; an address from the result before
 * waits a cycle; IT behind a 16-bit instruction is free. Two values were chosen inside the manual's range on published points
 * (docs/cycles.md): a taken branch takes 1 + 2, and one more where its target is a 32-bit instruction across two words.
 */

import type { Instruction, TimingClass } from './instruction.js';
import { isIndirect, loadsCounter, type Pipeline } from './pipeline.js';

const takenCycles = 2;
const indirectCycles = 3;
const misalignedTargetCycles = 1;
const tableCycles = 3;
const divideCycles = 6;

/** A single load or store whose data cycle is still open. */
interface Open {
  readonly kind: 'load' | 'store' | 'indexedStore';
  readonly writes: readonly string[];
  readonly changesBase: boolean;
  readonly base: string | null;
}

const isLoad: ReadonlySet<TimingClass> = new Set(['load', 'loadMany', 'loadPair', 'floatLoad', 'floatLoadMany']);
/** Instructions whose results are not there in time for an address, by the rules for loads and not by that for results. */
const noResult: ReadonlySet<TimingClass> = new Set([...isLoad, 'branch']);
const floating: ReadonlySet<TimingClass> = new Set(['float', 'floatMultiplyAdd', 'floatConvert']);

export class M4Pipeline implements Pipeline {
  #cycles = 0;
  #before: Instruction | null = null;
  #open: Open | null = null;

  reset(): void {
    this.#cycles = 0;
    this.#before = null;
    this.#open = null;
  }

  now(): number {
    return this.#cycles;
  }

  step(i: Instruction, taken: boolean, target: Instruction | null): void {
    const stall = this.#stall(i);
    this.#open = openAccess(i);
    const branch = branchCycles(i, taken, target);
    this.#cycles += stall + this.#cost(i) + branch;
    this.#before = i;
    if (branch > 0) this.#open = null;
  }

  #stall(i: Instruction): number {
    const addresses = i.reads.filter((r) => r.use === 'address').map((r) => r.register);
    let stall = this.#open === null ? 0 : stallBehind(this.#open, i, addresses);
    const before = this.#before;
    if (before === null || stall > 0) return stall;
    if (!noResult.has(before.kind) && addresses.some((r) => before.writes.includes(r))) stall++;
    if (stall === 0 && floating.has(before.kind) && i.reads.some((r) => before.writes.includes(r.register))) stall++;
    return stall;
  }

  #cost(i: Instruction): number {
    switch (i.kind) {
      case 'load':
        return loadsCounter(i) ? 5 : 1;
      case 'floatLoad':
      case 'floatStore':
        return i.registers === 1 ? 1 : 3;
      case 'loadPair':
      case 'storePair':
      case 'floatMultiplyAdd':
        return 3;
      case 'loadMany':
      case 'storeMany':
      case 'floatLoadMany':
      case 'floatStoreMany':
        return 1 + i.registers;
      case 'divide':
        return divideCycles;
      case 'floatDivide':
        return 14;
      case 'floatMove':
        return i.registers;
      case 'ifThen':
        return this.#before !== null && this.#before.size === 2 && this.#before.kind !== 'ifThen' ? 0 : 1;
      default:
        return 1;
    }
  }
}

function stallBehind(open: Open, i: Instruction, addresses: readonly string[]): number {
  if (open.kind === 'load') {
    const single = i.kind === 'load' || (i.kind === 'floatLoad' && i.registers === 1);
    const shares =
      single &&
      !loadsCounter(i) &&
      !addresses.some((r) => open.writes.includes(r)) &&
      !(open.changesBase && i.changesBase && i.baseRegister === open.base);
    return shares ? 0 : 1;
  }
  if (isLoad.has(i.kind)) return 1;
  return open.kind === 'indexedStore' && i.kind !== 'none' ? 1 : 0;
}

function openAccess(i: Instruction): Open | null {
  const of = (kind: Open['kind'], writes: readonly string[], changesBase: boolean): Open => ({
    kind,
    writes,
    changesBase,
    base: i.baseRegister,
  });
  if (i.kind === 'load' && !loadsCounter(i))
    return of('load', i.changesBase ? [...i.writes, i.baseRegister!] : i.writes, i.changesBase);
  if (i.kind === 'store') return of(i.indexRegister === null ? 'store' : 'indexedStore', [], i.changesBase);
  if (i.kind === 'floatLoad' && i.registers === 1) return of('load', i.writes, false);
  return i.kind === 'floatStore' && i.registers === 1 ? of('store', [], false) : null;
}

function branchCycles(i: Instruction, taken: boolean, target: Instruction | null): number {
  const returns = i.kind === 'loadMany' && loadsCounter(i);
  if (!(i.kind === 'branch' && taken) && !returns) return 0;
  const misaligned = target !== null && target.size === 4 && (target.address & 2) !== 0;
  return (
    (isIndirect(i) ? indirectCycles : takenCycles) +
    (misaligned ? misalignedTargetCycles : 0) +
    (i.base === 'tbb' || i.base === 'tbh' ? tableCycles : 0)
  );
}
