/** Measures the code around kernels: small networks under several schedules, counted function by function. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../compiler/index.js';
import type { Int8Graph, NodeId } from '../../compiler/ir/int8-graph.js';
import { aroundSchedule, workById } from '../../compiler/schedule/instructions.js';
import type { Region, Schedule, Unit } from '../../compiler/schedule/schedule.js';
import type { Core } from '../../compiler/machine/core.js';
import type { Features } from '../../compiler/machine/cost-features.js';
import { chooseKernel } from '../../compiler/machine/kernel-table.js';
import { execute, prepare } from '../../compiler/validate/bench.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { inFolder } from '../../compiler/validate/working-folder.js';
import { NetworkBuilder } from '../../tests/models/index.js';

export interface AroundSample {
  readonly name: string;
  readonly features: Features;
  readonly instructions: number;
}

/** Expand, depthwise, project, without a residual: three nodes that can be one unit. */
function chain(name: string, seed: number, channels: readonly number[], kernel: number, size: number): Uint8Array {
  const net = new NetworkBuilder({ name, seed });
  let x = net.conv(net.input('image', [3, size, size]), { out: 8, kernel: 3, stride: 2, pad: 1, activation: 'relu6' });
  for (const out of channels) {
    const wide = net.conv(x, { out: 3 * out, kernel: 1, activation: 'relu6' });
    x = net.conv(net.depthwise(wide, { kernel, stride: 1, pad: kernel >> 1, activation: 'relu6' }), { out, kernel: 1 });
  }
  net.output(net.gemm(net.globalAveragePool(x), 5), 'scores');
  return net.build();
}

// Rows of all lengths modulo sixteen bytes, on words and off them.
const networks: readonly Uint8Array[] = [
  chain('fit', 301, [12, 10], 3, 24),
  chain('fit', 302, [7, 16, 9], 5, 30),
  chain('fit', 303, [5, 11], 3, 25),
  chain('fit', 304, [6, 14], 5, 27),
  chain('fit', 305, [9, 13], 3, 31),
];

interface Shape {
  readonly rows: number;
  readonly cols: number;
  readonly slide: boolean;
  readonly nodesPerUnit: number;
  readonly input: 'resident' | 'streamed';
}

const shapes: readonly Shape[] = [
  { rows: 1, cols: 0, slide: false, nodesPerUnit: 1, input: 'resident' },
  { rows: 1, cols: 0, slide: false, nodesPerUnit: 1, input: 'streamed' },
  { rows: 2, cols: 0, slide: false, nodesPerUnit: 3, input: 'streamed' },
  { rows: 1, cols: 2, slide: true, nodesPerUnit: 3, input: 'streamed' },
  { rows: 2, cols: 5, slide: true, nodesPerUnit: 3, input: 'resident' },
  { rows: 4, cols: 3, slide: false, nodesPerUnit: 3, input: 'resident' },
  { rows: 3, cols: 4, slide: true, nodesPerUnit: 2, input: 'resident' },
];

/** The chain fused up to and with the global pool, the rest layer by layer. */
function scheduleOf(graph: Int8Graph, core: Core, shape: Shape): Schedule {
  const kernel = (id: NodeId): string => chooseKernel(graph.nodes[id], graph, core).id;
  const pool = graph.nodes.findIndex((n) => n.op.kind === 'averagePool');
  const unit = (nodes: readonly NodeId[], rows: number, cols: number, slide: boolean): Unit => ({
    nodes,
    kernels: nodes.map(kernel),
    rowsPerCall: rows,
    colsPerTile: cols,
    slideColumns: slide,
  });
  const units: Unit[] = [unit([0], shape.rows, 0, false)];
  for (let first = 1; first < pool; first += shape.nodesPerUnit) {
    const nodes = Array.from({ length: Math.min(shape.nodesPerUnit, pool - first) }, (_, i) => first + i);
    units.push(unit(nodes, shape.rows, nodes.length > 1 ? shape.cols : 0, nodes.length > 1 && shape.slide));
  }
  units.push(unit([pool], 1, 0, false));
  const layers: Region[] = graph.nodes
    .slice(pool + 1)
    .filter((n) => n.op.kind !== 'reshape')
    .map((n) => ({ kind: 'layer', node: n.id, kernel: kernel(n.id), rowsPerCall: 1 }));
  return { kind: 'mixed', input: shape.input, regions: [{ kind: 'fused', units }, ...layers] };
}

/** Of every id of work around kernels, what was counted. */
export async function measureAround(core: Core): Promise<ReadonlyMap<string, readonly AroundSample[]>> {
  const samples = new Map<string, AroundSample[]>();
  for (const [k, bytes] of networks.entries()) {
    const { graph } = compile({ bytes, name: 'fit' }, { core: core.id, schedule: 'layer' });
    for (const [s, shape] of shapes.entries()) {
      const schedule = scheduleOf(graph, core, shape);
      const compiled = compile({ bytes, name: 'fit' }, { core: core.id, schedule, input: shape.input });
      const counts = await countByFunction({ ...compiled, files: compiled.emit() });
      const work = workById(aroundSchedule(compiled.graph, schedule));
      const name = `network ${k}, schedule ${s}`;
      for (const [id, { of, includes }] of Object.entries(functions)) {
        const features = Object.assign({}, ...[id, ...includes].map((w) => prefixed(w, work.get(w) ?? {})));
        const instructions = [...counts].reduce((sum, [symbol, n]) => sum + (of.test(symbol) ? n : 0), 0);
        if (instructions === 0 || Object.keys(features).length === 0) continue;
        samples.set(id, [...(samples.get(id) ?? []), { name, features, instructions }]);
      }
    }
  }
  return samples;
}

const prefixed = (id: string, features: Features): Features =>
  Object.fromEntries(Object.entries(features).map(([name, n]) => [`${id}.${name}`, n]));

/** Functions whose instructions belong to an id, and ids that they belong to as well. */
const functions: Readonly<Record<string, { readonly of: RegExp; readonly includes: readonly string[] }>> = {
  step: { of: /^fit_(conv|depthwise|average|gemm|dense|full|fc|pointwise)\w*$/, includes: [] },
  unit: { of: /^fit_unit_/, includes: ['keepColumns'] },
  push: { of: /^fit_push_rows$/, includes: [] },
  region: { of: /^fit_region_/, includes: [] },
  rv_average_pool_accumulate_s8: { of: /^rv_average_pool_accumulate_s8/, includes: [] },
  rv_average_pool_finish_s8: { of: /^rv_average_pool_finish_s8/, includes: [] },
};

/** Everything that is measured here. */
export const aroundIds: readonly string[] = Object.entries(functions).flatMap(([id, { includes }]) => [
  id,
  ...includes,
]);

/** Executed instructions of the second run by the function that they stand in. */
function countByFunction(subject: Parameters<typeof prepare>[0]['subject']): Promise<ReadonlyMap<string, number>> {
  return inFolder(async (folder) => {
    const bench = await prepare({ subject, on: 'qemu', flags: [] }, folder, 'none');
    await execute(bench, randomSamples(subject.graph, 2, 1), 'rv_count', (out) => `out=${out},profile=on`);
    const symbols = execFileSync('arm-none-eabi-nm', ['-n', '--defined-only', bench.program], { encoding: 'utf8' })
      .split('\n')
      .map((line) => /^([0-9a-f]+) [tTwW] (\S+)$/.exec(line))
      .filter((m) => m !== null && !m[2].startsWith('$'))
      .map((m) => ({ at: parseInt(m![1], 16) & ~1, name: m![2] }));
    const text = readFileSync(join(folder, 'rv_count.txt'), 'utf8');
    const counts = new Map<string, number>();
    for (const [, address, count] of text.slice(text.lastIndexOf('\nR ')).matchAll(/^P ([0-9a-f]+) (\d+)$/gm)) {
      const name = symbolAt(symbols, parseInt(address, 16)).replace(/^fit_(?=rv_)/, '');
      counts.set(name, (counts.get(name) ?? 0) + Number(count));
    }
    return counts;
  });
}

function symbolAt(symbols: readonly { readonly at: number; readonly name: string }[], address: number): string {
  let low = 0;
  for (let high = symbols.length; high - low > 1; ) {
    const mid = (low + high) >> 1;
    if (symbols[mid].at <= address) low = mid;
    else high = mid;
  }
  return symbols[low].name;
}
