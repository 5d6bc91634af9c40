/** Named small networks with seeded random weights, one function each, shared by the whole test-suite. */
import { NetworkBuilder } from './network-builder.js';
import type { Activation, NetworkOptions, Tensor } from './network-builder.js';

/** Expand 1x1, depthwise, project 1x1, with a residual where shapes allow. */
export function invertedResidual(
  net: NetworkBuilder,
  x: Tensor,
  spec: { out: number; expand: number; kernel: number; stride: number },
): Tensor {
  const hidden = x.shape[0] * spec.expand;
  const wide = spec.expand === 1 ? x : net.conv(x, { out: hidden, kernel: 1, activation: 'relu6' });
  const pad = (spec.kernel - 1) / 2;
  const deep = net.depthwise(wide, { kernel: spec.kernel, stride: spec.stride, pad, activation: 'relu6' });
  const narrow = net.conv(deep, { out: spec.out, kernel: 1 });
  return spec.stride === 1 && spec.out === x.shape[0] ? net.add(x, narrow) : narrow;
}

/** MobileNetV2 with width 0.35 at 96 x 96, 2 classes. */
export function personDetector(): Uint8Array {
  // Output channels, expansion, repeats, stride.
  const stages = [
    [8, 1, 1, 1],
    [8, 6, 2, 2],
    [16, 6, 3, 2],
    [24, 6, 4, 2],
    [32, 6, 3, 1],
    [56, 6, 3, 2],
    [112, 6, 1, 1],
  ] as const;
  const net = new NetworkBuilder({ name: 'person_detector', seed: 1 });
  let x = net.conv(net.input('image', [3, 96, 96]), { out: 16, kernel: 3, stride: 2, pad: 1, activation: 'relu6' });
  for (const [out, expand, repeats, stride] of stages) {
    for (let i = 0; i < repeats; i++)
      x = invertedResidual(net, x, { out, expand, kernel: 3, stride: i === 0 ? stride : 1 });
  }
  net.output(
    net.softmax(net.gemm(net.globalAveragePool(net.conv(x, { out: 448, kernel: 1, activation: 'relu6' })), 2)),
    'person',
  );
  return net.build();
}

/**
 * MobileNetV2 1.0 at 224, 1000 classes: by default the paper's depths and kernels; MCUNetV2-RD is `redistributed` (Lin et al. 2021, figure
 * 5 and appendix): depths 1 1 4 4 3 4 1, and a first depthwise kernel of 1.
 */
export function mobileNetV2(options: NetworkOptions & { readonly redistributed?: boolean } = {}): Uint8Array {
  const { redistributed = false, ...rest } = options;
  const depths = redistributed ? [1, 1, 4, 4, 3, 4, 1] : [1, 2, 3, 4, 3, 3, 1];
  const widths = [16, 24, 32, 64, 96, 160, 320];
  const strides = [1, 2, 2, 2, 1, 2, 1];
  const net = new NetworkBuilder({ name: 'mobilenet_v2', seed: 12, ...rest });
  let x = net.conv(net.input('image', [3, 224, 224]), { out: 32, kernel: 3, stride: 2, pad: 1, activation: 'relu6' });
  for (const [stage, out] of widths.entries()) {
    for (let i = 0; i < depths[stage]; i++) {
      const kernel = redistributed && stage === 0 ? 1 : 3;
      x = invertedResidual(net, x, { out, expand: stage === 0 ? 1 : 6, kernel, stride: i === 0 ? strides[stage] : 1 });
    }
  }
  net.output(
    net.gemm(net.globalAveragePool(net.conv(x, { out: 1280, kernel: 1, activation: 'relu6' })), 1000),
    'scores',
  );
  return net.build();
}

/** MobileNetV2 in miniature: 3 x 32 x 32, five inverted residuals, 10 classes with Softmax. */
export function tinyMobileNetV2(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'tiny_mobilenet_v2', seed: 2, ...options });
  let x = net.conv(net.input('image', [3, 32, 32], { symbolicBatch: true }), {
    out: 8,
    kernel: 3,
    stride: 2,
    pad: 1,
    activation: 'relu6',
  });
  for (const block of [
    { out: 8, expand: 1, kernel: 3, stride: 1 },
    { out: 12, expand: 3, kernel: 3, stride: 2 },
    { out: 12, expand: 3, kernel: 3, stride: 1 },
    { out: 16, expand: 3, kernel: 3, stride: 2 },
    { out: 16, expand: 3, kernel: 3, stride: 1 },
  ])
    x = invertedResidual(net, x, block);
  x = net.conv(x, { out: 32, kernel: 1, activation: 'relu6' });
  net.output(net.softmax(net.gemm(net.globalAveragePool(x), 10)), 'scores');
  return net.build();
}

/** MCUNet-like: 3 x 40 x 48, kernels of 3, 5 and 7, odd channel counts, asymmetric SAME pads, logits. */
export function mcunetLike(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'mcunet_like', seed: 3, ...options });
  let x = net.conv(net.input('image', [3, 40, 48]), { out: 8, kernel: 3, stride: 2, pad: 'same', activation: 'relu6' });
  for (const block of [
    { out: 7, expand: 1, kernel: 3, stride: 1 },
    { out: 12, expand: 4, kernel: 7, stride: 2 },
    { out: 12, expand: 3, kernel: 5, stride: 1 },
    { out: 20, expand: 3, kernel: 5, stride: 2 },
    { out: 20, expand: 2, kernel: 7, stride: 1 },
  ])
    x = invertedResidual(net, x, block);
  net.output(net.gemm(net.averagePool(x, 5, 5), 7), 'logits');
  return net.build();
}

/** DS-CNN for keyword spotting: one channel in, 49 x 10, a 10 x 4 first kernel. */
export function dsCnn(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'ds_cnn', seed: 4, ...options });
  let x = net.conv(net.input('mfcc', [1, 49, 10]), {
    out: 16,
    kernel: [10, 4],
    stride: 2,
    pad: 'same',
    activation: 'relu',
  });
  for (let i = 0; i < 3; i++) {
    x = net.depthwise(x, { kernel: 3, pad: 1, activation: 'relu' });
    x = net.conv(x, { out: 16, kernel: 1, activation: 'relu' });
  }
  net.output(net.softmax(net.gemm(net.globalAveragePool(x), 12)), 'words');
  return net.build();
}

/** ResNet8-like: three residual stages, the last two with a 1x1 on the shortcut; 3 x 16 x 16. */
export function resnet8Like(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'resnet8_like', seed: 5, ...options });
  let x = net.conv(net.input('image', [3, 16, 16]), { out: 8, kernel: 3, pad: 1, activation: 'relu' });
  for (const [out, stride] of [
    [8, 1],
    [12, 2],
    [16, 2],
  ]) {
    const a = net.conv(x, { out, kernel: 3, stride, pad: 'same', activation: 'relu' });
    const b = net.conv(a, { out, kernel: 3, pad: 1 });
    const shortcut = stride === 1 ? x : net.conv(x, { out, kernel: 1, stride });
    x = net.add(shortcut, b, 'relu');
  }
  net.output(net.softmax(net.gemm(net.averagePool(x, 4, 4), 10)), 'classes');
  return net.build();
}

/** MobileNetV1-like with a third of its channels zeroed: 3 x 24 x 24. */
export function mobileNetV1ZeroChannels(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'mobilenet_v1_zeroed', seed: 6, ...options });
  let x = net.conv(net.input('image', [3, 24, 24]), {
    out: 8,
    kernel: 3,
    stride: 2,
    pad: 'same',
    activation: 'relu',
    zeroChannels: 0.3,
  });
  for (const [out, stride] of [
    [16, 1],
    [16, 2],
    [24, 1],
    [32, 2],
  ]) {
    x = net.depthwise(x, { kernel: 3, stride, pad: 'same', activation: 'relu', zeroChannels: 0.2 });
    x = net.conv(x, { out, kernel: 1, activation: 'relu', zeroChannels: 0.35 });
  }
  net.output(net.gemm(net.globalAveragePool(x), 2), 'person');
  return net.build();
}

/** A feature pyramid: three scales, up by Resize, down by MaxPool, three outputs in NHWC order; 3 x 32 x 48. */
export function featurePyramid(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'feature_pyramid', seed: 7, ...options });
  const stem = net.conv(net.input('image', [3, 32, 48]), {
    out: 8,
    kernel: 3,
    stride: 2,
    pad: 'same',
    activation: 'relu6',
  });
  const c2 = invertedResidual(net, stem, { out: 8, expand: 2, kernel: 3, stride: 1 });
  const c3 = invertedResidual(net, c2, { out: 12, expand: 2, kernel: 3, stride: 2 });
  const c4 = invertedResidual(net, c3, { out: 16, expand: 2, kernel: 3, stride: 2 });
  const lateral = (x: Tensor): Tensor => net.conv(x, { out: 8, kernel: 1 });
  const p4 = lateral(c4);
  const p3 = net.add(lateral(c3), net.resize(p4, 2, 'nearest'));
  const p2 = net.add(lateral(c2), net.resize(p3, 2, 'nearest'));
  const n3 = net.add(p3, net.maxPool(p2, 2, 2));
  const n4 = net.add(p4, net.maxPool(n3, 2, 2));
  for (const [i, x] of [p2, n3, n4].entries()) {
    const head = net.conv(net.depthwise(x, { kernel: 3, pad: 1, activation: 'relu6' }), { out: 6, kernel: 1 });
    net.output(net.transpose(head, [1, 2, 0]), `boxes_${i}`);
  }
  return net.build();
}

/** Detection heads of two scales, flattened to anchors and concatenated: [1, anchors, 4]. */
export function anchorHeads(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'anchor_heads', seed: 8, ...options });
  const a = net.conv(net.input('image', [3, 16, 24]), {
    out: 8,
    kernel: 3,
    stride: 2,
    pad: 'same',
    activation: 'relu',
  });
  const b = net.conv(a, { out: 12, kernel: 3, stride: 2, pad: 'same', activation: 'relu' });
  const flat = [a, b].map((x) => {
    const head = net.conv(x, { out: 8, kernel: 3, pad: 1 });
    const [c, h, w] = head.shape;
    return net.reshape(net.transpose(head, [1, 2, 0]), [(h * w * c) / 4, 4]);
  });
  net.output(net.concat(flat, 0), 'anchors');
  return net.build();
}

/** ShuffleNetV2 units: split, depthwise, concat, channel shuffle; 3 x 16 x 16. */
export function shuffleUnits(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'shuffle_units', seed: 9, ...options });
  let x = net.conv(net.input('image', [3, 16, 16]), { out: 12, kernel: 3, stride: 2, pad: 1, activation: 'relu' });
  for (let i = 0; i < 2; i++) {
    const [c, h, w] = x.shape;
    const left = net.sliceChannels(x, 0, c / 2);
    let right = net.conv(net.sliceChannels(x, c / 2, c), { out: c / 2, kernel: 1, activation: 'relu' });
    right = net.conv(net.depthwise(right, { kernel: 3, pad: 1 }), { out: c / 2, kernel: 1, activation: 'relu' });
    const joined = net.reshape(net.concat([left, right]), [2, c / 2, h, w]);
    x = net.reshape(net.transpose(joined, [1, 0, 2, 3]), [c, h, w]);
  }
  net.output(
    net.gemm(net.globalAveragePool(net.conv(x, { out: 16, kernel: 3, groups: 2, activation: 'relu' })), 5),
    'classes',
  );
  return net.build();
}

/** MobileNetV3's block: HardSwish written out, squeeze-and-excite with HardSigmoid; 3 x 16 x 16. */
export function squeezeExcite(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'squeeze_excite', seed: 10, ...options });
  let x = net.hardSwish(net.conv(net.input('image', [3, 16, 16]), { out: 8, kernel: 3, stride: 2, pad: 1 }));
  const wide = net.hardSwish(net.conv(x, { out: 24, kernel: 1 }));
  const deep = net.hardSwish(net.depthwise(wide, { kernel: 5, pad: 2 }));
  const squeezed = net.conv(net.globalAveragePool(deep), { out: 6, kernel: 1, activation: 'relu' });
  const gate = net.hardSigmoid(net.conv(squeezed, { out: 24, kernel: 1 }));
  x = net.add(x, net.conv(net.binary('Mul', deep, gate), { out: 8, kernel: 1 }));
  net.output(net.gemm(net.globalAveragePool(x), 4), 'classes');
  return net.build();
}

/** Convolutional autoencoder with ConvTranspose; 1 x 16 x 16 in and out. */
export function autoencoder(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'autoencoder', seed: 11, ...options });
  let x = net.conv(net.input('frame', [1, 16, 16]), { out: 6, kernel: 3, stride: 2, pad: 1, activation: 'relu' });
  x = net.conv(x, { out: 8, kernel: 3, stride: 2, pad: 1, activation: 'relu' });
  x = net.convTranspose(x, { out: 6, kernel: 3, stride: 2, pad: 1, outputPad: 1, activation: 'relu' });
  net.output(net.sigmoid(net.convTranspose(x, { out: 1, kernel: 4, stride: 2, pad: 1 })), 'reconstruction');
  return net.build();
}

/** 1-D convolutions over raw samples: [1, 320] -> 6 words. */
export function keywords1d(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'keywords_1d', seed: 12, ...options });
  let x = net.conv(net.input('samples', [1, 320]), {
    out: 8,
    kernel: 16,
    stride: 8,
    pad: [0, 4, 0, 4],
    activation: 'relu',
  });
  x = net.maxPool(net.conv(x, { out: 12, kernel: 3, pad: [0, 1, 0, 1], activation: 'relu' }), 2, 2);
  x = net.conv(net.depthwise(x, { kernel: 5, pad: [0, 2, 0, 2] }), { out: 16, kernel: 1, activation: 'relu' });
  net.output(net.gemm(x, 6), 'words');
  return net.build();
}

/** Dense layers only, Flatten of an image first: its order must be undone in the weights. */
export function denseOnImage(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'dense_on_image', seed: 13, ...options });
  const x = net.conv(net.input('image', [2, 6, 5]), { out: 3, kernel: 3, pad: 1, activation: 'relu' });
  net.output(net.gemm(net.gemm(x, 11, 'relu'), 5), 'y');
  return net.build();
}

/** U-Net in miniature: bilinear and nearest Resize, skip concatenations with unequal scales; 3 x 16 x 24. */
export function tinyUnet(options: NetworkOptions = {}): Uint8Array {
  const net = new NetworkBuilder({ name: 'tiny_unet', seed: 14, ...options });
  const block = (x: Tensor, out: number, activation: Activation = 'relu'): Tensor =>
    net.conv(x, { out, kernel: 3, pad: 1, activation });
  const e1 = block(net.input('image', [3, 16, 24]), 6);
  const e2 = block(net.maxPool(e1, 2, 2), 8);
  const e3 = block(net.maxPool(e2, 2, 2), 12);
  const d2 = block(net.concat([net.resize(e3, 2, 'nearest'), e2]), 8);
  const d1 = block(net.concat([net.resize(d2, 2, 'linear'), e1]), 6);
  net.output(net.conv(d1, { out: 2, kernel: 1 }), 'mask');
  return net.build();
}

/** uint8 activations, asymmetric uint8 weights, one scale a tensor. */
export function asymmetricU8(options: NetworkOptions = {}): Uint8Array {
  return resnet8Like({
    name: 'asymmetric_u8',
    activations: 'uint8',
    weights: 'uint8',
    perChannel: false,
    seed: 15,
    ...options,
  });
}

/** The operators of ONNX Runtime's QOperator form. */
export function qOperatorNet(options: NetworkOptions = {}): Uint8Array {
  return tinyMobileNetV2({ name: 'q_operator', format: 'qoperator', activations: 'uint8', seed: 16, ...options });
}

/** All scales powers of two: ties everywhere. */
export function powerOfTwoScales(options: NetworkOptions = {}): Uint8Array {
  return tinyMobileNetV2({ name: 'power_of_two', powerOfTwoScales: true, seed: 17, ...options });
}

/** Every named network of this file, by name. */
export const allNetworks: Readonly<Record<string, (options?: NetworkOptions) => Uint8Array>> = {
  tinyMobileNetV2,
  mcunetLike,
  dsCnn,
  resnet8Like,
  mobileNetV1ZeroChannels,
  featurePyramid,
  anchorHeads,
  shuffleUnits,
  squeezeExcite,
  autoencoder,
  keywords1d,
  denseOnImage,
  tinyUnet,
  asymmetricU8,
  qOperatorNet,
  powerOfTwoScales,
};
