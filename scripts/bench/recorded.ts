/**
 * Figures of other stacks on the same networks, for comparison.
 *
 * Instructions were counted as ours are: executed guest instructions under QEMU 7.2, exact, arm-none-eabi-gcc 12.2.1,
 * newlib-nano, one inference of the published example or model file. SRAM figures marked `published` are the projects'
 * own numbers, counted in their own way; those marked `measured` were read from the same programs as the instructions.
 */

import type { CoreId } from '../../compiler/index.js';

/** What was run, and how it was built. */
export const stacks = {
  TinyEngine:
    "mit-han-lab/tinyengine, commit 47bb283: its generated code of tests/examples, -Ofast (its tutorial's flag), buffer[] of activations, sbuf and kbuf; input images of patch-based examples are not in it",
  TFLM: 'tensorflow/tflite-micro, commit 90b983c, with ARM-software/CMSIS-NN, commit 99f736a: core -Os, kernels -O2, CMSIS-NN -O3, one Invoke(); the MCUNet models have float input and output there',
  MCUNetV2: 'Lin et al., MCUNetV2 (NeurIPS 2021); the image is not counted',
  'X-CUBE-AI': 'X-CUBE-AI 7.3.0, as listed in the README of mit-han-lab/tinyengine',
  vMCU: 'Zheng et al., vMCU (MLSys 2024)',
  'msf-CNN': 'Huang and Baccelli, msf-CNN (2025), the results in its repository',
} as const;
export type Stack = keyof typeof stacks;

export interface RecordedRun {
  readonly network: string;
  readonly core: CoreId;
  readonly stack: Stack;
  readonly instructions: number;
}

const runs = (network: string, stack: Stack, m4: number, m7: number, m55: number | null): readonly RecordedRun[] => [
  { network, stack, core: 'cortex-m4', instructions: m4 },
  { network, stack, core: 'cortex-m7', instructions: m7 },
  ...(m55 === null ? [] : [{ network, stack, core: 'cortex-m55' as const, instructions: m55 }]),
];

export const recordedRuns: readonly RecordedRun[] = [
  ...runs('mcunet-vww80', 'TinyEngine', 34_752_790, 33_460_596, null),
  ...runs('mcunet-vww80', 'TFLM', 49_374_711, 48_375_436, 11_826_845),
  ...runs('person-fpn-128x160', 'TinyEngine', 54_632_110, 53_170_712, null),
  ...runs('person-fpn-128x160', 'TFLM', 77_709_004, 75_200_461, 20_584_434),
  ...runs('vww96-mobilenetv1', 'TFLM', 24_720_561, 24_484_021, 6_433_786),
  ...runs('resnet8-cifar10', 'TFLM', 29_875_021, 29_938_797, 4_811_731),
  ...runs('kws-dscnn', 'TFLM', 7_845_325, 7_761_280, 1_785_365),
  ...runs('ad01-autoencoder', 'TFLM', 582_362, 582_650, 149_985),
];

export interface RecordedSram {
  readonly bytes: number;
  /** Executed MACs as a multiple of the network's; null where the source gives none. */
  readonly overhead: number | null;
  readonly stack: Stack;
  readonly kind: 'published' | 'measured';
}

const KiB = 1024;
const published = (stack: Stack, bytes: number, overhead: number | null = null): RecordedSram => ({
  stack,
  bytes,
  overhead,
  kind: 'published',
});
const measured = (stack: Stack, bytes: number, overhead: number | null = null): RecordedSram => ({
  stack,
  bytes,
  overhead,
  kind: 'measured',
});

/** The best known of other stacks; several where they trade SRAM for MACs. */
export const recordedSram: Readonly<Record<string, readonly RecordedSram[]>> = {
  'mbv2-w1.0-r224': [published('MCUNetV2', 172 * KiB, 1.1)],
  'mbv2-w0.35-r144': [
    published('msf-CNN', 67_996, 1.1),
    published('msf-CNN', 25_803, 1.25),
    published('msf-CNN', 14_132, 1.56),
    published('msf-CNN', 8560, 1.68),
  ],
  'mcunet-320kb-imagenet': [published('vMCU', 102_700, 1), published('msf-CNN', 94_224, 1.45)],
  'mcunet-512kb-2mb': [published('X-CUBE-AI', 342 * KiB)],
  'mcunet-256kb-1mb': [published('TinyEngine', 215 * KiB)],
  'mcunet-5fps': [published('TinyEngine', 96 * KiB)],
  'proxyless-w0.3-r176': [published('X-CUBE-AI', 221 * KiB)],
  'mcunet-vww80': [
    measured('TinyEngine', 93_992, 1),
    measured('TinyEngine', 62_352, 1.03),
    published('msf-CNN', 45_283, 1.02),
    published('msf-CNN', 17_904, 1.35),
  ],
  'person-fpn-128x160': [measured('TinyEngine', 257_448, 1)],
  'vww96-mobilenetv1': [measured('TFLM', 100_708, 1)],
  'resnet8-cifar10': [measured('TFLM', 54_996, 1)],
  'kws-dscnn': [measured('TFLM', 22_820, 1)],
  'ad01-autoencoder': [measured('TFLM', 2580, 1)],
};
