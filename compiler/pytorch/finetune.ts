/** `finetune.py`: one point of a search, to be trained further. */

import { readAsset } from '../assets/assets.js';
import { render } from '../assets/template.js';
import type { Graph } from '../ir/graph.js';
import { valueOfGraph } from '../ir/graph.js';
import { networkSource } from './network-source.js';
import { comment, literal, tuple } from './python-names.js';

/** How pixels become the network's input: (p x scale - mean) / std. */
export interface PixelArithmetic {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Shorter side before the middle is cut out; null: the input's own. */
  readonly resize: number | null;
}

export interface FinetuneFiles {
  /** By name in the point's folder. */
  readonly script: string;
  readonly arrays: ReturnType<typeof networkSource>['arrays'];
}

/** Throws NotTrainable where a node cannot be written. `originalWeights` is a path from the point's folder. */
export function finetuneScript(
  graph: Graph,
  original: Graph,
  moves: readonly string[],
  pixels: PixelArithmetic,
  originalWeights: string,
): FinetuneFiles {
  const network = networkSource(graph, 'Network');
  const script = render('pytorch/finetune.py', {
    moves: moves.length === 0 ? 'The original itself.' : `Moves:\n${moves.map((m) => `  - ${docText(m)}`).join('\n')}`,
    weights: weightsFile,
    originalWeights,
    ...pythonInput(graph, pixels),
    network: network.text,
    original: networkSource(original, 'Original').text,
  });
  return { script, arrays: network.arrays };
}

export const weightsFile = 'net.npz';

/** What both scripts say of the input, and the parts that they share. */
export function pythonInput(graph: Graph, pixels: PixelArithmetic): Readonly<Record<string, string>> {
  const { h, w, c } = valueOfGraph(graph, graph.inputs[0].value).shape;
  return {
    inputShape: tuple([c, h, w]),
    scale: literal(pixels.scale),
    mean: tuple(pixels.mean.map(literal)),
    std: tuple(pixels.std.map(literal)),
    resize: pixels.resize === null ? 'None' : String(pixels.resize),
    layers: readAsset('templates/pytorch/layers.py.hbs'),
    data: readAsset('templates/pytorch/data.py.hbs'),
    onnx: readAsset('templates/pytorch/onnx.py.hbs'),
  };
}

/** A line within a docstring. */
const docText = (text: string): string => comment(text).replaceAll('\\', '/').replaceAll('"', "'");
