/** Measures random kernel calls on each core, fits the weights of their features, and writes instruction-weights.ts. */

import { writeFileSync } from 'node:fs';
import { elements } from '../../compiler/ir/tensor.js';
import type { Core, CoreId, CostClass } from '../../compiler/machine/core.js';
import { coreOf, cores } from '../../compiler/machine/cores/index.js';
import type { Features, Weights } from '../../compiler/machine/cost-features.js';
import { costWeights } from '../../compiler/machine/measured/instruction-weights.js';
import type { Kernel } from '../../compiler/machine/kernel.js';
import { kernelsFor } from '../../compiler/machine/kernel-table.js';
import type { KernelCase } from '../../tests/kernels/harness/case.js';
import { seeded } from '../../tests/kernels/harness/random.js';
import { countInstructions } from '../../tests/kernels/harness/run.js';
import { aroundIds, measureAround } from './overhead.js';
import { nonNegativeLeastSquares } from './least-squares.js';
import { samplesOf, sampleSets } from './samples.js';

export interface FitOptions {
  /** instruction-weights.ts */
  readonly file: string;
  /** Null: all. */
  readonly coreIds: readonly CoreId[] | null;
  readonly wanted: (id: string, costs: CostClass) => boolean;
  readonly verbose: boolean;
  /** Told of what was measured and written. */
  readonly measured: (id: string, costs: CostClass) => void;
}

/** One core of each cost class. */
const measuredCores: readonly Core[] = cores.filter((core, i) => cores.findIndex((c) => c.costs === core.costs) === i);

type Table = Record<string, Partial<Record<CostClass, Weights>>>;

export async function fitCosts(options: FitOptions): Promise<void> {
  const table: Table = structuredClone(costWeights) as Table;
  for (const core of options.coreIds?.map(coreOf) ?? measuredCores) {
    const cases = sampleSets.flatMap((set, k) =>
      isWanted(set.id, core, options) ? samplesOf(seeded(1000 + k), set) : [],
    );
    const counts = programsOf(cases).flatMap((program) =>
      countInstructions(program, core.id, { headers: headersOf(program) }),
    );
    const done: string[] = [];
    const byKernel = new Map<string, Sample[]>();
    cases.forEach((c, k) => {
      const samples = byKernel.get(c.kernel.id) ?? [];
      samples.push({ name: describe(c), features: featuresOf(c), instructions: counts[k] });
      byKernel.set(c.kernel.id, samples);
    });
    for (const [id, samples] of byKernel) {
      const weights = fit(samples);
      (table[id] ??= {})[core.costs] = weights;
      report(`${core.id} ${id}`, samples, weights, options.verbose);
      done.push(id);
    }
    if (aroundIds.some((id) => options.wanted(id, core.costs))) {
      await fitAround(core, table, options.verbose);
      done.push(...aroundIds);
    }
    writeFileSync(options.file, fileText(table));
    for (const id of done) options.measured(id, core.costs);
  }
}

/** The code around kernels: weights are named `id.feature` while several ids are fitted together. */
async function fitAround(core: Core, table: Table, verbose: boolean): Promise<void> {
  // Planning the measured networks takes costs too; none of its decisions depends on what is missing here.
  for (const id of aroundIds) (table[id] ??= {})[core.costs] ??= {};
  Object.assign(costWeights, table);
  for (const [id, samples] of await measureAround(core)) {
    const weights = fit(samples);
    report(`${core.id} ${id}`, samples, weights, verbose);
    const ids = new Set(samples.flatMap((s) => Object.keys(s.features).map((name) => name.split('.')[0])));
    for (const part of ids) {
      (table[part] ??= {})[core.costs] = Object.fromEntries(
        Object.entries(weights)
          .filter(([name]) => name.startsWith(`${part}.`))
          .map(([name, v]) => [name.slice(part.length + 1), v]),
      );
    }
  }
}

const isWanted = (id: string, core: Core, { wanted }: FitOptions): boolean =>
  kernelsFor(core).some((kernel) => kernel.id === id) && wanted(id, core.costs);

/** Most bytes of tensors and weights in one program: what the emulated boards' flash holds. */
const programBytes = 2_000_000;

/** Cases in order, as many in a program as fit. */
function programsOf(cases: readonly KernelCase[]): KernelCase[][] {
  const programs: KernelCase[][] = [];
  let bytes = programBytes;
  for (const c of cases) {
    // Packings take up to four bytes for a weight.
    const weights = 'weights' in c.node.op ? 4 * c.node.op.weights.length : 0;
    const size = weights + [...c.graph.values.values()].reduce((sum, v) => sum + elements(v.shape), 0);
    if (bytes + size > programBytes) {
      programs.push([]);
      bytes = 0;
    }
    programs[programs.length - 1].push(c);
    bytes += size;
  }
  return programs;
}

function headersOf(cases: readonly KernelCase[]): string[] {
  const isas = new Set(cases.map((c) => c.kernel.isa));
  return [...(isas.has('dsp') ? ['rv_kernels_dsp.h'] : []), ...(isas.has('mve') ? ['rv_kernels_mve.h'] : [])];
}

interface Sample {
  readonly name: string;
  readonly features: Features;
  readonly instructions: number;
}

/** Of all calls of a case. */
function featuresOf(c: KernelCase): Features {
  const sum: Record<string, number> = {};
  for (const w of c.calls) {
    const part = c.node.op.kind === 'concat' ? { part: 0 } : {};
    for (const graph of c.slices?.map((s) => s.graph) ?? [c.graph]) {
      const features = (c.kernel.features as NonNullable<Kernel['features']>)(graph.nodes[0], graph, {
        rows: w.rows,
        cols: w.cols,
        ...part,
      });
      for (const [name, n] of Object.entries(features)) sum[name] = (sum[name] ?? 0) + n;
    }
  }
  return sum;
}

/** Least squares of the relative error. */
function fit(samples: readonly Sample[]): Weights {
  const names = [...new Set(samples.flatMap((s) => Object.keys(s.features)))];
  const rows = samples.map((s) => names.map((n) => (s.features[n] ?? 0) / s.instructions));
  const x = nonNegativeLeastSquares(
    rows,
    samples.map(() => 1),
  );
  return Object.fromEntries(names.map((n, i) => [n, Number(x[i].toPrecision(4))] as const).filter(([, v]) => v > 0));
}

const estimateOf = (s: Sample, weights: Weights): number =>
  Object.entries(s.features).reduce((sum, [name, n]) => sum + n * (weights[name] ?? 0), 0);

function report(what: string, samples: readonly Sample[], weights: Weights, verbose: boolean): void {
  const errors = samples.map((s) => ({ s, error: estimateOf(s, weights) / s.instructions - 1 }));
  const sizes = errors.map((e) => Math.abs(e.error)).sort((a, b) => a - b);
  const at = (q: number): string =>
    `${(100 * sizes[Math.min(sizes.length - 1, Math.floor(q * sizes.length))]).toFixed(1)} %`;
  process.stdout.write(
    `${what}: ${samples.length} samples, error median ${at(0.5)}, 90th percentile ${at(0.9)}, largest ${at(1)}\n`,
  );
  if (!verbose) return;
  process.stdout.write(`  ${JSON.stringify(weights)}\n`);
  for (const { s, error } of errors.sort((a, b) => Math.abs(b.error) - Math.abs(a.error)).slice(0, 6)) {
    process.stdout.write(`  ${(100 * error).toFixed(1)} % of ${s.instructions}: ${s.name}\n`);
  }
}

function describe(c: KernelCase): string {
  const shapes = [...c.graph.values.values()].map((v) => `${v.shape.h}x${v.shape.w}x${v.shape.c}`).join(' ');
  const { op } = c.node;
  const window =
    'window' in op
      ? ` k${op.window.kernelH}x${op.window.kernelW} s${op.window.strideW} d${op.window.dilationH}x${op.window.dilationW} p${op.window.padLeft}`
      : '';
  const rounding =
    'requant' in op && op.requant !== null ? ` ${op.requant.rounding}` : 'rounding' in op ? ` ${op.rounding}` : '';
  return `${shapes}${window}${rounding} calls ${c.calls.length} of ${c.calls[0].rows}x${c.calls[0].cols}${c.slices === undefined ? '' : ` in ${c.slices.length} slices`}`;
}

const order: readonly CostClass[] = ['m0', 'm3', 'm4', 'm7', 'm33', 'm55'];

function fileText(table: Table): string {
  const lines = Object.keys(table)
    .sort()
    .flatMap((id) => [
      `  ${id}: {`,
      ...order.flatMap((c) => {
        const weights = table[id][c];
        return weights === undefined
          ? []
          : [
              `    ${c}: { ${Object.entries(weights)
                .map(([n, v]) => `${n}: ${v}`)
                .join(', ')} },`,
            ];
      }),
      '  },',
    ]);
  return [
    '/** Written by `npm run measure`: instructions for one of each feature, as counted under QEMU. sources.ts says of which code. */',
    '',
    "import type { CostClass } from '../core.js';\nimport type { Weights } from '../cost-features.js';",
    '',
    '/** By kernel and core; a feature that is left out costs nothing. */',
    'export const costWeights: Readonly<Record<string, Readonly<Partial<Record<CostClass, Weights>>>>> = {',
    ...lines,
    '};',
    '',
  ].join('\n');
}
