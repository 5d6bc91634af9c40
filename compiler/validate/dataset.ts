/** Labelled inputs of a validation. */

import { readLabelledData } from '../data/files.js';
import type { ImageOptions } from '../data/pixels.js';
import { refuse } from '../data/problem.js';
import { elementShape, valueOf, type Int8Graph } from '../ir/int8-graph.js';
import { elements } from '../ir/tensor.js';
import { inMemory, specsOf, type Sample } from './vectors.js';

export interface Dataset {
  readonly samples: readonly Sample[];
  /** Class of every sample. */
  readonly labels: readonly number[];
  /** Names of the classes by label, where the data has names. */
  readonly classes: readonly string[] | null;
  /** The file or folder that holds the labels. */
  readonly source: string;
}

/** Reads labelled data in any of its forms (`readLabelledData`); E154 (exit 2) where its labels are no classes of the model. */
export function readDataset(graph: Int8Graph, path: string, limit: number | null, images: ImageOptions = {}): Dataset {
  const data = readLabelledData(specsOf(graph, graph.inputs), path, limit, images);
  const classes = classCount(graph);
  const wrong = data.labels.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong >= 0)
    return refuse(
      'E154',
      data.source,
      `label ${data.labels[wrong]} of input ${wrong} is no class of the model${Number.isFinite(classes) ? `, which has ${classes}` : ''}`,
    );
  return { ...data, samples: inMemory(graph, graph.inputs, data.samples) };
}

/** Elements of the first output; any number where it is an index already. */
function classCount(graph: Int8Graph): number {
  const value = valueOf(graph, graph.outputs[0].value);
  return value.dtype === 'int32' && value.quant === null ? Infinity : elements(elementShape(value));
}
