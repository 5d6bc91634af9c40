/** Which stages of the method run: `--quantise KEY=VALUE,...`. */

import { usageError } from '../diagnostics.js';

/** `auto` of a stage: it runs where samples that it has not seen are better off with it. */
export interface Switches {
  /** How tensors get their ranges; auto: by the error that each costs at the network's outputs. */
  readonly ranges: 'auto' | 'minmax' | 'percentile' | 'mse' | 'entropy';
  readonly equalise: 'auto' | 'on' | 'off';
  /** Of weights: one after the other by least squares (auto), or each to the nearest. */
  readonly rounding: 'auto' | 'sequential' | 'nearest';
  /** Whether weights make good what the layers before did to their inputs. */
  readonly compensate: 'auto' | 'on' | 'off';
  /** Whether biases take up mean errors. */
  readonly bias: 'auto' | 'on' | 'off';
}

export const defaultSwitches: Switches = {
  ranges: 'auto',
  equalise: 'auto',
  rounding: 'auto',
  compensate: 'auto',
  bias: 'auto',
};

const values: { readonly [K in keyof Switches]: readonly Switches[K][] } = {
  ranges: ['auto', 'minmax', 'percentile', 'mse', 'entropy'],
  equalise: ['auto', 'on', 'off'],
  rounding: ['auto', 'sequential', 'nearest'],
  compensate: ['auto', 'on', 'off'],
  bias: ['auto', 'on', 'off'],
};

const isKey = (key: string): key is keyof Switches => Object.hasOwn(values, key);

/** `auto`, or `KEY=VALUE,...`; E110 (exit 2) where a key or value is not known. */
export function parseSwitches(text: string): Switches {
  let switches: Switches = defaultSwitches;
  if (text === 'auto') return switches;
  for (const part of text.split(',')) {
    const [key, value = '', more] = part.split('=').map((s) => s.trim());
    const known: readonly string[] = isKey(key) ? values[key] : [];
    if (!isKey(key) || !known.includes(value) || more !== undefined)
      throw usageError(
        'E110',
        `"${part}" is no stage of quantisation`,
        `write auto, or some of ${Object.entries(values)
          .map(([k, v]) => `${k}=${v.join('|')}`)
          .join(', ')}, with commas between`,
      );
    switches = { ...switches, [key]: value };
  }
  return switches;
}
