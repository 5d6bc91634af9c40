/**
 * A Pad of rows and columns joins the windows that read it where they would read the same numbers: zeros for a
 * convolution, the lowest value for a max pool, zeros that count in the divisor for an average pool.
 */

import type { Graph, Node, Pad, Value, ValueId } from '../ir/graph.js';
import { sameQuant } from '../ir/tensor.js';
import { dilated } from '../ir/window.js';
import type { Window } from '../ir/window.js';
import { removeDeadCode } from './dead-code.js';
import { rewriteNodes, usesOf } from './uses.js';
import type { Uses } from './uses.js';

export function foldPads(graph: Graph): Graph {
  const uses = usesOf(graph);
  let changed = false;
  const result = rewriteNodes(graph, (node) => {
    const pad = uses.producer(node.inputs[0]);
    if (pad === undefined || pad.op.kind !== 'pad' || !isWholeMove(pad, uses)) return node;
    const folded = join(node, pad.inputs[0], pad.op, uses.value(pad.output));
    changed ||= folded !== node;
    return folded;
  });
  return changed ? removeDeadCode(result) : graph;
}

/** Only rows and columns, and no change of quantisation. */
function isWholeMove(pad: Node, uses: Uses): boolean {
  const op = pad.op as Pad;
  const [before, after] = [uses.value(pad.inputs[0]).quant, uses.value(pad.output).quant];
  const alike = before === null || after === null ? before === after : sameQuant(before, after);
  return alike && op.mode === 'constant' && op.before.c === 0 && op.after.c === 0;
}

function join(node: Node, source: ValueId, pad: Pad, padded: Value): Node {
  const { op } = node;
  switch (op.kind) {
    case 'conv2d': {
      if (pad.value !== 0) return node;
      const window = widened(op.window, pad);
      return fits(window) ? { ...node, op: { ...op, window }, inputs: [source] } : node;
    }
    case 'maxPool': {
      if (!isLowest(pad.value, padded) || !isUnpadded(op.window)) return node;
      const window = widened(op.window, pad);
      return fits(window) ? { ...node, op: { ...op, window }, inputs: [source] } : node;
    }
    case 'averagePool': {
      if (pad.value !== 0 || !isUnpadded(op.window)) return node;
      const window = widened(op.window, pad);
      return fits(window) ? { ...node, op: { ...op, window, countIncludePad: true }, inputs: [source] } : node;
    }
    default:
      return node;
  }
}

/** Nothing of the tensor can be smaller than the padding. */
function isLowest(value: number, { quant }: Value): boolean {
  return value === -Infinity || (quant !== null && value <= quant.scale * (-128 - quant.zeroPoint));
}

const isUnpadded = (w: Window): boolean => w.padTop === 0 && w.padLeft === 0 && w.padBottom === 0 && w.padRight === 0;

function widened(w: Window, pad: Pad): Window {
  return {
    ...w,
    padTop: w.padTop + pad.before.h,
    padLeft: w.padLeft + pad.before.w,
    padBottom: w.padBottom + pad.after.h,
    padRight: w.padRight + pad.after.w,
  };
}

/** Pads stay smaller than the kernel: no window may lie wholly in them. */
function fits(w: Window): boolean {
  return (
    Math.max(w.padTop, w.padBottom) < dilated(w.kernelH, w.dilationH) &&
    Math.max(w.padLeft, w.padRight) < dilated(w.kernelW, w.dilationW)
  );
}
