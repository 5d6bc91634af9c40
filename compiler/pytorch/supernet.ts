/**
 * `supernet.py`: one network with the weights of all that a search may choose from. Kernels are cut out of the largest around the same
 * centre and go through a small matrix, blocks are skipped, channels are masked in the order of their importance. What a candidate
 * chooses is a list of differences from the original, written here and read there.
 */

import { render } from '../assets/template.js';
import { floatWeights, type Graph, type Node, type ValueId, valueOfGraph } from '../ir/graph.js';
import { pythonInput, type PixelArithmetic } from './finetune.js';
import { type ArrayFile, classText, networkParts } from './network-source.js';

/** A residual block of the supernet: what of its forward pass goes where the block is not held. */
export interface SuperBlock {
  readonly add: Node;
  readonly skip: ValueId;
  readonly branch: readonly Node[];
}

/** What a candidate chooses, as far as it differs from the original; names are those of nodes. */
export interface SuperChoice {
  /** Kernel (rows, columns), stride (rows, columns), padding (top, left, bottom, right), output channels. */
  readonly convolutions: Readonly<Record<string, readonly [number[], number[], number[], number]>>;
  /** Whether the block that ends with an Add is held, where that is not as in the original. */
  readonly blocks: Readonly<Record<string, boolean>>;
  /** Rows and columns that the image is brought to first. */
  readonly input: readonly [number, number] | null;
}

export interface SupernetFiles {
  readonly script: string;
  readonly arrays: ReadonlyMap<string, ArrayFile>;
  /** JSON of choices to train on: `smallest` and `candidates`. */
  readonly choices: string;
}

/** `graph` is the original with every block that may be added; `added` names the Adds of those. */
export function supernetScript(
  graph: Graph,
  original: Graph,
  blocks: readonly SuperBlock[],
  choices: readonly SuperChoice[],
  smallest: SuperChoice,
  kinds: readonly string[],
  pixels: PixelArithmetic,
): SupernetFiles {
  const parts = networkParts(graph, 'ElasticConv');
  const originals = new Set(original.nodes.map((n) => n.name));
  const known = (add: Node): string => JSON.stringify(add.name);
  const body: string[] = ['x = self.brought(x)'];
  const inBlock = new Map<Node, SuperBlock>(blocks.flatMap((b) => [...b.branch, b.add].map((n) => [n, b] as const)));
  for (const node of graph.nodes) {
    const block = inBlock.get(node);
    if (block === undefined) body.push(line(parts.lines, node));
    else if (block.add === node) {
      const result = parts.variables.get(node.output) ?? '';
      body.push(`if self.holds[${known(node)}]:`);
      for (const n of [...block.branch, node]) body.push(`    ${line(parts.lines, n)}`);
      body.push('else:', `    ${result} = ${parts.variables.get(block.skip) ?? ''}`);
    }
  }
  const [first] = parts.given;
  const text = classText(
    'Supernet',
    'SupernetBase',
    parts,
    body.map((l) => l.replace(/^x = self\.brought\(x\)$/, `${first} = self.brought(${first})`)),
  );
  const convolutionNames = [...parts.convolutions].map(
    ([node, variable]) => `    ${JSON.stringify(node)}: ${JSON.stringify(variable)},`,
  );
  const held = blocks.map((b) => `    ${known(b.add)}: ${originals.has(b.add.name) ? 'True' : 'False'},`);
  const script = render('pytorch/supernet.py', {
    ...pythonInput(original, pixels),
    names: convolutionNames.join('\n'),
    held: held.join('\n'),
    kinds: kinds.join(','),
    network: text,
  });
  return {
    script,
    arrays: new Map([...parts.arrays, ...ranks(graph, parts.convolutions)]),
    choices: `${JSON.stringify({ smallest, candidates: choices })}\n`,
  };
}

function line(lines: ReadonlyMap<Node, string>, node: Node): string {
  const found = lines.get(node);
  if (found === undefined) throw new Error(`'${node.name}' was not written`);
  return found;
}

/** What a candidate's network is within the supernet. */
export function choiceOf(candidate: Graph, graph: Graph, original: Graph, blocks: readonly SuperBlock[]): SuperChoice {
  const held = new Map(candidate.nodes.map((n) => [n.name, n]));
  const originals = new Set(original.nodes.map((n) => n.name));
  const convolutions: Record<string, readonly [number[], number[], number[], number]> = {};
  for (const { name, op } of graph.nodes) {
    const other = held.get(name)?.op;
    if (op.kind !== 'conv2d' || other?.kind !== 'conv2d') continue;
    const [a, b] = [op.window, other.window];
    const isSame = other.outChannels === op.outChannels && JSON.stringify(a) === JSON.stringify(b);
    if (isSame) continue;
    convolutions[name] = [
      [b.kernelH, b.kernelW],
      [b.strideH, b.strideW],
      [b.padTop, b.padLeft, b.padBottom, b.padRight],
      other.outChannels,
    ];
  }
  const differs = blocks.filter(({ add }) => held.has(add.name) !== originals.has(add.name));
  const front = candidate.nodes.find((n) => n.op.kind === 'resize' && n.inputs[0] === candidate.inputs[0].value);
  const isNew = front !== undefined && !originals.has(front.name);
  const { h, w } = isNew ? valueOfGraph(candidate, front.output).shape : { h: 0, w: 0 };
  return {
    convolutions,
    blocks: Object.fromEntries(differs.map(({ add }) => [add.name, held.has(add.name)])),
    input: isNew ? [h, w] : null,
  };
}

/** Of each convolution's channels the place by importance, most first; channels that must be the same share one order. */
function ranks(graph: Graph, names: ReadonlyMap<string, string>): ReadonlyMap<string, ArrayFile> {
  const group = new Map<ValueId, ValueId>();
  const root = (id: ValueId): ValueId => {
    let at = id;
    for (let up = group.get(at); up !== undefined && up !== at; up = group.get(at)) at = up;
    return at;
  };
  const join = (a: ValueId, b: ValueId): void => {
    const [x, y] = [root(a), root(b)];
    group.set(x, x);
    group.set(y, x);
  };
  for (const node of graph.nodes) {
    const { op } = node;
    const mixes = op.kind === 'conv2d' && op.groups === 1;
    const changes = ['concat', 'slice', 'gather', 'transpose', 'reshape'].includes(op.kind);
    join(node.output, node.output);
    if (!mixes && !changes)
      for (const id of node.inputs)
        if (valueOfGraph(graph, id).shape.c === valueOfGraph(graph, node.output).shape.c) join(id, node.output);
  }
  const importance = new Map<ValueId, Float64Array>();
  for (const { op, output } of graph.nodes) {
    if (op.kind !== 'conv2d') continue;
    const sums = importance.get(root(output)) ?? new Float64Array(op.outChannels);
    const weights = floatWeights(op);
    const inner = weights.length / op.outChannels;
    // A channel counts by what its weights could make of inputs of one size, each layer of the group to the same part.
    const own = Float64Array.from({ length: op.outChannels }, (_, o) =>
      weights.subarray(o * inner, (o + 1) * inner).reduce((s, w) => s + w * w, 0),
    );
    const total = own.reduce((a, b) => a + b, 0) || 1;
    if (sums.length === own.length) own.forEach((v, o) => (sums[o] += v / total));
    importance.set(root(output), sums);
  }
  return new Map(
    graph.nodes.flatMap(({ name, op, output }): [string, ArrayFile][] => {
      const variable = names.get(name);
      const sums = importance.get(root(output));
      if (variable === undefined || op.kind !== 'conv2d' || sums === undefined) return [];
      const order = [...sums.keys()].sort((a, b) => sums[b] - sums[a] || a - b);
      const rank = new Int32Array(op.outChannels);
      order.forEach((channel, place) => {
        rank[channel] = place;
      });
      return [[`${variable}.rank`, { shape: [op.outChannels], data: rank }]];
    }),
  );
}
