/**
 * Cortex-M55: LLVM 19's ARMScheduleM55.td and SLOTHY's cortex_m55r1.py. One instruction a cycle, some pairs of 16-bit ones in one; a vector
 * instruction holds its pipe (load and store, integer, multiply) for two cycles, and pipes overlap; the end of a low-overhead loop is free;
 * LDM and STM are taken to move two registers a cycle.
 */

import { type VectorPipe, vectorPipe } from './decode-vector.js';
import type { Instruction, TimingClass } from './instruction.js';
import { loadsCounter, type Pipeline } from './pipeline.js';

const takenCycles = 2;
const indirectCycles = 3;
const loopStartCycles = 2;
const divideCycles = 8;
const narrowingLatency = 3;
const acrossLanesLatency = 2;

const set = (...kinds: readonly TimingClass[]): ReadonlySet<TimingClass> => new Set(kinds);
const vectors = set('vector', 'vectorLoad', 'vectorStore', 'vectorGather', 'vectorScatter');
const simpleVectors = set('vector', 'vectorLoad', 'vectorStore');
const many = set('loadMany', 'storeMany', 'floatLoadMany', 'floatStoreMany');
/** Scalar instructions that take the load and store pipe, and those that hold it. */
const accesses = set('load', 'store', 'loadPair', 'storePair', 'floatLoad', 'floatStore', ...many);
const holds = set('load', 'store', 'loadPair', 'storePair', 'loadMany', 'storeMany');

type From = 'alu' | 'multiply' | 'load' | 'vector' | 'slowVector';

export class M55Pipeline implements Pipeline {
  #cycles = 0;
  #before: Instruction | null = null;
  #beforeAt = -9;
  #paired = false;
  #ready = new Map<string, { readonly at: number; readonly from: From }>();
  #pipes: Record<VectorPipe, number> = { loadStore: 0, integer: 0, multiply: 0, system: 0 };

  reset(): void {
    this.#cycles = 0;
    this.#before = null;
    this.#beforeAt = -9;
    this.#paired = false;
    this.#ready.clear();
    this.#pipes = { loadStore: 0, integer: 0, multiply: 0, system: 0 };
  }

  now(): number {
    return this.#cycles;
  }

  step(i: Instruction, taken: boolean): void {
    const vector = vectors.has(i.kind);
    const pipe: VectorPipe = i.kind === 'vector' ? vectorPipe(i.base, i.mnemonic) : 'loadStore';
    let pairs = !this.#paired && this.#before !== null && canPair(this.#before, i);
    let issue = Math.max(pairs ? this.#beforeAt : this.#cycles, this.#operandsAt(i));
    if (vector || accesses.has(i.kind)) issue = Math.max(issue, this.#pipes[pipe]);
    if (pairs && issue > this.#beforeAt) pairs = false;
    if (!pairs) issue = Math.max(issue, this.#cycles);
    const occupied = vector ? this.#issueVector(i, issue, pipe) : this.#issueScalar(i, issue);
    for (const r of i.writesBack) this.#ready.set(r, { at: issue + 1, from: 'alu' });
    const branch = branchCycles(i, taken);
    this.#cycles = pairs ? this.#beforeAt + 1 + branch : issue + occupied + branch;
    if (!pairs) this.#beforeAt = issue;
    this.#paired = pairs;
    this.#before = branch > 0 || i.kind === 'loop' ? null : i;
  }

  #operandsAt(i: Instruction): number {
    let at = 0;
    for (const { register, use } of i.reads) {
      const value = this.#ready.get(register);
      if (value === undefined) continue;
      const forwarded =
        (use === 'data' && (value.from === 'slowVector' || value.from === 'load')) ||
        (use === 'accumulator' && (value.from === 'load' || (value.from === 'multiply' && i.kind === 'multiplyAdd')));
      at = Math.max(at, value.at - (forwarded ? 1 : 0));
    }
    return at;
  }

  /** Cycles in which nothing else is issued. */
  #issueVector(i: Instruction, issue: number, pipe: VectorPipe): number {
    const scattered = i.kind === 'vectorGather' || i.kind === 'vectorScatter';
    const beats = scattered ? Math.max(2, elementsOf(i.mnemonic) / 2) : pipe === 'system' ? 1 : 2;
    this.#pipes[pipe] = issue + beats;
    const latency = latencyOf(i);
    const extra = i.kind === 'vectorGather' ? beats - 2 : 0;
    for (const r of i.writes)
      this.#ready.set(r, { at: issue + latency + extra, from: latency === 2 ? 'slowVector' : 'vector' });
    return scattered ? beats : 1;
  }

  #issueScalar(i: Instruction, issue: number): number {
    const { occupied, latency, from } = scalarTiming(i);
    if (holds.has(i.kind)) this.#pipes.loadStore = Math.max(this.#pipes.loadStore, issue + occupied);
    for (const r of i.writes) this.#ready.set(r, { at: issue + latency, from });
    return occupied;
  }
}

function scalarTiming(i: Instruction): {
  readonly occupied: number;
  readonly latency: number;
  readonly from: From;
} {
  const of = (latency: number, from: From = 'alu', occupied = 1) => ({ occupied, latency, from });
  const moves = Math.ceil(i.registers / 2);
  if (many.has(i.kind)) return of(moves + 1, 'load', moves);
  switch (i.kind) {
    case 'load':
    case 'loadPair':
    case 'floatLoad':
      return of(2, 'load');
    case 'multiply':
    case 'multiplyAdd':
    case 'longMultiply':
    case 'longMultiplyAdd':
      return of(2, 'multiply');
    case 'shiftedAlu':
    case 'dsp':
    case 'pack':
    case 'extendAdd':
    case 'float':
    case 'floatConvert':
    case 'floatMove':
      return of(2);
    case 'divide':
      return of(divideCycles, 'alu', divideCycles);
    case 'floatMultiplyAdd':
      return of(4);
    case 'floatDivide':
      return of(16, 'alu', 16);
    case 'float64':
    case 'floatMultiplyAdd64':
    case 'floatDivide64':
    case 'floatConvert64':
      return of(20, 'alu', 20);
    case 'loop':
      return of(1, 'alu', loopCycles(i));
    default:
      return of(1);
  }
}

const loopCycles = (i: Instruction): number => (i.base === 'le' || i.base === 'letp' ? 0 : 1);

function branchCycles(i: Instruction, taken: boolean): number {
  if (i.kind === 'loop') return i.base.startsWith('wls') ? loopStartCycles : 0;
  const returns = i.kind === 'loadMany' && loadsCounter(i);
  if (!(i.kind === 'branch' && taken) && !returns) return 0;
  return i.base === 'bx' || i.base === 'blx' || returns ? indirectCycles : takenCycles;
}

/** Of two 16-bit instructions, one of a few simple kinds. */
function canPair(a: Instruction, b: Instruction): boolean {
  return a.size === 2 && b.size === 2 && (isSimple(a) || isSimple(b)) && !simpleVectors.has(a.kind);
}

function isSimple(i: Instruction): boolean {
  if (i.kind === 'none' || i.kind === 'ifThen' || i.kind === 'branch') return true;
  if (/^[su]xt[bh]$/.test(i.base)) return true;
  const arithmetic = i.base === 'add' || i.base === 'sub' || i.base === 'mov';
  return arithmetic && !i.conditional && (i.base === 'mov' || i.operands.includes('#'));
}

/** Elements of a gather or scatter. */
function elementsOf(mnemonic: string): number {
  const bits = Number(/(8|16|32|64)$/.exec(mnemonic)?.[1] ?? 32);
  return bits === 8 ? 16 : bits === 16 ? 8 : bits === 64 ? 2 : 4;
}

function latencyOf(i: Instruction): number {
  const { base, mnemonic } = i;
  if (i.kind === 'vectorLoad') return 1;
  if (i.kind === 'vectorGather') return 2;
  if (/^v(mov(?!n)|dup|orr|and|eor|bic|mvn)/.test(base) || /^v(add|sub)\.i/.test(mnemonic)) return 1;
  if (/^v(qmov|movn|shrn|rshrn|qshrn|qrshrn|qrshrun|qshrun)/.test(base)) return narrowingLatency;
  if (/^v(mlav|mladav|mlaldav|mlsdav|addv|addlv)/.test(base)) return acrossLanesLatency;
  if (/^v(mul|mla|qrdml|qdml|qrdmul|qdmul|rmul|fma|fms|cmul|cmla)/.test(base)) return 2;
  if (/^v(rshl|qshl|qrshl|rshr|qrshr|cvt)/.test(base)) return 2;
  return /^v(maxv|minv|maxav|minav)/.test(base) ? 3 : 1;
}
