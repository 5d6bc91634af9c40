/** Every test network, from ONNX bytes to running C: the bytes of the reference, and the memory of the plan. */

import { describe, expect, it } from 'vitest';
import type { CompileOptions } from '../../compiler/index.js';
import { coreIds } from '../../compiler/machine/cores/index.js';
import { checkAccesses, validateNetwork } from '../../compiler/validate/validate.js';
import type { ValidateSettings } from '../../compiler/validate/subject.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { allNetworks } from '../models/index.js';
import { hasHostCompiler, hasTarget } from '../tools.js';
import { subjectOf } from './subject.js';

const names = Object.keys(allNetworks);
const cores = coreIds;
const settings = (
  subject: ReturnType<typeof subjectOf>,
  on: ValidateSettings['on'],
  count: number,
  flags: readonly string[] = [],
): ValidateSettings => ({
  on,
  samples: randomSamples(subject.graph, count, 7),
  expected: null,
  labels: null,
  tolerance: 0,
  flags: ['-Werror', ...flags],
});

/** Whatever a plan promises. */
async function expectGood(subject: ReturnType<typeof subjectOf>, how: ValidateSettings): Promise<void> {
  const document = await validateNetwork(subject, how);
  expect(document.diagnostics).toEqual([]);
  expect(document).toMatchObject({
    ok: true,
    mismatchedBytes: 0,
    guardsIntact: true,
    unlistedGaps: [],
    arenaBytes: { planned: subject.plan.arenaBytes, touched: subject.plan.arenaBytes },
  });
}

const fusedVariants: readonly (readonly [string, CompileOptions])[] = [
  ['as little SRAM as can be', { objective: 'sram' }],
  ['a stream', { schedule: 'stream' }],
  ['pushed rows', { input: 'streamed', objective: 'sram' }],
];

const sanitizers = ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all'];

describe.skipIf(!hasHostCompiler())('on the host, under sanitizers', () => {
  it.each(names)('%s gives the bytes of the reference', async (name) => {
    const subject = subjectOf(allNetworks[name](), { core: 'cortex-m4' });
    await expectGood(subject, settings(subject, 'host', 3, sanitizers));
  });
});

describe.skipIf(!hasTarget())('on emulated boards', () => {
  // Each network on two of the cores, all cores in turn.
  const cases = names.flatMap((name, i) =>
    [cores[i % cores.length], cores[(i + 3) % cores.length]].map((core) => [name, core] as const),
  );
  it.each(cases)('%s on %s gives the bytes of the reference', async (name, core) => {
    const subject = subjectOf(allNetworks[name](), { core });
    await expectGood(subject, settings(subject, 'qemu', 2));
  });
});

describe.skipIf(!hasTarget())('with every load and store checked', () => {
  const cases = names.map((name, i) => [name, (['cortex-m4', 'cortex-m55', 'cortex-m3'] as const)[i % 3]] as const);
  it.each(cases)('%s on %s touches only live buffers', async (name, core) => {
    const subject = subjectOf(allNetworks[name](), { core });
    const report = await checkAccesses(subject, randomSamples(subject.graph, 1, 3)[0]);
    expect(report.examples).toEqual([]);
    expect(report.violations).toBe(0);
    expect(report.accesses).toBeGreaterThan(subject.plan.arenaBytes / 16);
  });

  it.each(fusedVariants)('%s touches only live buffers', async (_, options) => {
    const subject = subjectOf(allNetworks['mcunetLike'](), { core: 'cortex-m4', ...options });
    expect(subject.plan.fused.length).toBeGreaterThan(0);
    expect((await checkAccesses(subject, randomSamples(subject.graph, 1, 3)[0])).examples).toEqual([]);
  });
});

describe('options that change the plan', () => {
  it.skipIf(!hasHostCompiler()).each([['keeping the input', { keepInput: true }] as const, ...fusedVariants])(
    '%s: the same bytes',
    async (_, options) => {
      const subject = subjectOf(allNetworks['tinyMobileNetV2'](), { core: 'cortex-m4', ...options });
      await expectGood(subject, settings(subject, 'host', 3, sanitizers));
    },
  );
});

describe('compiling twice', () => {
  it.each(names)('%s writes the same files', (name) => {
    const bytes = allNetworks[name]();
    expect([...subjectOf(bytes).files]).toEqual([...subjectOf(bytes).files]);
  });
});
