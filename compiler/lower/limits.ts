/**
 * What the kernels' parameters hold (runtime-c/include/rv_kernels.h: windows and tables of positions are 16 bits wide)
 * and their sums can bear: a network beyond it is refused in words, before anything is planned.
 */

import type { DiagnosticCode } from '../diagnostics.js';
import type { Diagnostic } from '../diagnostics.js';
import { bytesOf, type Int8Graph, type Int8Node, valueOf } from '../ir/int8-graph.js';
import type { Window } from '../ir/window.js';
import { softmaxChannels } from '../numerics/softmax.js';

const largestWindow = 65535;
const largestPad = 32767;
const largestPosition = 65535;
const largestFloatInputs = 255;
/** Taps whose sum of int8 less a zero point is an int32. */
const largestPool = Math.floor((2 ** 31 - 1) / 255);
/** Bytes of a node's tensors together: placement counts on arenas below it. */
const largestTensors = 2 ** 29;

/** One error for each limit that a node exceeds. */
export function limitProblems(graph: Int8Graph): Diagnostic[] {
  return graph.nodes.flatMap((node) =>
    exceeded(graph, node).map(
      ([code, message, hint]): Diagnostic => ({
        code,
        severity: 'error',
        message,
        node: node.name,
        ...(hint === undefined ? {} : { hint }),
      }),
    ),
  );
}

type Exceeded = readonly [code: DiagnosticCode, message: string, hint?: string];

function exceeded(graph: Int8Graph, node: Int8Node): Exceeded[] {
  const { op } = node;
  const inputs = node.inputs.map((id) => valueOf(graph, id));
  const input = inputs[0].shape;
  const output = valueOf(graph, node.output);
  const bytes = [...inputs, output].reduce((sum, value) => sum + bytesOf(value), 0);
  const found: Exceeded[] =
    bytes < largestTensors
      ? []
      : [['E304', `its tensors of ${bytes} bytes are too large; fewer than ${largestTensors} are supported`]];
  switch (op.kind) {
    case 'conv2d':
    case 'convTranspose2d':
    case 'maxPool':
      found.push(...windowProblems(op.window));
      break;
    case 'averagePool': {
      found.push(...windowProblems(op.window));
      const taps = op.window.kernelH * op.window.kernelW;
      if (taps > largestPool) found.push(['E204', `it averages ${taps} positions; up to ${largestPool} are supported`]);
      break;
    }
    case 'floatPixels':
      if (op.registers > largestPosition || node.inputs.length > largestFloatInputs)
        found.push(['E204', `it needs ${op.registers} numbers a pixel of ${node.inputs.length} tensors`]);
      break;
    case 'softmax':
    case 'logSoftmax':
      if (input.c > softmaxChannels) {
        found.push([
          'E204',
          `it sums the powers of ${input.c} channels; up to ${softmaxChannels} are supported, beyond which a code may be wrong`,
          'End the model before it and compute it in your application, or over a part of the channels.',
        ]);
      }
      break;
    case 'resize':
    case 'gather': {
      const axes = op.kind === 'resize' ? (['h', 'w'] as const) : ([op.axis] as const);
      for (const axis of axes) {
        if (input[axis] - 1 > largestPosition)
          found.push([
            'E204',
            `it reads positions of an axis of ${input[axis]}; axes of up to ${largestPosition + 1} are supported`,
          ]);
      }
      break;
    }
    default:
      break;
  }
  return found;
}

function windowProblems(w: Window): Exceeded[] {
  const sizes = [w.kernelH, w.kernelW, w.strideH, w.strideW, w.dilationH, w.dilationW];
  const pads = [w.padTop, w.padLeft, w.padBottom, w.padRight];
  const [size, pad] = [Math.max(...sizes), Math.max(...pads.map(Math.abs))];
  const found: Exceeded[] = [];
  if (size > largestWindow) {
    found.push([
      'E204',
      `its window spans ${size} positions along an axis; up to ${largestWindow} are supported`,
      'Reshape the tensor in front of it, so that the positions stand in rows and columns.',
    ]);
  }
  if (pad > largestPad) found.push(['E204', `it pads by ${pad}; up to ${largestPad} are supported`]);
  return found;
}
