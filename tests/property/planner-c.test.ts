/** Layer plans of random networks as generated C: views, strides, in-place and overlapping outputs give the reference's bytes. */

import { coreOf } from '../../compiler/machine/cores/index.js';
import { machineOf } from '../../compiler/machine/machine.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planNetwork } from '../../compiler/pipeline/plan-network.js';
import { runInt8 } from '../../compiler/reference/int8.js';
import { layerSchedule } from '../../compiler/schedule/layer.js';
import { hasHostCompiler } from '../tools.js';
import { branchyNetwork } from './support/branchy-networks.js';
import { type HostCase, runOnHost } from './support/run-on-host.js';

const inputOf = (length: number, seed: number): Int8Array =>
  Int8Array.from({ length }, (_, i) => ((i * 73 + seed * 29) % 256) - 128);

describe.skipIf(!hasHostCompiler())('layer plans as generated C', () => {
  for (const [core, seed] of [
    ['cortex-m0', 1],
    ['cortex-m4', 2],
    ['cortex-m55', 3],
  ] as const) {
    it(`give the reference's bytes with the kernels of a ${core}`, () => {
      const graphs = fc.sample(branchyNetwork, { seed, numRuns: 24 });
      const cases = graphs.map((graph, i): HostCase => {
        const { h, w, c } = graph.values.get(graph.inputs[0].value)!.shape;
        const input = inputOf(h * w * c, i);
        const net = `n${i}`;
        const { facts } = planNetwork({
          net,
          model: { name: net, sha256: '0'.repeat(64), macs: 0, parameters: 0 },
          graph,
          machine: machineOf(null, core),
          how: layerSchedule(graph, coreOf(core)),
          options: {},
          pareto: false,
          diagnostics: [],
          removedChannels: [],
        });
        return {
          net,
          facts,
          input,
          expected: runInt8(graph, [input]).map((o) => new Int8Array(o.buffer, o.byteOffset, o.byteLength)),
        };
      });
      expect(runOnHost(cases)).toBe('');
    }, 120_000);
  }
});
