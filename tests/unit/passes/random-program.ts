/** Random integer programs with zeroed channels, pads, residuals, branches and channel moves. */

import type { ConvOp, Int8Graph, Int8Node, Int8Op, Int8Value, Requant } from '../../../compiler/ir/int8-graph.js';
import { elements, type Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';

export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = (seed * 2654435761 + 12345) >>> 0;
  }
  /** 0 .. n - 1 */
  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * n);
  }
  code(): number {
    return this.below(256) - 128;
  }
  chance(percent: number): boolean {
    return this.below(100) < percent;
  }
}

const layout = { onnxShape: [1], factors: [1], order: [0], onnxDType: 'float32' } as const;

export class ProgramBuilder {
  readonly values = new Map<number, Int8Value>();
  readonly nodes: Int8Node[] = [];
  readonly dice: Dice;

  constructor(seed: number) {
    this.dice = new Dice(seed);
  }

  value(shape: Shape, constant: Int8Array | null = null): number {
    const id = this.values.size;
    this.values.set(id, { id, name: `v${id}`, shape, dtype: 'int8', quant: { scale: 1, zeroPoint: 0 }, constant });
    return id;
  }

  shape(id: number): Shape {
    return this.values.get(id)!.shape;
  }

  node(op: Int8Op, inputs: readonly number[], shape: Shape, macs = 0): number {
    const output = this.value(shape);
    this.nodes.push({
      id: this.nodes.length,
      name: `n${this.nodes.length}`,
      op,
      inputs,
      output,
      macs,
      deviations: { off: 0, of: 0 },
    });
    return output;
  }

  requant(scale: number): Requant {
    const zeroPoint = this.dice.chance(50) ? -128 : this.dice.below(40) - 20;
    const clampMin = this.dice.chance(50) ? zeroPoint : -128;
    return {
      rounding: this.dice.chance(30) ? 'even' : 'fixed',
      multiplier: Math.round(scale * 2 ** 38),
      leftShift: 0,
      shift: 6,
      exact: null,
      zeroPoint,
      clampMin,
      clampMax: this.dice.chance(30) ? Math.max(clampMin, 60) : 127,
    };
  }

  /** Dense, grouped or depthwise; a share of the output channels has zero weights, and some of the input's are ignored. */
  conv(
    input: number,
    out: number,
    window: Window,
    groups: number,
    kind: 'conv2d' | 'convTranspose2d' = 'conv2d',
  ): number {
    const { dice } = this;
    const shape = this.shape(input);
    const length = (window.kernelH * window.kernelW * shape.c) / groups;
    const dead = dice.below(60);
    const deaf = dice.below(40);
    const ignored = Array.from({ length: shape.c }, () => dice.chance(deaf));
    const perGroup = shape.c / groups;
    const weights = new Int8Array(out * length);
    for (let o = 0; o < out; o++) {
      const zero = dice.chance(dead);
      const first = Math.floor(o / (out / groups)) * perGroup;
      for (let i = 0; i < length; i++)
        weights[o * length + i] = zero || ignored[first + (i % perGroup)] ? 0 : dice.code();
    }
    const bias = Int32Array.from({ length: out }, () => dice.below(4000) - 2000);
    const { multiplier: _, exact: __, ...rest } = this.requant(1 / 256);
    const op: ConvOp = {
      kind,
      window,
      groups,
      weights,
      bias,
      inputZeroPoint: dice.chance(50) ? -128 : dice.below(40) - 20,
      requant: {
        ...rest,
        multipliers: Int32Array.from({ length: out }, () => Math.round((0.5 + dice.below(100) / 100) * 2 ** 28)),
        even: rest.rounding === 'even' ? Uint8Array.from({ length: out }, () => dice.below(2)) : null,
        exact: null,
      },
    };
    const size =
      kind === 'conv2d'
        ? windowSize(shape, window)
        : {
            h: (shape.h - 1) * window.strideH + window.kernelH - window.padTop - window.padBottom,
            w: (shape.w - 1) * window.strideW + window.kernelW - window.padLeft - window.padRight,
          };
    const pixels = kind === 'conv2d' ? size : shape;
    return this.node(op, [input], { ...size, c: out }, pixels.h * pixels.w * weights.length);
  }

  graph(input: number, outputs: readonly number[]): Int8Graph {
    const io = (value: number) => ({ value, name: `v${value}`, layout });
    return { name: 'random', values: this.values, nodes: this.nodes, inputs: [io(input)], outputs: outputs.map(io) };
  }
}

export function windowSize(s: Shape, w: Window): { h: number; w: number } {
  return {
    h: Math.floor((s.h + w.padTop + w.padBottom - (w.kernelH - 1) * w.dilationH - 1) / w.strideH) + 1,
    w: Math.floor((s.w + w.padLeft + w.padRight - (w.kernelW - 1) * w.dilationW - 1) / w.strideW) + 1,
  };
}

function randomWindow(dice: Dice, s: Shape): Window {
  const kernelH = Math.min(s.h, 1 + dice.below(3));
  const kernelW = Math.min(s.w, 1 + dice.below(3));
  const pad = (k: number): number => (dice.chance(60) ? dice.below(k) : 0);
  const dilation = (kernel: number, extent: number): number => (2 * kernel - 1 <= extent && dice.chance(30) ? 2 : 1);
  const [dilationH, dilationW] = [dilation(kernelH, s.h), dilation(kernelW, s.w)];
  return {
    ...unitWindow,
    kernelH,
    kernelW,
    dilationH,
    dilationW,
    strideH: 1 + dice.below(2),
    strideW: 1 + dice.below(2),
    padTop: pad(kernelH),
    padLeft: pad(kernelW),
    padBottom: pad(kernelH),
    padRight: pad(kernelW),
  };
}

/** A program of about `size` nodes. Its outputs are the last value and sometimes one more. */
export function randomProgram(seed: number, size: number): Int8Graph {
  const b = new ProgramBuilder(seed);
  const { dice } = b;
  const input = b.value({ h: 3 + dice.below(3), w: 3 + dice.below(3), c: 1 + dice.below(3) });
  const made = [input];
  const pick = (): number => made[Math.max(0, made.length - 1 - dice.below(dice.chance(70) ? 1 : made.length))];
  let guard = 0;
  while (b.nodes.length < size && guard++ < size * 8) {
    const next = step(b, pick(), made);
    if (next !== null) made.push(next);
  }
  const last = made[made.length - 1];
  const outputs = dice.chance(30) ? [last, made[dice.below(made.length)]] : [last];
  return b.graph(input, [...new Set(outputs)]);
}

/** Adds one random operator behind x, or null where it does not apply. */
function step(b: ProgramBuilder, x: number, made: readonly number[]): number | null {
  const { dice } = b;
  const s = b.shape(x);
  const window = randomWindow(dice, s);
  const size = { ...windowSize(s, window), c: s.c };
  const constant = (shape: Shape): number =>
    b.value(
      shape,
      Int8Array.from({ length: elements(shape) }, (_, i) => (dice.chance(30) ? (i % shape.c) * 7 - 20 : dice.code())),
    );
  const partner = (): number => {
    const same = made.filter((id) => JSON.stringify(b.shape(id)) === JSON.stringify(s));
    if (dice.chance(60)) return same[dice.below(same.length)];
    const shapes: Shape[] = [{ h: 1, w: 1, c: s.c }, { h: 1, w: 1, c: 1 }, s];
    return constant(shapes[dice.below(3)]);
  };
  switch (dice.below(20)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return b.conv(x, 1 + dice.below(8), dice.chance(50) ? unitWindow : window, 1);
    case 4:
    case 5:
    case 6:
      return b.conv(x, s.c, window, s.c);
    case 7:
      return s.c % 2 === 0 ? b.conv(x, s.c * 2, window, 2) : b.conv(x, s.c * 2, window, s.c);
    case 8:
    case 9: {
      const form = {
        rounding: 'fixed' as const,
        multiplierA: 1 << 15,
        multiplierB: dice.chance(50) ? 1 << 15 : -(3 << 13),
        addend: 900,
        shift: 16,
        exact: null,
        zeroPoint: 3,
        clampMin: dice.chance(50) ? 3 : -128,
        clampMax: 127,
      };
      return b.node({ kind: 'add', ...form }, dice.chance(50) ? [x, partner()] : [x, x], s);
    }
    case 10:
      return b.node(
        { kind: 'mul', zeroPointA: dice.below(20) - 10, zeroPointB: -128, requant: b.requant(1 / 200) },
        [x, partner()],
        s,
      );
    case 11:
      return b.node({ kind: dice.chance(50) ? 'min' : 'max' }, [x, partner()], s);
    case 12:
      return b.node(
        { kind: 'lut', table: Int8Array.from({ length: 256 }, (_, i) => Math.max(-100, i - 128 - dice.below(2))) },
        [x],
        s,
      );
    case 13:
      return dice.chance(50)
        ? b.node({ kind: 'maxPool', window, clampMin: -128, clampMax: 100 }, [x], size)
        : averagePool(b, x, window, size, dice.chance(50));
    case 14: {
      const others = made.filter((id) => b.shape(id).h === s.h && b.shape(id).w === s.w);
      const parts = [x, others[dice.below(others.length)], ...(dice.chance(30) ? [constant(s)] : [])];
      return b.node({ kind: 'concat', axis: 'c' }, parts, { ...s, c: parts.reduce((n, id) => n + b.shape(id).c, 0) });
    }
    case 15: {
      const step = s.c > 3 && dice.chance(40) ? 2 : 1;
      const count = 1 + dice.below(Math.ceil(s.c / step));
      const start = dice.below(s.c - (count - 1) * step);
      return b.node({ kind: 'slice', start: { h: 0, w: 0, c: start }, step: { h: 1, w: 1, c: step } }, [x], {
        ...s,
        c: count,
      });
    }
    case 16:
      return move(b, x, s);
    case 17: {
      const extra = dice.chance(30) ? 1 : 0;
      return b.node(
        {
          kind: 'pad',
          mode: 'constant',
          before: { h: 1, w: 0, c: extra },
          after: { h: 0, w: 1, c: 0 },
          value: dice.code(),
        },
        [x],
        { h: s.h + 1, w: s.w + 1, c: s.c + extra },
      );
    }
    case 18: {
      const negative = {
        ...b.requant(1),
        multipliers: Int32Array.from({ length: s.c }, () => dice.below(2 ** 30)),
        even: null,
        exact: null,
        rounding: 'fixed' as const,
        shift: 1,
      };
      return b.node(
        {
          kind: 'prelu',
          inputZeroPoint: dice.below(10),
          positive: { ...b.requant(1 / 256), multiplier: 2 ** 30, shift: 1, rounding: 'fixed' },
          negative,
        },
        [x],
        s,
      );
    }
    default:
      return s.h * s.w < 12
        ? b.conv(
            x,
            1 + dice.below(4),
            { ...unitWindow, kernelH: 2, kernelW: 3, strideH: 2, strideW: 1, padLeft: dice.below(2) },
            1,
            'convTranspose2d',
          )
        : null;
  }
}

function averagePool(b: ProgramBuilder, x: number, window: Window, size: Shape, countIncludePad: boolean): number {
  const taps = window.kernelH * window.kernelW;
  const divisors = Int32Array.from({ length: taps }, (_, i) => i + 1);
  const base = b.requant(1);
  return b.node(
    {
      kind: 'averagePool',
      window,
      countIncludePad,
      inputZeroPoint: b.dice.below(20) - 10,
      divisors,
      requants: Array.from(divisors, (n) => ({ ...base, multiplier: Math.round(2 ** 30 / n), shift: 1, leftShift: 3 })),
    },
    [x],
    size,
  );
}

function move(b: ProgramBuilder, x: number, s: Shape): number {
  const { dice } = b;
  switch (dice.below(5)) {
    case 0: {
      const indices = Int32Array.from({ length: 1 + dice.below(6) }, () => dice.below(s.c));
      return b.node({ kind: 'gather', axis: 'c', indices }, [x], { ...s, c: indices.length });
    }
    case 1:
      return s.c % 2 === 0
        ? b.node({ kind: 'transpose', dims: [s.h * s.w, 2, s.c / 2], perm: [0, 2, 1] }, [x], s)
        : b.node({ kind: 'transpose', dims: [s.h, s.w, s.c], perm: [1, 0, 2] }, [x], { h: s.w, w: s.h, c: s.c });
    case 2:
      return b.node({ kind: 'reshape' }, [x], { h: 1, w: s.h, c: s.w * s.c });
    case 3: {
      const index = (n: number) => ({
        index0: Int32Array.from({ length: n * 2 }, (_, i) => i >> 1),
        index1: new Int32Array(n * 2),
        weight1: new Int32Array(n * 2),
        denominator: 1,
        float1: new Float32Array(n * 2),
      });
      return s.h * s.w < 12
        ? b.node(
            { kind: 'resize', mode: 'nearest', rows: index(s.h), columns: index(s.w), inputZeroPoint: 0, linear: null },
            [x],
            { h: s.h * 2, w: s.w * 2, c: s.c },
          )
        : b.node({ kind: 'reshape' }, [x], s);
    }
    default:
      return b.node(
        { kind: 'gather', axis: 'w', indices: Int32Array.from({ length: s.w }, () => dice.below(s.w)) },
        [x],
        s,
      );
  }
}
