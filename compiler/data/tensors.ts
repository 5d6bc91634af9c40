/** The content of a file as tensors for one input or output of a model: .npy, .npz, PNG, JPEG or raw. Pure: the bytes are given. */

import { decodeImage, isImage } from './image.js';
import { isNpy, parseNpy, type NpyArray, type NpyData } from './npy.js';
import { isNpz, parseNpz } from './npz.js';
import { isPlain, normalise, toPixels, toTensor, type ImageInput, type ImageOptions } from './pixels.js';
import { refuse } from './problem.js';

/** A tensor of a model, as far as files must match it. */
export interface TensorSpec {
  readonly name: string;
  /** As the ONNX file states it; a batch axis of 1 in front may be missing in files. */
  readonly shape: readonly number[];
  /** Element type in the ONNX file. */
  readonly type: 'float32' | 'int8' | 'uint8' | 'int64' | 'int32';
  /** Which axis of `shape` counts channels, for shapes of three or four axes; null where nothing says. */
  readonly channelAxis?: number | null;
  /** Largest real number that the input's quantisation holds; null or absent where it has none. */
  readonly reach?: number | null;
}

/** A tensor's elements, row-major in the model's shape. Integers of the model's own type are its codes, all else is real numbers. */
export type TensorData = NpyData;

/**
 * Every tensor that a file holds: one, or a batch along the first axis. Arrays are taken as they are, unless the options name a scale,
 * mean or std; of an .npz, the array of the tensor's name, or its only one, or the one called x, images, inputs or data.
 * E150 to E158 (exit 2) where the file does not fit the model.
 */
export function tensorsOf(
  bytes: Uint8Array,
  file: string,
  tensor: TensorSpec,
  options: ImageOptions = {},
): readonly TensorData[] {
  if (isImage(bytes)) return [imageTensor(bytes, file, tensor, options)];
  const array = isNpy(bytes)
    ? parseNpy(bytes, file)
    : isNpz(bytes)
      ? arrayFor(tensor.name, parseNpz(bytes, file), file)
      : rawArray(bytes, file, tensor);
  return arrayTensors(array, file, tensor, options);
}

/** Elements of one tensor. */
export const elementsOf = ({ shape }: TensorSpec): number => shape.reduce((product, d) => product * d, 1);

/** Where the defaults take pixels as 0 to 255: the input's quantisation holds far more than 0 to 1. */
const wideReach = 64;

function imageTensor(bytes: Uint8Array, file: string, tensor: TensorSpec, options: ImageOptions): TensorData {
  const input = imageInput(tensor);
  if (input === null)
    return refuse('E158', file, `is an image, and "${tensor.name}" of the model is (${tensor.shape.join(', ')})`);
  const image = decodeImage(bytes, file);
  if (tensor.type === 'uint8' && isPlain(options)) return toPixels(image, input, options, file);
  const scale = options.scale ?? ((tensor.reach ?? 0) > wideReach ? 1 : 1 / 255);
  return toTensor(image, input, { ...options, scale }, file);
}

/** A tensor as an image; null where it is none. */
export function imageInput({ shape, channelAxis }: TensorSpec): ImageInput | null {
  const dims = shape.length === 4 && shape[0] === 1 ? shape.slice(1) : shape;
  if (dims.length !== 3) return null;
  const axis = channelAxis === undefined || channelAxis === null ? null : channelAxis - (shape.length - 3);
  const isLast = axis === null ? ![1, 3].includes(dims[0]) && [1, 3].includes(dims[2]) : axis === 2;
  return isLast
    ? { height: dims[0], width: dims[1], channels: dims[2], layout: 'nhwc' }
    : { channels: dims[0], height: dims[1], width: dims[2], layout: 'nchw' };
}

function arrayFor(name: string, arrays: ReadonlyMap<string, NpyArray>, file: string): NpyArray {
  const own = [name, 'x', 'images', 'inputs', 'data']
    .map((key) => arrays.get(key))
    .find((array) => array !== undefined);
  if (own !== undefined) return own;
  if (arrays.size === 1) return [...arrays.values()][0];
  const names = [...arrays.keys()];
  return refuse('E153', file, `has no array called "${name}"; it has ${names.slice(0, 8).join(', ')}`);
}

/** A batch of float32 for a float tensor, which has no codes; of others one of float32 where the size says so, or a batch of codes. */
function rawArray(bytes: Uint8Array, file: string, tensor: TensorSpec): NpyArray {
  const per = elementsOf(tensor);
  if (tensor.type === 'float32' && (tensor.reach ?? null) === null) return rawFloats(bytes, file, tensor.name, per);
  const isIndex = tensor.type === 'int64' || tensor.type === 'int32';
  const buffer = Uint8Array.from(bytes).buffer;
  const elementBytes = isIndex ? 4 : 1;
  if (!isIndex && bytes.length === 4 * per) return { shape: [per], data: new Float32Array(buffer) };
  if (bytes.length === 0 || bytes.length % (per * elementBytes) !== 0)
    return refuse(
      'E152',
      file,
      `has ${bytes.length} bytes; a raw file holds ${per * elementBytes} bytes (codes)${isIndex ? '' : ` or ${4 * per} (float32)`} for "${tensor.name}"`,
    );
  const data = isIndex
    ? new Int32Array(buffer)
    : tensor.type === 'uint8'
      ? new Uint8Array(buffer)
      : new Int8Array(buffer);
  return { shape: [data.length], data };
}

function rawFloats(bytes: Uint8Array, file: string, name: string, per: number): NpyArray {
  if (bytes.length === 0 || bytes.length % (4 * per) !== 0)
    return refuse(
      'E152',
      file,
      `has ${bytes.length} bytes; a raw file holds ${4 * per} bytes (float32), or a multiple, for "${name}"`,
      'save other types of numbers as .npy, which says what they are',
    );
  const data = new Float32Array(Uint8Array.from(bytes).buffer);
  return { shape: [data.length], data };
}

function arrayTensors(array: NpyArray, file: string, tensor: TensorSpec, options: ImageOptions): readonly TensorData[] {
  const nan = Array.prototype.findIndex.call(array.data, Number.isNaN);
  if (nan >= 0) refuse('E152', file, `element ${nan} is not a number`);
  const per = elementsOf(tensor);
  const { count, transposed } = batchOf(array, file, tensor, options);
  const input = imageInput(tensor);
  return Array.from({ length: count }, (_, k) => {
    const stored = array.data.slice(k * per, (k + 1) * per);
    const own = transposed && input !== null ? transpose(stored, input) : stored;
    return isPlain(options) || input === null
      ? own
      : normalise(Array.from(own, Number), input, arrayScale(own, options));
  });
}

/** Bytes are pixels; other numbers have their scale already. */
const arrayScale = (data: TensorData, options: ImageOptions): ImageOptions => ({
  ...options,
  scale: options.scale ?? (data instanceof Uint8Array ? 1 / 255 : 1),
});

/** Tensors in an array: its shape is the model's or its other layout's, without or with another first axis, or flat. */
function batchOf(
  { shape, data }: NpyArray,
  file: string,
  tensor: TensorSpec,
  { layout }: ImageOptions,
): { readonly count: number; readonly transposed: boolean } {
  const inner = tensor.shape[0] === 1 ? tensor.shape.slice(1) : tensor.shape;
  const input = imageInput(tensor);
  const swapped =
    input === null || inner.length !== 3
      ? null
      : input.layout === 'nchw'
        ? [input.height, input.width, input.channels]
        : [input.channels, input.height, input.width];
  // Without a word of the user only what is surely an image: other tensors of swapped shape are a mistake more often.
  const isPicture = input !== null && [1, 3].includes(input.channels);
  const candidates: readonly { readonly dims: readonly number[]; readonly transposed: boolean }[] = [
    ...(layout === undefined || input === null || layout === input.layout ? [{ dims: inner, transposed: false }] : []),
    ...(swapped !== null && (layout === undefined ? isPicture : layout !== input?.layout)
      ? [{ dims: swapped, transposed: true }]
      : []),
  ];
  for (const { dims, transposed } of candidates) {
    if (same(shape, dims)) return { count: 1, transposed };
    if (same(shape.slice(1), dims) && shape[0] > 0) return { count: shape[0], transposed };
  }
  const per = elementsOf(tensor);
  if (shape.length === 1 && data.length > 0 && data.length % per === 0)
    return { count: data.length / per, transposed: layout !== undefined && input !== null && layout !== input.layout };
  return refuse(
    'E152',
    file,
    `has shape (${shape.join(', ')}); "${tensor.name}" of the model is (${tensor.shape.join(', ')})`,
    'give one tensor in the layout of the ONNX file, or a batch of them along the first axis',
  );
}

const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/** One tensor of the other layout in the model's. */
function transpose(data: TensorData, { channels, width, height, layout }: ImageInput): TensorData {
  const out = data.slice();
  const area = width * height;
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < area; i++) {
      const [planar, interleaved] = [c * area + i, i * channels + c];
      if (layout === 'nchw') out[planar] = data[interleaved];
      else out[interleaved] = data[planar];
    }
  }
  return out;
}
