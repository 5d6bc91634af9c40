/**
 * Published networks (MLPerf Tiny, MCUNet) from the folder beside the project, where it is there: right on every byte, and
 * as accurate on the emulated board as elsewhere.
 */

import { describe, expect, it } from 'vitest';
import type { CompileOptions } from '../../compiler/index.js';
import type { CoreId } from '../../compiler/machine/core.js';
import { readDataset } from '../../compiler/validate/dataset.js';
import { validateNetwork } from '../../compiler/validate/validate.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { hasTarget, shared } from '../tools.js';
import { subjectOfFile } from './subject.js';

const models = [
  'kws-dscnn',
  'resnet8-cifar10',
  'vww96-mobilenetv1',
  'ad01-autoencoder',
  'mcunet-vww80',
  'person-fpn-128x160',
] as const;
const file = (model: string): string | null => shared(`models/${model}-int8.onnx`);
const absent = file('kws-dscnn') === null;
if (absent) console.log('skipped: ../shared/models is not there');

async function expectGood(model: string, options: CompileOptions, count: number): Promise<void> {
  const subject = subjectOfFile(file(model)!, options);
  const document = await validateNetwork(subject, {
    on: 'qemu',
    samples: randomSamples(subject.graph, count, 11),
    expected: null,
    labels: null,
    tolerance: 0,
    flags: ['-Werror'],
  });
  expect(document.diagnostics).toEqual([]);
  expect(document).toMatchObject({
    ok: true,
    mismatchedBytes: 0,
    arenaBytes: { touched: subject.plan.arenaBytes },
    unlistedGaps: [],
  });
}

describe.skipIf(absent || !hasTarget())('published networks', () => {
  const cores: readonly CoreId[] = ['cortex-m4', 'cortex-m7', 'cortex-m55'];
  it.each(models.flatMap((model) => cores.map((core) => [model, core] as const)))('%s on %s', (model, core) =>
    expectGood(model, { core }, 3),
  );

  it.each([
    ['kws-dscnn', 'microbit'],
    ['kws-dscnn', 'stm32f103'],
    ['resnet8-cifar10', 'nrf5340-dk'],
    ['vww96-mobilenetv1', 'raspberry-pi-pico'],
  ] as const)('%s on the board %s', (model, board) => expectGood(model, { board }, 2));
});

describe.skipIf(absent || !hasTarget())('accuracy on the emulated Cortex-M4', () => {
  // ONNX Runtime has 90.2 % and 88.4 %.
  it.each([
    ['kws-dscnn', 'data/kws01', 1000, 0.902],
    ['resnet8-cifar10', 'data/cifar10', 500, 0.884],
  ] as const)('%s: as good as ONNX Runtime', async (model, folder, n, top1) => {
    const subject = subjectOfFile(file(model)!, { board: 'stm32f412' });
    const { samples, labels } = readDataset(subject.graph, shared(folder)!, null);
    const document = await validateNetwork(subject, { on: 'qemu', samples, labels, expected: null, tolerance: 0 });
    expect(document.mismatchedBytes).toBe(0);
    expect(document.accuracy!.n).toBe(n);
    expect(Math.abs(document.accuracy!.top1 - top1)).toBeLessThanOrEqual(0.002);
  });
});
