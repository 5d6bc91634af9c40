/**
 * MCUNetV2-RD found by itself: MobileNetV2 1.0 at 224 x 224 with seeded random weights, searched under 4 x 4 patches and under free
 * schedules, image pushed; beside the paper's own redistribution under the same planner.
 *
 *   node scripts/redistribution.mjs mobilenet [BUDGET [SEED]]
 */

import { evaluate } from '../../compiler/program/evaluate.js';
import { patchEnds } from '../../compiler/explore/schedules.js';
import { structuralProgram } from '../../compiler/explore/structural.js';
import { countMacs } from '../../compiler/ir/graph-size.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { optimise } from '../../compiler/passes/pipeline.js';
import { importModel } from '../../compiler/pipeline/import-model.js';
import { machineFor } from '../../compiler/pipeline/request.js';
import { findNetworks, type FoundNetworks } from '../../compiler/pipeline/search-model.js';
import { mobileNetV2, Random } from '../../tests/models/index.js';

const machine = machineFor({});
const rows = 4;

interface Figures {
  readonly peakSramBytes: number;
  /** Executed MACs as a multiple of the network's. */
  readonly overall: number;
  /** The same within the patch stage; null without one. */
  readonly stage: number | null;
}

const floatGraph = (bytes: Uint8Array): Graph => optimise(importModel({ bytes }, { inputShapes: {} }).graph);

/** Under 4 x 4 patches that end where the least SRAM is. */
function patched(graph: Graph): Figures {
  const program = structuralProgram(graph);
  const total = program.nodes.reduce((sum, n) => sum + n.macs, 0);
  const found = patchEnds(program, rows, rows).map((end): Figures => {
    const how = { kind: 'patch', rows, columns: rows, node: end } as const;
    const { peakSramBytes, executedMacs } = evaluate(program, machine, { how, objective: 'sram', input: 'streamed' });
    const within = program.nodes.slice(0, program.nodes.findIndex((n) => n.id === end) + 1);
    const stageMacs = within.reduce((sum, n) => sum + n.macs, 0);
    return {
      peakSramBytes,
      overall: executedMacs / total,
      stage: (executedMacs - total + stageMacs) / stageMacs,
    };
  });
  return found.reduce((a, b) => (b.peakSramBytes < a.peakSramBytes ? b : a));
}

function free(graph: Graph, maxOverhead: number): Figures {
  const program = structuralProgram(graph);
  const total = program.nodes.reduce((sum, n) => sum + n.macs, 0);
  const request = { objective: 'sram', maxOverhead, input: 'streamed', effort: 'full' } as const;
  const { peakSramBytes, executedMacs } = evaluate(program, machine, request);
  return { peakSramBytes, overall: executedMacs / total, stage: null };
}

const text = ({ peakSramBytes, overall, stage }: Figures): string =>
  `${(peakSramBytes / 1000).toFixed(1)} kB, ${(100 * (overall - 1)).toFixed(1)} % more MACs over all${stage === null ? '' : `, ${(100 * (stage - 1)).toFixed(1)} % in the patch stage`}`;

export async function main([budget = '300', seed = '1']: readonly string[]): Promise<void> {
  const bytes = mobileNetV2({ format: 'float' });
  const random = new Random(3);
  const samples = Array.from({ length: 8 }, () => [
    Float32Array.from({ length: 3 * 224 * 224 }, () => random.uniform(-1, 1)),
  ]);
  const original = floatGraph(bytes);
  const paper = floatGraph(mobileNetV2({ format: 'float', redistributed: true }));
  const macs = countMacs(original);
  const common = {
    input: 'streamed',
    keepMacs: 0.01,
    budget: Number(budget),
    seed: Number(seed),
    fits: 16,
    points: 40,
  } as const;
  const cases = [
    { title: `patches of ${rows} x ${rows}`, of: patched, options: { schedule: `patch:${rows}x${rows}` } },
    { title: 'free, 1.00 x the MACs', of: (g: Graph) => free(g, 1), options: { maxOverhead: 1 } },
    { title: 'free, 1.10 x the MACs', of: (g: Graph) => free(g, 1.1), options: { maxOverhead: 1.1 } },
  ];
  for (const { title, of, options } of cases) {
    console.log(`\n${title}`);
    console.log(`  MobileNetV2     ${text(of(original))}`);
    console.log(`  MCUNetV2-RD     ${text(of(paper))}, ${share(paper, macs)}`);
    const found = await findNetworks({ bytes }, samples, { ...common, ...options });
    show(found, of, macs);
  }
}

const share = (graph: Graph, macs: number): string => `${((100 * countMacs(graph)) / macs - 100).toFixed(2)} % MACs`;

/** The least SRAM that was found, with its moves. */
function show({ points, evaluated }: FoundNetworks, of: (graph: Graph) => Figures, macs: number): void {
  const [least] = [...points].sort((a, b) => a.candidate.planned.peakSramBytes - b.candidate.planned.peakSramBytes);
  console.log(
    `  found           ${text(of(least.carried.graph))}, ${share(least.carried.graph, macs)} (${evaluated} plans)`,
  );
  for (const { words } of least.carried.steps) console.log(`    ${words}`);
}
