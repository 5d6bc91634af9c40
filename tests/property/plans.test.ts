import { coreOf } from '../../compiler/machine/cores/index.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planMemory, stepUsage } from '../../compiler/memory/index.js';
import { layerSchedule } from '../../compiler/schedule/layer.js';
import { branchyNetwork } from './support/branchy-networks.js';

describe('plans of random networks', () => {
  it('pass the checker, on every kind of core, and report themselves truly', () => {
    fc.assert(
      fc.property(
        branchyNetwork,
        fc.constantFrom('cortex-m0', 'cortex-m4', 'cortex-m55'),
        fc.boolean(),
        (graph, core, keepInput) => {
          const plan = planMemory(graph, layerSchedule(graph, coreOf(core)), {
            core: coreOf(core),
            keepInput,
            nodeLimit: 500,
          });
          const usage = stepUsage(plan.buffers, plan.steps.length);
          expect(Math.max(...plan.buffers.map((p) => p.offsetBytes + p.bytes))).toBe(plan.arenaBytes);
          expect(plan.arenaBytes).toBeGreaterThanOrEqual(Math.max(...usage.map((u) => u.liveBytes)));
          expect(plan.lowerBoundBytes).toBeLessThanOrEqual(plan.arenaBytes);
          expect(plan.provenOptimal).toBe(plan.lowerBoundBytes === plan.arenaBytes);
          if (keepInput) expect(plan.inputSurvives).toEqual([true]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
