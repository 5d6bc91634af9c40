import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { emitPackage } from '../../../compiler/codegen/package.js';
import type { CompileFacts } from '../../../compiler/report/facts.js';
import { glueStackBytes } from '../../../compiler/program/footprint.js';
import { hasTool } from '../../tools.js';
import { inFolder, run, writeFiles } from './compile.js';
import { fixtureFacts } from './fixture.js';
import { fusedFacts } from './fused.js';

const examples: readonly [string, CompileFacts][] = [
  ['layers', fixtureFacts()],
  ['mixed', fusedFacts('mixed')],
  ['sliding', fusedFacts('sliding')],
  ['patch', fusedFacts('patch')],
  ['slices', fusedFacts('slices')],
];
const levels = [
  '-mcpu=cortex-m0 -O0',
  '-mcpu=cortex-m0 -O3',
  '-mcpu=cortex-m4 -O0',
  '-mcpu=cortex-m4 -Os',
  '-mcpu=cortex-m4 -O3',
  '-mcpu=cortex-m55 -O2',
];

it.skipIf(!hasTool('arm-none-eabi-gcc')).each(examples)(
  'takes no more stack above a kernel than stated: %s',
  (_, facts) => {
    const { program } = facts;
    const kernels = program.kernels.map((kernel) => ({ ...kernel, files: [] }));
    inFolder((folder) => {
      writeFiles(folder, emitPackage({ ...facts, program: { ...program, kernels } }));
      for (const level of levels) {
        run(folder, 'arm-none-eabi-gcc', [
          ...level.split(' '),
          '-mthumb',
          '-std=c99',
          '-fstack-usage',
          '-c',
          'tiny.c',
          '-o',
          'tiny.o',
        ]);
        const frames = stackFrames(readFileSync(`${folder}/tiny.su`, 'utf8'));
        for (const step of program.plan.steps) {
          const chain = ['tiny_run', 'tiny_push_rows', 'tiny_finish'].map((name) => frames.get(name) ?? 0);
          const frame = [...frames].find(
            ([name]) =>
              /^tiny_[a-z_]+_\d+$/.test(name) && name.endsWith(`_${step.index}`) && !/_(unit|region)_/.test(name),
          )!;
          const region = program.plan.fused.find((r) => r.region === step.region);
          const unit = region?.units.findIndex((u) => u.firstStep <= step.index && step.index < u.endStep) ?? -1;
          const loops =
            region === undefined
              ? 0
              : frames.get(`tiny_region_${step.region}`)! + (frames.get(`tiny_unit_${step.region}_${unit}`) ?? 0);
          expect(Math.max(...chain) + loops + frame[1], `${level} ${frame[0]}`).toBeLessThanOrEqual(
            glueStackBytes(program.plan, step),
          );
        }
      }
    });
  },
);

/** From lines such as `tiny.c:45:30:tiny_conv_0<tab>112<tab>static`, the name perhaps with a suffix like .constprop. */
function stackFrames(text: string): ReadonlyMap<string, number> {
  return new Map(
    text
      .trim()
      .split('\n')
      .map((line) => {
        const [place, bytes] = line.split('\t');
        return [place.split(':').pop()!.replace(/\..*/, ''), Number(bytes)];
      }),
  );
}
