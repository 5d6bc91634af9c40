import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { emitPackage } from '../../../compiler/codegen/package.js';
import { planMemory } from '../../../compiler/memory/index.js';
import type { CompileFacts } from '../../../compiler/report/facts.js';
import { glueStackBytes } from '../../../compiler/report/footprint.js';
import { layerSchedule } from '../../../compiler/schedule/layer.js';
import type { Unit } from '../../../compiler/schedule/schedule.js';
import { hasTool } from '../../tools.js';
import { inFolder, run, writeFiles } from './compile.js';
import { fixtureFacts } from './fixture.js';
import { NetworkBuilder } from './network.js';

/** Units of one, two, three and many layers, with and without kept columns, plain C kernels. */
function fusedFacts(shape: 'mixed' | 'sliding' | 'patch'): CompileFacts {
  const b = new NetworkBuilder(4);
  let x = b.conv(b.input(22, 20, 3), { kernel: 3, stride: 2, channels: 8 });
  for (let i = 0; i < 2; i++) x = b.add(b.conv(b.conv(b.conv(x, { channels: 16 }), { kernel: 3, depthwise: true }), { channels: 8 }), x);
  const graph = b.build([b.conv(x, { channels: 5 })]);
  const layers = layerSchedule(graph, 'cortex-m0').regions;
  const kernels = layers.flatMap((r) => (r.kind === 'layer' ? [r.kernel] : []));
  const unit = (nodes: number[], rowsPerCall: number, colsPerTile: number, slideColumns: boolean): Unit =>
    ({ nodes, kernels: nodes.map((id) => kernels[id]), rowsPerCall, colsPerTile, slideColumns });
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const units = {
    mixed: [unit([0], 1, 0, false), unit([1, 2], 2, 4, true), unit([3], 1, 0, false), unit([4], 1, 0, false), unit([5, 6, 7], 1, 2, true), unit([8], 1, 0, false)],
    sliding: [unit(all, 3, 4, true)],
    patch: [unit(all, 3, 4, false)],
  }[shape];
  const plan = planMemory(graph, { kind: 'mixed', input: 'streamed', regions: [{ kind: 'fused', units }, ...layers.slice(9)] }, { core: 'cortex-m0' });
  return { ...fixtureFacts(), graph, plan };
}

const examples: readonly [string, CompileFacts][] = [
  ['layers', fixtureFacts()], ['mixed', fusedFacts('mixed')], ['sliding', fusedFacts('sliding')], ['patch', fusedFacts('patch')],
];
const levels = ['-mcpu=cortex-m0 -O0', '-mcpu=cortex-m0 -O3', '-mcpu=cortex-m4 -O0', '-mcpu=cortex-m4 -Os', '-mcpu=cortex-m4 -O3', '-mcpu=cortex-m55 -O2'];

it.skipIf(!hasTool('arm-none-eabi-gcc')).each(examples)('takes no more stack above a kernel than stated: %s', (_, facts) => {
  const { kernelById } = facts;
  inFolder((folder) => {
    writeFiles(folder, emitPackage({ ...facts, kernelById: (id) => ({ ...kernelById(id), files: [] }) }));
    for (const level of levels) {
      run(folder, 'arm-none-eabi-gcc', [...level.split(' '), '-mthumb', '-std=c99', '-fstack-usage', '-c', 'tiny.c', '-o', 'tiny.o']);
      const frames = stackFrames(readFileSync(`${folder}/tiny.su`, 'utf8'));
      for (const step of facts.plan.steps) {
        const chain = ['tiny_run', 'tiny_push_rows', 'tiny_finish'].map((name) => frames.get(name) ?? 0);
        const frame = [...frames].find(([name]) => /^tiny_[a-z_]+_\d+$/.test(name) && name.endsWith(`_${step.index}`) && !/_(unit|region)_/.test(name))!;
        const region = facts.plan.fused.find((r) => r.region === step.region);
        const unit = region?.units.findIndex((u) => u.firstStep <= step.index && step.index < u.endStep) ?? -1;
        const loops = region === undefined ? 0 : frames.get(`tiny_region_${step.region}`)! + (frames.get(`tiny_unit_${step.region}_${unit}`) ?? 0);
        expect(Math.max(...chain) + loops + frame[1], `${level} ${frame[0]}`).toBeLessThanOrEqual(glueStackBytes(facts.plan, step));
      }
    }
  });
});

/** From lines such as `tiny.c:45:30:tiny_conv_0<tab>112<tab>static`, the name perhaps with a suffix like .constprop. */
function stackFrames(text: string): ReadonlyMap<string, number> {
  return new Map(text.trim().split('\n').map((line) => {
    const [place, bytes] = line.split('\t');
    return [place.split(':').pop()!.replace(/\..*/, ''), Number(bytes)];
  }));
}
