/** Tensors of a hundred thousand rows, columns or channels: what does not go is said in words, before anything is planned. */

import { describe, expect, it } from 'vitest';
import { RivuletError } from '../../../compiler/diagnostics.js';
import { compile } from '../../../compiler/pipeline/compile.js';
import { validate } from '../../../compiler/pipeline/validate-model.js';
import type { CompileOptions } from '../../../compiler/pipeline/request.js';
import { floats } from '../../models/index.js';
import type { NodeSpec, TensorSpec } from '../../models/index.js';
import { hasHostCompiler } from '../../tools.js';
import { model, node } from '../import/support.js';

const many = 100_003;
const scales: Record<string, TensorSpec> = {
  s: floats([], [0.05]),
  z: { dims: [], type: 'int8', data: [3] },
  ws: floats([], [0.001]),
  wz: { dims: [], type: 'int8', data: [0] },
};
const weights = (...dims: number[]): TensorSpec => ({
  dims,
  type: 'int8',
  data: Int8Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 37) % 255) - 127),
});

/** x quantised, the operators from 'in' to 'out', quantised again. */
function network(shape: number[], nodes: NodeSpec[], more: Record<string, TensorSpec> = {}): Uint8Array {
  const [q, dq] = ['QuantizeLinear', 'DequantizeLinear'];
  const weighted = more['w'] === undefined ? [] : [node(dq, ['w', 'ws', 'wz'], 'wr')];
  return model({
    shape,
    nodes: [
      node(q, ['x', 's', 'z'], 'a'),
      node(dq, ['a', 's', 'z'], 'in'),
      ...weighted,
      ...nodes,
      node(q, ['out', 's', 'z'], 'b'),
      node(dq, ['b', 's', 'z'], 'y'),
    ],
    initializers: { ...scales, ...more },
  });
}
const ints = (...values: number[]) => ({ ints: values });

function refused(bytes: Uint8Array, options: CompileOptions = {}): string[] {
  try {
    compile({ bytes }, options);
  } catch (error) {
    if (error instanceof RivuletError) return error.diagnostics.map((d) => `${d.code} ${d.message}`);
    throw error;
  }
  return [];
}

describe('limits of the kernels', () => {
  it('are named: windows, pads, positions, sums', () => {
    const far = { dims: [3], type: 'int64', data: [5, 70_000, 3] } as const;
    const cases: [Uint8Array, RegExp][] = [
      [network([1, 2, 1, 70_000], [node('GlobalAveragePool', ['in'], 'out')]), /E204 its window spans 70000 positions/],
      [network([1, 2, 70_000, 1], [node('GlobalMaxPool', ['in'], 'out')]), /E204 its window spans 70000 positions/],
      [network([1, many], [node('Softmax', ['in'], 'out')]), /E204 it sums the powers of 100003 channels; up to 4096/],
      [network([1, many], [node('LogSoftmax', ['in'], 'out')]), /E204 it sums the powers of 100003 channels/],
      [
        network([1, 2, 1, many], [node('Gather', ['in', 'far'], 'out', { axis: { int: 3 } })], { far }),
        /E204 it reads positions of an axis of 100003/,
      ],
      [
        network([1, 2, 1, many], [node('Resize', ['in', '', 'half'], 'out', { mode: { string: 'nearest' } })], {
          half: floats([4], [1, 1, 1, 0.5]),
        }),
        /E204 it reads positions of an axis of 100003/,
      ],
      [
        network([1, 2, 1, many], [node('Conv', ['in', 'wr'], 'out', { pads: ints(0, 32_768, 0, 0) })], {
          w: weights(1, 2, 1, 1),
        }),
        /E204 it pads by 32768; up to 32767/,
      ],
      [network([1, 16, 6000, 6000], [node('Relu', ['in'], 'out')]), /E304 .* too large/],
    ];
    for (const [bytes, message] of cases) expect(refused(bytes).join()).toMatch(message);
  });

  it('leave 65 535 rows to pushed images and fused regions', () => {
    const tall = (h: number): Uint8Array =>
      network([1, 2, h, 1], [node('Conv', ['in', 'wr'], 'out', { pads: ints(1, 0, 1, 0) })], {
        w: weights(3, 2, 3, 1),
      });
    expect(compile({ bytes: tall(65_535) }, { input: 'streamed' }).document.memory.input).toBe('streamed');
    expect(refused(tall(65_536), { input: 'streamed' }).join()).toMatch(/E163/);
    expect(compile({ bytes: tall(65_536) }).document.schedule.kind).toBe('layer');
    expect(compile({ bytes: tall(65_536) }, { objective: 'sram' }).document.schedule.kind).toBe('layer');
  });

  const runs: [string, Uint8Array][] = [
    [
      'columns',
      network(
        [1, 3, 1, many],
        [node('Conv', ['in', 'wr'], 'c', { pads: ints(0, 1, 0, 1) }), node('Relu', ['c'], 'out')],
        { w: weights(2, 3, 1, 3) },
      ),
    ],
    ['channels', network([1, many], [node('Gemm', ['in', 'wr'], 'out')], { w: weights(many, 3) })],
    [
      'rows',
      network(
        [1, 2, many, 1],
        [
          node('MaxPool', ['in'], 'm', { kernel_shape: ints(3, 1), strides: ints(2, 1) }),
          node('Sigmoid', ['m'], 'out'),
        ],
      ),
    ],
    ['channels of a Clip', network([1, 1, many], [node('Relu', ['in'], 'out')])],
  ];
  it.skipIf(!hasHostCompiler()).each(runs)('hold for a hundred thousand %s: every byte is right', async (_, bytes) => {
    const document = await validate({ bytes }, { on: 'host', count: 1 });
    expect(document.diagnostics).toEqual([]);
    expect(document.ok).toBe(true);
  });
});
