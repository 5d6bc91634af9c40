/** One-node quantised graphs with random codes, and the comparison of the integer program with the meaning. */

import fc from 'fast-check';
import { expect } from 'vitest';
import type { Graph, Op, Value } from '../../../compiler/ir/graph.js';
import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { elements, type IoLayout, type Quant, type Shape } from '../../../compiler/ir/tensor.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';
import { lowerToInt8 } from '../../../compiler/lower/lower.js';
import { runQuantisedExact } from '../../../compiler/reference/float.js';
import { runInt8 } from '../../../compiler/reference/int8.js';

export interface Operand {
  readonly shape: Shape;
  readonly quant: Quant | null;
  readonly constant?: Int8Array | Float32Array;
}

const layout = (s: Shape): IoLayout => ({
  onnxShape: [1, s.c, s.h, s.w],
  factors: [s.h, s.w, s.c],
  order: [2, 0, 1],
  onnxDType: 'float32',
});

export function singleNode(op: Op, operands: readonly Operand[], output: { shape: Shape; quant: Quant | null }): Graph {
  const values = new Map<number, Value>();
  operands.forEach((o, id) =>
    values.set(id, {
      id,
      name: `in${id}`,
      shape: o.shape,
      dtype: o.quant ? 'int8' : 'float32',
      quant: o.quant,
      constant: o.constant ?? null,
    }),
  );
  const id = operands.length;
  values.set(id, {
    id,
    name: 'out',
    shape: output.shape,
    dtype: output.quant ? 'int8' : 'int32',
    quant: output.quant,
    constant: null,
  });
  return {
    name: 'net',
    values,
    nodes: [{ name: 'node', op, inputs: operands.map((_, i) => i), output: id }],
    inputs: operands.flatMap((o, i) =>
      o.constant === undefined ? [{ value: i, name: `in${i}`, layout: layout(o.shape) }] : [],
    ),
    outputs: [{ value: id, name: 'out', layout: layout(output.shape) }],
  };
}

/** Deterministic codes that visit the whole range. */
export function codes(count: number, seed: number): Int8Array {
  let state = (seed * 2654435761 + 1) >>> 0;
  return Int8Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) - 128;
  });
}

/** Runs both interpreters: at most one step apart, and equal where the lowering counted no deviation. */
export function expectMeaning(graph: Graph, seed: number): Int8Graph {
  const lowered = lowerToInt8(graph).graph;
  const inputs = graph.inputs.map((io, i) => codes(elements(graph.values.get(io.value)!.shape), seed + i));
  const [got] = runInt8(lowered, inputs);
  const [want] = runQuantisedExact(graph, inputs);
  expect(got.length).toBe(want.length);
  const off = lowered.nodes.reduce((n, node) => n + node.deviations.off, 0);
  for (let i = 0; i < got.length; i++) {
    if (off === 0 && got[i] !== want[i])
      expect.fail(`element ${i} is ${got[i]}, not ${want[i]}, though no deviation was counted`);
    if (Math.abs(got[i] - want[i]) > 1) expect.fail(`element ${i} is ${got[i]}, not ${want[i]}`);
  }
  return lowered;
}

const code = fc.integer({ min: -128, max: 127 });
const exponent = (min: number, max: number) => fc.double({ min, max, noNaN: true });
/** float32 scales: generic, powers of two (ties everywhere), and a few that cancel against each other. */
export const scale = fc.oneof(
  exponent(-8, 1).map((e) => Math.fround(2 ** e)),
  fc.integer({ min: -8, max: 0 }).map((e) => 2 ** e),
  fc.constantFrom(Math.fround(0.1), Math.fround(0.3), Math.fround(1 / 255), Math.fround(1 / 127)),
);
export const quant: fc.Arbitrary<Quant> = fc.tuple(scale, code).map(([s, zeroPoint]) => ({ scale: s, zeroPoint }));
export const clamp = fc.oneof(
  fc.constant({ min: -Infinity, max: Infinity }),
  fc.constant({ min: 0, max: Infinity }),
  fc.constant({ min: 0, max: 6 }),
  fc
    .tuple(fc.double({ min: -2, max: 0, noNaN: true }), fc.double({ min: 0, max: 2, noNaN: true }))
    .map(([min, max]) => ({ min, max })),
);
export const seeds = fc.integer({ min: 1, max: 1 << 20 });

/** Windows that fit an image of h x w, asymmetric pads included. */
export const windowOf = (h: number, w: number): fc.Arbitrary<Window> =>
  fc
    .record({
      kernelH: fc.integer({ min: 1, max: Math.min(3, h) }),
      kernelW: fc.integer({ min: 1, max: Math.min(3, w) }),
      strideH: fc.integer({ min: 1, max: 2 }),
      strideW: fc.integer({ min: 1, max: 3 }),
      dilationH: fc.integer({ min: 1, max: 2 }),
      dilationW: fc.integer({ min: 1, max: 2 }),
      padTop: fc.integer({ min: 0, max: 2 }),
      padLeft: fc.integer({ min: 0, max: 1 }),
      padBottom: fc.integer({ min: 0, max: 1 }),
      padRight: fc.integer({ min: 0, max: 2 }),
    })
    .map((v) => ({ ...unitWindow, ...v }));

export function windowOutput(shape: Shape, w: Window): { h: number; w: number } {
  const size = (n: number, k: number, s: number, d: number, before: number, after: number): number =>
    Math.floor((n + before + after - (k - 1) * d - 1) / s) + 1;
  return {
    h: size(shape.h, w.kernelH, w.strideH, w.dilationH, w.padTop, w.padBottom),
    w: size(shape.w, w.kernelW, w.strideW, w.dilationW, w.padLeft, w.padRight),
  };
}
