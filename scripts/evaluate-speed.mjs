/**
 * node scripts/evaluate-speed.mjs [MODEL.onnx] [--core cortex-m4] [--count 5]: how many evaluations of a network fit into a second of
 * one processor, for layer plans and for the least SRAM at 1.10 times the MACs. Nothing is kept from one evaluation to the next but what
 * the network itself keeps. Needs `npm run build`; without a model it takes ../shared/models/mcunet-vww80-int8.onnx.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, stop } from './bootstrap.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { core: { type: 'string', default: 'cortex-m4' }, count: { type: 'string', default: '5' } },
});
const model = positionals[0] ?? join(root, '..', 'shared', 'models', 'mcunet-vww80-int8.onnx');
if (!existsSync(model)) stop(`${model} is not there`);
const from = (path) => import(join(root, 'dist', 'compiler', path));
const { prepare } = await from('pipeline/compile.js');
const { evaluate } = await from('program/evaluate.js');
const { machineOf } = await from('machine/machine.js');

const bytes = readFileSync(model);
const machine = machineOf(null, values.core);
const requests = {
  'layer plan': { how: { kind: 'layer' } },
  'least SRAM at 1.10 x': { objective: 'sram', maxOverhead: 1.1 },
};
for (const [name, request] of Object.entries(requests)) {
  // Another graph each time, as a search has them.
  const graphs = Array.from({ length: Number(values.count) }, () => prepare({ bytes, name: 'network' }).graph);
  const before = process.cpuUsage();
  const made = graphs.map((graph) => evaluate(graph, machine, request));
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  console.log(
    `${name}: ${(graphs.length / seconds).toFixed(2)} a second of one processor ` +
      `(${made[0].peakSramBytes} B peak SRAM, ${made[0].instructions} instructions)`,
  );
}
