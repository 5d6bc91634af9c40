/** Every move on networks of every kind: legal graphs that ONNX infers alike, functions kept where a move says so. */

import { describe, expect, it } from 'vitest';
import { RivuletError } from '../../../compiler/diagnostics.js';
import type { Graph } from '../../../compiler/ir/graph.js';
import { countMacs } from '../../../compiler/ir/graph-size.js';
import { removeDeadCode } from '../../../compiler/passes/dead-code.js';
import { evenly } from '../../../compiler/quantise/quantise-graph.js';
import { applyMove, applyMoves, describeMove, listMoves, type Move } from '../../../compiler/redesign/index.js';
import { receptiveFields } from '../../../compiler/redesign/receptive-field.js';
import { outputsOf } from '../../../compiler/redesign/score.js';
import { Random } from '../../models/random.js';
import { NetworkBuilder } from '../../models/index.js';
import { allNetworks } from '../../models/networks.js';
import { samplesFor } from '../quantise/support.js';
import { expectSound, floatNetwork, randomResidualNetwork, sameFunction } from './support.js';

const networks: readonly (readonly [string, () => Graph])[] = [
  ...Object.entries(allNetworks)
    // The same networks in other formats.
    .filter(([name]) => !['asymmetricU8', 'qOperatorNet', 'powerOfTwoScales'].includes(name))
    .map(([name, make]) => [name, () => floatNetwork(make({ format: 'float' }))] as const),
  ...[1, 2, 3, 4].map((seed) => [`random network ${seed}`, () => randomResidualNetwork(seed)] as const),
];

const refusal = (graph: Graph, move: Move): string => {
  try {
    applyMove(graph, move);
  } catch (error) {
    expect(error).toBeInstanceOf(RivuletError);
    expect((error as RivuletError).diagnostics.map((d) => d.code)).toEqual(['E180']);
    return (error as RivuletError).message;
  }
  throw new Error(`${move.kind} of ${move.node} is legal`);
};

/** At most three of each kind, evenly. */
const someOfEachKind = (moves: readonly Move[]): readonly Move[] =>
  [...new Set(moves.map((m) => m.kind))].flatMap((kind) =>
    evenly(
      moves.filter((m) => m.kind === kind),
      3,
    ),
  );

describe('legal moves', () => {
  it.each(networks)('give sound networks: %s', (_, make) => {
    const graph = make();
    const samples = samplesFor(graph, 1, 3);
    for (const move of someOfEachKind(listMoves(graph))) {
      expect(describeMove(graph, move)).toMatch(/^[a-z].{10,}$/);
      expectSound(applyMove(graph, move), samples);
    }
  });

  it.each(networks)('leave the graph that they are given as it was: %s', (_, make) => {
    const graph = make();
    const before = JSON.stringify([...graph.values.values(), ...graph.nodes]);
    for (const move of listMoves(graph)) applyMove(graph, move);
    expect(JSON.stringify([...graph.values.values(), ...graph.nodes])).toBe(before);
  });

  it.each(networks)('can be followed by others, and all be made again from JSON: %s', (_, make) => {
    const graph = make();
    const random = new Random(7);
    const moves: Move[] = [];
    let now = graph;
    for (let i = 0; i < 5; i++) {
      const legal = listMoves(now);
      if (legal.length === 0) break;
      const move = random.pick(legal);
      moves.push(move);
      now = applyMove(now, move);
    }
    const again = applyMoves(graph, JSON.parse(JSON.stringify(moves)) as Move[]);
    expect(again).toEqual(now);
    expectSound(now, samplesFor(graph, 1, 5));
  });
});

describe('enlargeKernel', () => {
  it.each(networks)('is the same function: %s', (_, make) => {
    const graph = make();
    const samples = samplesFor(graph, 2, 3);
    const wanted = outputsOf(graph, samples);
    for (const move of listMoves(graph).filter((m) => m.kind === 'enlargeKernel'))
      sameFunction(wanted, outputsOf(applyMove(graph, move), samples));
  });
});

describe('shrinkKernel', () => {
  it('undoes enlargeKernel', () => {
    const graph = floatNetwork(allNetworks.dsCnn({ format: 'float' }));
    const larger = listMoves(graph).filter((m) => m.kind === 'enlargeKernel');
    expect(larger.length).toBe(3);
    for (const { node } of larger) {
      const moves: Move[] = [
        { kind: 'enlargeKernel', node, kernelH: 5, kernelW: 5 },
        { kind: 'shrinkKernel', node, kernelH: 3, kernelW: 3 },
      ];
      expect(applyMoves(graph, moves)).toEqual(graph);
    }
  });

  it('refuses kernels that are larger, odd where even is, or without padding to shrink into', () => {
    const graph = floatNetwork(allNetworks.mcunetLike({ format: 'float' }));
    const { node } = listMoves(graph).find((m) => m.kind === 'shrinkKernel') as Move;
    expect(refusal(graph, { kind: 'shrinkKernel', node, kernelH: 9, kernelW: 9 })).toContain(
      'not a part of the kernel',
    );
    expect(refusal(graph, { kind: 'shrinkKernel', node, kernelH: 0, kernelW: 1 })).toContain(
      'not a part of the kernel',
    );
    expect(refusal(graph, { kind: 'shrinkKernel', node: 'nobody', kernelH: 1, kernelW: 1 })).toContain(
      "no node 'nobody'",
    );
  });
});

describe('dropBlock', () => {
  it('refuses what is no block', () => {
    const graph = floatNetwork(allNetworks.resnet8Like({ format: 'float' }));
    const adds = graph.nodes.filter(({ op }) => op.kind === 'binary').map(({ name }) => name);
    expect(
      listMoves(graph)
        .filter((m) => m.kind === 'dropBlock')
        .map(({ node }) => node),
    ).toEqual([adds[0]]);
    expect(refusal(graph, { kind: 'dropBlock', node: adds[1] })).toContain('made from the other alone');
    expect(refusal(graph, { kind: 'dropBlock', node: graph.nodes[0].name })).toContain('does not add two tensors');
  });
});

describe('insertBlock', () => {
  it.each(networks)('is the same function: %s', (_, make) => {
    const graph = make();
    const samples = samplesFor(graph, 2, 3);
    const wanted = outputsOf(graph, samples);
    for (const move of listMoves(graph).filter((m) => m.kind === 'insertBlock'))
      sameFunction(wanted, outputsOf(applyMoves(graph, [move, move]), samples));
  });

  it('is undone by dropBlock', () => {
    const graph = randomResidualNetwork(2);
    const [move] = listMoves(graph).filter((m) => m.kind === 'insertBlock');
    const added = applyMove(graph, move);
    expect(added.nodes.length).toBeGreaterThan(graph.nodes.length);
    const name = added.nodes.find((n) => n.name === `${move.node}~2`)?.name ?? '';
    expect(applyMove(added, { kind: 'dropBlock', node: name })).toEqual(removeDeadCode(graph));
  });
});

describe('moveStride', () => {
  /** A strided layer, what stands before it, and pointwise layers between. */
  const chain = (kernel: number): Graph => {
    const net = new NetworkBuilder({ name: 'chain', seed: 5, format: 'float' });
    let x = net.conv(net.input('image', [3, 17, 12]), { out: 6, kernel: 3, pad: 1, activation: 'relu' });
    const skip = x;
    x = net.depthwise(x, { kernel: 3, pad: 1, activation: 'relu6' });
    x = net.add(net.conv(x, { out: 6, kernel: 1 }), skip);
    x = net.conv(x, { out: 8, kernel: 1, activation: 'relu' });
    x = net.depthwise(x, { kernel, stride: 2, pad: (kernel - 1) / 2, activation: 'relu' });
    net.output(net.conv(x, { out: 4, kernel: 1 }), 'map');
    return floatNetwork(net.build());
  };

  it('is the same function where what it moves across is pointwise', () => {
    const graph = chain(1);
    const samples = samplesFor(graph, 2, 3);
    const [from] = graph.nodes.filter(({ op }) => op.kind === 'conv2d' && op.window.strideH === 2);
    const wide = graph.nodes.filter(({ op }) => op.kind === 'conv2d' && op.window.kernelH === 3);
    expect(wide.length).toBe(2);
    const made = applyMove(graph, { kind: 'moveStride', node: from.name, to: wide[1].name });
    sameFunction(outputsOf(graph, samples), outputsOf(made, samples));
    const back: Move = { kind: 'moveStride', node: wide[1].name, to: from.name };
    expect(refusal(made, back)).toContain('an image of a fixed size beside what changes');
  });

  it('refuses in words', () => {
    const graph = chain(3);
    const convs = graph.nodes.filter(({ op }) => op.kind === 'conv2d').map(({ name }) => name);
    expect(refusal(graph, { kind: 'moveStride', node: convs[0], to: convs[1] })).toContain('has no stride');
    expect(refusal(graph, { kind: 'moveStride', node: convs[4], to: convs[4] })).toContain('has a stride already');
    expect(refusal(graph, { kind: 'moveStride', node: convs[4], to: 'nobody' })).toContain('no node');
  });
});

describe('cutWidth', () => {
  it('refuses channels that the network reads or gives', () => {
    const graph = floatNetwork(allNetworks.dsCnn({ format: 'float' }));
    const last = graph.nodes.filter(({ op }) => op.kind === 'conv2d').at(-1)?.name ?? '';
    expect(refusal(graph, { kind: 'cutWidth', node: last, channels: 4 })).toContain('must stay');
    expect(refusal(graph, { kind: 'cutWidth', node: graph.nodes[0].name, channels: 16 })).toContain('not a smaller');
  });
});

describe('mergePointwise and swapPool', () => {
  const chain = (activation: 'relu' | 'none'): Graph => {
    const net = new NetworkBuilder({ name: 'chain', seed: 5, format: 'float' });
    let x = net.conv(net.input('image', [3, 12, 12]), { out: 6, kernel: 3, pad: 1, activation: 'relu' });
    x = net.conv(x, { out: 4, kernel: 1, activation });
    x = net.conv(x, { out: 8, kernel: 1, activation });
    net.output(net.conv(net.averagePool(x, 2, 2), { out: 5, kernel: 1 }), 'map');
    return floatNetwork(net.build());
  };
  const both = (graph: Graph): readonly Move[] =>
    listMoves(graph).filter((m) => m.kind === 'mergePointwise' || m.kind === 'swapPool');

  it('are the same function without an activation between', () => {
    const graph = chain('none');
    const samples = samplesFor(graph, 2, 3);
    expect(both(graph).map((m) => m.kind)).toEqual(['mergePointwise', 'swapPool']);
    for (const moves of [...both(graph).map((m) => [m]), both(graph)])
      sameFunction(outputsOf(graph, samples), outputsOf(applyMoves(graph, moves), samples));
    expect(countMacs(applyMoves(graph, both(graph)))).toBeLessThan(countMacs(graph));
  });

  it('say that an activation goes, and refuse what is read elsewhere', () => {
    const graph = chain('relu');
    expect(describeMove(graph, both(graph)[0])).toContain('and its activation goes');
    expect(refusal(graph, { kind: 'mergePointwise', node: graph.nodes[0].name })).toContain('not a pointwise');
    expect(refusal(graph, { kind: 'swapPool', node: graph.nodes[0].name })).toContain('not an average pool');
    const residual = floatNetwork(allNetworks.tinyMobileNetV2({ format: 'float' }));
    const reader = residual.nodes.find((n) => n.inputs[0] === residual.nodes[5].output)?.name ?? '';
    expect(refusal(residual, { kind: 'mergePointwise', node: reader })).toMatch(/read elsewhere|does not follow/);
  });
});

describe('lowerResolution', () => {
  it('keeps inputs and outputs, and refuses sizes that are not smaller or that reach an output', () => {
    const graph = floatNetwork(allNetworks.tinyMobileNetV2({ format: 'float' }));
    const [move] = listMoves(graph).filter((m) => m.kind === 'lowerResolution');
    const made = applyMove(graph, move);
    expect([made.inputs, made.outputs]).toEqual([graph.inputs, graph.outputs]);
    expect(countMacs(made)).toBeLessThan(countMacs(graph));
    expect(refusal(graph, { ...move, height: 32, width: 32 })).toContain('not a smaller image');
    expect(refusal(graph, { ...move, node: graph.nodes[1].name })).toContain('does not read an input');
    const pyramid = floatNetwork(allNetworks.featurePyramid({ format: 'float' }));
    const { node } = { node: pyramid.nodes[0].name };
    expect(refusal(pyramid, { kind: 'lowerResolution', node, height: 24, width: 24 })).toMatch(/another size/);
  });
});

describe('receptive fields', () => {
  it('of a DS-CNN are those that its windows say', () => {
    const stages = receptiveFields(floatNetwork(allNetworks.dsCnn({ format: 'float' })));
    // 10 rows, then three kernels of 3 at a distance of 2, then all 25 rows of the image at once.
    expect(stages.map((s) => s.receptiveField)).toEqual([22, 70]);
    expect(stages.map((s) => s.ringBytes)).toEqual([10 * 10 + 3 * (3 * 5 * 16), 0]);
  });
});
