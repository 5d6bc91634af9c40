/**
 * Fused schedules from end to end: a network of ImageNet size on a board with 256 KiB of SRAM, the memory that the smallest
 * plans really touch, and the same bytes under every schedule.
 */

import { describe, expect, it } from 'vitest';
import type { Board, CompileOptions } from '../../compiler/index.js';
import { loadBoard } from '../../compiler/machine/board-files.js';
import type { Subject } from '../../compiler/validate/subject.js';
import { validateNetwork } from '../../compiler/validate/validate.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { allNetworks } from '../models/index.js';
import { hasHostCompiler, hasTarget, shared } from '../tools.js';
import { subjectOf, subjectOfFile } from './subject.js';

const large = shared('models/architectures/mbv2-w1.0-r224.onnx');
const small = shared('models/mcunet-vww80-int8.onnx');
if (large === null || small === null) console.log('skipped: ../shared/models is not there');

/**
 * Whatever a plan promises: the reference's bytes; from complementary paints, every arena byte touched but for the gaps
 * that the plan lists; guards intact; the stack within its bound.
 */
async function expectGood(subject: Subject, on: 'host' | 'qemu', count: number): Promise<void> {
  const document = await validateNetwork(subject, {
    on,
    samples: randomSamples(subject.graph, count, 13),
    expected: null,
    labels: null,
    tolerance: 0,
    flags: ['-Werror'],
  });
  expect(document.diagnostics).toEqual([]);
  expect(document).toMatchObject({
    ok: true,
    mismatchedBytes: 0,
    guardsIntact: true,
    unlistedGaps: [],
    arenaBytes: { planned: subject.plan.arenaBytes, touched: subject.plan.arenaBytes },
  });
  if (on === 'qemu') expect(document.stackBytes!.touched).toBeLessThanOrEqual(document.stackBytes!.bound);
}

/** The SRAM of an STM32F412, with constants and code in flash off the chip. */
function boardWithExternalFlash(): Board {
  const board = loadBoard('stm32f412');
  return {
    ...board,
    id: 'stm32f412-external-flash',
    regions: [
      ...board.regions.filter((region) => region.kind === 'sram'),
      { name: 'QSPI', kind: 'external-flash', origin: '0x90000000', bytes: 8 << 20, source: 'a flash chip of 8 MiB' },
    ],
  };
}

describe.skipIf(large === null || !hasTarget())('MobileNetV2 at 224 x 224', () => {
  it('runs on a board with 256 KiB of SRAM, rows pushed', async () => {
    const board = boardWithExternalFlash();
    const subject = subjectOfFile(large!, { board, input: 'streamed' });
    expect(subject.document).toMatchObject({ fits: true, diagnostics: [], memory: { input: 'streamed' } });
    expect(subject.plan.arenaBytes + board.stackReserveBytes).toBeLessThanOrEqual(256 << 10);
    // Layer by layer its largest pair of tensors alone is four times the board's SRAM.
    expect(subject.document.memory.layerByLayerBytes).toBeGreaterThan(4 * (256 << 10));
    await expectGood(subject, 'qemu', 1);
  });
});

describe.skipIf(small === null || !hasTarget())('the smallest plan of MCUNet with its rows pushed', () => {
  const least: CompileOptions = { input: 'streamed', objective: 'sram' };

  async function expectSmall(subject: ReturnType<typeof subjectOf>): Promise<Subject> {
    expect(subject.plan.arenaBytes).toBeLessThanOrEqual(14_000);
    expect(subject.document.memory.peakSramBytes - subject.plan.arenaBytes).toBeLessThanOrEqual(3000);
    await expectGood(subject, 'qemu', 2);
    return subject;
  }

  it('touches what is planned on Cortex-M4, and replayed on Cortex-M7', async () => {
    const { plan } = await expectSmall(subjectOfFile(small!, { ...least, core: 'cortex-m4' }));
    await expectSmall(subjectOfFile(small!, { ...least, core: 'cortex-m7', schedule: plan.schedule }));
  });

  it('touches what is planned on Cortex-M55', async () => {
    await expectSmall(subjectOfFile(small!, { ...least, core: 'cortex-m55' }));
  });
});

describe('a small MobileNetV2', () => {
  const bytes = allNetworks['tinyMobileNetV2']();
  /** The residual of the first stage ends in the middle of the network. */
  const residual = subjectOf(bytes).graph.nodes.find((node) => node.op.kind === 'add')!.name;
  const schedules: readonly (readonly [string, CompileOptions])[] = [
    ['layer by layer', { schedule: 'layer' }],
    ['as a stream', { schedule: 'stream' }],
    ['in patches', { schedule: `patch:2x2@${residual}` }],
    ['as the search chooses', { objective: 'sram', maxOverhead: 1.5 }],
    ['as a stream of pushed rows', { schedule: 'stream', input: 'streamed' }],
    ['in the least SRAM, rows pushed', { objective: 'sram', input: 'streamed' }],
  ];

  const subjectFor = (options: CompileOptions): Subject => {
    const subject = subjectOf(bytes, { core: 'cortex-m4', ...options });
    expect(subject.plan.fused.length > 0).toBe(options.schedule !== 'layer');
    return subject;
  };

  it.skipIf(!hasHostCompiler()).each(schedules)('gives the bytes of the reference on the host %s', (_, options) =>
    expectGood(subjectFor(options), 'host', 3),
  );
  it.skipIf(!hasTarget()).each(schedules)('gives the bytes of the reference on Cortex-M4 %s', (_, options) =>
    expectGood(subjectFor(options), 'qemu', 3),
  );
});
