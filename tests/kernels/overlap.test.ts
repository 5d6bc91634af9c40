import { coreOf } from '../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { layerEvents, safeDistances } from '../../compiler/memory/overlap.js';
import { chooseKernel, kernelById } from '../../compiler/machine/kernel-table.js';
import { convGraph } from './harness/nodes.js';
import { type Direction, overlapCases } from './harness/overlap.js';
import { seeded } from './harness/random.js';
import { available, runKernelCases } from './harness/run.js';
import { plainSuite } from './harness/suite.js';

describe('overlap of output and dying input', () => {
  it.skipIf(!available('host-gcc'))(
    'at the distance that follows from the access order gives the same bytes',
    () => {
      const random = seeded(7);
      const cases = plainSuite
        .filter((e) => kernelById(e.id).accepts(e.make(seeded(1), 0).nodes[0], e.make(seeded(1), 0)))
        .flatMap((entry) => Array.from({ length: entry.count }, (_, i) => overlapCases(random, entry, i)).flat())
        .filter((c) => c.node.op.kind !== 'concat');
      expect(cases.length).toBeGreaterThan(700);
      // Half of the plain C code runs pixel pairs, half (as on an M0) single pixels.
      for (const target of ['host-gcc', 'cortex-m0'] as const) expect(runKernelCases(cases, { target })).toEqual([]);
    },
    120_000,
  );

  const same = { h: 6, w: 6, c: 8 };
  const conv3 = {
    kernelH: 3,
    kernelW: 3,
    strideH: 1,
    strideW: 1,
    dilationH: 1,
    dilationW: 1,
    padTop: 1,
    padLeft: 1,
    padBottom: 1,
    padRight: 1,
  };
  const conv1 = { ...conv3, kernelH: 1, kernelW: 1, padTop: 0, padLeft: 0, padBottom: 0, padRight: 0 };

  const distancesOf = (graph: ReturnType<typeof convGraph>, rowsPerCall: number, direction: Direction) => {
    const node = graph.nodes[0];
    const kernel = chooseKernel(node, graph, coreOf('cortex-m3'));
    return safeDistances(
      layerEvents((y, rows) => kernel.accesses(node, graph, 0, y, rows), same.h, rowsPerCall, direction),
    );
  };

  it('is tight: two pixels for a pointwise convolution, a row and two pixels for 3x3', () => {
    const pointwise = convGraph(seeded(1), { input: same, output: same, window: conv1, groups: 1 });
    expect(distancesOf(pointwise, 6, 'ascending').belowBytes).toBe(2 * same.c);
    expect(distancesOf(pointwise, 1, 'descending').aboveBytes).toBe(same.w * same.c);
    const square = convGraph(seeded(1), { input: same, output: same, window: conv3, groups: 1 });
    expect(distancesOf(square, 6, 'ascending').belowBytes).toBe((same.w + 1) * same.c);
  });

  it('lets a depthwise convolution of a whole plane work in place, also at stride 2', () => {
    for (const stride of [1, 2]) {
      const window = { ...conv3, strideH: stride, strideW: stride };
      const output = stride === 1 ? same : { h: 3, w: 3, c: same.c };
      const graph = convGraph(seeded(1), { input: same, output, window, groups: same.c });
      const kernel = chooseKernel(graph.nodes[0], graph, coreOf('cortex-m3'));
      expect(kernel.inPlace(graph.nodes[0], graph, 0, { rows: output.h, cols: output.w })).toBe(true);
      expect(kernel.inPlace(graph.nodes[0], graph, 0, { rows: 1, cols: output.w })).toBe(false);
    }
  });
});
