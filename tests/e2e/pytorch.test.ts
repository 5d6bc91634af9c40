/** Networks written in PyTorch compute what the network does. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeNpz, type NpzArray } from '../../compiler/data/write-npz.js';
import { physicalIndices } from '../../compiler/ir/layout.js';
import { importModel } from '../../compiler/pipeline/import-model.js';
import { finetuneScript } from '../../compiler/pytorch/finetune.js';
import { NotTrainable } from '../../compiler/pytorch/network-source.js';
import { optimise } from '../../compiler/passes/pipeline.js';
import { FloatExecutor } from '../../compiler/quantise/float-executor.js';
import { prepareForQuantisation } from '../../compiler/quantise/prepare.js';
import type { Graph } from '../../compiler/ir/graph.js';
import { allNetworks, Random } from '../models/index.js';
import { pythonWithTorch } from '../tools.js';

const python = pythonWithTorch();
const pixels = { scale: 1, mean: [0], std: [1], resize: null };
const compare = `
import json, runpy, sys
import numpy as np, torch
worst = dict()
for folder in sys.argv[1:]:
    code = runpy.run_path(folder + "/finetune.py")
    network = code["load_weights"](code["Network"](), folder + "/net.npz")
    files = np.load(folder + "/io.npz")
    given = [torch.from_numpy(files[n]) for n in sorted(files.files) if n.startswith("in")]
    wanted = [files[n] for n in sorted(files.files) if n.startswith("out")]
    with torch.no_grad():
        found = network(*given)
        code["add_norms"](network, [given[0]]) if len(given) == 1 else None
        again = code["fold_norms"](network)(*given)
    for results in (found, again):
        results = results if isinstance(results, tuple) else (results,)
        assert [r.shape for r in results] == [torch.Size(w.shape) for w in wanted], folder
        for r, w in zip(results, wanted):
            error = float(np.abs(r.numpy() - w).max() / np.abs(w).max())
            worst[folder] = max(worst.get(folder, 0), error)
print(json.dumps(worst))
`;

const floatGraph = (bytes: Uint8Array): Graph =>
  prepareForQuantisation(optimise(importModel({ bytes }, { inputShapes: {} }).graph));

/** Inputs and outputs of a network as its file has them. */
function example(graph: Graph): ReadonlyMap<string, NpzArray> {
  const random = new Random(7);
  const arrays = new Map<string, NpzArray>();
  const inputs = graph.inputs.map((io, i) => {
    const indices = physicalIndices(io.layout);
    const data = Float32Array.from(indices, () => random.next() * 2 - 1);
    arrays.set(`in${i}`, { shape: io.layout.onnxShape, data });
    const memory = new Float32Array(data.length);
    indices.forEach((at, k) => {
      memory[at] = data[k];
    });
    return memory;
  });
  const results = new FloatExecutor(graph).run(inputs);
  graph.outputs.forEach((io, i) => {
    const y = results.get(io.value) ?? new Float32Array();
    arrays.set(`out${i}`, {
      shape: io.layout.onnxShape,
      data: Float32Array.from(physicalIndices(io.layout), (at) => y[at]),
    });
  });
  return arrays;
}

describe('networks in PyTorch', () => {
  it.skipIf(python === null)('compute what they do here, with normalisation put in and folded again', () => {
    const root = mkdtempSync(join(tmpdir(), 'rivulet-pytorch-'));
    try {
      const folders = Object.entries(allNetworks).flatMap(([name, build]) => {
        const graph = floatGraph(build({ format: 'float' }));
        const folder = mkdtempSync(join(root, `${name}-`));
        try {
          const { script, arrays } = finetuneScript(graph, graph, [], pixels, 'net.npz');
          writeFileSync(join(folder, 'finetune.py'), script);
          writeFileSync(join(folder, 'net.npz'), writeNpz(arrays));
          writeFileSync(join(folder, 'io.npz'), writeNpz(example(graph)));
        } catch (error) {
          if (!(error instanceof NotTrainable)) throw error;
          expect(name).toBe('autoencoder');
          return [];
        }
        return [folder];
      });
      expect(folders.length).toBeGreaterThan(12);
      const run = spawnSync(python ?? '', ['-c', compare, ...folders], { encoding: 'utf8' });
      expect(run.stderr).toBe('');
      const worst = JSON.parse(run.stdout) as Record<string, number>;
      expect(Object.keys(worst)).toEqual(folders);
      // Sums of float32 in another order.
      expect(Object.entries(worst).filter(([, error]) => error > 2e-5)).toEqual([]);
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });

  it('name the node that is not written so', () => {
    const graph = floatGraph(allNetworks['autoencoder']({ format: 'float' }));
    expect(() => finetuneScript(graph, graph, [], pixels, 'net.npz')).toThrow(/convTranspose2d/);
  });
});
