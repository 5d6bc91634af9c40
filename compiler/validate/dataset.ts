/**
 * A folder of labelled inputs, in one of two forms: labels in a CSV of `file,classes,label` lines beside the files they
 * name (MLPerf Tiny's y_labels.csv), or a pair of arrays, *images*.npy and *labels*.npy of equal length.
 */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { valueOf, type Int8Graph } from '../ir/int8-graph.js';
import { elements } from '../ir/tensor.js';
import { parseNpy } from './npy.js';
import { readable, readSamples, type Sample } from './vectors.js';

export interface Dataset {
  readonly samples: readonly Sample[];
  /** Class of every sample. */
  readonly labels: readonly number[];
  /** The file that holds the labels. */
  readonly source: string;
}

/** Reads a folder, its CSV, or one of its image arrays; E154 (exit 2) where it has no labels or they do not match. */
export function readDataset(graph: Int8Graph, path: string, limit: number | null): Dataset {
  const found = locate(path);
  const data = found.kind === 'csv' ? fromCsv(graph, found.csv) : fromArrays(graph, found.images, found.labels);
  const classes = classCount(graph);
  const wrong = data.labels.findIndex((label) => !Number.isInteger(label) || label < 0 || label >= classes);
  if (wrong >= 0)
    return fail(
      data.source,
      `label ${data.labels[wrong]} of input ${wrong} is no class of the model${Number.isFinite(classes) ? `, which has ${classes}` : ''}`,
    );
  return limit === null
    ? data
    : { ...data, samples: data.samples.slice(0, limit), labels: data.labels.slice(0, limit) };
}

/** Elements of the first output; any number where it is an index already. */
function classCount(graph: Int8Graph): number {
  const { shape, dtype } = valueOf(graph, graph.outputs[0].value);
  return dtype === 'int32' ? Infinity : elements(shape);
}

type Found =
  | { readonly kind: 'csv'; readonly csv: string }
  | { readonly kind: 'arrays'; readonly images: string; readonly labels: string };

function locate(path: string): Found {
  if (!existsSync(path)) return fail(path, 'there is no such file or folder');
  if (/\.csv$/i.test(path)) return { kind: 'csv', csv: path };
  if (!readable(path, () => statSync(path).isDirectory()))
    return pairOf(path) ?? fail(path, 'its labels are missing: beside X_images.npy stands X_labels.npy');
  const names = readable(path, () => readdirSync(path).sort());
  const csv = names.filter((name) => /labels?.*\.csv$/i.test(name));
  if (csv.length > 0) return { kind: 'csv', csv: join(path, csv[0]) };
  // Of several pairs the test set.
  const images = names
    .filter((name) => /images?.*\.npy$/i.test(name))
    .sort((a, b) => Number(/test/i.test(b)) - Number(/test/i.test(a)));
  for (const name of images) {
    const pair = pairOf(join(path, name));
    if (pair !== null) return pair;
  }
  return fail(path, 'holds no labels: neither *labels.csv nor a pair of *images.npy and *labels.npy');
}

function pairOf(images: string): Found | null {
  const labels = join(dirname(images), basename(images).replace(/image/i, 'label'));
  return labels !== images && existsSync(labels) ? { kind: 'arrays', images, labels } : null;
}

function fromCsv(graph: Int8Graph, csv: string): Dataset {
  const rows = readable(csv, () => readFileSync(csv, 'utf8'))
    .split(/\r?\n/)
    .map((line) => line.split(',').map((field) => field.trim()))
    .filter((row) => row.length >= 2);
  const entries = rows.filter((row) => /^\d+$/.test(row.at(-1)!));
  if (entries.length === 0) return fail(csv, 'has no line of the form file,classes,label');
  const samples = readSamples(
    graph,
    'input',
    entries.map(([file]) => join(dirname(csv), file)),
  );
  if (samples.length !== entries.length) return fail(csv, `its ${entries.length} files hold ${samples.length} inputs`);
  return { samples, labels: entries.map((row) => Number(row.at(-1))), source: csv };
}

function fromArrays(graph: Int8Graph, images: string, labelFile: string): Dataset {
  const labels = Array.from(
    parseNpy(
      readable(labelFile, () => readFileSync(labelFile)),
      labelFile,
    ).data as ArrayLike<number | bigint>,
    Number,
  );
  const samples = readSamples(graph, 'input', [images]);
  if (samples.length !== labels.length)
    return fail(labelFile, `has ${labels.length} labels for ${samples.length} images`);
  return { samples, labels, source: labelFile };
}

function fail(path: string, message: string): never {
  throw new RivuletError(ExitCode.usage, [{ code: 'E154', severity: 'error', node: path, message }]);
}
