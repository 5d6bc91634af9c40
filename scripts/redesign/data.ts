/** Trained networks and inputs to measure moves on. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeImage } from '../../compiler/data/image.js';
import { parseNpy } from '../../compiler/data/npy.js';
import { resizeImage, sizeForShorterSide, toRgb } from '../../compiler/data/resample.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { optimise } from '../../compiler/passes/index.js';
import { importModel } from '../../compiler/pipeline/import-model.js';
import type { RealSample } from '../../compiler/redesign/float-network.js';

export interface Case {
  readonly graph: Graph;
  readonly calibration: readonly RealSample[];
  readonly evaluation: readonly RealSample[];
  /** Of the evaluation. */
  readonly labels: readonly number[] | null;
}

export const floatGraph = (file: string): Graph =>
  optimise(importModel({ bytes: new Uint8Array(readFileSync(file)) }).graph);

/**
 * mcunet-320kb and photographs, every second one for calibration: of each the middle and its mirror image, and two corners. Shorter
 * side 201, 176 x 176 pixels, p / 127.5 - 1.
 */
export function photographs(shared: string): Case {
  const folder = join(shared, 'data', 'images');
  const files = readdirSync(folder)
    .filter((file) => /\.(png|jpg)$/.test(file))
    .sort();
  const views = files.map((file) => viewsOf(join(folder, file)));
  return {
    graph: floatGraph(join(shared, 'models', 'mcunet-320kb-imagenet-float.onnx')),
    calibration: views.filter((_, i) => i % 2 === 0).flat(),
    evaluation: views.filter((_, i) => i % 2 === 1).flat(),
    labels: null,
  };
}

function viewsOf(file: string): readonly RealSample[] {
  const size = 176;
  const image = decodeImage(new Uint8Array(readFileSync(file)), file);
  const { data, width, height } = toRgb(resizeImage(image, sizeForShorterSide(image, 201)));
  const view = (top: number, left: number, mirrored: boolean): RealSample => {
    const out = new Float32Array(size * size * 3);
    for (let y = 0, at = 0; y < size; y++)
      for (let x = 0; x < size; x++)
        for (let c = 0; c < 3; c++) {
          const column = left + (mirrored ? size - 1 - x : x);
          out[at++] = data[((top + y) * width + column) * 3 + c] / 127.5 - 1;
        }
    return [out];
  };
  const [top, left] = [Math.floor((height - size) / 2), Math.floor((width - size) / 2)];
  return [view(top, left, false), view(top, left, true), view(0, 0, false), view(height - size, width - size, true)];
}

/** What scripts/cifar/train.py writes: calibrated on `count` of its images. */
export function trained(folder: string, count: number): Case {
  const array = (name: string) => parseNpy(readFileSync(join(folder, name)), name);
  const graph = floatGraph(join(folder, 'net.onnx'));
  const images = (name: string): readonly RealSample[] => {
    const { shape, data } = array(name);
    const [images, channels, height, width] = shape;
    const [area, size] = [height * width, channels * height * width];
    return Array.from({ length: images }, (_, i) => {
      const out = new Float32Array(size);
      for (let c = 0; c < channels; c++)
        for (let p = 0; p < area; p++) out[p * channels + c] = Number(data[i * size + c * area + p]);
      return [out];
    });
  };
  return {
    graph,
    calibration: images('calibrate.npy').slice(0, count),
    evaluation: images('evaluate.npy'),
    labels: Array.from(array('evaluate_labels.npy').data, Number),
  };
}
