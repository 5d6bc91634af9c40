/**
 * The receptive-field calculus of the planner and that of the checker, each against brute force: change one row (column)
 * of the input, see what moves.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Int8Graph, type Int8Node, type Int8Op, valueOf } from '../../compiler/ir/int8-graph.js';
import { unitWindow } from '../../compiler/ir/window.js';
import { runNode } from '../../compiler/reference/int8.js';
import { Reads } from '../../compiler/memory/validate-reads.js';
import { type Axis, type Interval, inputInterval } from '../../compiler/schedule/receptive-field.js';
import { linearResize } from '../kernels/harness/graphs/move.js';
import { windowOutput } from '../kernels/harness/nodes.js';
import { seeded } from '../kernels/harness/random.js';
import { GraphBuilder } from '../unit/schedule/graphs.js';

/** Output positions along `axis` that change when any element of input position `at` does. */
function touched(graph: Int8Graph, node: Int8Node, inputIndex: number, axis: Axis, at: number): Set<number> {
  const shapes = node.inputs.map((id) => valueOf(graph, id).shape);
  const out = valueOf(graph, node.output).shape;
  const moved = new Set<number>();
  for (const [low, high] of [
    [-20, 90],
    [10, -100],
  ]) {
    const base = shapes.map((s) => new Int8Array(s.h * s.w * s.c).fill(low));
    const other = base.map((a) => a.slice());
    const s = shapes[inputIndex];
    for (let y = 0; y < s.h; y++) {
      for (let x = 0; x < s.w; x++) {
        if ((axis === 'h' ? y : x) === at) other[inputIndex].fill(high, (y * s.w + x) * s.c, (y * s.w + x + 1) * s.c);
      }
    }
    const a = runNode(node, graph, base);
    const b = runNode(node, graph, other);
    for (let i = 0; i < a.length; i++) {
      if (a[i] !== b[i]) moved.add(axis === 'h' ? Math.floor(i / (out.w * out.c)) : Math.floor(i / out.c) % out.w);
    }
  }
  return moved;
}

/** Positions of input `index` that outputs [lo, hi) read. */
type Calculus = (node: Int8Node, graph: Int8Graph, index: number, axis: Axis, lo: number, hi: number) => Interval;
const readsOf = new WeakMap<Int8Graph, Reads>();
const calculi: readonly Calculus[] = [
  inputInterval,
  (node, graph, index, axis, lo, hi) => {
    const reads = readsOf.get(graph) ?? new Reads(graph);
    readsOf.set(graph, reads);
    return reads.span(node, index, axis, lo, hi) ?? { lo: 0, hi: 0 };
  },
];

/** What a run of outputs reads is what they read one by one, and what lies between. */
function checkRuns(reads: Calculus, graph: Int8Graph, node: Int8Node, index: number, axis: Axis): void {
  const extent = valueOf(graph, node.output).shape[axis];
  for (let lo = 0; lo < extent; lo++) {
    let hull = { lo: Infinity, hi: 0 };
    for (let hi = lo + 1; hi <= extent; hi++) {
      const one = reads(node, graph, index, axis, hi - 1, hi);
      if (one.lo < one.hi) hull = { lo: Math.min(hull.lo, one.lo), hi: Math.max(hull.hi, one.hi) };
      const run = reads(node, graph, index, axis, lo, hi);
      if (hull.lo < hull.hi) expect(run, `${axis} [${lo}, ${hi})`).toEqual(hull);
      else expect(run.lo, `${axis} [${lo}, ${hi})`).toBe(run.hi);
    }
  }
}

/** Every position that moves is claimed, and every claimed one moves (weights and pads make sure that all taps count). */
function check(graph: Int8Graph, exact: boolean): void {
  const node = graph.nodes[graph.nodes.length - 1];
  for (const axis of ['h', 'w'] as const) {
    const outExtent = valueOf(graph, node.output).shape[axis];
    node.inputs.forEach((id, index) => {
      for (const reads of calculi) checkRuns(reads, graph, node, index, axis);
      for (let at = 0; at < valueOf(graph, id).shape[axis]; at++) {
        const moved = touched(graph, node, index, axis, at);
        for (let o = 0; o < outExtent; o++) {
          for (const reads of calculi) {
            const w = reads(node, graph, index, axis, o, o + 1);
            const claimed = at >= w.lo && at < w.hi;
            if (moved.has(o)) expect(claimed, `${axis} in ${at} out ${o}`).toBe(true);
            if (exact && claimed) expect(moved.has(o), `${axis} in ${at} out ${o}`).toBe(true);
          }
        }
      }
    });
  }
}

const windows = fc.record({
  kernelH: fc.integer({ min: 1, max: 4 }),
  kernelW: fc.integer({ min: 1, max: 4 }),
  strideH: fc.integer({ min: 1, max: 3 }),
  strideW: fc.integer({ min: 1, max: 3 }),
  padTop: fc.integer({ min: 0, max: 3 }),
  padLeft: fc.integer({ min: 0, max: 3 }),
  padBottom: fc.integer({ min: 0, max: 3 }),
  padRight: fc.integer({ min: 0, max: 3 }),
});
const dilations = fc.record({ dilationH: fc.integer({ min: 1, max: 3 }), dilationW: fc.integer({ min: 1, max: 3 }) });

describe('receptive fields agree with brute force', () => {
  it('of convolutions with any window', () => {
    fc.assert(
      fc.property(
        windows,
        dilations,
        fc.integer({ min: 4, max: 9 }),
        fc.integer({ min: 4, max: 9 }),
        (w, d, h, width) => {
          const window = { ...unitWindow, ...w, ...d };
          fc.pre(
            (w.kernelH - 1) * d.dilationH + 1 <= h + w.padTop + w.padBottom &&
              (w.kernelW - 1) * d.dilationW + 1 <= width + w.padLeft + w.padRight,
          );
          const b = new GraphBuilder();
          const graph = b.build([b.conv(b.input({ h, w: width, c: 1 }), 1, window)]);
          const op = graph.nodes[0].op;
          if (op.kind === 'conv2d') (op.weights as Int8Array).fill(9);
          // Dilated windows skip positions: those are claimed, as they lie inside the interval.
          check(graph, d.dilationH === 1 && d.dilationW === 1);
        },
      ),
      { numRuns: 60, seed: 1 },
    );
  });

  it('of transposed convolutions', () => {
    fc.assert(
      fc.property(windows, fc.integer({ min: 2, max: 5 }), (w, size) => {
        const out = (n: number, k: number, s: number, p: number, q: number): number => (n - 1) * s + k - p - q;
        const shape = {
          h: out(size, w.kernelH, w.strideH, w.padTop, w.padBottom),
          w: out(size, w.kernelW, w.strideW, w.padLeft, w.padRight),
          c: 1,
        };
        fc.pre(shape.h > 0 && shape.w > 0 && w.padTop < w.kernelH && w.padLeft < w.kernelW);
        const b = new GraphBuilder();
        const x = b.input({ h: size, w: size, c: 1 });
        const template = new GraphBuilder();
        template.conv(template.input({ h: 9, w: 9, c: 1 }), 1, { kernelH: w.kernelH, kernelW: w.kernelW });
        const conv = template.build([]).nodes[0].op;
        const y = b.node({ ...conv, kind: 'convTranspose2d', window: { ...unitWindow, ...w } } as Int8Op, [x], shape);
        const graph = b.build([y]);
        const op = graph.nodes[0].op;
        if (op.kind === 'convTranspose2d') (op.weights as Int8Array).fill(9);
        check(graph, false);
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('of pools with any window, and of resizing to any size', () => {
    fc.assert(
      fc.property(
        windows,
        dilations,
        fc.integer({ min: 4, max: 9 }),
        fc.constantFrom('maxPool' as const, 'averagePool' as const),
        (w, d, size, kind) => {
          const window = { ...unitWindow, ...w, ...d };
          const out = windowOutput(window, { h: size, w: size, c: 1 });
          fc.pre(out.h > 0 && out.w > 0);
          const b = new GraphBuilder();
          const x = b.input({ h: size, w: size, c: 1 });
          const divisors = Int32Array.from({ length: w.kernelH * w.kernelW + 1 }, (_, n) => n);
          const requant = {
            rounding: 'fixed' as const,
            multiplier: 2 ** 30,
            leftShift: 4,
            shift: 4,
            exact: null,
            zeroPoint: 0,
            clampMin: -128,
            clampMax: 127,
          };
          const op: Int8Op =
            kind === 'maxPool'
              ? { kind, window, clampMin: -128, clampMax: 127 }
              : {
                  kind,
                  window,
                  countIncludePad: false,
                  inputZeroPoint: 0,
                  divisors,
                  requants: [...divisors].map(() => requant),
                };
          const pooled = b.build([b.node(op, [x], { ...out, c: 1 })]);
          check(pooled, d.dilationH === 1 && d.dilationW === 1);
        },
      ),
      { numRuns: 60, seed: 4 },
    );
    const sizes = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(fc.integer(), sizes, sizes, sizes, sizes, (seed, h, w, outH, outW) => {
        const graph = linearResize(seeded(seed), { h, w, c: 1 }, { h: outH, w: outW, c: 1 }, 0);
        check(graph, false);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it('of slices, pads, concats, gathers and broadcast sums', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 1, max: 2 }),
        fc.constantFrom('constant' as const, 'edge' as const, 'reflect' as const),
        (start, step, mode) => {
          const b = new GraphBuilder();
          const x = b.input({ h: 7, w: 6, c: 2 });
          const cut = { h: Math.ceil((7 - start) / step), w: Math.ceil((6 - start) / step), c: 2 };
          check(
            b.build([
              b.node(
                { kind: 'slice', start: { h: start, w: start, c: 0 }, step: { h: step, w: step, c: 1 } },
                [x],
                cut,
              ),
            ]),
            true,
          );

          const p = new GraphBuilder();
          const px = p.input({ h: 5, w: 6, c: 1 });
          const padded = { h: 5 + start + step, w: 6 + start + step, c: 1 };
          check(
            p.build([
              p.node(
                {
                  kind: 'pad',
                  mode,
                  before: { h: start, w: step, c: 0 },
                  after: { h: step, w: start, c: 0 },
                  value: 3,
                },
                [px],
                padded,
              ),
            ]),
            true,
          );

          for (const axis of ['h', 'w'] as const) {
            const c = new GraphBuilder();
            const parts = [
              c.input({ h: 3, w: 4, c: 1 }),
              c.input({ h: axis === 'h' ? 2 : 3, w: axis === 'w' ? 2 : 4, c: 1 }),
            ];
            check(
              c.build([
                c.node({ kind: 'concat', axis }, parts, axis === 'h' ? { h: 5, w: 4, c: 1 } : { h: 3, w: 6, c: 1 }),
              ]),
              true,
            );
            const g = new GraphBuilder();
            const indices = Int32Array.from([2, 0, 1, 1]);
            check(
              g.build([
                g.node(
                  { kind: 'gather', axis, indices },
                  [g.input({ h: 3, w: 3, c: 1 })],
                  axis === 'h' ? { h: 4, w: 3, c: 1 } : { h: 3, w: 4, c: 1 },
                ),
              ]),
              true,
            );
          }
          const s = new GraphBuilder();
          const wide = s.input({ h: 4, w: 4, c: 1 });
          const row = s.input({ h: 1, w: 4, c: 1 });
          const sum = s.add(wide, row);
          check(s.build([sum]), true);
        },
      ),
      { numRuns: 12, seed: 3 },
    );
  });
});
