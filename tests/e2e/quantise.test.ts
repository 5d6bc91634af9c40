/** How well float models of shared/ are quantised, measured by the exact integer program on inputs that were held out. */

import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type FloatSample, type QuantiseDocument, quantise } from '../../compiler/index.js';
import { readSampleData } from '../../compiler/data/files.js';
import { parseNpy } from '../../compiler/data/npy.js';
import type { ImageOptions } from '../../compiler/data/pixels.js';
import { tensorSpec } from '../../compiler/data/spec.js';
import { importModel } from '../../compiler/pipeline/import-model.js';
import { shared } from '../tools.js';

const models = shared('models');
const data = shared('data');
const model = (name: string) => ({ bytes: new Uint8Array(readFileSync(`${models}/${name}.onnx`)), name });

/** Samples of an array, the first axis counting them. */
function rows(file: string): readonly FloatSample[] {
  const { shape, data: all } = parseNpy(readFileSync(file), file);
  const size = all.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => [
    Float32Array.from(all.subarray(i * size, (i + 1) * size) as Uint8Array),
  ]);
}

function photographs(name: string, options: ImageOptions): readonly FloatSample[] {
  const { graph } = importModel(model(name));
  const specs = graph.inputs.map((io) => tensorSpec(io.name, io.layout, null));
  const folder = `${data}/images`;
  const files = readdirSync(folder)
    .filter((file) => /\.(png|jpg)$/.test(file))
    .sort();
  return files.map((file) => readSampleData(specs, 'input', [`${folder}/${file}`], options)[0] as FloatSample);
}

function check(d: QuantiseDocument, leastDb: number): void {
  expect(d.evaluatedOn).toBe('evaluation');
  expect(d.sqnrDb).toBeGreaterThanOrEqual(leastDb);
}

describe.skipIf(models === null || data === null)('accuracy of quantisation (models and data of shared/)', () => {
  it('kws-dscnn: 100 inputs, measured on 900', () => {
    const entries = readFileSync(`${data}/kws01/y_labels.csv`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.split(','))
      .filter(([file]) => file.endsWith('.bin'));
    const all = entries.map(([file]): FloatSample => {
      const codes = new Int8Array(readFileSync(`${data}/kws01/${file}`));
      return [Float32Array.from(codes, (q) => (q - 83) * Math.fround(0.5847029))];
    });
    const { document } = quantise(model('kws-dscnn-float'), all.slice(0, 100), {
      evaluate: all.slice(100),
      labels: entries.slice(100).map((e) => Number(e[2])),
    });
    check(document, 30);
    expect(document.accuracy?.int8).toBeGreaterThanOrEqual(0.898);
  });

  it('resnet8-cifar10: 100 images, measured on 500', () => {
    const labels = parseNpy(readFileSync(`${data}/cifar10/test_labels.npy`), 'labels').data;
    const { document } = quantise(
      model('resnet8-cifar10-float'),
      rows(`${data}/cifar10/train_images.npy`).slice(0, 100),
      { evaluate: rows(`${data}/cifar10/test_images.npy`), labels: Array.from(labels as ArrayLike<number>, Number) },
    );
    check(document, 24);
    expect(document.accuracy?.int8).toBeGreaterThanOrEqual(0.884);
  });

  it('mcunet-320kb: 17 photographs, measured on 16', () => {
    const all = photographs('mcunet-320kb-imagenet-float', { resize: 201, crop: 176, scale: 1 / 127.5, mean: [1] });
    const { document } = quantise(
      model('mcunet-320kb-imagenet-float'),
      all.filter((_, i) => i % 2 === 0),
      { evaluate: all.filter((_, i) => i % 2 === 1) },
    );
    expect(document.samples).toEqual({ calibration: 17, evaluation: 16 });
    check(document, 18);
    expect(document.agreement.top1).toBeGreaterThanOrEqual(15);
  });

  it('vww96-mobilenetv1: 16 photographs, measured on the others, against the published int8 file', () => {
    const all = photographs('vww96-mobilenetv1-float', { resize: 96, crop: 96 });
    const [fit, others] = [
      all.slice(0, 32).filter((_, i) => i % 2 === 0),
      all.filter((_, i) => i % 2 === 1 || i >= 32),
    ];
    const { document } = quantise(model('vww96-mobilenetv1-float'), fit, { evaluate: others });
    // The published file on the same photographs: 30.9 dB, and every decision is float's.
    check(document, 31);
    expect(document.agreement.top1).toBe(others.length);
  });
});
