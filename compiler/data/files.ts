/** Files and folders of samples: the part of this room that touches the file system. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileReason } from '../util/file-reason.js';
import { type Labels, parseLabels } from './labels.js';
import { isNpz, parseNpz } from './npz.js';
import { parseNpy, type NpyArray } from './npy.js';
import type { ImageOptions } from './pixels.js';
import { refuse } from './problem.js';
import { filesForTensor, isSampleFile, type SampleData, sampleFilesAmong, samplesOf } from './samples.js';
import { tensorsOf, type TensorSpec } from './tensors.js';

const imageFile = /\.(png|jpe?g)$/i;

/** What `read` returns; E151 (exit 2) where the file system refuses. */
export function readable<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    return refuse('E151', path, `cannot be read: ${fileReason(error)}`);
  }
}

export const readBytes = (path: string): Uint8Array => readable(path, () => readFileSync(path));
const isFolder = (path: string): boolean => readable(path, () => statSync(path).isDirectory());
/** Visible entries by name; code units decide, so that every machine has the same order. */
const namesIn = (folder: string): readonly string[] =>
  readable(folder, () => readdirSync(folder))
    .filter((name) => !name.startsWith('.'))
    .sort();

/** The file itself, or every sample of a folder by name (.npy, .npz, .png, .jpg, .bin, .raw). */
export function filesOf(path: string): readonly string[] {
  if (!isFolder(path)) return [path];
  return sampleFilesAmong(namesIn(path), path).map((name) => join(path, name));
}

/**
 * Samples from arguments: FILE, FOLDER, or NAME=FILE for each of several tensors; `role` names them in messages. E150 to E158
 * (exit 2) where they do not fit the model.
 */
export function readSampleData(
  tensors: readonly TensorSpec[],
  role: 'input' | 'output',
  args: readonly string[],
  options: ImageOptions = {},
): readonly SampleData[] {
  const pathsOf = (tensor: TensorSpec, i: number): readonly string[] => {
    const named = args.filter((a) => a.startsWith(`${tensor.name}=`)).map((a) => a.slice(tensor.name.length + 1));
    if (named.length > 0) return named.flatMap(filesOf);
    const unnamed = args.filter((a) => tensors.length === 1 || !tensors.some((t) => a.startsWith(`${t.name}=`)));
    return filesForTensor(tensors, i, role, unnamed.flatMap(filesOf));
  };
  return samplesOf(
    tensors,
    role,
    tensors.map((tensor, i) => pathsOf(tensor, i).flatMap((path) => tensorsOf(readBytes(path), path, tensor, options))),
  );
}

/** Samples with the class of each. */
export interface LabelledData {
  readonly samples: readonly SampleData[];
  readonly labels: readonly number[];
  /** Names of the classes by label, where the data has names. */
  readonly classes: readonly string[] | null;
  /** The file or folder that holds the labels. */
  readonly source: string;
}

/**
 * Labelled samples, from one of: a folder with a folder for each class (by name in alphabetical order, or by number where all names are
 * numbers); a CSV of `file,label` lines, or the folder that holds a *labels*.csv; a pair of arrays *images*.npy and *labels*.npy, or
 * their folder (of several pairs the test set); an .npz with x and y, or images and labels. At most `limit` samples, null for all.
 * E154 (exit 2) where there are no labels or they do not match.
 */
export function readLabelledData(
  tensors: readonly TensorSpec[],
  path: string,
  limit: number | null,
  options: ImageOptions = {},
): LabelledData {
  if (!existsSync(path)) return refuse('E154', path, 'there is no such file or folder');
  const most = limit ?? Infinity;
  const read = (args: readonly string[]): readonly SampleData[] => readSampleData(tensors, 'input', args, options);
  if (!isFolder(path)) {
    if (/\.csv$/i.test(path)) return fromCsv(path, most, read);
    if (/\.npz$/i.test(path)) return fromArchive(path, most, read);
    const labels = labelsBeside(path);
    return labels === null
      ? refuse('E154', path, 'its labels are missing: beside X_images.npy stands X_labels.npy')
      : fromArrays(path, labels, most, read);
  }
  const names = namesIn(path);
  const csv = names.find((name) => /labels?.*\.csv$/i.test(name));
  if (csv !== undefined) return fromCsv(join(path, csv), most, read);
  const images = names
    .filter((name) => /images?.*\.npy$/i.test(name))
    .sort((a, b) => Number(/test/i.test(b)) - Number(/test/i.test(a)));
  for (const name of images) {
    const labels = labelsBeside(join(path, name));
    if (labels !== null) return fromArrays(join(path, name), labels, most, read);
  }
  const folders = names.filter((name) => isFolder(join(path, name)));
  if (folders.length > 0) return fromFolders(path, folders, most, read);
  return refuse(
    'E154',
    path,
    `holds no labels${names.some((n) => imageFile.test(n)) ? ' beside its images' : ''}`,
    'a folder for each class, a labels.csv of file,label lines, a pair of images.npy and labels.npy, or an .npz with x and y',
  );
}

type Read = (args: readonly string[]) => readonly SampleData[];

/** The labels of an array of images; null where there are none. */
function labelsBeside(images: string): string | null {
  const labels = join(dirname(images), basename(images).replace(/image/i, 'label'));
  return labels !== images && existsSync(labels) ? labels : null;
}

/** The labels of a CSV of its own, for `--labels`. */
export const readLabels = (csv: string): Labels => parseLabels(new TextDecoder().decode(readBytes(csv)), csv);

function fromCsv(csv: string, most: number, read: Read): LabelledData {
  const { entries, classes } = readLabels(csv);
  const kept = entries.slice(0, most);
  const samples = kept.flatMap(({ file }) => read([join(dirname(csv), file)]));
  if (samples.length !== kept.length)
    return refuse('E154', csv, `its ${kept.length} files hold ${samples.length} inputs`);
  return { samples, labels: kept.map((e) => e.label), classes, source: csv };
}

const numbersOf = ({ data }: NpyArray): readonly number[] => Array.from(data as ArrayLike<number | bigint>, Number);

function fromArrays(images: string, labelFile: string, most: number, read: Read): LabelledData {
  return paired(read([images]), numbersOf(parseNpy(readBytes(labelFile), labelFile)), most, labelFile);
}

function fromArchive(file: string, most: number, read: Read): LabelledData {
  const bytes = readBytes(file);
  const arrays = isNpz(bytes) ? parseNpz(bytes, file) : new Map<string, NpyArray>();
  const labels = ['y', 'labels', 'targets'].map((key) => arrays.get(key)).find((array) => array !== undefined);
  return labels === undefined
    ? refuse('E154', file, 'has no array called y, labels or targets')
    : paired(read([file]), numbersOf(labels), most, file);
}

function paired(samples: readonly SampleData[], labels: readonly number[], most: number, source: string): LabelledData {
  if (samples.length !== labels.length)
    return refuse('E154', source, `has ${labels.length} labels for ${samples.length} inputs`);
  return { samples: samples.slice(0, most), labels: labels.slice(0, most), classes: null, source };
}

function fromFolders(path: string, folders: readonly string[], most: number, read: Read): LabelledData {
  const areNumbers = folders.every((name) => /^\d+$/.test(name));
  const byClass = folders.map((name, i) => ({
    label: areNumbers ? Number(name) : i,
    files: namesIn(join(path, name))
      .filter(isSampleFile)
      .map((file) => join(path, name, file)),
  }));
  if (byClass.every(({ files }) => files.length === 0)) return refuse('E154', path, 'its folders hold no samples');
  const entries = evenly(byClass, most);
  const samples = entries.flatMap(({ file }) => read([file]));
  if (samples.length !== entries.length)
    return refuse('E154', path, `its ${entries.length} files hold ${samples.length} inputs`);
  return { samples, labels: entries.map((e) => e.label), classes: areNumbers ? null : folders, source: path };
}

/** A file of each class in turn, so that the first few stand for all classes. */
function evenly(
  byClass: readonly { readonly label: number; readonly files: readonly string[] }[],
  most: number,
): readonly { readonly file: string; readonly label: number }[] {
  const longest = Math.max(...byClass.map(({ files }) => files.length));
  return Array.from({ length: longest }, (_, k) =>
    byClass.filter(({ files }) => k < files.length).map(({ label, files }) => ({ label, file: files[k] })),
  )
    .flat()
    .slice(0, most);
}
