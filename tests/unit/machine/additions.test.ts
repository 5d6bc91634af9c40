/** What it takes to add a core: its record. Nothing else asks which core it is. */

import { expect, it } from 'vitest';
import { compile } from '../../../compiler/index.js';
import { genericBoard } from '../../../compiler/machine/board.js';
import type { Core } from '../../../compiler/machine/core.js';
import { coreOf } from '../../../compiler/machine/cores/index.js';
import { kernelById } from '../../../compiler/machine/kernel-table.js';
import type { Machine } from '../../../compiler/machine/machine.js';
import { evaluate } from '../../../compiler/program/evaluate.js';
import { NetworkBuilder } from '../../models/index.js';

const machineOn = (core: Core): Machine => ({ core, board: genericBoard(core), boardGiven: false, kernelById });

it('a core under another name is planned, packed and costed as the one that it is a copy of', () => {
  const net = new NetworkBuilder({ name: 'twin', seed: 5 });
  const x = net.conv(net.input('image', [3, 20, 20]), { out: 8, kernel: 3, stride: 2, pad: 1, activation: 'relu6' });
  const wide = net.conv(x, { out: 24, kernel: 1, activation: 'relu6' });
  const deep = net.depthwise(wide, { kernel: 3, stride: 1, pad: 1, activation: 'relu6' });
  net.output(net.gemm(net.globalAveragePool(net.conv(deep, { out: 12, kernel: 1 })), 5), 'scores');
  const { graph } = compile({ bytes: net.build(), name: 'twin' }, { schedule: 'layer' });
  for (const id of ['cortex-m4', 'cortex-m55']) {
    const twin: Core = { ...coreOf(id), id: 'another-name' };
    expect(evaluate(graph, machineOn(twin))).toEqual(evaluate(graph, machineOn(coreOf(id))));
  }
});
