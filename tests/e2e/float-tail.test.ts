/** Decoding in floating point, from ONNX bytes to running C: the same bits on the host and on every core. */

import { describe, expect, it } from 'vitest';
import type { CompileOptions } from '../../compiler/index.js';
import type { ValidateSettings } from '../../compiler/validate/subject.js';
import { validateNetwork } from '../../compiler/validate/validate.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { functionsTail, ssdDetector, yoloDetector } from '../models/float-tails.js';
import { hasHostCompiler, hasTarget } from '../tools.js';
import { subjectOf } from './subject.js';

async function expectGood(bytes: Uint8Array, options: CompileOptions, on: ValidateSettings['on']): Promise<void> {
  const subject = subjectOf(bytes, { ...options, floatTail: true });
  expect(subject.document.model.outputs.map((o) => o.dtype)).toEqual(
    subject.document.model.outputs.map(() => 'float32'),
  );
  const document = await validateNetwork(subject, {
    on,
    samples: randomSamples(subject.graph, 3, 5),
    expected: null,
    labels: null,
    tolerance: 0,
    flags: ['-Werror', '-O3'],
  });
  expect(document.diagnostics).toEqual([]);
  expect(document).toMatchObject({
    ok: true,
    mismatchedBytes: 0,
    unlistedGaps: [],
    arenaBytes: { planned: subject.plan.arenaBytes, touched: subject.plan.arenaBytes },
  });
}

describe.skipIf(!hasTarget())('float tails on emulated boards', () => {
  it.each(['cortex-m0', 'cortex-m4', 'cortex-m55'])(
    'agree with the reference on %s, with and without a unit for floating point',
    async (core) => {
      await expectGood(ssdDetector(), { core }, 'qemu');
      await expectGood(yoloDetector(), { core, objective: 'sram' }, 'qemu');
    },
  );
});

describe.skipIf(!hasHostCompiler())('float tails on the host', () => {
  it('agree with the reference under every schedule', async () => {
    for (const schedule of ['layer', 'auto'] as const)
      for (const input of ['resident', 'streamed'] as const) {
        if (schedule === 'layer' && input === 'streamed') continue;
        await expectGood(ssdDetector(2), { schedule, input }, 'host');
        await expectGood(functionsTail(2), { schedule, input, objective: 'sram' }, 'host');
      }
  });
});
