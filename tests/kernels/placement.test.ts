/** RV_HOT and RV_WEIGHTS reach all that docs/placement.md says: nothing is left in the sections where it was. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emitPackage } from '../../compiler/codegen/package.js';
import type { CoreId } from '../../compiler/machine/core.js';
import { coreOf } from '../../compiler/machine/cores/index.js';
import { fixtureFacts } from '../unit/codegen/fixture.js';
import { available, runtimeFile } from './harness/run.js';

const sectionOf = (macro: string): string => `-D${macro}=__attribute__((section(".${macro.toLowerCase()}")))`;

/** Sections of the objects of C files, by name, with their bytes. */
function sections(sources: readonly string[], core: CoreId, dir: string): { name: string; bytes: number }[] {
  const flags = [...coreOf(core).compilerFlags, '-std=c99', '-O3', '-ffunction-sections', '-fdata-sections'];
  const places = [sectionOf('RV_HOT'), sectionOf('RV_WEIGHTS')];
  const includes = [dir, runtimeFile('include'), runtimeFile('src')].map((d) => `-I${d}`);
  execFileSync('arm-none-eabi-gcc', [...flags, ...places, ...includes, '-c', ...sources], { cwd: dir });
  const objects = sources.map((f) => basename(f).replace(/\.c$/, '.o'));
  const text = execFileSync('arm-none-eabi-objdump', ['-h', ...objects], { cwd: dir, encoding: 'utf8' });
  return [...text.matchAll(/^ +\d+ (\.\S+) +([0-9a-f]{8}) /gm)].map(([, name, size]) => ({
    name,
    bytes: Number.parseInt(size, 16),
  }));
}

function within<T>(use: (dir: string) => T): T {
  const dir = mkdtempSync(join(tmpdir(), 'rv-placement-'));
  try {
    return use(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const isaOf = (file: string): string => /_(dsp|mve)\.c$/.exec(file)?.[1] ?? 'c';

describe('placement', () => {
  for (const core of ['cortex-m0', 'cortex-m4', 'cortex-m55'] as const) {
    it.skipIf(!available(core))(
      `puts every function of the runtime where RV_HOT says on ${core}`,
      () => {
        const files = readdirSync(runtimeFile('src')).filter(
          (f) => f.endsWith('.c') && coreOf(core).isas.some((isa) => isa === isaOf(f)),
        );
        expect(files.length).toBeGreaterThan(15);
        const found = within((dir) =>
          sections(
            files.map((f) => runtimeFile(`src/${f}`)),
            core,
            dir,
          ),
        );
        expect(found.filter((s) => s.name.startsWith('.text') && s.bytes > 0)).toEqual([]);
        expect(found.filter((s) => s.name === '.rv_hot').length).toBeGreaterThan(15);
      },
      120_000,
    );
  }

  it.skipIf(!available('cortex-m4'))('puts every array of a network where RV_WEIGHTS says', () => {
    const files = emitPackage(fixtureFacts());
    const found = within((dir) => {
      const source = join(dir, 'tiny_weights.c');
      writeFileSync(source, files.get('tiny_weights.c')!);
      const header = files.get('tiny_weights.h')!.replace('"runtime/', '"');
      writeFileSync(join(dir, 'tiny_weights.h'), header);
      return sections([source], 'cortex-m4', dir);
    });
    expect(found.filter((s) => s.name.startsWith('.rodata'))).toEqual([]);
    expect(found.find((s) => s.name === '.rv_weights')?.bytes).toBeGreaterThan(0);
  });
});
