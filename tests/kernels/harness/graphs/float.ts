/** Random programs of float tails. */

import type { FloatStep, Int8Graph } from '../../../../compiler/ir/int8-graph.js';
import { graphOf } from '../nodes.js';
import type { Random } from '../random.js';

export interface FloatShape {
  readonly h: number;
  readonly w: number;
  /** Channels of an operand and numbers of a step, at most. */
  readonly most: number;
  readonly operations: number;
  /** Share of float32 operands. */
  readonly floats: number;
}

type Without<T> = T extends unknown ? Omit<T, 'to' | 'count'> : never;

class Maker {
  readonly steps: FloatStep[] = [];
  registers = 0;

  constructor(private readonly random: Random) {}

  add(count: number, step: Without<FloatStep>): number {
    const to = this.registers;
    this.registers += count;
    this.steps.push({ ...step, to, count } as FloatStep);
    return to;
  }

  /** Registers that are written already, enough for so many numbers. */
  operand(count: number): { readonly at: number; readonly step: 0 | 1 } {
    const step = this.random.chance(0.8) && this.registers >= count ? 1 : 0;
    return { at: this.random.int(0, this.registers - (step === 1 ? count : 1)), step };
  }

  operation(count: number): number {
    const r = this.random;
    const [a, b] = [this.operand(count), this.operand(count)];
    const kind = r.int(0, 9);
    if (kind < 3)
      return this.add(count, { kind: 'unary', fn: (['copy', 'abs', 'exp'] as const)[kind], a: a.at, stepA: a.step });
    if (kind === 9) {
      const of = r.int(1, this.registers);
      const fn = r.pick(['sum', 'max'] as const);
      return this.add(1, { kind: 'reduce', fn, a: r.int(0, this.registers - of), of });
    }
    const fn = (['add', 'sub', 'mul', 'div', 'min', 'max'] as const)[kind - 3];
    return this.add(count, { kind: 'binary', fn, a: a.at, stepA: a.step, b: b.at, stepB: b.step });
  }
}

/** int8 and float32 operands (of any bits), constants of every kind, operations on them, and one that gives the output. */
export function floatGraph(r: Random, { h, w, most, operations, floats }: FloatShape): Int8Graph {
  const maker = new Maker(r);
  const inputs = Array.from({ length: r.int(1, 3) }, () => ({ isFloat: r.chance(floats), c: r.int(1, most) }));
  inputs.forEach(({ isFloat, c }, input) => {
    const from = r.int(0, c - 1);
    const quant = isFloat ? null : { scale: Math.fround(r.int(1, 1000) / 3000), zeroPoint: r.int(-128, 127) };
    maker.add(r.int(1, c - from), { kind: 'load', input, from, quant });
  });
  for (let i = r.int(0, 2); i > 0; i--) {
    const count = r.int(1, most);
    const [rows, columns] = [r.chance(0.5) ? h : 1, r.chance(0.5) ? w : 1];
    const data = Float32Array.from({ length: rows * columns * count }, () => r.int(-4000, 4000) / 700);
    const pixelStep = columns === 1 ? 0 : count;
    maker.add(count, { kind: 'constant', data, pixelStep, rowStep: rows === 1 ? 0 : columns * count });
  }
  for (let i = 0; i < operations; i++) maker.operation(r.int(1, most));
  const out = r.int(1, most);
  const [a, b] = [maker.operand(out), maker.operand(out)];
  const result = maker.add(out, { kind: 'binary', fn: 'add', a: a.at, stepA: a.step, b: b.at, stepB: b.step });
  return graphOf(
    { kind: 'floatPixels', registers: maker.registers, steps: maker.steps, result },
    inputs.map(({ isFloat, c }) => ({ h, w, c: isFloat ? 4 * c : c })),
    { h, w, c: 4 * out },
  );
}

export const float = (r: Random): Int8Graph =>
  floatGraph(r, { h: r.int(1, 5), w: r.int(1, 6), most: 6, operations: r.int(0, 6), floats: 0.3 });
