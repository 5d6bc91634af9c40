/** Flags that say how images in files become tensors; every command that reads samples takes them. */

import type { Options } from 'yargs';
import type { ImageOptions } from '../data/pixels.js';
import type { Size } from '../data/resample.js';
import { printable, usageError as usage } from '../diagnostics.js';

export const dataFlags = {
  scale: {
    type: 'string',
    describe: 'images: a pixel p stands for (p x scale - mean) / std; 1/255 (1 for an input up to 255)',
  },
  mean: { type: 'string', describe: 'images: of all channels or each, 0.485,0.456,0.406 (default 0)' },
  std: { type: 'string', describe: 'images: likewise (default 1)' },
  resize: { type: 'string', describe: 'images: shorter side, or ROWSxCOLUMNS' },
  crop: { type: 'string', describe: 'images: middle of it, a square or ROWSxCOLUMNS' },
  colour: { type: 'string', choices: ['rgb', 'bgr', 'grey'], describe: "images: the network's channels" },
  layout: {
    type: 'string',
    choices: ['nchw', 'nhwc'],
    describe: "arrays: their layout (default the model's, or what fits)",
  },
} as const satisfies Readonly<Record<string, Options>>;

export interface DataArguments {
  readonly scale?: string;
  readonly mean?: string;
  readonly std?: string;
  readonly resize?: string;
  readonly crop?: string;
  readonly colour?: string;
  readonly layout?: string;
}

/** E110 (exit 2) for a value that cannot be read. */
export function imageOptions(args: DataArguments): ImageOptions {
  const { scale, mean, std, resize, crop, colour, layout } = args;
  return {
    ...(scale === undefined ? {} : { scale: numbers('scale', scale, 1)[0] }),
    ...(mean === undefined ? {} : { mean: numbers('mean', mean, Infinity) }),
    ...(std === undefined ? {} : { std: numbers('std', std, Infinity).map((x) => positive('std', x)) }),
    ...(resize === undefined ? {} : { resize: size('resize', resize) }),
    ...(crop === undefined ? {} : { crop: size('crop', crop) }),
    ...(colour === undefined ? {} : { colour: colour as NonNullable<ImageOptions['colour']> }),
    ...(layout === undefined ? {} : { layout: layout as NonNullable<ImageOptions['layout']> }),
  };
}

const number = /^-?\d+(?:\.\d*)?(?:e[+-]?\d+)?$/i;

/** `0.485,0.456,0.406`, each a number or a fraction as 1/255. */
function numbers(flag: string, text: string, most: number): readonly number[] {
  const values = text.split(',').map((part) => {
    const terms = part.trim().split('/');
    const value =
      terms.length <= 2 && terms.every((t) => number.test(t)) ? Number(terms[0]) / Number(terms[1] ?? 1) : NaN;
    if (!Number.isFinite(value))
      throw usage('E110', `--${flag} ${printable(text, 40)} is not a number, as 0.5 or 1/255`);
    return value;
  });
  if (values.length > most)
    throw usage('E110', `--${flag} ${printable(text, 40)} has ${values.length} numbers: it takes one`);
  return values;
}

function positive(flag: string, value: number): number {
  if (value <= 0) throw usage('E110', `--${flag} ${value} is not above 0`);
  return value;
}

function size(flag: string, text: string): number | Size {
  const match = /^(\d{1,5})(?:x(\d{1,5}))?$/.exec(text.trim());
  const [height, width] = match === null ? [0, 0] : [Number(match[1]), Number(match[2] ?? match[1])];
  if (height < 1 || width < 1)
    throw usage('E110', `--${flag} ${printable(text, 40)} is not 224, or 224x320: rows, columns`);
  return match![2] === undefined ? height : { height, width };
}
