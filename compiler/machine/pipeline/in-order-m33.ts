/**
 * Cortex-M33 as measured on an RP2350 (jnk0le/random, cortex_m33.md): one instruction a cycle, a loaded value two cycles later, two for
 * products, shifted operands and DSP instructions, chained accumulation in one, LDM and STM a register a cycle, LDRD two, taken branches
 * 1 + 1; a branch that is not taken goes beside a 16-bit instruction.
 */

import type { Instruction, TimingClass } from './instruction.js';
import { loadsCounter, type Pipeline } from './pipeline.js';

const takenCycles = 1;
const indirectCycles = 2;
const divideCycles = 6;

type From = 'alu' | 'multiply' | 'load';

interface Timing {
  readonly cost: number;
  readonly latency: number;
  readonly from: From;
}

const one: Timing = { cost: 1, latency: 1, from: 'alu' };
const later: Timing = { cost: 1, latency: 2, from: 'alu' };
const products: ReadonlySet<TimingClass> = new Set(['multiply', 'multiplyAdd', 'longMultiply', 'longMultiplyAdd']);

export class M33Pipeline implements Pipeline {
  #cycles = 0;
  #ready = new Map<string, { readonly at: number; readonly from: From }>();
  #before: Instruction | null = null;

  reset(): void {
    this.#cycles = 0;
    this.#ready.clear();
    this.#before = null;
  }

  now(): number {
    return this.#cycles;
  }

  step(i: Instruction, taken: boolean): void {
    let issue = this.#cycles;
    for (const { register, use } of i.reads) {
      const value = this.#ready.get(register);
      if (value === undefined) continue;
      const forwarded = (use === 'accumulator' && value.from !== 'alu') || use === 'data' ? 1 : 0;
      issue = Math.max(issue, value.at - forwarded);
    }
    const { cost, latency, from } = this.#timing(i, taken);
    for (const r of i.writes) this.#ready.set(r, { at: issue + latency, from });
    for (const r of i.writesBack) this.#ready.set(r, { at: issue + 1, from: 'alu' });
    const returns = i.kind === 'loadMany' && loadsCounter(i);
    const indirect = i.base === 'bx' || i.base === 'blx' || returns;
    const branch = (i.kind === 'branch' && taken) || returns ? (indirect ? indirectCycles : takenCycles) : 0;
    this.#cycles = issue + cost + branch;
    this.#before = i;
  }

  #timing(i: Instruction, taken: boolean): Timing {
    if (products.has(i.kind)) return { cost: 1, latency: 2, from: 'multiply' };
    switch (i.kind) {
      case 'load':
      case 'floatLoad':
        return { cost: 1, latency: 2, from: 'load' };
      case 'loadPair':
      case 'storePair':
        return { cost: 2, latency: 2, from: 'load' };
      case 'loadMany':
      case 'storeMany':
      case 'floatLoadMany':
      case 'floatStoreMany':
        return { cost: i.registers, latency: i.registers + 1, from: 'load' };
      case 'shiftedAlu':
      case 'dsp':
      case 'pack':
      case 'extendAdd':
      case 'float':
      case 'floatConvert':
        return later;
      case 'divide':
        return { cost: divideCycles, latency: divideCycles, from: 'alu' };
      case 'floatMultiplyAdd':
        return { cost: 1, latency: 3, from: 'alu' };
      case 'floatDivide':
        return { cost: 14, latency: 14, from: 'alu' };
      case 'floatMove':
        return { cost: /^[rl]/.test(i.writes[0] ?? '') ? i.registers : 1, latency: 2, from: 'alu' };
      case 'ifThen':
        return { cost: 0, latency: 1, from: 'alu' };
      case 'branch':
        return !taken && i.size === 2 && this.#before?.size === 2 ? { ...one, cost: 0 } : one;
      default:
        return one;
    }
  }
}
