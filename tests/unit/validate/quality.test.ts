import { describe, expect, it } from 'vitest';
import { validateText } from '../../../compiler/cli/validate-text.js';
import { accuracyOf } from '../../../compiler/validate/accuracy.js';
import type { ValidateDocument } from '../../../compiler/validate/document.js';
import { inputRangeNotes } from '../../../compiler/validate/input-range.js';
import { qualityOf } from '../../../compiler/validate/quality.js';
import { borderGraph } from './graph.js';

const shape = { h: 1, w: 1, c: 3 };
/** real = 0.5 (code - zero point), as borderGraph has it. */
const graph = borderGraph([{ shape }], [{ shape, quant: { scale: 0.5, zeroPoint: 1 } }]);

describe('the quality of outputs', () => {
  it('is told in their own units', () => {
    const quality = qualityOf(
      graph,
      [[Float32Array.of(1, 2, 3)], [Float32Array.of(0, 0, -1)]],
      [[Int8Array.of(3, 5, 9)], [Int8Array.of(1, 1, 1)]],
    );
    // 1, 2, 4 instead of 1, 2, 3 and 0, 0, 0 instead of 0, 0, -1.
    const [output] = quality.outputs;
    expect(output.rmse).toBeCloseTo(Math.sqrt(2 / 6), 12);
    expect(output.cosine).toBeCloseTo((1 + 4 + 12) / Math.sqrt(15 * 21), 12);
    expect(output.sqnrDb).toBeCloseTo(10 * Math.log10(15 / 2), 12);
    expect(quality.top1).toEqual({ agree: 2, n: 2 });
    expect(qualityOf(graph, [[Int8Array.of(3, 5, 9)]], [[Int8Array.of(3, 5, 9)]]).outputs[0]).toMatchObject({
      rmse: 0,
      sqnrDb: null,
    });
  });

  it('is told in real numbers where the program has them in 32 bits, and in whole ones of indices', () => {
    const wide = borderGraph(
      [{ shape }],
      [{ shape, dtype: 'int32', quant: { scale: 0.001, zeroPoint: 0 }, floatRange: [-10, 10] }],
    );
    const got = [[Int32Array.of(1000, 2000, 4000)]];
    expect(qualityOf(wide, [[Float32Array.of(1, 2, 3)]], got).outputs[0].rmse).toBeCloseTo(Math.sqrt(1 / 3), 6);
    expect(qualityOf(wide, [[Int32Array.of(1000, 2000, 3000)]], got).outputs[0].rmse).toBeCloseTo(Math.sqrt(1 / 3), 12);
    const index = borderGraph([{ shape }], [{ shape, dtype: 'int32' }]);
    expect(qualityOf(index, [[Int32Array.of(1, 2, 3)]], [[Int32Array.of(1, 2, 5)]]).outputs[0].rmse).toBeCloseTo(
      Math.sqrt(4 / 3),
      12,
    );
  });

  it('has no top class for a map', () => {
    const map = { h: 2, w: 1, c: 3 };
    const maps = borderGraph([{ shape }], [{ shape: map, quant: { scale: 0.5, zeroPoint: 0 } }]);
    expect(qualityOf(maps, [[new Float32Array(6)]], [[new Int8Array(6)]])).toMatchObject({
      outputs: [{ rmse: 0, cosine: null, sqnrDb: null }],
      top1: null,
    });
  });
});

describe('accuracy', () => {
  const outputs = [0, 1, 1, 2].map((top) => [Int8Array.from([0, 0, 0], (_, i) => (i === top ? 9 : 0))]);
  const base = {
    inputs: 4,
    target: 'host',
    mismatchedBytes: 0,
    tolerance: 0,
    arenaBytes: { planned: 8, touched: 8 },
    guardsIntact: true,
    stackBytes: null,
    instructions: null,
    cycles: null,
    flashBytes: null,
  } as unknown as ValidateDocument;

  it('counts what was taken for what', () => {
    expect(accuracyOf(graph, outputs, [0, 0, 1, 2], null)).toEqual({
      top1: 0.75,
      n: 4,
      classes: null,
      confusion: [
        { label: 0, predicted: 0, count: 1 },
        { label: 0, predicted: 1, count: 1 },
        { label: 1, predicted: 1, count: 1 },
        { label: 2, predicted: 2, count: 1 },
      ],
    });
  });

  it('is shown as a matrix where that fits, and by the commonest mistakes elsewhere', () => {
    const accuracy = accuracyOf(graph, outputs, [0, 0, 1, 2], ['cat', 'dog', 'fox']);
    expect(
      validateText({ ...base, accuracy }, 80)
        .split('\n')
        .slice(-6),
    ).toEqual([
      'Labels (rows) and what the network said (columns)',
      '  label  cat  dog  fox',
      '  cat      1    1    .',
      '  dog      .    1    .',
      '  fox      .    .    1',
      '',
    ]);
    expect(validateText({ ...base, accuracy }, 20)).toMatch(/times +label +taken for\n +1 +cat +dog\n$/);
  });
});

describe('inputs that are scaled wrongly', () => {
  it('are noticed by the few codes that they take, or by those at the ends', () => {
    const said = (codes: readonly number[]): string | undefined =>
      inputRangeNotes(graph, [[Int8Array.from(codes)]])[0]?.message;
    expect(said([-3, 0, 2])).toMatch(/^the inputs "in0" lie within 6 of the 256 codes: are they scaled as in training/);
    expect(said([-128, 127, 127])).toMatch(/are 100 % at the ends of their range/);
    expect(said([-128, 127, 5])).toBeUndefined();
  });
});
