/** docs/results.md. */

import { formatBytes, formatCount } from '../../compiler/util/format.js';
import { markdownTable, none } from '../bench/text.js';
import { type ResultPlan, type ResultPlans, resultCore } from './plans.js';
import { others, type Published } from './published.js';

export interface ResultRow {
  readonly network: Published;
  readonly plans: ResultPlans;
}

export function resultsPage(rows: readonly ResultRow[]): string {
  const tasks = [...new Set(rows.map(({ network }) => network.task))];
  const sources = [...new Set(rows.map(({ network }) => network.source))];
  return [
    '# Published networks, published accuracy, our memory',
    '',
    '`npm run results` makes this page and its picture from plans; nothing in it is trained or measured by us but memory and work.',
    '',
    '![ImageNet top-1 against peak SRAM](results.svg)',
    '',
    'Accuracy is what the sources say of the int8 network, unchanged by rivulet: the C gives the codes of the ONNX file. Peak SRAM is the',
    'arena, kernel scratch inside, and the bound of the stack. With the image pushed row by row, a row that the camera brings is the',
    `caller's. Instructions are estimated for ${resultCore} ([BENCHMARKS.md](../BENCHMARKS.md) has executed ones); MACs are executed`,
    'ones as a multiple of the network’s.',
    '',
    ...tasks.flatMap((task) => [`## ${task}`, '', table(rows.filter(({ network }) => network.task === task)), '']),
    '## Other work on ImageNet within little SRAM',
    '',
    markdownTable(
      ['network', 'accuracy', 'SRAM', 'source'],
      others.map(({ name, accuracyPercent, bytes, source }) => [
        name,
        percent(accuracyPercent),
        formatBytes(bytes),
        source,
      ]),
    ),
    '',
    '## Sources',
    '',
    ...sources.map((source) => `* ${source}`),
    '* SRAM of other stacks: the least of those that the README of mit-han-lab/tinyengine lists (TF-Lite Micro, CMSIS-NN, X-CUBE-AI 7.3.0,',
    '  TinyEngine; STM32H743), counted their way.',
    ...(rows.some(({ network }) => network.randomWeights)
      ? [
          '',
          'Networks marked * are planned with their published layer shapes and random weights, on which neither memory nor work depends; trained',
          'weights often have channels that give one value for every input, which cost nothing here.',
        ]
      : []),
    '',
  ].join('\n');
}

const percent = (value: number): string => `${value.toFixed(1)} %`;

function table(rows: readonly ResultRow[]): string {
  const sram = ({ sramBytes }: ResultPlan): string => formatBytes(sramBytes);
  const work = ({ instructions, overhead }: ResultPlan): string =>
    `${formatCount(instructions)} at ${overhead.toFixed(2)} x`;
  return markdownTable(
    [
      'network',
      'accuracy',
      'best other stack',
      'layer by layer, with its image',
      'instructions',
      'image whole, least',
      'rows pushed, no MAC twice',
      'instructions, MACs',
      'rows pushed, least',
      'instructions, MACs',
    ],
    rows.map(({ network, plans }) => [
      network.name + (network.randomWeights ? ' *' : ''),
      percent(network.accuracyPercent),
      network.other === null ? none : `${formatBytes(network.other.bytes)}, ${network.other.stack}`,
      sram(plans.layer),
      formatCount(plans.layer.instructions),
      sram(plans.resident),
      sram(plans.once),
      work(plans.once),
      sram(plans.least),
      work(plans.least),
    ]),
  );
}
