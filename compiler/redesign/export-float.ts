/** A redesigned network as a float ONNX file: operator set 13, tensors NCHW, nodes under their own names. */

export { exportFloat } from '../quantise/export/qdq.js';
