/** Kernel cases as one C file for kernel_test.c. */

import { emitArray, emitStruct } from '../../../compiler/codegen/initialiser.js';
import { elementBytesOf, epilogueOf, type Int8Graph, type Int8Node, valueOf } from '../../../compiler/ir/int8-graph.js';
import type { Shape } from '../../../compiler/ir/tensor.js';
import { runNode } from '../../../compiler/reference/int8.js';
import type { CallShape } from '../../../compiler/machine/kernel.js';
import { type CallWindow, type Form, inputRect, type KernelCase, stepOutput } from './case.js';

/** Bytes of what the reference interpreter computes; for a concat's step, the part that it copies. */
export function expectedBytes({ node, graph, inputs }: KernelCase): Int8Array {
  if (node.op.kind === 'concat') return inputs[0];
  const output = runNode(
    node,
    graph,
    inputs.map((bytes, i) => (valueOf(graph, node.inputs[i]).dtype === 'int32' ? new Int32Array(bytes.buffer) : bytes)),
  );
  return output instanceof Int8Array ? output : new Int8Array(output.buffer, output.byteOffset, output.byteLength);
}

/** `headers`: those that declare the kernels, besides rv_kernels.h. */
export function emitProgram(cases: readonly KernelCase[], headers: readonly string[] = []): string {
  const wrappers = new Map<string, string>();
  const definitions: string[] = [];
  const entries = cases.map((c, i) => {
    const array = (data: Int8Array, name: string): string => {
      const a = emitArray({ kind: 'array', type: 'int8_t', data: data.length === 0 ? new Int8Array(1) : data }, name);
      definitions.push(a.definition);
      return a.reference;
    };
    const define = (node: Int8Node, graph: Int8Graph, name: string): string => {
      const params = emitStruct(c.kernel.params(node, graph), name);
      definitions.push(...params.arrays.map((a) => a.definition), params.definition);
      return params.definition.split(' ')[2];
    };
    if (c.slices === undefined) {
      wrappers.set(c.kernel.id, wrapper(c, define(c.node, c.graph, `p${i}`)));
    } else {
      wrappers.set(c.kernel.id, slicedWrapper(c));
      c.slices.forEach(({ graph }, k) => define(graph.nodes[0], graph, `p${i}_slice${k}`));
      const slices = c.slices.map(({ channel }, k) => `{&p${i}_slice${k}, ${channel}}, `).join('');
      definitions.push(`static const test_slice p${i}[] = {${slices}{NULL, 0}};`);
    }
    const inputs = c.inputs.map((data, k) =>
      tensor(
        array(data, `p${i}_in${k}`),
        shapeOf(c.graph, c.node.inputs[k]),
        elementBytesOf(valueOf(c.graph, c.node.inputs[k])),
        c.inputForms[k],
        elementBytesOf(valueOf(c.graph, c.node.inputs[k])),
      ),
    );
    const expected = array(expectedBytes(c), `p${i}_expected`);
    definitions.push(
      `static const test_call p${i}_calls[${c.calls.length}] = {\n${c.calls.map((w) => call(c, w)).join('\n')}\n};`,
    );
    const out = tensor(
      'NULL',
      stepOutput(c.node, c.graph),
      valueOf(c.graph, c.node.output).dtype === 'int32' ? 4 : 1,
      c.outputForm,
      // ArgMax writes its indices anywhere.
      epilogueOf(c.node.op) === null ? 1 : elementBytesOf(valueOf(c.graph, c.node.output)),
    );
    return (
      `  {"${c.name}", call_${c.kernel.id}, ${c.slices === undefined ? '&' : ''}p${i}, ${c.inputs.length}, {${inputs.join(', ')}}, ${out}, ${expected}, ` +
      `p${i}_calls, ${c.calls.length}, ${c.overlap?.input ?? -1}, ${c.overlap?.distance ?? 0}, ${c.sharedScratch === true ? sharedScratch(c) : 0}},`
    );
  });
  return [
    '#include "kernel_test.h"',
    ...(cases.some((c) => c.kernel.takesEpilogue === true) ? ['#include "rv_kernels_epilogue.h"'] : []),
    ...(cases.some((c) => c.node.op.kind === 'floatPixels') ? ['#include "rv_kernels_float.h"'] : []),
    ...headers.map((h) => `#include "${h}"`),
    ...wrappers.values(),
    ...definitions,
    `const test_case test_cases[] = {\n${entries.join('\n')}\n};`,
    `const int32_t test_case_count = ${cases.length};`,
    '',
  ].join('\n');
}

const shapeOf = (graph: Int8Graph, value: number): Shape => valueOf(graph, value).shape;

function wrapper({ kernel, inputs, node }: KernelCase, paramsType: string): string {
  const isArray = epilogueOf(node.op) !== null || node.op.kind === 'floatPixels';
  const views = isArray ? 'in' : inputs.map((_, k) => `&in[${k}]`).join(', ');
  return (
    `static void call_${kernel.id}(const void *p, const rv_view *in, const rv_view *out, const rv_window *w, void *s) {\n` +
    `  ${kernel.id}((const ${paramsType} *)p, ${views}, out, w, s);\n}`
  );
}

/** One slice after the other; only the last one gets to know the output. Regions are counted around the calls alone. */
function slicedWrapper({ kernel }: KernelCase): string {
  return `static void call_${kernel.id}(const void *p, const rv_view *in, const rv_view *out, const rv_window *w, void *s) {
  RV_PORT_MARK_END();
  for (const test_slice *slice = (const test_slice *)p; slice->params != NULL; slice++) {
    rv_view part = *in;
    part.data += slice->channel;
    const rv_view *to = (slice->params->last != 0) ? out : &test_untouchable;
    RV_PORT_MARK_BEGIN();
    ${kernel.id}(slice->params, &part, to, w, s);
    RV_PORT_MARK_END();
  }
  RV_PORT_MARK_BEGIN();
}`;
}

const kinds = { whole: 'TEST_WHOLE', ring: 'TEST_RING', tile: 'TEST_TILE' } as const;

function tensor(data: string, shape: Shape, elementBytes: number, form: Form, alignment: number): string {
  const pixelBytes = shape.c * elementBytes;
  return `{${data}, ${shape.h}, ${shape.w}, ${pixelBytes}, ${kinds[form.kind]}, ${pixelBytes + form.gap}, ${form.rowGap}, ${form.ringRows}, ${alignment}}`;
}

function call(c: KernelCase, w: CallWindow): string {
  const needs = c.inputs
    .map((_, k) => inputRect(c.node, c.graph, k, w))
    .map((r) => `{${r.y0}, ${r.y1}, ${r.x0}, ${r.x1}}`);
  return `  {{${w.y}, ${w.rows}, ${w.x}, ${w.cols}}, {${needs.join(', ')}}, ${scratchBytes(c, w)}},`;
}

/** Of a call; of slices' calls, the most. */
function scratchBytes(c: KernelCase, shape: CallShape): number {
  const bytes = (node: Int8Node, graph: Int8Graph): number => c.kernel.scratchBytes(node, graph, shape);
  return c.slices === undefined
    ? bytes(c.node, c.graph)
    : Math.max(...c.slices.map(({ graph }) => bytes(graph.nodes[0], graph)));
}

/** What a plan sets aside for all of the calls. */
const sharedScratch = (c: KernelCase): number =>
  scratchBytes(c, {
    rows: Math.max(...c.calls.map((w) => w.rows)),
    cols: Math.max(...c.calls.map((w) => w.cols)),
  });
