/** What is measured: published networks from the folder beside the project where it is there, and the test networks. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { allNetworks } from '../../tests/models/index.js';

export interface Network {
  readonly name: string;
  /** trained: a published file; shapes: published layer shapes, random weights; own: a test network of the project. */
  readonly kind: 'trained' | 'shapes' | 'own';
  readonly source: string;
  readonly bytes: () => Uint8Array;
}

const trained = {
  'mcunet-vww80': 'MCUNet visual wake words, 80 x 80, mit-han-lab/tinyengine',
  'person-fpn-128x160': 'person detector with a feature pyramid, 128 x 160, mit-han-lab/tinyengine',
  'vww96-mobilenetv1': 'MLPerf Tiny visual wake words, MobileNetV1 0.25, 96 x 96',
  'resnet8-cifar10': 'MLPerf Tiny image classification, 32 x 32',
  'kws-dscnn': 'MLPerf Tiny keyword spotting, DS-CNN, 49 x 10',
  'ad01-autoencoder': 'MLPerf Tiny anomaly detection, dense layers only',
  'mcunet-320kb-imagenet': 'MCUNet 320kB-1MB, ImageNet, 176 x 176, mit-han-lab/tinyml',
} as const;

const shapes = {
  'mbv2-w1.0-r224': 'MobileNetV2 1.0, 224 x 224',
  'mbv2-w0.35-r144': 'MobileNetV2 0.35, 144 x 144',
  'mbv2-w0.3-r80': 'MobileNetV2 0.3, 80 x 80',
  'proxyless-w0.3-r176': 'ProxylessNAS 0.3, 176 x 176',
  'mcunet-5fps': 'MCUNet for 5 frames/s, 96 x 96',
  'mcunet-10fps': 'MCUNet for 10 frames/s, 48 x 48',
  'mcunet-256kb-1mb': 'MCUNet 256kB-1MB, 160 x 160',
  'mcunet-512kb-2mb': 'MCUNet 512kB-2MB, 160 x 160',
} as const;

const own = {
  tinyMobileNetV2: 'MobileNetV2 in miniature, 32 x 32',
  mcunetLike: 'MCUNet in miniature, 40 x 48',
  dsCnn: 'DS-CNN in miniature, 49 x 10',
  resnet8Like: 'ResNet8 in miniature, 16 x 16',
  mobileNetV1ZeroChannels: 'MobileNetV1 with a third of its channels zeroed, 24 x 24',
  featurePyramid: 'feature pyramid in miniature, 32 x 48',
} as const;

/** Networks whose files are there, in the order of the tables; `folder` holds the published ones. */
export function networks(folder: string): readonly Network[] {
  const files = (
    list: Readonly<Record<string, string>>,
    kind: Network['kind'],
    path: (name: string) => string,
  ): readonly Network[] =>
    Object.entries(list)
      .filter(([name]) => existsSync(path(name)))
      .map(([name, source]) => ({ name, kind, source, bytes: () => new Uint8Array(readFileSync(path(name))) }));
  return [
    ...files(trained, 'trained', (name) => join(folder, `${name}-int8.onnx`)),
    ...files(shapes, 'shapes', (name) => join(folder, 'architectures', `${name}.onnx`)),
    ...Object.entries(own).map(([name, source]) => ({
      name,
      kind: 'own' as const,
      source,
      bytes: () => allNetworks[name](),
    })),
  ];
}
