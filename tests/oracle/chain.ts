/**
 * A network operator by operator: every operator is fed with the very tensors that ONNX Runtime made, and compared
 * with what it makes of them. End to end, a network is the chain of its operators, so whatever differs there comes
 * from these differences; that is checked, too.
 */

import { expect } from 'vitest';
import { Random } from '../models/index.js';
import { compare, nothingCompared, type Agreement } from './agreement.js';
import { cut, outputCodes, withTypes, type Piece, type TensorType } from './extract.js';
import { loadOrt, type OrtOutput } from './onnx-runtime.js';
import { ours } from './ours.js';

/** Codes as ONNX Runtime holds them. */
interface Tensor extends TensorType {
  readonly data: Int8Array | Uint8Array;
}

/** int8 codes; uint8 ones are shifted by -128, as the importer does. */
const codesOf = (data: OrtOutput['data'] | Tensor['data']): Int8Array => {
  if (data instanceof Int8Array) return data;
  if (data instanceof Uint8Array) return Int8Array.from(data, (v) => v - 128);
  throw new Error('a piece makes something else than codes');
};

export interface ChainResult {
  /** By the ONNX operators of a piece. */
  readonly kinds: ReadonlyMap<string, Agreement>;
  /** Elements where ONNX Runtime is not exact, and those where the program is not. */
  readonly theirs: number;
  readonly mine: number;
}

export async function operatorByOperator(bytes: Uint8Array, seed: number): Promise<ChainResult> {
  const known = new Map<string, Tensor>();
  // Our own results, operator by operator.
  const chain = new Map<string, Int8Array>();
  const kinds = new Map<string, Agreement>();
  const inexact = { theirs: 0, mine: 0 };
  const pieces = cut(bytes);
  for (const piece of pieces) {
    const [first] = piece.inputs;
    if (!known.has(first)) {
      const input = networkInput(bytes, piece, seed);
      known.set(piece.output, input);
      chain.set(piece.output, codesOf(input.data));
      continue;
    }
    const inputs = piece.inputs.map((name) => known.get(name)!);
    const session = await loadOrt(withTypes(piece, known));
    const [output] = await session.run(
      inputs.map((t, i) => ({ name: piece.inputs[i], type: t.type, dims: t.dims, data: t.data })),
    );
    await session.release();
    const type = output.data instanceof Int8Array ? 'int8' : 'uint8';
    known.set(piece.output, { type, dims: output.dims, data: output.data as Tensor['data'] });

    const program = ours(withTypes(piece, known));
    const codes = inputs.map((t) => codesOf(t.data));
    const own = piece.inputs.map((name) => chain.get(name)!);
    const [mine] = program.run(codes);
    chain.set(piece.output, own.every((x, i) => same(x, codes[i])) ? mine : program.run(own)[0]);
    const agreement = kinds.get(kindOf(piece)) ?? nothingCompared();
    kinds.set(kindOf(piece), agreement);
    const before = agreement.unequal;
    const theirs = codesOf(output.data);
    compare(agreement, output.dims, mine, theirs);
    if (agreement.unequal === before) continue;
    const [exact] = program.runExact(codes);
    inexact.mine += count(mine, exact);
    inexact.theirs += count(theirs, exact);
    // Every difference is an element where ONNX Runtime is not exact, or one of the deviations that were counted.
    const counted = program.program.nodes.reduce((n, node) => n + node.deviations.off, 0);
    if (counted === 0) expect(count(mine, exact), piece.output).toBe(0);
  }
  const whole = ours(bytes).run([chain.get(pieces[0].output)!]);
  expect(whole).toEqual(outputCodes(bytes).map((name) => chain.get(name)));
  if ([...kinds.values()].every((a) => a.unequal === 0))
    expect(whole).toEqual(outputCodes(bytes).map((name) => codesOf(known.get(name)!.data)));
  return { kinds, ...inexact };
}

const same = (a: Int8Array, b: Int8Array): boolean => a.every((v, i) => v === b[i]);
const count = (a: Int8Array, b: Int8Array): number => a.reduce((n, v, i) => (v === b[i] ? n : n + 1), 0);

const kindOf = (piece: Piece): string =>
  piece.operators.filter((op) => !['Relu', 'Clip', 'Reshape', 'Flatten'].includes(op)).join('+') ||
  piece.operators.join('+') ||
  'requantise';

/** Codes of the network's input: a smooth random picture, with some noise. */
function networkInput(bytes: Uint8Array, piece: Piece, seed: number): Tensor {
  if (piece.operators.length > 0) throw new Error('the network computes before it quantises');
  const { onnxShape } = ours(bytes).graph.inputs[0].layout;
  const random = new Random(seed);
  const waves = Array.from({ length: 6 }, () => [
    random.uniform(0, 0.2),
    random.uniform(0, 0.2),
    random.uniform(0, 6),
    random.uniform(10, 40),
  ]);
  const width = onnxShape[onnxShape.length - 1];
  const codes = Int8Array.from({ length: onnxShape.reduce((a, b) => a * b, 1) }, (_, i) => {
    const value = waves.reduce(
      (sum, [fx, fy, phase, size]) => sum + size * Math.sin(fx * (i % width) + fy * Math.floor(i / width) + phase),
      random.uniform(-20, 20),
    );
    return Math.max(-128, Math.min(127, Math.round(value)));
  });
  const { isUint8 } = piece;
  return {
    type: isUint8 ? 'uint8' : 'int8',
    dims: onnxShape,
    data: isUint8 ? Uint8Array.from(codes, (v) => v + 128) : codes,
  };
}
