import { coreOf } from '../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import type { Int8Graph } from '../../compiler/ir/int8-graph.js';
import { valueOf } from '../../compiler/ir/int8-graph.js';
import { layerDistances, layerEvents, safeDistances } from '../../compiler/memory/overlap.js';
import { edgeRows, regularMargin } from '../../compiler/memory/regular-rows.js';
import { kernelsFor } from '../../compiler/machine/kernel-table.js';
import { convGraph, graphOf, randomWindow, windowOutput } from '../kernels/harness/nodes.js';
import { type Random, seeded } from '../kernels/harness/random.js';

/** Taller than the rows that are listed at either end, and narrow. */
const tallShape = (r: Random) => ({ h: r.int(1, 130), w: r.int(1, 6), c: r.pick([1, 2, 3, 4, 8, 17]) });

function randomLayer(r: Random): Int8Graph {
  const input = tallShape(r);
  const pointwise = r.chance(0.3);
  const window = randomWindow(
    r,
    input,
    pointwise ? { kernel: 1, stride: 2, dilation: 1, pad: 0 } : { kernel: 5, stride: 3, dilation: 2, pad: 4 },
  );
  const output = { ...windowOutput(window, input), c: r.pick([1, 2, 4, 9]) };
  switch (r.int(0, 6)) {
    case 0:
      return graphOf({ kind: 'maxPool', window, clampMin: -128, clampMax: 127 }, [input], { ...output, c: input.c });
    case 1: {
      const kind = r.pick(['softmax', 'argMax'] as const);
      const op =
        kind === 'argMax'
          ? { kind, lastIndex: false }
          : {
              kind,
              table: new Uint32Array(256),
              requant: {
                multiplier: 1,
                shift: 1,
                rounding: 'up',
                zeroPoint: 0,
                clampMin: -128,
                clampMax: 127,
              } as never,
            };
      return graphOf(op, [input], kind === 'argMax' ? { ...input, c: 1 } : input);
    }
    case 2: {
      const step = { h: r.pick([1, 2, 3, -1, -2]), w: r.pick([1, -1]), c: 1 };
      const h = Math.ceil(input.h / Math.abs(step.h));
      return graphOf(
        { kind: 'slice', step, start: { h: step.h > 0 ? 0 : input.h - 1, w: step.w > 0 ? 0 : input.w - 1, c: 0 } },
        [input],
        { ...input, h },
      );
    }
    case 3: {
      const [before, after] = [0, 1].map(() => ({ h: r.int(0, 20), w: r.int(0, 2), c: 0 }));
      return graphOf({ kind: 'pad', mode: r.pick(['constant', 'edge'] as const), before, after, value: 0 }, [input], {
        h: input.h + before.h + after.h,
        w: input.w + before.w + after.w,
        c: input.c,
      });
    }
    case 4:
      return convGraph(r, { input, output: { ...output, c: input.c }, window, groups: input.c });
    default:
      return convGraph(r, {
        input,
        output,
        window,
        groups: input.c % 2 === 0 && output.c % 2 === 0 && r.chance(0.3) ? 2 : 1,
      });
  }
}

describe('the rows near either end of a layer', () => {
  it('give the safe distances that all rows give, with every kernel, walked either way in calls of any height', () => {
    const r = seeded(11);
    let shortened = 0;
    const seen = new Set<string>();
    for (let i = 0; i < 700; i++) {
      const graph = randomLayer(r);
      const node = graph.nodes[0];
      const { h } = valueOf(graph, node.output).shape;
      const margin = regularMargin(node, graph);
      for (const kernel of (['cortex-m4', 'cortex-m55'] as const)
        .flatMap((core) => kernelsFor(coreOf(core)))
        .filter((k) => k.accepts(node, graph))) {
        const rowsPerCall = Math.min(h, r.pick([1, 2, 3, 5, 8, r.int(1, h), h, h]));
        const direction = r.pick(['ascending', 'descending'] as const);
        const all = safeDistances(
          layerEvents((y, rows) => kernel.accesses(node, graph, 0, y, rows), h, rowsPerCall, direction),
        );
        const label = `${i} ${kernel.id} ${direction} rows ${rowsPerCall} of ${h}`;
        expect({
          label,
          ...layerDistances(graph, { kernel, node, input: 0, height: h, rowsPerCall, direction }),
        }).toEqual({ label, ...all });
        if (margin !== null && h > 2 * margin) {
          shortened++;
          seen.add(kernel.id);
        }
      }
    }
    expect(shortened).toBeGreaterThan(300);
    expect(seen.size).toBeGreaterThan(14);
  });

  it('are all rows where they meet', () => {
    expect([...edgeRows(5, 7, 2)]).toEqual([5, 6, 10, 11]);
    expect([...edgeRows(5, 4, 2)]).toEqual([5, 6, 7, 8]);
    expect([...edgeRows(0, 3, 2)]).toEqual([0, 1, 2]);
  });
});
