/** What a validation run means, in words. */

import type { DiagnosticCode } from '../diagnostics.js';
import { printable, type Diagnostic } from '../diagnostics.js';
import { type Int8Graph, valueOf } from '../ir/int8-graph.js';
import { isWholeSteps } from '../numerics/softmax.js';
import { counted } from '../util/format.js';
import { type Comparison, stepsText } from './compare.js';
import type { LayerMismatch } from './layers.js';
import type { Found, Subject, ValidateSettings } from './subject.js';

/** Empty where everything is as the plan says: E700 outputs, E701 guards, E702 arena, E703 stack; W704 where instructions were not counted. */
export function verdicts(subject: Subject, settings: ValidateSettings, found: Found): readonly Diagnostic[] {
  const problems: Diagnostic[] = [];
  const error = (code: DiagnosticCode, message: string, hint?: string): void => {
    problems.push({ code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) });
  };
  if (found.agreement.mismatchedBytes > 0)
    error('E700', `the outputs differ from the reference: ${differenceText(found.agreement)}${layerText(found.layer)}`);
  if (settings.expected !== null && found.agreed.mismatchedBytes > 0) {
    error(
      'E700',
      `the outputs differ from the expected ones: ${differenceText(found.agreed)} (tolerance ${settings.tolerance})`,
      softmaxHint(subject.graph),
    );
  }
  if (!found.guardsIntact) error('E701', 'the network wrote outside its arena');
  const planned = subject.plan.arenaBytes;
  if (found.arena.touchedBytes !== planned) {
    error('E702', `the plan has an arena of ${planned} bytes and ${found.arena.touchedBytes} were touched`);
  }
  for (const [from, to] of found.unlistedGaps.slice(0, 5)) {
    error('E702', `arena bytes ${from} to ${to} were not touched, and the plan lists no gap there`);
  }
  if (found.stackBytes !== null && found.stackBytes.touched > found.stackBytes.bound) {
    error('E703', `the stack took ${found.stackBytes.touched} bytes; its bound is ${found.stackBytes.bound}`);
  }
  if (settings.on === 'qemu' && !found.counted) {
    problems.push({
      code: 'W704',
      severity: 'note',
      message:
        'instructions were not counted: that takes a C compiler on this machine (cc, or CC), and a QEMU with plugins',
    });
  }
  return problems;
}

/** Where outputs of another program may differ though both are right. */
function softmaxHint(graph: Int8Graph): string | undefined {
  const softmax = graph.nodes.find(({ op, output }) => {
    const scale = valueOf(graph, output).quant?.scale;
    return op.kind === 'softmax' && scale !== undefined && !isWholeSteps(scale);
  });
  return softmax === undefined
    ? undefined
    : `the Softmax "${printable(softmax.name, 60)}" has the codes of ONNX Runtime's optimised kernel, for which a probability of 1 is ` +
        'a whole number of steps; without optimisations they differ by a step';
}

function differenceText(comparison: Comparison): string {
  const first = comparison.firstMismatch!;
  return (
    `${counted(comparison.mismatchedBytes, 'byte')}, by at most ${stepsText(comparison.maxDifference)}; ` +
    `first element ${first.element} of "${printable(first.output, 60)}": ${first.actual} instead of ${first.expected}`
  );
}

function layerText(layer: LayerMismatch | null): string {
  if (layer === null) return '; every single layer is right';
  return (
    `; the first layer that differs is step ${layer.step}, ${layer.op} "${printable(layer.node, 60)}" (${layer.kernel}), ` +
    `at row ${layer.y}, column ${layer.x}, channel ${layer.c}: ${layer.actual} instead of ${layer.expected}`
  );
}
