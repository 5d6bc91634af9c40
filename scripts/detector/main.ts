/** A face detector in float and in int8 on the same photographs. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSampleData } from '../../compiler/data/files.js';
import { tensorSpec } from '../../compiler/data/spec.js';
import type { GraphIo } from '../../compiler/ir/graph.js';
import { physicalIndices } from '../../compiler/ir/layout.js';
import { optimise } from '../../compiler/passes/index.js';
import { prepare } from '../../compiler/pipeline/compile.js';
import { importModel } from '../../compiler/pipeline/import-model.js';
import { quantise } from '../../compiler/pipeline/quantise-model.js';
import { FloatExecutor } from '../../compiler/quantise/float-executor.js';
import { runInt8 } from '../../compiler/reference/int8.js';
import { asNumbers, toNetwork, toOnnxOrder } from '../../compiler/validate/border.js';
import { bestBoxes, type Box, matches } from './boxes.js';
import { type Canvas, picture } from './picture.js';

/** Score from which a box counts, overlap from which it is found, canvases in the picture and boxes on each, at most. */
const [leastScore, leastOverlap, drawn, mostBoxes] = [0.7, 0.8, 3, 30];

export async function compareDetector(shared: string, out: string | null): Promise<void> {
  const file = join(shared, 'models', 'ultraface-slim-320-float.onnx');
  if (!existsSync(file)) {
    console.log(`${file} is not there: nothing is measured`);
    return;
  }
  const model = { bytes: new Uint8Array(readFileSync(file)), name: 'ultraface' };
  const graph = optimise(importModel(model).graph);
  const specs = graph.inputs.map((io) => tensorSpec(io.name, io.layout, null));
  const folder = join(shared, 'data', 'images');
  const names = readdirSync(folder)
    .filter((name) => /\.(png|jpg)$/.test(name))
    .sort();
  // As it was trained: (x - 127) / 128.
  const options = { scale: 1 / 128, mean: [127 / 128], resize: { width: 320, height: 240 } };
  const samples = names.map(
    (name) => readSampleData(specs, 'input', [join(folder, name)], options)[0] as readonly Float32Array[],
  );
  const { onnx, document } = quantise(
    model,
    samples.filter((_, i) => i % 2 === 0),
    { floatTail: true },
  );
  console.log(`${document.sqnrDb?.toFixed(1)} dB at the tensors that the decoding reads`);
  const { graph: program } = prepare({ bytes: onnx, name: 'ultraface' }, { floatTail: true });
  const float = new FloatExecutor(graph);
  const canvases = names.map((_, k): Canvas & { readonly of: number } => {
    const input = new Float32Array(samples[k][0].length);
    physicalIndices(graph.inputs[0].layout).forEach((at, i) => {
      input[at] = samples[k][0][i];
    });
    const real = float.run([input]);
    const wanted = boxesOf(graph.outputs, (o) => ordered(graph.outputs[o], real.get(graph.outputs[o].value)));
    const codes = toNetwork(program, program.inputs[0], samples[k][0], 0) as Int8Array;
    const numbers = asNumbers(program, runInt8(program, [codes]));
    const found = boxesOf(program.outputs, (o) => toOnnxOrder(program.outputs[o], numbers[o]));
    return { name: `photograph ${k + 1}`, float: wanted, int8: found, of: k };
  });
  for (const [what, some] of [
    ['calibrated on', canvases.filter((c) => c.of % 2 === 0)],
    ['others', canvases.filter((c) => c.of % 2 === 1)],
    ['all', canvases],
  ] as const) {
    const overlaps = some.flatMap((c) => matches(c.float, c.int8));
    const good = overlaps.filter((v) => v >= leastOverlap).length;
    const extra = some.flatMap((c) => matches(c.int8, c.float)).filter((v) => v < leastOverlap).length;
    console.log(
      `${what}: float finds ${overlaps.length} boxes over ${leastScore}, int8 ${good} of them with an overlap of ` +
        `${leastOverlap} (least ${Math.min(...overlaps).toFixed(3)}), and ${extra} others`,
    );
  }
  if (out === null) return;
  const clear = canvases.filter((c) => c.float.length <= mostBoxes);
  const most = clear.sort((a, b) => b.float.length - a.float.length || a.of - b.of).slice(0, drawn);
  writeFileSync(out, picture(most.sort((a, b) => a.of - b.of)));
  console.log(`wrote ${out}`);
}

function boxesOf(
  outputs: readonly { readonly name: string }[],
  read: (o: number) => ArrayLike<number>,
): readonly Box[] {
  const at = (name: string): number => outputs.findIndex((io) => io.name === name);
  return bestBoxes(read(at('scores')), read(at('boxes')), leastScore);
}

/** HWC memory in the ONNX tensor's order. */
function ordered({ layout }: GraphIo, memory: Float32Array | undefined): ArrayLike<number> {
  if (memory === undefined) throw new Error('an output was not computed');
  return Array.from(physicalIndices(layout), (at) => memory[at]);
}
