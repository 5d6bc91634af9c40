/** A linear Resize in front: the network sees a smaller image, whoever feeds it sends the same one. */

import { linearAxis } from '../../import/ops/resize-axis.js';
import { type Graph, type Node, type Resize, valueOfGraph } from '../../ir/graph.js';
import { illegal, type LowerResolution, type MoveRule } from '../move.js';
import { floatValue, freshId, freshName, nodeOf, redirect } from '../structure.js';
import { withSizes } from '../resize-graph.js';

/** Smaller images are not offered a smaller size: what is in them is too few pixels across. */
const leastOffered = 24;
const sharesOffered = [0.875, 0.75] as const;

const isSmaller = (n: number, than: number): boolean => Number.isInteger(n) && n >= 1 && n <= than;

/** The network behind a Resize, or in words why there cannot be one. */
function lowered(graph: Graph, first: Node, height: number, width: number): Graph | string {
  const io = graph.inputs.find(({ value }) => first.inputs.includes(value));
  if (io === undefined) return `'${first.name}' does not read an input of the network`;
  const { shape } = valueOfGraph(graph, io.value);
  const isCut = isSmaller(height, shape.h) && isSmaller(width, shape.w) && height * width < shape.h * shape.w;
  if (!isCut) return `${height}x${width} is not a smaller image than ${shape.h}x${shape.w}`;
  const id = freshId(graph);
  const name = freshName(graph, `${first.name}_resize`);
  const axis = (from: number, to: number) => linearAxis(from, to, { numerator: to, denominator: from }, 'half_pixel');
  const op: Resize = {
    kind: 'resize',
    mode: 'linear',
    rows: axis(shape.h, height),
    columns: axis(shape.w, width),
    codeOrigin: null,
  };
  const resize: Node = { name, op, inputs: [io.value], output: id };
  const values = new Map(graph.values).set(id, floatValue(id, name, shape));
  const behind = redirect({ ...graph, values }, io.value, id);
  const sized = withSizes(behind, new Map([[id, { ...shape, h: height, w: width }]]));
  return typeof sized === 'string' ? sized : { ...sized, nodes: [resize, ...sized.nodes] };
}

const hasResize = (node: Node): boolean => node.op.kind === 'resize';

export const lowerResolution: MoveRule<LowerResolution> = {
  kind: 'lowerResolution',
  list: (graph) =>
    graph.inputs.flatMap((io) => {
      const first = graph.nodes.find((n) => n.inputs.includes(io.value));
      const { h, w } = valueOfGraph(graph, io.value).shape;
      // One Resize is enough: the size that is wanted can be asked for at once.
      if (first === undefined || hasResize(first) || Math.min(h, w) < leastOffered) return [];
      const even = (n: number): number => 2 * Math.round(n / 2);
      return sharesOffered
        .map((share) => [even(share * h), even(share * w)] as const)
        .filter(([height, width]) => typeof lowered(graph, first, height, width) !== 'string')
        .map(([height, width]): LowerResolution => ({ kind: 'lowerResolution', node: first.name, height, width }));
    }),
  apply(graph, move) {
    const made = lowered(graph, nodeOf(graph, move), move.height, move.width);
    if (typeof made === 'string') throw illegal(move, made);
    return made;
  },
  words: (_, move) => `the image is resized to ${move.height}x${move.width} before ${move.node}`,
};
