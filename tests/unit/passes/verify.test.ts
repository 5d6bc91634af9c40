/** The rules of a graph catch what they are meant to catch. */

import { describe, expect, it } from 'vitest';
import type { Graph, Node, Value } from '../../../compiler/ir/graph.js';
import { verifyGraph } from '../../../compiler/ir/verify.js';
import { resnet8Like, tinyUnet } from '../../models/index.js';
import { load } from '../import/support.js';

const { graph } = load(resnet8Like());

const withNode = (index: number, change: (node: Node) => Node): Graph => ({
  ...graph,
  nodes: graph.nodes.map((n, i) => (i === index ? change(n) : n)),
});
const withValue = (id: number, change: (value: Value) => Value): Graph => ({
  ...graph,
  values: new Map([...graph.values].map(([k, v]) => [k, k === id ? change(v) : v])),
});

describe('a valid graph', () => {
  it('has no problems', () => {
    expect(verifyGraph(graph)).toEqual([]);
    expect(verifyGraph(load(tinyUnet()).graph)).toEqual([]);
  });
});

describe('a graph is refused', () => {
  const [first] = graph.nodes;
  const problems = (g: Graph): string => verifyGraph(g).join('; ');

  it('whose nodes are out of order, doubled or dangling', () => {
    expect(problems({ ...graph, nodes: [...graph.nodes].reverse() })).toMatch(/before it is written/);
    expect(problems({ ...graph, nodes: [first, ...graph.nodes] })).toMatch(/two nodes are called/);
    expect(problems(withNode(0, (n) => ({ ...n, inputs: [99999] })))).toMatch(/reads value 99999 before it is written/);
    expect(problems({ ...graph, outputs: graph.outputs.map((io) => ({ ...io, value: 99999 })) })).toMatch(
      /is never written/,
    );
  });

  it('whose shapes do not follow from the operators', () => {
    expect(problems(withValue(first.output, (v) => ({ ...v, shape: { ...v.shape, h: v.shape.h + 1 } })))).toMatch(
      /its result is 17x16x8, not 16x16x8/,
    );
    expect(problems(withNode(0, (n) => (n.op.kind === 'conv2d' ? { ...n, op: { ...n.op, groups: 2 } } : n)))).toMatch(
      /2 groups of 3/,
    );
    expect(
      problems(
        withNode(0, (n) =>
          n.op.kind === 'conv2d' ? { ...n, op: { ...n.op, weights: { kind: 'float', data: new Float32Array(3) } } } : n,
        ),
      ),
    ).toMatch(/3 weights, not 216/);
  });

  it('whose quantisation is not one', () => {
    expect(problems(withValue(first.output, (v) => ({ ...v, quant: { scale: 0, zeroPoint: 0 } })))).toMatch(
      /has the scale 0/,
    );
    expect(problems(withValue(first.output, (v) => ({ ...v, quant: { scale: 1, zeroPoint: 200 } })))).toMatch(
      /has the zero point 200/,
    );
    expect(problems(withValue(first.output, (v) => ({ ...v, quant: null })))).toMatch(/is int8 without a quantisation/);
  });

  it('whose border layout does not fit', () => {
    const [input] = graph.inputs;
    expect(problems({ ...graph, inputs: [{ ...input, layout: { ...input.layout, order: [0, 1, 1] } }] })).toMatch(
      /has the order \[0, 1, 1\]/,
    );
    expect(problems({ ...graph, inputs: [{ ...input, layout: { ...input.layout, factors: [2, 2, 2] } }] })).toMatch(
      /does not have 768 elements/,
    );
  });
});
