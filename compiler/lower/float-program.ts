/** Builds the steps of one FloatPixelsOp: registers, and what functions come to in the few operations that there are. */

import type { Expr } from '../ir/expr.js';
import { type Clamp, noClamp } from '../ir/graph.js';
import type { FloatBinary, FloatStep } from '../ir/int8-graph.js';
import type { Quant } from '../ir/tensor.js';

/** Numbers of a pixel in registers: element i is r[at + i * step]. */
export interface Registers {
  readonly at: number;
  readonly step: 0 | 1;
}

export class FloatProgram {
  readonly #steps: FloatStep[] = [];
  #registers = 0;

  get steps(): readonly FloatStep[] {
    return this.#steps;
  }

  get registers(): number {
    return this.#registers;
  }

  #allocate(count: number): number {
    const at = this.#registers;
    this.#registers += count;
    return at;
  }

  load(input: number, from: number, count: number, quant: Quant | null): Registers {
    const to = this.#allocate(count);
    this.#steps.push({ kind: 'load', input, from, to, count, quant });
    return { at: to, step: 1 };
  }

  /** Numbers by pixel: see FloatStep. */
  constant(data: Float32Array, count: number, rowStep: number, pixelStep: number): Registers {
    const to = this.#allocate(count);
    this.#steps.push({ kind: 'constant', data, to, count, rowStep, pixelStep });
    return { at: to, step: 1 };
  }

  #number(value: number): Registers {
    return { at: this.constant(Float32Array.of(value), 1, 0, 0).at, step: 0 };
  }

  binary(fn: FloatBinary, a: Registers, b: Registers, count: number): Registers {
    const to = this.#allocate(count);
    this.#steps.push({ kind: 'binary', fn, a: a.at, stepA: a.step, b: b.at, stepB: b.step, to, count });
    return { at: to, step: 1 };
  }

  unary(fn: 'abs' | 'exp', a: Registers, count: number): Registers {
    const to = this.#allocate(count);
    this.#steps.push({ kind: 'unary', fn, a: a.at, stepA: a.step, to, count });
    return { at: to, step: 1 };
  }

  /** Every `step`-th number from `start` on. */
  pick(a: Registers, start: number, step: number, count: number): Registers {
    if (step === 1) return { at: a.at + start, step: 1 };
    const to = this.#allocate(count);
    this.#steps.push({ kind: 'unary', fn: 'copy', a: a.at + start, stepA: step, to, count });
    return { at: to, step: 1 };
  }

  join(parts: readonly (Registers & { readonly count: number })[]): Registers {
    const to = this.#allocate(parts.reduce((sum, p) => sum + p.count, 0));
    let at = to;
    for (const { at: a, step: stepA, count } of parts) {
      this.#steps.push({ kind: 'unary', fn: 'copy', a, stepA, to: at, count });
      at += count;
    }
    return { at: to, step: 1 };
  }

  #reduce(fn: 'sum' | 'max', a: Registers, of: number): Registers {
    const to = this.#allocate(1);
    this.#steps.push({ kind: 'reduce', fn, a: a.at, of, to, count: 1 });
    return { at: to, step: 0 };
  }

  softmax(x: Registers, count: number): Registers {
    const e = this.unary('exp', this.binary('sub', x, this.#reduce('max', x, count), count), count);
    return this.binary('div', e, this.#reduce('sum', e, count), count);
  }

  clamp(x: Registers, { min, max }: Clamp, count: number): Registers {
    const above = min === -Infinity ? x : this.binary('max', x, this.#number(min), count);
    return max === Infinity ? above : this.binary('min', above, this.#number(max), count);
  }

  /** x < 0 ? slope * x : x, as max(x, 0) + slope * min(x, 0). */
  leaky(x: Registers, slope: Registers, count: number): Registers {
    const zero = this.#number(0);
    const negative = this.binary('mul', this.binary('min', x, zero, count), slope, count);
    return this.binary('add', this.binary('max', x, zero, count), negative, count);
  }

  /** f of `count` numbers, one of those that ir/float-tail.ts lists. */
  function(expr: Expr, x: Registers, count: number): Registers {
    if (expr.fn === 'x') return x;
    if (expr.fn === 'constant') return this.#number(expr.value);
    const isPair = 'b' in expr;
    const a = this.function(expr.a, x, count);
    const b = isPair ? this.function(expr.b, x, count) : a;
    const with1 = (fn: FloatBinary, p: Registers, value: number): Registers =>
      this.binary(fn, p, this.#number(value), count);
    switch (expr.fn) {
      case 'add':
      case 'sub':
      case 'mul':
      case 'div':
      case 'min':
      case 'max':
        return this.binary(expr.fn, a, b, count);
      case 'pow':
        if (expr.b.fn === 'constant' && expr.b.value === 2) return this.binary('mul', a, a, count);
        break;
      case 'exp':
      case 'abs':
        return this.unary(expr.fn, a, count);
      case 'neg':
        return with1('mul', a, -1);
      case 'reciprocal':
        return this.binary('div', this.#number(1), a, count);
      case 'relu':
        return this.clamp(a, { ...noClamp, min: 0 }, count);
      case 'clip':
        return this.clamp(a, expr, count);
      case 'leakyRelu':
        return this.leaky(a, this.#number(expr.alpha), count);
      case 'sigmoid': {
        const e = this.unary('exp', with1('mul', a, -1), count);
        return this.binary('div', this.#number(1), with1('add', e, 1), count);
      }
      case 'tanh': {
        const e = this.unary('exp', with1('mul', a, 2), count);
        const rest = this.binary('div', this.#number(2), with1('add', e, 1), count);
        return this.binary('sub', this.#number(1), rest, count);
      }
      case 'hardSigmoid':
        return this.clamp(with1('add', with1('mul', a, expr.alpha), expr.beta), { min: 0, max: 1 }, count);
      default:
    }
    throw new Error(`no steps for '${expr.fn}'`);
  }
}
