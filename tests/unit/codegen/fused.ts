/** A network of two residual blocks, fused in three ways. */

import { coreOf } from '../../../compiler/machine/cores/index.js';
import { planMemory } from '../../../compiler/memory/index.js';
import type { CompileFacts } from '../../../compiler/report/facts.js';
import { layerSchedule } from '../../../compiler/schedule/layer.js';
import type { Unit } from '../../../compiler/schedule/schedule.js';
import { machineOf } from '../../../compiler/machine/machine.js';
import { makeProgram } from '../../../compiler/program/program.js';
import { fixtureFacts } from './fixture.js';
import { NetworkBuilder } from './network.js';

/** Units of one, two, three and many layers, with and without kept columns and slices of channels, plain C kernels. */
export function fusedFacts(shape: 'mixed' | 'sliding' | 'patch' | 'slices'): CompileFacts {
  const b = new NetworkBuilder(4);
  let x = b.conv(b.input(22, 20, 3), { kernel: 3, stride: 2, channels: 8 });
  for (let i = 0; i < 2; i++)
    x = b.add(b.conv(b.conv(b.conv(x, { channels: 16 }), { kernel: 3, depthwise: true }), { channels: 8 }), x);
  const graph = b.build([b.conv(x, { channels: 5 })]);
  const layers = layerSchedule(graph, coreOf('cortex-m0')).regions;
  const kernels = layers.flatMap((r) => (r.kind === 'layer' ? [r.kernel] : []));
  const unit = (nodes: number[], rowsPerCall: number, colsPerTile: number, slideColumns: boolean): Unit => ({
    nodes,
    kernels: nodes.map((id) => kernels[id]),
    rowsPerCall,
    colsPerTile,
    slideColumns,
  });
  const sliced = (nodes: number[], sliceChannels: number): Unit => ({
    ...unit(nodes, 2, 4, false),
    sliceChannels,
    kernels: nodes.map((id) => (id === nodes[2] ? 'rv_conv2d_1x1_partial_s8' : kernels[id])),
  });
  const all = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  const units = {
    mixed: [
      unit([0], 1, 0, false),
      unit([1, 2], 2, 4, true),
      unit([3], 1, 0, false),
      unit([4], 1, 0, false),
      unit([5, 6, 7], 1, 2, true),
      unit([8], 1, 0, false),
    ],
    sliding: [unit(all, 3, 4, true)],
    patch: [unit(all, 3, 4, false)],
    slices: [unit([0], 1, 0, false), sliced([1, 2, 3, 4], 6), unit([5], 1, 0, false), unit([6, 7, 8], 1, 0, false)],
  }[shape];
  const plan = planMemory(
    graph,
    { kind: 'mixed', input: 'streamed', regions: [{ kind: 'fused', units }, ...layers.slice(9)] },
    { core: coreOf('cortex-m0') },
  );
  return { ...fixtureFacts(), program: makeProgram(graph, machineOf(null, 'cortex-m4'), plan) };
}
