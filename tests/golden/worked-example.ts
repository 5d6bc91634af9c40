/** docs/worked-example.md: one small network in every representation, written from what the compiler makes of it. */

import onnxProto from 'onnx-proto';
import { compile, prepare } from '../../compiler/pipeline/compile.js';
import { importModel } from '../../compiler/pipeline/import-model.js';
import type { ConvOp } from '../../compiler/ir/int8-graph.js';
import type { Plan } from '../../compiler/memory/plan.js';
import type { Schedule } from '../../compiler/schedule/schedule.js';
import { runNode } from '../../compiler/reference/int8.js';
import { NetworkBuilder } from '../models/network-builder.js';

const name = 'brook';

function model(): Uint8Array {
  const net = new NetworkBuilder({ name, seed: 3 });
  let x = net.input('image', [3, 16, 16]);
  x = net.conv(x, { out: 8, kernel: 3, stride: 2, pad: 1, activation: 'relu' });
  x = net.depthwise(x, { kernel: 3, pad: 1, activation: 'relu' });
  x = net.conv(x, { out: 4, kernel: 1 });
  net.output(net.globalAveragePool(x), 'scores');
  return net.build();
}

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
const code = (language: string, text: string): string => `\`\`\`${language}\n${text}\n\`\`\``;
const signed = (x: number): string => (x < 0 ? `-${Math.abs(x)}` : String(x));

/** The whole page. */
export function workedExample(): string {
  const bytes = model();
  const file = onnxProto.onnx.ModelProto.decode(bytes).graph!.node!;
  const { graph } = importModel({ bytes });
  const program = prepare({ bytes, name }).graph;
  const layer = compile({ bytes, name }, { schedule: 'layer' });
  const stream = compile({ bytes, name }, { schedule: 'stream', input: 'streamed' });
  const conv = program.nodes[0].op as ConvOp;
  return `# One network in every representation

This page follows a small network from the file to the C. A test writes it anew from the compiler and compares, so it says what the
compiler does today. [glossary.md](glossary.md) explains the words, [ARCHITECTURE.md](../ARCHITECTURE.md) the reasons.

The network takes an image of 16 x 16 pixels and 3 channels through a convolution (3 x 3, stride 2, 8 channels, ReLU), a depthwise
convolution (3 x 3, ReLU), a pointwise convolution to 4 channels, and a mean over the image.

## 1. The file: ONNX

An int8 network in QDQ form says everything in real numbers: a DequantizeLinear in front of each operator, a QuantizeLinear behind it.
This file has ${file.length} nodes for 4 operators:

${code('', [...new Set(file.map((n) => n.opType))].map((op) => `${String(file.filter((n) => n.opType === op).length).padStart(3)} ${op}`).join('\n'))}

## 2. Graph: what the file means

\`import\` and \`quantise/resolve\` read it into real operators over quantised values, height x width x channels. A value's real number is
scale x (code - zero point). The ReLUs are gone: each is a clamp of the convolution before it.

${table(
  ['node', 'operator', 'result (h x w x c)', 'scale', 'zero point'],
  graph.nodes.map((node) => {
    const { shape, quant } = graph.values.get(node.output)!;
    return [
      node.name,
      node.op.kind,
      `${shape.h} x ${shape.w} x ${shape.c}`,
      quant!.scale.toPrecision(6),
      signed(quant!.zeroPoint),
    ];
  }),
)}

## 3. Int8Graph: the integer program

\`lower\` turns scales into integers, once. A convolution's sum \`acc\` of a channel becomes the code
\`((floor(acc * M / 2^32) + 2^(n-1)) >> n) + zero point\`, clamped: M is the channel's multiplier, n the node's shift. The zero point of the
input is folded into the bias. Nothing after this step looks at a scale.

${table(
  ['node', 'rounding', 'n', 'M of the first channels', 'MACs'],
  program.nodes.slice(0, 3).map(({ name: node, op, macs }) => {
    const { rounding, shift, multipliers } = (op as ConvOp).requant;
    return [node, rounding, shift, [...multipliers.slice(0, 3)].join(', '), macs];
  }),
)}

The mean is one requantisation of a sum of 64 codes.

${byHand(program, conv)}

## 4. Schedule: in which order and in which pieces

Two schedules of the same program. Layer by layer, every node runs to its end before the next begins:

${code('json', scheduleText(layer.plan.schedule))}

As a stream of rows (\`--schedule stream --input streamed\`), all four nodes form one fused region of four units. A unit runs as soon
as it has the rows it reads, the deepest first, and the image never stands whole in memory:

${code('json', scheduleText(stream.plan.schedule))}

## 5. Plan: every byte has an address

\`memory\` gives every buffer a place in one arena. Layer by layer (steps are nodes here, a buffer lives from its first step to before
its last):

${bufferTable(layer.plan)}

The arena has ${layer.plan.arenaBytes} bytes. Buffers that live at the same time may overlap where the kernel has read the bytes of its input before
it writes there: the planner knows the exact distance.

As a stream:

${bufferTable(stream.plan)}

The arena has ${stream.plan.arenaBytes} bytes: a \`ring\` holds the last rows of a tensor, as many as its slowest reader needs.${
    stream.plan.provenOptimal ? '\nNo placement of these buffers is smaller: the plan meets its lower bound.' : ''
  }

## 6. Program: kernels and packed constants

\`program\` picks a kernel for each step and packs its parameters as the kernel reads them.

${table(
  ['step', 'kernel', 'packed bytes', 'executed MACs'],
  layer.program.steps.map((step, i) => [i, `\`${step.kernel.id}\``, step.weightBytes, step.macs]),
)}

## 7. C

\`codegen\` writes what is left: views of the arena, parameters, and calls. Layer by layer, \`${name}_run\` is:

${code('c', functionText(layer.emit().get(`${name}.c`)!, `void ${name}_run(`))}

Every core and every schedule gives the bytes of step 3.
`;
}

/** An output of the first convolution that is not clamped, from the formula above and from the reference. */
function byHand(graph: ReturnType<typeof prepare>['graph'], { window, weights, bias, requant }: ConvOp): string {
  const image = Int8Array.from({ length: 16 * 16 * 3 }, (_, i) => ((i * 37) % 256) - 128);
  const reference = runNode(graph.nodes[0], graph, [image]);
  const [row, col] = [1, 1];
  const codes = reference.subarray((row * 8 + col) * 8, (row * 8 + col) * 8 + 8);
  const channel = codes.findIndex((q) => q > requant.clampMin && q < requant.clampMax);
  let acc = bias[channel];
  for (let ky = 0; ky < window.kernelH; ky++)
    for (let kx = 0; kx < window.kernelW; kx++)
      for (let c = 0; c < 3; c++) {
        const at =
          ((row * window.strideH - window.padTop + ky) * 16 + col * window.strideW - window.padLeft + kx) * 3 + c;
        acc += image[at] * weights[((channel * window.kernelH + ky) * window.kernelW + kx) * 3 + c];
      }
  const multiplier = requant.multipliers[channel];
  const t = Number((BigInt(acc) * BigInt(multiplier)) >> 32n);
  const half = 2 ** (requant.shift - 1);
  const shifted = (t + half) >> requant.shift;
  const code = shifted + requant.zeroPoint;
  if (codes[channel] !== code) throw new Error(`by hand ${code}, reference ${codes[channel]}`);
  return `By hand, for an image whose byte i is (37 i mod 256) - 128: pixel (${row}, ${col}), channel ${channel} of the first convolution sums to
acc = ${acc}, the bias included. floor(${acc} x ${multiplier} / 2^32) = ${t}, (${t} + ${half}) >> ${requant.shift} = ${shifted}, and with the
zero point ${requant.zeroPoint} the code is ${code}. The reference interpreter gives the same.`;
}

function scheduleText(schedule: Schedule): string {
  return JSON.stringify(schedule, null, 1)
    .replace(/\n\s*("(?:node|kernel|rowsPerCall|nodes|kernels|colsPerTile|slideColumns|kind|input)")/g, ' $1')
    .replace(/\[\s+([^[\]{}]*?)\s+\]/g, (_, inner: string) => `[${inner.replace(/\s+/g, ' ')}]`)
    .replace(/\{\s+("kind": "layer", "node"[^{}]*?)\s+\}/g, (_, inner: string) => `{ ${inner} }`)
    .replace(/\{\s+("nodes"[^{}]*?)\s+\}/g, (_, inner: string) => `{ ${inner} }`);
}

const bufferTable = (plan: Plan): string =>
  table(
    ['buffer', 'kind', 'bytes', 'at', 'from step', 'to before'],
    [...plan.buffers]
      .sort((a, b) => a.firstStep - b.firstStep || a.offsetBytes - b.offsetBytes)
      .map((b) => [b.name, b.kind, b.bytes, b.offsetBytes, b.firstStep, b.endStep]),
  );

/** A function of a C file, from its first line to its closing brace. */
function functionText(source: string, start: string): string {
  const from = source.indexOf(start);
  if (from < 0) throw new Error(`no ${start}`);
  return source.slice(from, source.indexOf('\n}', from) + 2);
}
