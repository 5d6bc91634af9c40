import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allNetworks } from '../../models/index.js';
import { shared } from '../../tools.js';
import { load } from './support.js';

/** Million multiply-accumulates, as the models' own README gives them. */
const sharedModels: Readonly<Record<string, number>> = {
  'kws-dscnn-int8': 2.66,
  'kws-dscnn-float': 2.66,
  'vww96-mobilenetv1-int8': 7.49,
  'vww96-mobilenetv1-float': 7.49,
  'resnet8-cifar10-int8': 12.5,
  'resnet8-cifar10-float': 12.5,
  'ad01-autoencoder-int8': 0.264,
  'mcunet-vww80-int8': 11.58,
  'person-fpn-128x160-int8': 18.3,
  'mcunet-320kb-imagenet-int8': 81.8,
  'mcunet-320kb-imagenet-float': 81.8,
  'ultraface-slim-320-float': 81.4,
  'architectures/mbv2-w1.0-r224': 300.8,
  'architectures/mbv2-w0.35-r144': 23.5,
  'architectures/mbv2-w0.3-r80': 7.3,
  'architectures/proxyless-w0.3-r176': 38.3,
  'architectures/mcunet-5fps': 12.8,
  'architectures/mcunet-10fps': 6.36,
  'architectures/mcunet-256kb-1mb': 67.3,
  'architectures/mcunet-512kb-2mb': 125.9,
};

describe('shared models', () => {
  for (const [name, millionMacs] of Object.entries(sharedModels)) {
    const path = shared(`models/${name}.onnx`);
    it.skipIf(path === null)(
      `${name} imports with its MACs and no transpose${path === null ? ' (../shared/models is absent)' : ''}`,
      () => {
        const { graph, info } = load(readFileSync(path as string));
        const macs = info.macs / 1e6;
        expect(Math.abs(macs - millionMacs)).toBeLessThanOrEqual(0.005 * millionMacs);
        expect(graph.nodes.filter((n) => n.op.kind === 'transpose')).toEqual([]);
        expect(info.isQuantised).toBe(!name.endsWith('float'));
      },
    );
  }
});

describe('named test networks', () => {
  for (const [name, build] of Object.entries(allNetworks)) {
    it(`${name} imports in every format, with the same nodes from QDQ and QOperator`, () => {
      const count = (format: 'qdq' | 'qoperator'): Record<string, number> => {
        const totals: Record<string, number> = {};
        for (const n of load(build({ format })).graph.nodes) totals[n.op.kind] = (totals[n.op.kind] ?? 0) + 1;
        return totals;
      };
      expect(count('qoperator')).toEqual(count('qdq'));
      const float = load(build({ format: 'float' }));
      expect(float.info.isQuantised).toBe(false);
      expect([...float.graph.values.values()].every((v) => v.quant === null)).toBe(true);
      load(build({ activations: 'uint8', weights: 'uint8', perChannel: false }));
    });
  }

  it('moves data for channel shuffles only', () => {
    const transposes = Object.entries(allNetworks)
      .map(
        ([name, build]) => [name, load(build()).graph.nodes.filter((n) => n.op.kind === 'transpose').length] as const,
      )
      .filter(([, n]) => n > 0);
    expect(transposes).toEqual([['shuffleUnits', 2]]);
  });
});
