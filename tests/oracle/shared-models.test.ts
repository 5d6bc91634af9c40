/**
 * Published int8 networks, operator by operator: every operator is fed with the very tensors that ONNX Runtime made,
 * and compared with what it makes of them. End to end, a network is the chain of its operators: whatever differs there
 * comes from these differences. Needs ../shared/models; skipped without.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Random } from '../models/index.js';
import { compare, nothingCompared, type Agreement } from './agreement.js';
import { cut, outputCodes, withShapes, type Piece } from './extract.js';
import { loadOrt, type OrtInput } from './onnx-runtime.js';
import { ours } from './ours.js';

const folder = join(import.meta.dirname, '../../../shared/models');
const architectures = join(folder, 'architectures');
const models = existsSync(architectures)
  ? [...readdirSync(folder).filter((f) => f.endsWith('-int8.onnx')), ...readdirSync(architectures).map((f) => join('architectures', f))].sort()
  : [];
if (models.length === 0) console.warn(`skipped: no models in ${folder}`);

interface Tensor {
  readonly dims: readonly number[];
  readonly data: Int8Array | Float32Array;
}

const asInput = (name: string, t: Tensor): OrtInput => ({ name, type: t.data instanceof Float32Array ? 'float32' : 'int8', dims: t.dims, data: t.data });

/** Runs every piece on ONNX Runtime's own tensors; returns the agreement of each kind of operator. */
async function operatorByOperator(file: string): Promise<Map<string, Agreement>> {
  const bytes = new Uint8Array(readFileSync(join(folder, file)));
  const known = new Map<string, Tensor>();
  // The chain of our own results, operator by operator.
  const chain = new Map<string, Int8Array>();
  const kinds = new Map<string, Agreement>();
  for (const piece of cut(bytes)) {
    const shapes = new Map(piece.inputs.map((name) => [name, known.get(name)?.dims ?? []]));
    if (piece.operators.length === 0 && !known.has(piece.inputs[0])) {
      const input = networkInput(bytes, file);
      known.set(piece.output, input);
      chain.set(piece.output, input.data as Int8Array);
      continue;
    }
    const model = withShapes(piece, shapes);
    const inputs = piece.inputs.map((name) => known.get(name)!);
    const session = await loadOrt(model);
    const [output] = await session.run(piece.inputs.map((name, i) => asInput(name, inputs[i])));
    await session.release();
    const theirs = output.data as Int8Array;
    known.set(piece.output, { dims: output.dims, data: theirs });
    const agreement = kinds.get(kindOf(piece)) ?? nothingCompared();
    kinds.set(kindOf(piece), agreement);
    const program = ours(model);
    const codes = inputs.map((t) => t.data as Int8Array);
    const [mine] = program.run(codes);
    const own = piece.inputs.map((name) => chain.get(name)!);
    chain.set(piece.output, own.every((x, i) => same(x, codes[i])) ? mine : program.run(own)[0]);
    const before = agreement.unequal;
    compare(agreement, output.dims, mine, theirs);
    if (agreement.unequal > before) expectTheirs(mine, program.runExact(codes)[0], theirs, program.program.nodes.reduce((n, node) => n + node.deviations.off, 0));
  }
  const whole = ours(bytes).run([chain.get(cut(bytes)[0].output)!]);
  expect(whole).toEqual(outputCodes(bytes).map((name) => chain.get(name)));
  if ([...kinds.values()].every((a) => a.unequal === 0)) expect(whole).toEqual(outputCodes(bytes).map((name) => known.get(name)?.data));
  return kinds;
}

const same = (a: Int8Array, b: Int8Array): boolean => a.every((v, i) => v === b[i]);

/** Every difference is an operator where ONNX Runtime differs from exact arithmetic, or a deviation that was counted. */
function expectTheirs(mine: Int8Array, exact: Int8Array, theirs: Int8Array, counted: number): void {
  mine.forEach((q, i) => {
    if (q !== exact[i]) expect(counted).toBeGreaterThan(0);
    else if (q !== theirs[i]) expect(theirs[i]).not.toBe(exact[i]);
  });
}

const kindOf = (piece: Piece): string => piece.operators.filter((op) => !['Relu', 'Clip', 'Reshape', 'Flatten'].includes(op)).join('+') || piece.operators.join('+') || 'requantise';

/** Codes of the network's input: a smooth random picture, with some noise. */
function networkInput(bytes: Uint8Array, file: string): Tensor {
  const { onnxShape } = ours(bytes).graph.inputs[0].layout;
  const random = new Random(file.length);
  const waves = Array.from({ length: 6 }, () => [random.uniform(0, 0.2), random.uniform(0, 0.2), random.uniform(0, 6), random.uniform(10, 40)]);
  const width = onnxShape[onnxShape.length - 1];
  const data = Int8Array.from({ length: onnxShape.reduce((a, b) => a * b, 1) }, (_, i) => {
    const value = waves.reduce((sum, [fx, fy, phase, size]) => sum + size * Math.sin(fx * (i % width) + fy * Math.floor(i / width) + phase), random.uniform(-20, 20));
    return Math.max(-128, Math.min(127, Math.round(value)));
  });
  return { dims: onnxShape, data };
}

describe.skipIf(models.length === 0)('published networks, operator by operator on the tensors of ONNX Runtime', () => {
  const total = new Map<string, Agreement>();

  it.each(models)('%s', async (file) => {
    for (const [kind, a] of await operatorByOperator(file)) {
      expect(a.most, kind).toBeLessThanOrEqual(1);
      expect(a.worstChannel, kind).toBeLessThanOrEqual(0.01);
      const sum = total.get(kind) ?? nothingCompared();
      sum.elements += a.elements;
      sum.unequal += a.unequal;
      total.set(kind, sum);
    }
  });

  it('agrees in 99.99 % of the elements of every kind', () => {
    expect([...total.keys()]).toEqual(expect.arrayContaining(['Conv', 'Add', 'Gemm']));
    for (const [kind, a] of total) expect(a.unequal / a.elements, `${kind}: ${a.unequal} of ${a.elements}`).toBeLessThanOrEqual(1e-4);
  });
});
