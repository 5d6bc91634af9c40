/** Files that are broken, by accident or on purpose: always a diagnostic, never an exception of another kind. */

import onnxProto from 'onnx-proto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RivuletError } from '../../../compiler/diagnostics.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { verifyGraph } from '../../../compiler/ir/verify.js';
import { encodeModel, floats, int64s, Random, tinyMobileNetV2, shuffleUnits, tinyUnet } from '../../models/index.js';
import type { NodeSpec } from '../../models/index.js';
import { errors, load, model, node, refusal } from './support.js';

const { onnx } = onnxProto;

/** Refused with exit code 2 or 3, or imported by the rules; anything else throws. */
function survives(bytes: Uint8Array): void {
  try {
    expect(verifyGraph(importModel({ bytes }).graph)).toEqual([]);
  } catch (error) {
    if (!(error instanceof RivuletError)) throw error;
    expect([2, 3]).toContain(error.exitCode);
    expect(error.diagnostics.length).toBeGreaterThan(0);
  }
}

describe('bytes', () => {
  it('that are no ONNX file are refused with exit code 2', () => {
    for (const bytes of [
      new Uint8Array(0),
      new Uint8Array([0xff, 0xff, 0xff]),
      new TextEncoder().encode('a text file, not a model'),
      new Uint8Array(4096),
    ]) {
      const { exitCode, diagnostics } = refusal(bytes);
      expect(exitCode).toBe(2);
      expect(diagnostics.map((d) => d.code)).toEqual(['E101']);
    }
  });

  it('cut short anywhere give a diagnostic', () => {
    const bytes = tinyMobileNetV2();
    for (let n = 0; n < bytes.length; n += 211) survives(bytes.slice(0, n));
  });

  it('with flipped bits give a diagnostic or a valid graph', () => {
    const random = new Random(77);
    for (const whole of [tinyMobileNetV2(), shuffleUnits({ format: 'qoperator' }), tinyUnet({ format: 'float' })]) {
      for (let i = 0; i < 250; i++) {
        const bytes = whole.slice();
        for (let k = random.integer(1, 4); k > 0; k--)
          bytes[random.integer(0, bytes.length - 1)] ^= 1 << random.integer(0, 7);
        survives(bytes);
      }
    }
  });

  it('made of anything give a diagnostic', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => survives(bytes)),
      { numRuns: 300, seed: 5 },
    );
  });

  it('nested without end are refused', () => {
    // A subgraph within a subgraph: node, attribute and graph opened again and again, written from the inside out.
    const headers: number[][] = [];
    let size = 0;
    for (const field of [...new Array<number[]>(3000).fill([6, 5, 1]).flat(), 7]) {
      const header = [(field << 3) | 2];
      for (let n = size; ; n >>>= 7) {
        header.push(n > 127 ? (n & 127) | 128 : n);
        if (n <= 127) break;
      }
      headers.push(header);
      size += header.length;
    }
    const bytes = Uint8Array.from(headers.reverse().flat());
    expect(refusal(bytes).diagnostics.map((d) => d.message)).toEqual(['not a readable ONNX file: nested too deeply']);
  });
});

describe('references', () => {
  it('to nothing, double names and missing outputs are named', () => {
    expect(errors(model({ shape: [1], nodes: [node('Relu', ['missing'], 'y')] }))).toEqual([
      "E103 Relu_y: reads 'missing', which nothing defines",
    ]);
    expect(errors(model({ shape: [1], nodes: [node('Relu', ['x'], 'y'), node('Abs', ['x'], 'y')] }))).toEqual([
      "E103 Abs_y: writes 'y', which something else defines already",
    ]);
    expect(errors(model({ shape: [1], nodes: [node('Relu', ['x'], 'a')] }))).toEqual([
      'E103 y: nothing defines this output',
    ]);
  });

  it('in a cycle are named in order', () => {
    const bytes = model({
      shape: [1],
      nodes: [node('Add', ['x', 'c'], 'a'), node('Relu', ['a'], 'b'), node('Abs', ['b'], 'c'), node('Neg', ['c'], 'y')],
    });
    expect(errors(bytes)).toEqual(['E104 Add_a: nodes form a cycle: Add_a -> Relu_b -> Abs_c']);
    expect(refusal(bytes).exitCode).toBe(2);
  });

  it('to nodes that come later in the file are put in order', () => {
    const { graph } = load(model({ shape: [1, 2], nodes: [node('Softmax', ['a'], 'y'), node('Abs', ['x'], 'a')] }));
    expect(graph.nodes.map((n) => n.op.kind)).toEqual(['unary', 'softmax']);
  });

  it('with names of any characters stay as they are', () => {
    const names = [
      '*/ int main(',
      '"quoted"',
      'line\nbreak',
      'while',
      '\u0000',
      '../../etc/passwd',
      '__proto__',
      'constructor',
    ];
    const nodes = names.map((name, i): NodeSpec => {
      const place = { name, inputs: [i === 0 ? 'x' : names[i - 1]], outputs: [name] };
      return i % 2 === 0
        ? { op: 'Sigmoid', ...place }
        : { op: 'MaxPool', ...place, attributes: { kernel_shape: { ints: [1, 1] } } };
    });
    const { graph } = load(model({ shape: [1, 2, 3, 3], nodes, outputs: ['constructor'] }));
    expect(graph.outputs[0].name).toBe('constructor');
    expect(graph.nodes.at(-1)?.name).toBe('constructor');
  });

  it('shared by two nodes of one name get names of their own', () => {
    const twice = (output: string, input: string): NodeSpec => ({
      op: 'MaxPool',
      name: 'pool',
      inputs: [input],
      outputs: [output],
      attributes: { kernel_shape: { ints: [1, 1] } },
    });
    expect(
      load(model({ shape: [1, 1, 2, 2], nodes: [twice('a', 'x'), twice('y', 'a')] })).graph.nodes.map((n) => n.name),
    ).toEqual(['pool', 'pool#1']);
  });
});

describe('sizes', () => {
  it('of 2^31 and more are refused', () => {
    expect(errors(model({ shape: [1, 2 ** 31], nodes: [node('Relu', ['x'], 'y')] }))).toEqual([
      `E304 x: its shape [1, ${2 ** 31}] is empty or too large`,
    ]);
    expect(errors(model({ shape: [1, -5], nodes: [node('Relu', ['x'], 'y')] }))).toEqual([
      'E304 x: its shape [1, -5] is empty or too large',
    ]);
    expect(errors(model({ shape: [1, 0], nodes: [node('Relu', ['x'], 'y')] }))).toEqual([
      'E304 x: its shape [1, 0] is empty or too large',
    ]);
    expect(
      errors(
        model({ shape: [1, 3], nodes: [node('Expand', ['x', 's'], 'y')], initializers: { s: int64s([2 ** 40, 3]) } }),
      )[0],
    ).toMatch(/^E303 Expand_y/);
    expect(
      errors(
        model({
          shape: [1, 3],
          nodes: [node('ConstantOfShape', ['s'], 'a'), node('Add', ['x', 'a'], 'y')],
          initializers: { s: int64s([2 ** 20, 2 ** 20]) },
        }),
      )[0],
    ).toMatch(/^E304 ConstantOfShape_a: a constant of shape \[1048576, 1048576\] is too large/);
    expect(
      errors(
        model({
          shape: [1, 1, 4, 4],
          nodes: [node('Pad', ['x', 'p'], 'y')],
          initializers: { p: int64s([0, 0, 2 ** 27, 0, 0, 0, 0, 2 ** 27]) },
        }),
      )[0],
    ).toMatch(/^E304 Pad_y/);
    expect(
      errors(
        model({
          shape: [1, 1, 4, 4],
          nodes: [node('Resize', ['x', '', 's'], 'y')],
          initializers: { s: floats([4], [1, 1, 1e9, 1e9]) },
        }),
      )[0],
    ).toMatch(/^E303 Resize_y/);
  });

  it('of data that do not suit a shape are named', () => {
    const proto = onnx.ModelProto.create({
      irVersion: 8,
      opsetImport: [{ version: 13 }],
      graph: {
        node: [{ opType: 'Add', input: ['x', 'b'], output: ['y'] }],
        input: [{ name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 4 }] } } } }],
        output: [{ name: 'y' }],
        initializer: [
          { name: 'b', dims: [4], dataType: 1, rawData: new Uint8Array(15) },
          { name: 'c', dims: [3], dataType: 1, floatData: [1, 2] },
          { name: 'd', dims: [2 ** 31 - 1, 2 ** 31 - 1], dataType: 1 },
          { name: 'e', dims: [1], dataType: 8 },
        ],
      },
    });
    const bytes = onnx.ModelProto.encode(proto).finish();
    expect(errors(bytes)).toEqual([
      'E106 b: holds 15 bytes; its shape [4] of float32 needs 16',
      'E106 c: holds 2 values; its shape [3] needs 3',
      'E304 d: a tensor of shape [2147483647, 2147483647] is too large',
      'E204 e: tensors of string are not supported',
    ]);
  });
});

describe('many nodes', () => {
  const chain = (n: number, op: string, attributes: NodeSpec['attributes'] = {}): Uint8Array =>
    encodeModel({
      inputs: [{ name: 't0', type: 'float', shape: [1, 1, 2, 2] }],
      outputs: [{ name: `t${n}`, type: 'float', shape: null }],
      nodes: Array.from({ length: n }, (_, i) => ({ op, inputs: [`t${i}`], outputs: [`t${i + 1}`], attributes })),
    });

  it('of one kind after another are read without recursion', () => {
    expect(load(chain(50_000, 'Relu')).graph.nodes).toHaveLength(1);
    expect(load(chain(10_000, 'Sigmoid')).graph.nodes.length).toBeGreaterThan(10_000 / 256);
    expect(load(chain(10_000, 'MaxPool', { kernel_shape: { ints: [1, 1] } })).graph.nodes).toHaveLength(10_000);
  });

  it('or operators than any network has are refused before the work begins', () => {
    expect(errors(chain(2 ** 18 + 1, 'Relu'))).toEqual(['E206 : the file has 262145 nodes; up to 262144 are read']);
    const pools = chain(16_400, 'MaxPool', { kernel_shape: { ints: [1, 1] } });
    expect(refusal(pools).exitCode).toBe(3);
    expect(errors(pools)).toEqual(['E206 : the network has 16400 operators; up to 16384 are supported']);
  });

  it('that are not supported are listed up to a limit', () => {
    const { diagnostics } = refusal(chain(50_000, 'Unheard'));
    expect(diagnostics).toHaveLength(51);
    expect(diagnostics[50]).toEqual({ code: 'E201', severity: 'note', message: 'and 49950 more of this kind' });
  });

  it('whose functions double at every step stay small', () => {
    const n = 64;
    const bytes = encodeModel({
      inputs: [{ name: 't0', type: 'float', shape: [1, 2] }],
      outputs: [{ name: `t${n}`, type: 'float', shape: null }],
      nodes: Array.from({ length: n }, (_, i) => ({ op: 'Mul', inputs: [`t${i}`, `t${i}`], outputs: [`t${i + 1}`] })),
    });
    expect(load(bytes).graph.nodes.length).toBeLessThan(n);
  });
});
