/** The cost model's tables and the counting of calls. */

import { coreOf } from '../../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { InstructionCosts } from '../../../compiler/schedule/instructions.js';
import { unitGeometry } from '../../../compiler/schedule/unit.js';
import { coreIds } from '../../../compiler/machine/cores/index.js';
import { instructionsOf } from '../../../compiler/machine/cost.js';
import { axisTaps, roundedOutputs } from '../../../compiler/machine/cost-features.js';
import { costWeights } from '../../../compiler/machine/measured/instruction-weights.js';
import { chooseKernel, kernelById, kernelsFor } from '../../../compiler/machine/kernel-table.js';
import { nonNegativeLeastSquares } from '../../../scripts/measure/least-squares.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { convGraph } from '../../kernels/harness/nodes.js';
import { seeded } from '../../kernels/harness/random.js';

const cores = coreIds;
const around = [
  'step',
  'unit',
  'keepColumns',
  'region',
  'push',
  'rv_average_pool_accumulate_s8',
  'rv_average_pool_finish_s8',
];

describe('weights', () => {
  it.each(cores)('are measured for every kernel that %s runs', (core) => {
    const counted = kernelsFor(coreOf(core))
      .filter((k) => k.features !== undefined)
      .map((k) => k.id);
    expect(counted.length).toBeGreaterThan(15);
    expect([...counted, ...around].filter((id) => costWeights[id]?.[coreOf(core).costs] === undefined)).toEqual([]);
  });

  it('are never negative', () => {
    const all = Object.entries(costWeights).flatMap(([id, byClass]) =>
      Object.values(byClass).flatMap((w) => Object.values(w).map((v) => [id, v] as const)),
    );
    expect(all.filter(([, v]) => !(v > 0))).toEqual([]);
  });

  it('are asked for by name: a core that was not measured is an internal error', () => {
    expect(() => instructionsOf('rv_unheard_of_s8', { calls: 1 }, coreOf('cortex-m4'))).toThrow(
      /rv_unheard_of_s8 on cortex-m4/,
    );
  });
});

describe('features', () => {
  it('know padding: 3 taps at stride 1 over 4 positions with a pad of 1 read outside twice', () => {
    expect(axisTaps(4, 4, 3, 1, 1, 1)).toEqual({ inside: 10 / 12, border: 2 / 4 });
  });

  it('tell roundings apart', () => {
    const plain = { rounding: 'fixed', clampMin: -128, clampMax: 127 } as const;
    expect(roundedOutputs(plain, 6)).toEqual({ outputs: 6 });
    expect(roundedOutputs({ ...plain, clampMin: 0 }, 6)).toEqual({ outputs: 6, clampedOutputs: 6 });
    expect(roundedOutputs({ ...plain, rounding: 'even', even: Uint8Array.of(0, 1) }, 6)).toEqual({ evenOutputs: 6 });
    expect(roundedOutputs({ ...plain, rounding: 'even', even: Uint8Array.of(0, 0) }, 6)).toEqual({ outputs: 6 });
  });
});

describe('instructions of calls', () => {
  const input = { h: 7, w: 9, c: 12 };
  const graph = convGraph(seeded(1), {
    input,
    output: { ...input, c: 8 },
    window: unitWindow,
    groups: 1,
    rounding: 'fixed',
  });
  const [node] = graph.nodes;
  const kernel = chooseKernel(node, graph, coreOf('cortex-m4'));
  const call = (rows: number): number => kernel.instructions(node, graph, { rows, cols: 9 }, coreOf('cortex-m4'));

  it('count the last rows of a layer at their own number', () => {
    const costs = new InstructionCosts(graph, coreOf('cortex-m4'));
    const steps = instructionsOf('step', { calls: 3, views: 6 }, coreOf('cortex-m4'));
    expect(costs.layer(kernel, node, 3)).toBeCloseTo(2 * call(3) + call(1) + steps, 6);
    expect(costs.layer(kernel, node, 50)).toBeCloseTo(call(7) + steps / 3, 6);
  });

  it('count a unit of one node as its batches', () => {
    const costs = new InstructionCosts(graph, coreOf('cortex-m4'));
    const g = unitGeometry(graph, {
      nodes: [0],
      kernels: [kernel.id],
      rowsPerCall: 2,
      colsPerTile: 0,
      slideColumns: false,
    });
    expect(costs.unit(g, [kernelById(kernel.id)]).byNode[0]).toBeCloseTo(3 * call(2) + call(1), 6);
  });

  it('grow with rows, and a call for each row costs more than one for all', () => {
    expect(call(4)).toBeGreaterThan(call(2));
    expect(7 * call(1)).toBeGreaterThan(call(7));
  });
});

describe('least squares', () => {
  it('finds the weights that made the counts', () => {
    const random = seeded(3);
    const rows = Array.from({ length: 30 }, () => [1, random.int(1, 9), random.int(1, 99)]);
    const x = nonNegativeLeastSquares(
      rows,
      rows.map(([a, b, c]) => 40 * a + 7 * b + 2 * c),
    );
    [40, 7, 2].forEach((v, i) => expect(x[i]).toBeCloseTo(v, 5));
  });

  it('takes none below zero: the best of the others', () => {
    // 2 a - b by itself: with b >= 0 the best is b = 0.
    const rows = [
      [1, 0],
      [1, 1],
      [2, 1],
    ];
    const x = nonNegativeLeastSquares(rows, [2, 1, 3]);
    expect(x[1]).toBe(0);
    expect(x[0]).toBeCloseTo((2 + 1 + 6) / 6, 6);
  });
});
