/** ONNX Runtime (WebAssembly build, one thread) on int8 tensors, all optimisations on. */

import * as ort from 'onnxruntime-web';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

export interface OrtInput {
  readonly name: string;
  readonly type: 'int8' | 'uint8' | 'float32';
  readonly dims: readonly number[];
  readonly data: Int8Array | Uint8Array | Float32Array;
}

export interface OrtOutput {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Int8Array | Uint8Array | Float32Array | Int32Array | BigInt64Array;
}

/** A model ready to run on named tensors. */
export interface OrtModel {
  run(inputs: readonly OrtInput[]): Promise<OrtOutput[]>;
  release(): Promise<void>;
}

/** `optimise` false computes every node as written, in float32. */
export async function loadOrt(bytes: Uint8Array, optimise = true): Promise<OrtModel> {
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['wasm'],
    graphOptimizationLevel: optimise ? 'all' : 'disabled',
    logSeverityLevel: 3,
  });
  return {
    async run(inputs) {
      const feeds = Object.fromEntries(
        inputs.map((i) => [i.name, new ort.Tensor(i.type, i.data as Int8Array, i.dims)]),
      );
      const results = await session.run(feeds);
      return session.outputNames.map((name) => ({
        name,
        dims: results[name].dims,
        data: results[name].data as OrtOutput['data'],
      }));
    },
    release: () => session.release(),
  };
}
