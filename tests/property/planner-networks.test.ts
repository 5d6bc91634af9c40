/** Arenas of published networks under the layer schedule, network input resident, kernel scratch counted. */

import { coreOf } from '../../compiler/machine/cores/index.js';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { importModel } from '../../compiler/pipeline/import-model.js';
import { lowerToInt8 } from '../../compiler/lower/lower.js';
import { planMemory, stepUsage } from '../../compiler/memory/index.js';
import { layerSchedule } from '../../compiler/schedule/layer.js';
import { shared } from '../tools.js';

/** [file, most bytes of arena on an M4]; TinyEngine and X-CUBE-AI need more on each. */
const networks: readonly (readonly [string, number])[] = [
  ['mcunet-vww80-int8.onnx', 81_000],
  ['person-fpn-128x160-int8.onnx', 172_000],
  ['architectures/mcunet-256kb-1mb.onnx', 187_000],
  ['mcunet-320kb-imagenet-int8.onnx', 195_000],
  ['architectures/mcunet-512kb-2mb.onnx', 320_000],
  ['architectures/proxyless-w0.3-r176.onnx', 195_000],
  ['architectures/mbv2-w0.35-r144.onnx', 260_000],
  ['vww96-mobilenetv1-int8.onnx', 40_000],
  ['resnet8-cifar10-int8.onnx', 36_000],
  ['kws-dscnn-int8.onnx', 9_500],
];

describe('published networks, layer by layer', () => {
  if (shared('models') === null) console.warn('planner-networks: ../shared/models is absent, tests are skipped');
  for (const [file, most] of networks) {
    const path = shared(`models/${file}`);
    it.skipIf(path === null)(
      `${file} needs at most ${most} bytes, and the arena is proven optimal`,
      () => {
        const graph = lowerToInt8(importModel({ bytes: readFileSync(path!) }, {}).graph).graph;
        const plan = planMemory(graph, layerSchedule(graph, coreOf('cortex-m4')), { core: coreOf('cortex-m4') });
        expect(plan.arenaBytes).toBeLessThanOrEqual(most);
        expect(plan).toMatchObject({ provenOptimal: true, lowerBoundBytes: plan.arenaBytes });
        expect(plan.searchNodes).toBeLessThan(5_000);
        const peak = stepUsage(plan.buffers, plan.steps.length)[plan.peakStep];
        expect(plan.scratchBytes).toBe(peak.scratchBytes);
      },
      20_000,
    );
  }
});
