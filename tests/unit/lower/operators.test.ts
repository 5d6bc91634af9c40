import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RivuletError } from '../../../compiler/diagnostics.js';
import type { Expr } from '../../../compiler/ir/expr.js';
import { noClamp, type Op, type ResizeAxis } from '../../../compiler/ir/graph.js';
import type {
  AddOp,
  AveragePoolOp,
  Int8Graph,
  LinearResize,
  MulOp,
  ResizeOp,
} from '../../../compiler/ir/int8-graph.js';
import type { Quant, Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { lowerToInt8 } from '../../../compiler/lower/lower.js';
import { runQuantisedExact } from '../../../compiler/reference/float.js';
import { runInt8 } from '../../../compiler/reference/int8.js';
import { clamp, codes, expectMeaning, quant, seeds, singleNode, windowOf, windowOutput } from './single-node.js';

const image = { h: 5, w: 6, c: 3 };
const shapes = fc.record({
  h: fc.integer({ min: 3, max: 6 }),
  w: fc.integer({ min: 3, max: 6 }),
  c: fc.integer({ min: 1, max: 4 }),
});
const kinds = (graph: ReturnType<typeof expectMeaning>): string[] => graph.nodes.map((n) => n.op.kind);
const q = (scale: number, zeroPoint = 0) => ({ scale: Math.fround(scale), zeroPoint });

describe('binary operators', () => {
  const fn = fc.constantFrom('add', 'sub', 'mul', 'min', 'max' as const);
  const broadcast = fc.constantFrom(
    { h: 1, w: 1, c: 3 },
    { h: 1, w: 1, c: 1 },
    { h: 5, w: 6, c: 1 },
    { h: 5, w: 1, c: 3 },
    image,
  );

  it('mean what ONNX means, with broadcasting, clamps and constants', () => {
    fc.assert(
      fc.property(
        fn,
        broadcast,
        fc.boolean(),
        fc.boolean(),
        quant,
        quant,
        quant,
        clamp,
        seeds,
        (f, shape, swap, constant, a, b, out, bounds, seed) => {
          const other = {
            shape,
            quant: b,
            ...(constant ? { constant: codes(shape.h * shape.w * shape.c, seed + 99) } : {}),
          };
          const operands = [{ shape: image, quant: a }, other];
          const graph = expectMeaning(
            singleNode({ kind: 'binary', fn: f as 'add', clamp: bounds }, swap ? operands.reverse() : operands, {
              shape: image,
              quant: out,
            }),
            seed,
          );
          if (f === 'add' || f === 'sub') expect(graph.nodes[0].deviations.off).toBe(0);
        },
      ),
      { numRuns: 250 },
    );
  });

  it('keep Add in 32 bits and Mul of powers of two exact', () => {
    const add = expectMeaning(
      singleNode(
        { kind: 'binary', fn: 'add', clamp: noClamp },
        [
          { shape: image, quant: q(0.0130713, 5) },
          { shape: image, quant: q(0.0217181, -9) },
        ],
        { shape: image, quant: q(0.0309017, 1) },
      ),
      3,
    );
    expect((add.nodes[0].op as AddOp).rounding).toBe('fixed');
    expect(add.nodes[0].deviations).toEqual({ off: 0, of: 65536 });
    const mul = expectMeaning(
      singleNode(
        { kind: 'binary', fn: 'mul', clamp: noClamp },
        [
          { shape: image, quant: q(1 / 64, 5) },
          { shape: image, quant: q(1 / 32, -9) },
        ],
        { shape: image, quant: q(1 / 8, 1) },
      ),
      3,
    );
    expect((mul.nodes[0].op as MulOp).requant.rounding).toBe('even');
    expect(mul.nodes[0].deviations.off).toBe(0);
  });

  it('take 64 bits where float32 scales make near ties that 32 bits cannot tell', () => {
    // 13 a + 21 b = 15 (mod 30) is a tie but for the rounding of the scales to float32.
    const graph = expectMeaning(
      singleNode(
        { kind: 'binary', fn: 'add', clamp: noClamp },
        [
          { shape: { h: 64, w: 64, c: 8 }, quant: q(0.013, 5) },
          { shape: { h: 64, w: 64, c: 8 }, quant: q(0.021, -9) },
        ],
        { shape: { h: 64, w: 64, c: 8 }, quant: q(0.03, 1) },
      ),
      3,
    );
    expect((graph.nodes[0].op as AddOp).rounding).toBe('exact');
    expect(graph.nodes[0].deviations.off).toBe(0);
  });

  it('refuse a constant in floating point', () => {
    const k = { shape: { h: 1, w: 1, c: 3 }, quant: null, constant: Float32Array.of(1, 2, 3) };
    const graph = singleNode({ kind: 'binary', fn: 'mul', clamp: noClamp }, [{ shape: image, quant: q(1) }, k], {
      shape: image,
      quant: q(1),
    });
    expect(() => lowerToInt8(graph)).toThrow("E401 node: its input 'in1' is not quantised");
  });

  it('refuse Div of two tensors', () => {
    const graph = singleNode(
      { kind: 'binary', fn: 'div', clamp: noClamp },
      [
        { shape: image, quant: q(1) },
        { shape: image, quant: q(1) },
      ],
      { shape: image, quant: q(1) },
    );
    expect(() => lowerToInt8(graph)).toThrow('E204 node: division of two int8 tensors is not supported');
  });
});

describe('functions', () => {
  const x: Expr = { fn: 'x' };
  const exprs: readonly Expr[] = [
    x,
    { fn: 'relu', a: x },
    { fn: 'sigmoid', a: x },
    { fn: 'tanh', a: x },
    { fn: 'hardSwish', a: x },
    { fn: 'gelu', a: x },
    { fn: 'mish', a: x },
    { fn: 'mul', a: x, b: { fn: 'sigmoid', a: x } },
    { fn: 'leakyRelu', a: x, alpha: Math.fround(0.1) },
    { fn: 'clip', a: x, min: -1, max: 1.5 },
    { fn: 'hardSigmoid', a: x, alpha: Math.fround(0.2), beta: 0.5 },
    { fn: 'elu', a: x, alpha: 1 },
    { fn: 'exp', a: x },
    { fn: 'log', a: x },
    { fn: 'reciprocal', a: x },
    { fn: 'pow', a: x, b: { fn: 'constant', value: 2 } },
    { fn: 'sqrt', a: { fn: 'abs', a: x } },
    { fn: 'div', a: x, b: { fn: 'constant', value: 3 } },
  ];

  it('are tables of the exact function', () => {
    fc.assert(
      fc.property(fc.constantFrom(...exprs), quant, quant, seeds, (expr, a, out, seed) => {
        expectMeaning(
          singleNode({ kind: 'unary', expr }, [{ shape: { h: 16, w: 16, c: 2 }, quant: a }], {
            shape: { h: 16, w: 16, c: 2 },
            quant: out,
          }),
          seed,
        );
      }),
      { numRuns: 150 },
    );
  });

  it('are free where no reachable code changes', () => {
    const graph = expectMeaning(
      singleNode({ kind: 'unary', expr: { fn: 'relu', a: x } }, [{ shape: image, quant: q(0.1, -128) }], {
        shape: image,
        quant: q(0.1, -128),
      }),
      1,
    );
    expect(kinds(graph)).toEqual(['reshape']);
  });

  it('round exact ties to even', () => {
    const table = lowerToInt8(
      singleNode({ kind: 'unary', expr: x }, [{ shape: image, quant: q(0.5) }], { shape: image, quant: q(1) }),
    ).graph.nodes[0].op;
    const at = (code: number) => (table as { table: Int8Array }).table[code + 128];
    expect([1, 3, 5, -1, -3, -5, 4].map(at)).toEqual([0, 2, 2, 0, -2, -2, 2]);
  });

  it('include PRelu with one slope a channel, zero and negative ones too', () => {
    const slopes = fc.array(
      fc.oneof(fc.double({ min: -2, max: 2, noNaN: true }).map(Math.fround), fc.constantFrom(0, 0.25, 1)),
      { minLength: 3, maxLength: 3 },
    );
    fc.assert(
      fc.property(slopes, quant, quant, seeds, (s, a, out, seed) => {
        expectMeaning(
          singleNode({ kind: 'prelu', slopes: Float64Array.from(s) }, [{ shape: { h: 12, w: 12, c: 3 }, quant: a }], {
            shape: { h: 12, w: 12, c: 3 },
            quant: out,
          }),
          seed,
        );
      }),
      { numRuns: 100 },
    );
  });
});

describe('pooling', () => {
  it('means what ONNX means, with every divisor at the borders', () => {
    const cases = shapes.chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        window: windowOf(shape.h, shape.w),
        average: fc.boolean(),
        countIncludePad: fc.boolean(),
        a: quant,
        out: quant,
        clamp,
        seed: seeds,
      }),
    );
    fc.assert(
      fc.property(cases, ({ shape, window, average, countIncludePad, a, out, clamp: bounds, seed }) => {
        const size = windowOutput(shape, window);
        fc.pre(size.h >= 1 && size.w >= 1 && everyWindowSeesTheImage(shape, window, size));
        const op: Op = average
          ? { kind: 'averagePool', window, countIncludePad, clamp: bounds }
          : { kind: 'maxPool', window, clamp: bounds };
        expectMeaning(singleNode(op, [{ shape, quant: a }], { shape: { ...size, c: shape.c }, quant: out }), seed);
      }),
      { numRuns: 300 },
    );
  });

  it('is one requantisation a divisor', () => {
    const window = { ...unitWindow, kernelH: 2, kernelW: 2, padTop: 1, padLeft: 1 };
    const graph = expectMeaning(
      singleNode(
        { kind: 'averagePool', window, countIncludePad: false, clamp: noClamp },
        [{ shape: image, quant: q(0.1) }],
        { shape: image, quant: q(0.1) },
      ),
      4,
    );
    const op = graph.nodes[0].op as AveragePoolOp;
    expect([...op.divisors]).toEqual([1, 2, 4]);
    expect(op.requants.map((r) => r.rounding)).toEqual(['fixed', 'even', 'even']);
    expect(graph.nodes[0].deviations.off).toBe(0);
  });

  it('changes the quantisation of a maximum after pooling', () => {
    const window = { ...unitWindow, kernelH: 2, kernelW: 2, strideH: 2, strideW: 2 };
    const graph = expectMeaning(
      singleNode(
        { kind: 'maxPool', window, clamp: { min: 0, max: 1 } },
        [{ shape: { h: 4, w: 4, c: 2 }, quant: q(0.1, 3) }],
        { shape: { h: 2, w: 2, c: 2 }, quant: q(0.07, -20) },
      ),
      8,
    );
    expect(kinds(graph)).toEqual(['maxPool', 'lut']);
  });
});

describe('moves', () => {
  it('bring every input of a Concat to the output quantisation', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('h', 'w', 'c' as const),
        quant,
        quant,
        quant,
        fc.boolean(),
        seeds,
        (axis, a, b, out, same, seed) => {
          const second = { ...image, [axis]: 2 };
          const total = { ...image, [axis]: image[axis as 'h'] + 2 };
          const graph = expectMeaning(
            singleNode(
              { kind: 'concat', axis: axis as 'h' },
              [
                { shape: image, quant: same ? out : a },
                { shape: second, quant: b },
              ],
              { shape: total, quant: out },
            ),
            seed,
          );
          if (same) expect(graph.nodes.at(-1)?.inputs[0]).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('mean what ONNX means', () => {
    const moves: readonly (readonly [Op, { h: number; w: number; c: number }])[] = [
      [
        { kind: 'slice', start: { h: 4, w: 0, c: 1 }, step: { h: -2, w: 2, c: 1 } },
        { h: 3, w: 3, c: 2 },
      ],
      [
        { kind: 'pad', mode: 'constant', before: { h: 1, w: 2, c: 0 }, after: { h: 0, w: 1, c: 1 }, value: 0.77 },
        { h: 6, w: 9, c: 4 },
      ],
      [
        { kind: 'pad', mode: 'constant', before: { h: 1, w: 1, c: 0 }, after: { h: 1, w: 1, c: 0 }, value: -Infinity },
        { h: 7, w: 8, c: 3 },
      ],
      [
        { kind: 'pad', mode: 'reflect', before: { h: 2, w: 1, c: 0 }, after: { h: 1, w: 3, c: 0 }, value: 0 },
        { h: 8, w: 10, c: 3 },
      ],
      [
        { kind: 'pad', mode: 'edge', before: { h: 2, w: 0, c: 1 }, after: { h: 0, w: 2, c: 1 }, value: 0 },
        { h: 7, w: 8, c: 5 },
      ],
      [
        { kind: 'transpose', dims: [5, 6, 3], perm: [2, 0, 1] },
        { h: 3, w: 5, c: 6 },
      ],
      [
        { kind: 'gather', axis: 'c', indices: Int32Array.of(2, 0, 2, 1) },
        { h: 5, w: 6, c: 4 },
      ],
      [{ kind: 'reshape' }, { h: 1, w: 1, c: 90 }],
      [
        {
          kind: 'resize',
          mode: 'nearest',
          rows: axis([0, 0, 1, 2, 4, 4, 3]),
          columns: axis([5, 4, 0]),
          codeOrigin: null,
        },
        { h: 7, w: 3, c: 3 },
      ],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...moves), quant, quant, seeds, ([op, shape], a, out, seed) => {
        expectMeaning(singleNode(op, [{ shape: image, quant: a }], { shape, quant: out }), seed);
      }),
      { numRuns: 120 },
    );
  });

  it('put a table where fewer codes pass through it', () => {
    const op: Op = { kind: 'slice', start: { h: 0, w: 0, c: 0 }, step: { h: 1, w: 1, c: 1 } };
    const graph = expectMeaning(
      singleNode(op, [{ shape: image, quant: q(0.1) }], { shape: { h: 1, w: 6, c: 3 }, quant: q(0.2) }),
      2,
    );
    expect(kinds(graph)).toEqual(['slice', 'lut']);
  });
});

describe('linear resize', () => {
  const axisOf = (denominators: readonly number[]): fc.Arbitrary<ResizeAxis> =>
    fc
      .tuple(
        fc.array(fc.tuple(fc.nat(4), fc.nat(4), fc.nat(1000), fc.integer({ min: -3, max: 3 })), {
          minLength: 1,
          maxLength: 7,
        }),
        fc.constantFrom(...denominators),
      )
      .map(([entries, denominator]) => {
        const weight1 = Int32Array.from(entries, (e) => e[2] % (denominator + 1));
        return {
          index0: Int32Array.from(entries, (e) => e[0]),
          index1: Int32Array.from(entries, (e) => e[1]),
          weight1,
          denominator,
          // Weights as a float32 coordinate of some size leaves them.
          float1: Float32Array.from(weight1, (w, i) =>
            Math.min(1, Math.max(0, w / denominator + entries[i][3] * 2 ** -20)),
          ),
        };
      });
  const size = (rows: ResizeAxis, columns: ResizeAxis): Shape => ({
    h: rows.index0.length,
    w: columns.index0.length,
    c: 3,
  });
  const linearOf = (graph: Int8Graph): LinearResize => (graph.nodes[0].op as ResizeOp).linear!;

  it('is what float32 arithmetic gives, though integers compute it where they are sure', () => {
    let sure = 0;
    fc.assert(
      fc.property(
        axisOf([1, 2, 4, 6, 31]),
        axisOf([1, 2, 4, 6, 31]),
        quant,
        quant,
        fc.boolean(),
        seeds,
        (rows, columns, a, out, keeps, seed) => {
          const graph = expectMeaning(
            singleNode(
              { kind: 'resize', mode: 'linear', rows, columns, codeOrigin: null },
              [{ shape: image, quant: a }],
              { shape: size(rows, columns), quant: keeps ? a : out },
            ),
            seed,
          );
          if (linearOf(graph).doubt < 2 ** (linearOf(graph).requant.shift - 3)) sure++;
        },
      ),
      { numRuns: 300 },
    );
    expect(sure).toBeGreaterThan(150);
  });

  it('truncates the codes of tensors that are resized as integers', () => {
    fc.assert(
      fc.property(
        axisOf([1, 2, 4, 6, 31]),
        axisOf([1, 2, 4, 6, 31]),
        quant,
        fc.constantFrom(0, -128),
        seeds,
        (rows, columns, a, codeOrigin, seed) => {
          expectMeaning(
            singleNode({ kind: 'resize', mode: 'linear', rows, columns, codeOrigin }, [{ shape: image, quant: a }], {
              shape: size(rows, columns),
              quant: a,
            }),
            seed,
          );
        },
      ),
      { numRuns: 200 },
    );
  });

  it('asks for float32 only where a tie, or noise about one, can be met', () => {
    const halves: ResizeAxis = {
      index0: Int32Array.of(0),
      index1: Int32Array.of(1),
      weight1: Int32Array.of(1),
      denominator: 2,
      float1: Float32Array.of(0.5),
    };
    const doubtOf = (from: Quant, to: Quant, codeOrigin: number | null = null): number =>
      linearOf(
        lowerToInt8(
          singleNode(
            { kind: 'resize', mode: 'linear', rows: halves, columns: halves, codeOrigin },
            [{ shape: image, quant: from }],
            { shape: size(halves, halves), quant: to },
          ),
        ).graph,
      ).doubt;
    expect(doubtOf(q(0.1), q(0.1))).toBeGreaterThan(0);
    expect(doubtOf(q(0.1), q(0.0371))).toBe(0);
    expect(doubtOf(q(0.1), q(0.1), 0)).toBe(0);
  });

  it('refuses weights beyond int32', () => {
    const huge = { ...axis([0]), denominator: 4001 };
    const graph = singleNode(
      { kind: 'resize', mode: 'linear', rows: huge, columns: huge, codeOrigin: null },
      [{ shape: image, quant: q(1) }],
      { shape: { h: 1, w: 1, c: 3 }, quant: q(1) },
    );
    expect(() => lowerToInt8(graph)).toThrow(
      'E404 node: linear resizing by these factors needs weights over 16008001, beyond int32',
    );
  });
});

describe('a change of quantisation', () => {
  it('is decided by float32 arithmetic next to ties', () => {
    // Between ranges of 4 and 8 every odd code is a tie but for the rounding of the scales: ONNX Runtime's codes.
    const shape = { h: 16, w: 16, c: 1 };
    const [from, to] = [4, 8].map((range) => q(Math.fround(range / 255), -128));
    const x = Int8Array.from({ length: 256 }, (_, i) => i - 128);
    const graph = singleNode({ kind: 'unary', expr: { fn: 'x' } }, [{ shape, quant: from }], { shape, quant: to });
    const result = runInt8(lowerToInt8(graph).graph, [x])[0];
    const single = x.map((code) => {
      const steps = Math.fround(Math.fround((code + 128) * from.scale) / to.scale);
      const low = Math.floor(steps);
      return low + (steps - low > 0.5 || (steps - low === 0.5 && low % 2 !== 0) ? 1 : 0) - 128;
    });
    expect(result).toEqual(single);
    expect(runQuantisedExact(graph, [x])[0]).toEqual(single);
    expect(result[255]).toBe(-1);
  });
});

describe('softmax and arg max', () => {
  it('are within a step of the meaning, and almost always on it', () => {
    let wrong = 0;
    let total = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3, 12, 100, 512),
        quant,
        fc.constantFrom(q(1 / 256, -128), q(1 / 255, -128), q(0.0041, -120)),
        seeds,
        (c, a, out, seed) => {
          const shape = { h: 3, w: 7, c };
          const graph = singleNode({ kind: 'softmax', log: false }, [{ shape, quant: a }], { shape, quant: out });
          const lowered = lowerToInt8(graph).graph;
          const x = codes(21 * c, seed);
          const [got] = runInt8(lowered, [x]);
          for (let p = 0; p < got.length; p += c) {
            const real = Array.from(x.subarray(p, p + c), (v) => Math.exp((v - a.zeroPoint) * a.scale));
            const sum = real.reduce((s, v) => s + v, 0);
            for (let i = 0; i < c; i++) {
              const exact = (real[i] / sum) * Math.floor(Math.fround(1 / out.scale));
              const want = Math.max(-128, Math.min(127, Math.round(exact) + out.zeroPoint));
              if (Number.isFinite(exact) && got[p + i] !== want && Math.abs(exact - Math.floor(exact) - 0.5) > 1e-4)
                wrong++;
              if (Number.isFinite(exact)) expect(Math.abs(got[p + i] - want)).toBeLessThanOrEqual(1);
              total++;
            }
          }
        },
      ),
      { numRuns: 60 },
    );
    expect(total).toBeGreaterThan(10000);
    expect(wrong).toBe(0);
  });

  it('rounds the ties of a softmax to even', () => {
    // Each of 512 equal channels has probability 1/512: half a step of 1/256.
    const shape = { h: 1, w: 1, c: 512 };
    const graph = lowerToInt8(
      singleNode({ kind: 'softmax', log: false }, [{ shape, quant: q(0.1) }], { shape, quant: q(1 / 256, -128) }),
    ).graph;
    expect(new Set(runInt8(graph, [new Int8Array(512).fill(9)])[0])).toEqual(new Set([-128]));
    const quarters = lowerToInt8(
      singleNode({ kind: 'softmax', log: false }, [{ shape: { h: 1, w: 1, c: 4 }, quant: q(0.1) }], {
        shape: { h: 1, w: 1, c: 4 },
        quant: q(1 / 255, -128),
      }),
    ).graph;
    expect(new Set(runInt8(quarters, [new Int8Array(4).fill(9)])[0])).toEqual(new Set([64 - 128])); // 254 steps / 4
    // 170 of them at 3/510 would be above it.
    const third = lowerToInt8(
      singleNode({ kind: 'softmax', log: false }, [{ shape: { h: 1, w: 1, c: 170 }, quant: q(0.1) }], {
        shape: { h: 1, w: 1, c: 170 },
        quant: q(1 / 256, -128),
      }),
    ).graph;
    expect(new Set(runInt8(third, [new Int8Array(170).fill(9)])[0])).toEqual(new Set([-126]));
  });

  it('has a whole number of steps in a probability of 1: 254 at a scale of 1 / 255, as in ONNX Runtime', () => {
    const shape = { h: 1, w: 2, c: 2 };
    const run = (scale: number) => [
      ...runInt8(
        expectMeaning(
          singleNode({ kind: 'softmax', log: false }, [{ shape, quant: q(0.2) }], { shape, quant: q(scale, -128) }),
          3,
        ),
        [Int8Array.of(127, -128, 5, 5)],
      )[0],
    ];
    expect(run(1 / 255)).toEqual([126, -128, -1, -1]);
    expect(run(1 / 256)).toEqual([127, -128, 0, 0]);
    expect(run(1 / 100.9)).toEqual([-28, -128, -78, -78]);
    expect(run(3)).toEqual([-128, -128, -128, -128]);
  });

  it('takes the first or the last of equal maxima', () => {
    const shape = { h: 1, w: 2, c: 4 };
    const run = (lastIndex: boolean, smallest = false) =>
      runInt8(
        lowerToInt8(
          singleNode({ kind: 'argMax', smallest, lastIndex }, [{ shape, quant: q(1) }], {
            shape: { h: 1, w: 2, c: 1 },
            quant: null,
          }),
        ).graph,
        [Int8Array.of(1, 7, 7, 3, -5, -9, -5, -128)],
      )[0];
    expect(run(false)).toEqual(Int32Array.of(1, 0));
    expect(run(true)).toEqual(Int32Array.of(2, 2));
    // The smallest: 1, and -128.
    expect(run(false, true)).toEqual(Int32Array.of(0, 3));
    expect(run(true, true)).toEqual(Int32Array.of(0, 3));
  });

  it('computes LogSoftmax to the nearest code, ties to even', () => {
    const shape = { h: 1, w: 1, c: 3 };
    const logs = (inputScale: number, outputScale: number, codes: readonly number[]) => [
      ...runInt8(
        lowerToInt8(
          singleNode({ kind: 'softmax', log: true }, [{ shape, quant: q(inputScale) }], {
            shape,
            quant: q(outputScale, 127),
          }),
        ).graph,
        [Int8Array.from(codes)],
      )[0],
    ];
    const exact = [20, 3, -4].map((x) => 0.1 * x - Math.log([20, 3, -4].reduce((s, y) => s + Math.exp(0.1 * y), 0)));
    expect(logs(0.1, 1 / 16, [20, 3, -4])).toEqual(exact.map((v) => Math.round(16 * v) + 127));
    // One channel alone counts: distances of 4.5 and 5.5 steps.
    expect(logs(4.5 * 8, 8, [0, -1, -1])).toEqual([127, 123, 123]);
    expect(logs(5.5 * 8, 8, [0, -1, -1])).toEqual([127, 121, 121]);
    expect(logs(100, 1e-6, [0, -1, -128])).toEqual([127, -128, -128]);
  });
});

describe('float tensors', () => {
  it('are refused all at once, with what to do', () => {
    const graph = singleNode({ kind: 'unary', expr: { fn: 'x' } }, [{ shape: image, quant: null }], {
      shape: image,
      quant: q(1),
    });
    let thrown: unknown;
    try {
      lowerToInt8(graph);
    } catch (e) {
      thrown = e;
    }
    expect((thrown as RivuletError).diagnostics.map((d) => [d.code, d.message])).toEqual([
      ['E401', "input 'in0' is not quantised"],
      ['E401', "its input 'in0' is not quantised"],
    ]);
    const float = singleNode({ kind: 'unary', expr: { fn: 'x' } }, [{ shape: image, quant: null }], {
      shape: image,
      quant: null,
    });
    expect(() => lowerToInt8(float)).toThrow('E401 the network is not quantised: all of its tensors are float');
  });
});

function axis(indices: number[]) {
  return {
    index0: Int32Array.from(indices),
    index1: Int32Array.from(indices),
    weight1: new Int32Array(indices.length),
    denominator: 1,
    float1: new Float32Array(indices.length),
  };
}

function everyWindowSeesTheImage(
  shape: { h: number; w: number },
  w: typeof unitWindow,
  out: { h: number; w: number },
): boolean {
  const sees = (n: number, o: number, k: number, s: number, d: number, before: number): boolean =>
    Array.from({ length: o }, (_, i) =>
      Array.from({ length: k }, (_, j) => i * s - before + j * d).some((at) => at >= 0 && at < n),
    ).every(Boolean);
  return (
    sees(shape.h, out.h, w.kernelH, w.strideH, w.dilationH, w.padTop) &&
    sees(shape.w, out.w, w.kernelW, w.strideW, w.dilationW, w.padLeft)
  );
}
