import { describe, expect, it } from 'vitest';
import { defaultSwitches, parseSwitches } from '../../../compiler/quantise/switches.js';

describe('--quantise', () => {
  it('takes auto, and stages with commas between', () => {
    expect(parseSwitches('auto')).toEqual(defaultSwitches);
    expect(parseSwitches('ranges=mse, bias = off')).toEqual({ ...defaultSwitches, ranges: 'mse', bias: 'off' });
  });

  it.each(['bias', 'bias=', 'bias=on=off', 'bias=maybe', 'Bias=on', 'toString=x', 'constructor=on', 'ranges=mse,'])(
    'refuses %s',
    (text) => {
      expect(() => parseSwitches(text)).toThrow(/E110 ".*" is no stage of quantisation/);
    },
  );
});
