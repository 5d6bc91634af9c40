/** Modelled cycles in what validate reports: every executed block is counted once, by step, and the board says the rest. */

import { describe, expect, it } from 'vitest';
import { loadBoard } from '../../compiler/machine/board-files.js';
import { validateNetwork } from '../../compiler/validate/validate.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { validateText } from '../../compiler/cli/validate-text.js';
import type { CompileOptions } from '../../compiler/index.js';
import type { ValidateDocument } from '../../compiler/validate/document.js';
import { dsCnn, tinyMobileNetV2 } from '../models/networks.js';
import { hasTarget } from '../tools.js';
import { subjectOf } from './subject.js';

function validated(bytes: Uint8Array, options: CompileOptions): Promise<ValidateDocument> {
  const subject = subjectOf(bytes, options);
  return validateNetwork(subject, {
    on: 'qemu',
    samples: randomSamples(subject.graph, 1, 1),
    expected: null,
    labels: null,
    tolerance: 0,
  });
}

describe.skipIf(!hasTarget())('modelled cycles', () => {
  it.each(['cortex-m0plus', 'cortex-m3', 'cortex-m4', 'cortex-m7', 'cortex-m33', 'cortex-m55', 'cortex-m85'])(
    'of every step on %s',
    async (core) => {
      const { cycles, instructions } = await validated(dsCnn(), { core, schedule: 'layer' });
      const steps = cycles!.steps.reduce((sum, s) => sum + s.cycles, 0);
      expect(Math.abs(steps - cycles!.modelled)).toBeLessThanOrEqual(cycles!.steps.length);
      expect(cycles!.steps.every((s) => s.cycles > 0)).toBe(true);
      // No core issues more than two instructions a cycle, and none of these waits longer than this on average.
      const perInstruction = cycles!.modelled / instructions!.median;
      expect(perInstruction).toBeGreaterThan(0.5);
      expect(perInstruction).toBeLessThan(2.5);
      expect(cycles!.low).toBeLessThanOrEqual(cycles!.modelled);
      expect(cycles!.high).toBeGreaterThanOrEqual(cycles!.modelled);
      // Without a board nothing is said of time or flash.
      expect(cycles).toMatchObject({ milliseconds: null, flash: null });
    },
  );

  it('are milliseconds at a clock, with flash, on a board that states both', async () => {
    const board = loadBoard('stm32l4r5');
    const document = await validated(tinyMobileNetV2(), { board, schedule: 'stream', input: 'streamed' });
    const { milliseconds, flash, low, high } = document.cycles!;
    expect(flash!.code.lines).toBeGreaterThan(0);
    expect(flash!.constants.lines).toBeGreaterThan(0);
    expect(flash!.constants.high).toBe(flash!.constants.lines * board.flashTiming!.lineCycles);
    const waits = (end: 'low' | 'high'): number => flash!.code[end] + flash!.constants[end];
    expect(milliseconds!.low).toBeCloseTo(((low + waits('low')) / board.clockHz) * 1000, 9);
    expect(milliseconds!.high).toBeCloseTo(((high + waits('high')) / board.clockHz) * 1000, 9);
    const text = validateText(document, 120);
    expect(text).toMatch(/^cycles {8}[\d ]+ modelled \(/m);
    expect(text).toMatch(/ms modelled, stm32l4r5 at 120 MHz$/m);
    expect(text).toContain('Modelled cycles by step');
  });

  it('are no milliseconds where the model is good for ratios alone', async () => {
    const document = await validated(dsCnn(), { board: loadBoard('nucleo-h743zi2'), schedule: 'layer' });
    expect(document.cycles).toMatchObject({ ratioOnly: true, milliseconds: null });
    expect(validateText(document, 120)).not.toMatch(/ ms /);
  });
});
