/** Every name that the runtime shows the linker gets the network's prefix in a package. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runtimeSymbols } from '../../compiler/codegen/runtime-names.js';
import { coreOf } from '../../compiler/machine/cores/index.js';
import { hasTool } from '../tools.js';
import { inFolder, run } from '../unit/codegen/compile.js';

const root = fileURLToPath(new URL('../../runtime-c/', import.meta.url));
const sources = readdirSync(join(root, 'src')).filter((name) => name.endsWith('.c'));

describe.skipIf(!hasTool('arm-none-eabi-gcc'))('names of the runtime', () => {
  it.each([
    ['cortex-m0', /^(?!.*_(dsp|mve)\.c$)/],
    ['cortex-m4', /_dsp\.c$/],
    ['cortex-m55', /_mve\.c$/],
  ] as const)('are all known, on %s', (core, ofCore) => {
    const files = sources.filter((name) => ofCore.test(name));
    const known = runtimeSymbols(new Map(files.map((name) => [name, readFileSync(join(root, 'src', name), 'utf8')])));
    inFolder((folder) => {
      const include = ['-I', join(root, 'include'), '-I', join(root, 'src')];
      run(folder, 'arm-none-eabi-gcc', [
        ...coreOf(core).compilerFlags,
        '-O1',
        ...include,
        '-c',
        ...files.map((name) => join(root, 'src', name)),
      ]);
      const printed = String(run(folder, 'arm-none-eabi-nm', ['-g', '--defined-only', ...readdirSync(folder)]));
      const seen = [...printed.matchAll(/^[0-9a-f]{8} [A-Z] (\S+)$/gm)].map(([, symbol]) => symbol);
      expect(seen.length).toBeGreaterThan(5);
      expect([...new Set(seen)].filter((symbol) => !known.includes(symbol))).toEqual([]);
    });
  });
});
