import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { emitPackage } from '../../../compiler/codegen/package.js';
import { glueStackBytes } from '../../../compiler/report/footprint.js';
import { hasTool } from '../../tools.js';
import { inFolder, run, writeFiles } from './compile.js';
import { fixtureFacts } from './fixture.js';

const cases = ['cortex-m0', 'cortex-m4', 'cortex-m55'].flatMap((cpu) => ['-O0', '-Os', '-O3'].map((level) => [cpu, level]));

it.skipIf(!hasTool('arm-none-eabi-gcc')).each(cases)('takes no more stack above a kernel than stated: %s %s', (cpu, level) => {
  const facts = fixtureFacts();
  inFolder((folder) => {
    writeFiles(folder, emitPackage(facts));
    run(folder, 'arm-none-eabi-gcc', [`-mcpu=${cpu}`, '-mthumb', level, '-std=c99', '-fstack-usage', '-c', 'tiny.c', '-o', 'tiny.o']);
    // tiny.c:45:30:tiny_conv_0<tab>112<tab>static, perhaps with a suffix such as .constprop
    const frames = new Map(readFileSync(`${folder}/tiny.su`, 'utf8').trim().split('\n').map((line) => {
      const [place, bytes] = line.split('\t');
      return [place.split(':').pop()!.replace(/\..*/, ''), Number(bytes)];
    }));
    for (const step of facts.plan.steps) {
      const frame = [...frames].find(([name]) => name.startsWith('tiny_') && name.endsWith(`_${step.index}`))!;
      expect(frames.get('tiny_run')! + frame[1], frame[0]).toBeLessThanOrEqual(glueStackBytes(facts.plan, step));
    }
  });
});
