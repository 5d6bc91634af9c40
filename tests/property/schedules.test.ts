/** Every schedule gives the bytes of the reference in the memory of its plan: random networks under random legal schedules, as generated C. */

import { describe, expect, it } from 'vitest';
import { coreOf } from '../../compiler/machine/cores/index.js';
import { executionOf } from '../../compiler/memory/execution.js';
import { networkOfInputs, randomNetwork } from './support/random-networks.js';
import { makeCases, runCases } from './support/schedule-cases.js';
import { hasTool } from '../tools.js';

describe('random networks under random schedules', () => {
  for (const [core, seed] of [
    ['cortex-m3', 11],
    ['cortex-m4', 12],
    ['cortex-m55', 13],
  ] as const) {
    it.skipIf(!hasTool('gcc'))(`give the reference's bytes as C packed for ${core}, run on the host`, () => {
      expect(runCases(makeCases(seed, 12, 4, coreOf(core), randomNetwork))).toBe('');
    });
  }

  it.skipIf(!hasTool('gcc'))('give them with several inputs too, the first of which is pushed', () => {
    const cases = makeCases(16, 16, 4, coreOf('cortex-m4'), networkOfInputs);
    expect(cases.filter((c) => c.schedule.input === 'streamed').length).toBeGreaterThan(cases.length / 4);
    expect(cases.some((c) => executionOf(c.facts.program.plan).start.length > 0)).toBe(true);
    expect(runCases(cases)).toBe('');
  });
});
