/** Quantised Graph -> integer program. Real scales end here. */

import { ExitCode, RivuletError, type Diagnostic } from '../diagnostics.js';
import { floatTailOf } from '../ir/float-tail.js';
import type { Graph, Node } from '../ir/graph.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import { withoutUnreadNodes } from '../ir/unread-nodes.js';
import { lowerBinary } from './binary.js';
import { LowerContext, LoweringProblem, needsQuantisation } from './context.js';
import { lowerConvolution } from './conv.js';
import { limitProblems } from './limits.js';
import { FloatTail } from './float-tail.js';
import { lowerMove } from './move.js';
import { lowerAveragePool, lowerMaxPool } from './pool.js';
import { type FloatOutputs, RealLowering } from './real.js';
import { lowerResize } from './resize.js';
import { lowerArgMax, lowerSoftmax } from './softmax.js';
import { lowerPRelu, lowerUnary } from './unary.js';

export interface Lowering {
  readonly graph: Int8Graph;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface LoweringOptions {
  /** int32 by default. */
  readonly floatOutputs?: FloatOutputs;
  /** What ir/float-tail.ts says may stay float32 at the end does so; it is made integers otherwise, or refused. */
  readonly floatTail?: boolean;
}

/**
 * The integer program of a quantised graph, every choice proven (numerics/). Throws RivuletError with every problem
 * at once: E401 real tensors (the network, or a part of it, is not quantised), E203 and E204 operators without an
 * integer form or beyond the kernels' limits (limits.ts), E304 tensors too large, E404 constants out of range, E405
 * accumulators that could leave int32.
 */
export function lowerToInt8(
  graph: Graph,
  { floatOutputs = 'int32', floatTail = false }: LoweringOptions = {},
): Lowering {
  const quantised = [...graph.values.values()].some((v) => v.quant !== null);
  if (!quantised) {
    throw new RivuletError(ExitCode.unsupported, [
      {
        code: 'E401',
        severity: 'error',
        message: 'the network is not quantised: all of its tensors are float',
        hint: needsQuantisation,
      },
    ]);
  }
  const ctx = new LowerContext(graph);
  const reals = new RealLowering(ctx, floatOutputs);
  const problems: Diagnostic[] = [];
  for (const io of graph.inputs) {
    if (!ctx.declareInput(io.value))
      problems.push({
        code: 'E401',
        severity: 'error',
        message: `input '${io.name}' is not quantised`,
        hint: needsQuantisation,
      });
  }
  const tail = new FloatTail(ctx, graph);
  const inTail = floatTail ? floatTailOf(graph, 'with moves') : new Set<Node>();
  const attempt = (lower: () => void): void => {
    try {
      lower();
    } catch (e) {
      if (!(e instanceof LoweringProblem)) throw e;
      problems.push(e.diagnostic);
    }
  };
  for (const node of graph.nodes) {
    if (inTail.has(node)) tail.add(node);
    else if (reals.concerns(node)) attempt(() => reals.lower(node));
    else attempt(() => lowerNode(ctx, node));
  }
  for (const io of graph.outputs) {
    if (problems.length === 0 && tail.makes(io.value)) attempt(() => tail.materialise(io.value));
    // A constant or an input may be an output; it has no node that declares it.
    if (problems.length === 0 && !ctx.declareInput(io.value)) {
      problems.push({
        code: 'E401',
        severity: 'error',
        message: `output '${io.name}' is not quantised`,
        hint: needsQuantisation,
      });
    }
  }
  const { name, inputs } = graph;
  const outputs = graph.outputs.map((io) => ({ ...io, ...reals.outputFacts(io.value) }));
  const program = withoutUnreadNodes({ name, values: ctx.values, nodes: ctx.nodes, inputs, outputs });
  if (problems.length === 0) problems.push(...limitProblems(program));
  if (problems.length > 0) throw new RivuletError(ExitCode.unsupported, [...problems, ...ctx.diagnostics]);
  return { graph: program, diagnostics: ctx.diagnostics };
}

function lowerNode(ctx: LowerContext, node: Node): void {
  const { op } = node;
  switch (op.kind) {
    case 'conv2d':
    case 'convTranspose2d':
      return lowerConvolution(ctx, node, op);
    case 'binary':
      return lowerBinary(ctx, node, op);
    case 'unary':
      return lowerUnary(ctx, node, op);
    case 'prelu':
      return lowerPRelu(ctx, node, op);
    case 'maxPool':
      return lowerMaxPool(ctx, node, op);
    case 'averagePool':
      return lowerAveragePool(ctx, node, op);
    case 'softmax':
      return lowerSoftmax(ctx, node, op);
    case 'argMax':
      return lowerArgMax(ctx, node, op);
    case 'resize':
      return lowerResize(ctx, node, op);
    case 'concat':
    case 'slice':
    case 'pad':
    case 'transpose':
    case 'gather':
    case 'reshape':
      return lowerMove(ctx, node, op);
  }
}
