/** Clusters in floating point, and outputs that stay there, from ONNX bytes to running C. */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compile, type CompileOptions } from '../../compiler/index.js';
import { validateNetwork } from '../../compiler/validate/validate.js';
import type { ValidateSettings } from '../../compiler/validate/subject.js';
import { randomSamples } from '../../compiler/validate/vectors.js';
import { clusterNetwork } from '../models/clusters.js';
import { encodeModel, floats } from '../models/proto.js';
import { hasHostCompiler, hasTarget, shared } from '../tools.js';
import { subjectOf } from './subject.js';

async function expectGood(bytes: Uint8Array, options: CompileOptions, on: ValidateSettings['on']): Promise<void> {
  const subject = subjectOf(bytes, options);
  const document = await validateNetwork(subject, {
    on,
    samples: randomSamples(subject.graph, 2, 5),
    expected: null,
    labels: null,
    tolerance: 0,
    flags: ['-Werror'],
  });
  expect(document.diagnostics).toEqual([]);
  expect(document).toMatchObject({
    ok: true,
    mismatchedBytes: 0,
    unlistedGaps: [],
    arenaBytes: { planned: subject.plan.arenaBytes, touched: subject.plan.arenaBytes },
  });
}

describe.skipIf(!hasTarget())('clusters on emulated boards', () => {
  it.each([
    ['cortex-m0', 501],
    ['cortex-m4', 502],
    ['cortex-m7', 503],
    ['cortex-m33', 504],
    ['cortex-m55', 505],
    ['cortex-m55', 506],
  ] as const)('on %s, network %i: layers, least SRAM, pushed rows, outputs in int32 and int8', async (core, seed) => {
    const bytes = clusterNetwork(seed, { floatOutput: true });
    await expectGood(bytes, { core, schedule: 'layer' }, 'qemu');
    await expectGood(bytes, { core, objective: 'sram', floatOutputs: 'int8' }, 'qemu');
    await expectGood(clusterNetwork(seed + 100), { core, input: 'streamed', objective: 'sram' }, 'qemu');
  });
});

const cases = [
  'n01_conv_leaky_q',
  'n01c_conv_silu_q',
  'n01e_conv_sigmoid_q',
  'n01f_conv_add_dq_relu_q',
  'n01j_conv_gap_q',
  'n01n_conv_float_output',
  'n01q_conv_relu_add_relu',
  'm07_se',
];
const folder = shared('cases');
if (folder === null) console.log('skipped: ../shared/cases is not there');

describe.skipIf(folder === null || !hasHostCompiler())('clusters that people have', () => {
  it.each(cases)('%s', async (name) => {
    const bytes = readFileSync(`${folder}/${name}.onnx`);
    for (const schedule of ['layer', 'auto'] as const)
      await expectGood(bytes, { core: 'cortex-m4', schedule, objective: 'sram' }, 'host');
  });
});

/** An output that the file leaves in floating point, one that is quantised, and one that no input changes. */
function threeOutputs(): Uint8Array {
  return encodeModel({
    opset: 13,
    inputs: [{ name: 'x', type: 'float', shape: [1, 2, 3, 3] }],
    outputs: ['logits', 'y', 'anchors'].map((name) => ({ name, type: 'float', shape: null })),
    initializers: {
      s: floats([], [0.05]),
      z: { dims: [], type: 'int8', data: [3] },
      w: { dims: [2, 2, 1, 1], type: 'int8', data: [64, -32, 16, 127] },
      ws: floats([2], [0.01, 0.02]),
      wz: { dims: [2], type: 'int8', data: [0, 0] },
      a: floats([3], [0.5, -0, 1e-9]),
    },
    nodes: [
      { op: 'QuantizeLinear', inputs: ['x', 's', 'z'], outputs: ['q'] },
      { op: 'DequantizeLinear', inputs: ['q', 's', 'z'], outputs: ['d'] },
      { op: 'DequantizeLinear', inputs: ['w', 'ws', 'wz'], outputs: ['wd'], attributes: { axis: { int: 0 } } },
      { op: 'Conv', inputs: ['d', 'wd'], outputs: ['logits'] },
      { op: 'Relu', inputs: ['d'], outputs: ['y'] },
      { op: 'Identity', inputs: ['a'], outputs: ['anchors'] },
    ],
  });
}

describe('outputs in floating point', () => {
  const header = (options: CompileOptions): string =>
    compile({ bytes: threeOutputs(), name: 'three' }, options).emit().get('three.h')!;

  it('are int32 numbers with one scale, or codes over what they can reach, and the header says which', () => {
    const wide = header({});
    expect(wide).toContain('static inline float three_output_0_real(int32_t code)');
    expect(wide).toContain('The file leaves it in floating point: real = scale * code, finer than any 8-bit code.');
    const narrow = header({ floatOutputs: 'int8' });
    expect(narrow).toContain('static inline float three_output_0_real(int8_t code)');
    expect(narrow).toMatch(
      /The file leaves it in floating point: codes span all that it can reach, -[\d.]+ to [\d.]+\./,
    );
  });

  it('stand in plan.json with their range, constants with their names', () => {
    const { model, diagnostics } = compile({ bytes: threeOutputs(), name: 'three' }).document;
    expect(model.outputs.map((o) => [o.name, o.dtype, o.floatRange !== undefined])).toEqual([
      ['logits', 'int32', true],
      ['y', 'int8', false],
    ]);
    expect(model.constantOutputs).toEqual([{ name: 'anchors', onnxShape: [3], dtype: 'float32' }]);
    expect(diagnostics.map((d) => [d.code, d.severity])).toEqual([['W401', 'warning']]);
  });

  it('that no input changes are constants of their own type', () => {
    const files = compile({ bytes: threeOutputs(), name: 'three' }).emit();
    expect(files.get('three.h')).toContain('extern const float three_constant_output_0[3];');
    expect(files.get('three.h')).toContain('Output "anchors": float32[3] in the ONNX file.');
    expect(files.get('three_weights.c')).toContain(
      'const float three_constant_output_0[3] = {\n  0.5f, -0.0f, 1e-9f,\n};',
    );
    const weightBytes = (options: CompileOptions): number =>
      compile({ bytes: threeOutputs(), name: 'three' }, options).document.cost.flashBytes.weights;
    expect(weightBytes({}) - weightBytes({ outputs: ['logits', 'y'] })).toBe(12);
  });

  it.skipIf(!hasHostCompiler())('run', async () => {
    await expectGood(threeOutputs(), { core: 'cortex-m3' }, 'host');
    await expectGood(threeOutputs(), { core: 'cortex-m3', floatOutputs: 'int8' }, 'host');
  });
});
