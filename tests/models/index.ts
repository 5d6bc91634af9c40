export { Random } from './random.js';
export * from './proto.js';
export { NetworkBuilder } from './network-builder.js';
export type { Activation, ConvSpec, Format, NetworkOptions, Tensor } from './network-builder.js';
export * from './networks.js';
