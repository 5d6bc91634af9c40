/** Images to what a network's input takes: size, channels, and the real number that each pixel stands for. */

import type { Image } from './image.js';
import { refuse } from './problem.js';
import { cropCentre, resizeImage, sizeForShorterSide, toGrey, toRgb, type Size } from './resample.js';

/** How images become tensors: what `--resize --crop --mean --std --scale --layout --colour` say. */
export interface ImageOptions {
  /** First step. A number: the shorter side takes this many pixels, the other in proportion; a size: exactly that. */
  readonly resize?: number | Size;
  /** Second step: the middle of the image, a square for a number. */
  readonly crop?: number | Size;
  /** A pixel p (0 to 255) stands for (p x scale - mean) / std; 1 / 255 by default, or 1 where `reachOf` the input is that wide. */
  readonly scale?: number;
  /** For all channels or for each of them; 0 by default. */
  readonly mean?: readonly number[];
  /** Likewise; 1 by default. */
  readonly std?: readonly number[];
  /** Order of the channels that the network wants; from the number of its channels by default: grey for one, rgb for three. */
  readonly colour?: 'rgb' | 'bgr' | 'grey';
  /** Of arrays in files, where their shape leaves a doubt: by default the model's own, or else the other one if that fits. */
  readonly layout?: 'nchw' | 'nhwc';
}

/** What an input needs to know of itself to take images. */
export interface ImageInput extends Size {
  readonly channels: number;
  /** Of the model's tensor. */
  readonly layout: 'nchw' | 'nhwc';
}

/** Whether a pixel's meaning is left to the defaults. */
export const isPlain = ({ scale, mean, std }: ImageOptions): boolean =>
  scale === undefined && mean === undefined && std === undefined;

/**
 * One image as a tensor in the model's layout, batch 1 (channels x height x width, or height x width x channels), as float32: each
 * operation is rounded to float32, as torchvision's are. Without `resize` and `crop` an image of another size is shrunk or grown
 * until it covers the input and its middle is taken. E158 (exit 2) where its size or channels do not come out right.
 */
export function toTensor(image: Image, input: ImageInput, options: ImageOptions, file: string): Float32Array {
  return normalise(toPixels(image, input, options, file), input, options);
}

/** The steps before the numbers: pixels of the input's size and channels, in the model's layout. */
export function toPixels(image: Image, input: ImageInput, options: ImageOptions, file: string): Uint8Array {
  const sized = toSize(image, input, options, file);
  const colour = options.colour ?? (input.channels === 1 ? 'grey' : 'rgb');
  const wanted = colour === 'grey' ? 1 : 3;
  if (input.channels !== wanted)
    return refuse('E158', file, `is an image, and the input of the model has ${input.channels} channels`);
  const { data } = colour === 'grey' ? toGrey(sized) : toRgb(sized);
  const area = input.width * input.height;
  const out = new Uint8Array(area * wanted);
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < wanted; c++) {
      const from = i * wanted + (colour === 'bgr' ? wanted - 1 - c : c);
      out[input.layout === 'nchw' ? c * area + i : i * wanted + c] = data[from];
    }
  }
  return out;
}

/** (x scale - mean) / std of every element; channels by the model's layout. `scale` is 1 / 255 where the options name none. */
export function normalise(
  elements: ArrayLike<number>,
  { channels, width, height, layout }: ImageInput,
  { scale = 1 / 255, mean = [0], std = [1] }: ImageOptions,
): Float32Array {
  const area = width * height;
  const of = (values: readonly number[], c: number): number => values[values.length === 1 ? 0 : c];
  const out = new Float32Array(elements.length);
  for (let i = 0; i < out.length; i++) {
    const c = layout === 'nchw' ? Math.floor(i / area) % channels : i % channels;
    // As torchvision divides by 255: the float32 nearest to 1 / 255 gives another last bit.
    const scaled = scale === 1 / 255 ? Math.fround(elements[i] / 255) : Math.fround(elements[i] * Math.fround(scale));
    out[i] = Math.fround(scaled - Math.fround(of(mean, c))) / Math.fround(of(std, c));
  }
  return out;
}

function toSize(image: Image, input: Size, { resize, crop }: ImageOptions, file: string): Image {
  if (resize === undefined && crop === undefined) return cover(image, input);
  const resized =
    resize === undefined
      ? image
      : resizeImage(image, typeof resize === 'number' ? sizeForShorterSide(image, resize) : resize);
  const window = typeof crop === 'number' ? { width: crop, height: crop } : crop;
  const cropped = window === undefined ? resized : cropCentre(resized, window);
  if (cropped === null)
    return refuse('E158', file, `is ${sizeText(resized)} pixels when it is to be cropped to ${sizeText(window!)}`);
  if (cropped.width !== input.width || cropped.height !== input.height)
    return refuse(
      'E158',
      file,
      `comes out as ${sizeText(cropped)} pixels, and the input of the model is ${sizeText(input)}`,
      `--resize ${sizeText(input)} makes every image that size`,
    );
  return cropped;
}

/** In proportion until it covers the input, then the middle of it. */
function cover(image: Image, input: Size): Image {
  if (image.width === input.width && image.height === input.height) return image;
  const factor = Math.max(input.width / image.width, input.height / image.height);
  const resized = resizeImage(image, {
    width: Math.max(input.width, Math.round(image.width * factor)),
    height: Math.max(input.height, Math.round(image.height * factor)),
  });
  return cropCentre(resized, input)!;
}

/** Rows first, as shapes are written. */
const sizeText = ({ width, height }: Size): string => `${height}x${width}`;
