/** A model of 30 MB with little work: one large matrix. */

import { NetworkBuilder } from './network-builder.js';

export function largeModel(): Uint8Array {
  const net = new NetworkBuilder({ name: 'large' });
  const x = net.conv(net.input('image', [3, 32, 32]), { out: 8, kernel: 3, stride: 2, pad: 1, activation: 'relu' });
  net.output(net.gemm(net.gemm(x, 14_500, 'relu'), 10), 'y');
  return net.build();
}
