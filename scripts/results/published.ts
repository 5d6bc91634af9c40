/** What others have published: networks with their accuracy, and how much SRAM other stacks take for such accuracy. */

export interface Published {
  /** The file's name below ../shared/models, without .onnx. */
  readonly file: string;
  readonly name: string;
  readonly task: string;
  /** Of the int8 network, in percent: of ImageNet's top-1 where the task is ImageNet. */
  readonly accuracyPercent: number;
  readonly source: string;
  /** The least SRAM of the other stacks that TinyEngine's authors list for the same network; null where they list none. */
  readonly other: { readonly stack: string; readonly bytes: number } | null;
  /** Layer shapes are the published ones, the weights random: memory and work do not depend on them. */
  readonly randomWeights: boolean;
}

const zoo = 'mit-han-lab/mcunet, model list of its README';
const imagenet = 'ImageNet, 1000 classes';
const wakeWords = 'Visual Wake Words, a person or none';
const KB = 1000;
const KiB = 1024;

/** ImageNet networks by accuracy, then the others. */
export const published: readonly Published[] = [
  ...(
    [
      ['architectures/mcunet-10fps', 'MCUNet 10 fps', 40.4, 'TinyEngine', 49],
      ['architectures/mbv2-w0.35-r144', 'MobileNetV2 0.35, 144 x 144', 49.0, 'TinyEngine', 295],
      ['architectures/mcunet-5fps', 'MCUNet 5 fps', 49.9, 'TinyEngine', 96],
      ['architectures/proxyless-w0.3-r176', 'ProxylessNAS 0.3, 176 x 176', 56.2, 'X-CUBE-AI', 221],
      ['architectures/mcunet-256kb-1mb', 'MCUNet 256 kB', 60.3, 'TinyEngine', 215],
      ['mcunet-320kb-imagenet-int8', 'MCUNet 320 kB', 61.8, 'X-CUBE-AI', 243],
      ['architectures/mcunet-512kb-2mb', 'MCUNet 512 kB', 68.0, 'X-CUBE-AI', 342],
    ] as const
  ).map(([file, name, accuracyPercent, stack, kibibytes]) => ({
    file,
    name,
    task: imagenet,
    accuracyPercent,
    source: zoo,
    other: { stack, bytes: kibibytes * KiB },
    randomWeights: file.startsWith('architectures/'),
  })),
  {
    file: 'architectures/mbv2-w1.0-r224',
    name: 'MobileNetV2 1.0, 224 x 224',
    task: imagenet,
    accuracyPercent: 71.5,
    source: 'ESP-DL, its quantisation of torchvision’s 71.9 %',
    other: null,
    randomWeights: true,
  },
  {
    file: 'mcunet-vww80-int8',
    name: 'MCUNet 5 fps for wake words, 80 x 80',
    task: wakeWords,
    accuracyPercent: 88.9,
    source: zoo,
    other: { stack: 'TinyEngine', bytes: 92 * KiB },
    randomWeights: false,
  },
];

/** Other work on ImageNet within little SRAM: networks made for it. */
export const others: readonly {
  readonly name: string;
  readonly accuracyPercent: number;
  readonly bytes: number;
  readonly source: string;
}[] = [
  {
    name: 'MCUNetV2-M4',
    accuracyPercent: 64.9,
    bytes: 196 * KB,
    source: 'Lin et al., NeurIPS 2021; the image is not counted',
  },
  {
    name: 'MCUNetV2-H7',
    accuracyPercent: 71.8,
    bytes: 465 * KB,
    source: 'Lin et al., NeurIPS 2021; the image is not counted',
  },
  {
    name: 'Lee, Park, Lee',
    accuracyPercent: 61.6,
    bytes: 63 * KB,
    source: 'arXiv 2408.03663, trained for patches that do not mix',
  },
];
