/**
 * Every operator against ONNX Runtime on identical int8 tensors: at most one step apart, equal in 99.99 % of elements.
 *
 * Where ONNX Runtime is not exact itself: its fused integer kernels scale in float32, so that a result next to a
 * boundary may fall on either side; its fused Add, Mul and AveragePool add the zero point before they round, so that
 * with an odd zero point ties go to odd results, against ONNX's definition of QuantizeLinear and its own unfused run.
 */

import { describe, expect, it } from 'vitest';
import { Random } from '../models/index.js';
import { compare, nothingCompared, type Agreement } from './agreement.js';
import { loadOrt } from './onnx-runtime.js';
import { oneOperator, operatorNames, type OneOperator, type Scales } from './one-operator.js';
import { ours } from './ours.js';

/** At least this many elements a kind and set of scales. */
const enough = 1_000_000;

interface Runs {
  readonly dims: readonly number[];
  readonly mine: Int8Array;
  /** Empty unless asked for. */
  readonly exact: Int8Array;
  readonly theirs: Int8Array;
}

/** All runs of a model, outputs stacked as a batch. */
async function runModel(
  model: OneOperator,
  seed: number,
  options: { optimise?: boolean; exact?: boolean } = {},
): Promise<Runs> {
  const program = ours(model.bytes);
  const session = await loadOrt(model.bytes, options.optimise ?? true);
  const random = new Random(seed);
  const runs: Runs[] = [];
  for (let run = 0; run < model.runs; run++) {
    const inputs = model.inputs.map((shape) =>
      Int8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.integer(-128, 127)),
    );
    const [output] = await session.run(
      inputs.map((data, i) => ({ name: `x${i}`, type: 'int8', dims: model.inputs[i], data })),
    );
    const exact = options.exact === true ? program.runExact(inputs)[0] : new Int8Array();
    runs.push({ dims: output.dims, mine: program.run(inputs)[0], exact, theirs: output.data as Int8Array });
  }
  await session.release();
  return {
    dims: [model.runs, ...runs[0].dims.slice(1)],
    mine: stack(runs.map((r) => r.mine)),
    exact: stack(runs.map((r) => r.exact)),
    theirs: stack(runs.map((r) => r.theirs)),
  };
}

function stack(parts: readonly Int8Array[]): Int8Array {
  const all = new Int8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

async function measure(kind: string, scales: Scales): Promise<Agreement> {
  const result = nothingCompared();
  for (let seed = 1; result.elements < enough; seed++) {
    const model = oneOperator(kind, seed, scales);
    const { dims, mine, theirs } = await runModel(model, seed);
    const before = result.unequal;
    compare(result, dims, mine, theirs);
    if (result.unequal > before) await expectTheirs(model, seed);
  }
  return result;
}

/** Where the two differ, ONNX Runtime is not exact, unless the compiler counted deviations of its own. */
async function expectTheirs(model: OneOperator, seed: number): Promise<void> {
  const { mine, exact, theirs } = await runModel(model, seed, { exact: true });
  const counted = ours(model.bytes).program.nodes.reduce((n, node) => n + node.deviations.off, 0);
  mine.forEach((q, i) => {
    if (q !== exact[i]) expect(counted).toBeGreaterThan(0);
    else if (q !== theirs[i]) expect(theirs[i]).not.toBe(exact[i]);
  });
}

describe.each(['generic', 'ties'] as const)('every operator against ONNX Runtime, %s', (scales) => {
  it.each(operatorNames)('%s', async (kind) => {
    const r = await measure(kind, scales);
    expect(r.most).toBeLessThanOrEqual(1);
    expect(r.unequal / r.elements).toBeLessThanOrEqual(1e-4);
    expect(r.worstChannel).toBeLessThanOrEqual(0.01);
  });
});

describe('ties with an odd output zero point', () => {
  it.each(['add', 'mul', 'averagePool'])(
    '%s: ONNX Runtime differs from exact arithmetic, and from itself unfused; the program does not',
    async (kind) => {
      const fused = await runModel(oneOperator(kind, 3, 'odd ties'), 3, { exact: true });
      expect(fused.mine).toEqual(fused.exact);
      const wrong = fused.theirs.filter((q, i) => q !== fused.exact[i]).length;
      expect(wrong / fused.exact.length).toBeGreaterThan(0.01);
      const unfused = await runModel(oneOperator(kind, 3, 'odd ties'), 3, { optimise: false });
      expect(unfused.mine).toEqual(unfused.theirs);
    },
  );

  it.each(operatorNames.filter((kind) => !['add', 'mul', 'averagePool'].includes(kind)))('%s agrees', async (kind) => {
    const result = nothingCompared();
    const { dims, mine, theirs } = await runModel(oneOperator(kind, 3, 'odd ties'), 3);
    compare(result, dims, mine, theirs);
    expect(result.most).toBeLessThanOrEqual(1);
    expect(result.unequal / result.elements).toBeLessThanOrEqual(1e-4);
  });
});
