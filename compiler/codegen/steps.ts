/**
 * The C function of a plan step: it sets up the kernel's views and window and calls it once. Layers, streams and
 * patches share these functions; they differ in the loops around them (run.ts, fused.ts). A step of a unit that walks
 * tiles takes columns too, and for each view that holds a tile the row and column which stand first in it.
 */

import { operatorOf } from '../ir/operators/index.js';
import type { RowSums } from '../machine/kernel.js';
import { type Int8Graph, type Int8Node, valueOf, elementBytesOf, epilogueOf } from '../ir/int8-graph.js';
import type { Plan, PlanStep, PlanUnit, TensorView } from '../memory/plan.js';
import { type StepSlices, stepSlices } from '../memory/step-slices.js';
import { opLabel, opWord } from '../ir/op-label.js';
import type { View } from '../assets/template.js';
import { unitGeometry, walksTiles } from '../schedule/unit.js';
import { constantName } from './io.js';
import { arenaPlus } from './literals.js';
import { commentText, macroName } from './names.js';

/** `<net>_conv_5`, by the step's index. */
export function stepFunction(net: string, graph: Int8Graph, step: PlanStep): string {
  return `${net}_${opWord(graph.nodes[step.node], graph)}_${step.index}`;
}

/** `step 3`, `steps 3 and 4` or `steps 3 to 5`, of steps [first, end). */
export function stepsText(first: number, end: number): string {
  return end - first === 1 ? `step ${first}` : `steps ${first} ${end - first === 2 ? 'and' : 'to'} ${end - 1}`;
}

/** Name of the step's parameter struct; the arrays behind it are `<name>_weights` and so on. */
export const paramsName = (net: string, step: PlanStep): string => `${net}_params_${step.index}`;

/**
 * Template fields of one step's function. `params`: the name of its parameter struct, which steps may share; `rowSums`: how
 * its kernel takes its input's rows as they come, for where it does.
 */
export function stepView(
  net: string,
  graph: Int8Graph,
  plan: Plan,
  step: PlanStep,
  params: string,
  rowSums: RowSums | undefined,
): View {
  const node = graph.nodes[step.node];
  const unit = unitOf(plan, step);
  const sums = unit?.sumsOffsetBytes ?? null;
  const tiles = unit !== null && walksTiles(graph, unitGeometry(graph, unit.unit));
  const inputs = inputNames(node, step);
  const named: [string, TensorView][] = [
    ...step.inputs.map((view, i): [string, TensorView] => [inputs.names[i], view]),
    ['out', step.output],
  ];
  const origins = named.filter(([, view]) => view.tile === true).map(([name]) => `int32_t ${name}Y, int32_t ${name}X`);
  const initialisers = named.map(([name, view]) => viewInitialiser(net, name, view));
  const sliced = stepSlices(graph, plan, step);
  const parameters = [
    'int8_t *arena',
    'int32_t y',
    'int32_t rows',
    ...(tiles ? ['int32_t x', 'int32_t cols'] : []),
    ...origins,
    ...(sliced === null ? [] : ['int32_t slice']),
  ];
  const scratch = step.scratch === null ? 'NULL' : arenaPlus(step.scratch.offsetBytes);
  const inputViews = inputs.array
    ? [`const rv_view in[${step.inputs.length}] = {`, ...initialisers.slice(0, -1).map((text) => `  ${text},`), '};']
    : initialisers.slice(0, -1).map((text, i) => `const rv_view ${inputs.names[i]} = ${text};`);
  return {
    function: stepFunction(net, graph, step),
    comment: stepComment(graph, plan, step),
    parameters: parameters.join(', '),
    views: [...inputViews, `const rv_view out = ${initialisers[initialisers.length - 1]};`],
    window: `const rv_window window = {${sums === null ? `y, rows, ${tiles ? 'x, cols' : `0, ${step.output.width}`}` : '0, 1, 0, 1'}};`,
    call: `${step.kernel}(&${params}${sliced === null ? '' : '[slice]'}, ${inputs.array ? 'in' : inputs.names.map((n) => `&${n}`).join(', ')}, &out, &window, ${scratch});`,
    sums: sums === null ? null : sumsView(step, params, sums, rowSums!),
    trace: macroName(net),
    index: step.index,
    pixelBytes: pixelBytes(step.output.channels * elementBytesOf(valueOf(graph, node.output)), sliced),
    written: sliced?.sums === true ? `slice == ${sliced.slices.length - 1}` : null,
  };
}

/** Bytes that a call writes of each pixel: fewer of the last slice, where the slices' width does not divide the channels. */
function pixelBytes(bytes: number, sliced: StepSlices | null): string {
  const last = sliced === null || sliced.sums ? bytes : sliced.slices[sliced.slices.length - 1].channels;
  return last === bytes ? String(bytes) : `(slice == ${sliced!.slices.length - 1}) ? ${last} : ${bytes}`;
}

/** A global pool that takes its input's rows as they come: y and rows count rows of the input. */
function sumsView(step: PlanStep, params: string, sumsOffsetBytes: number, rowSums: RowSums): View {
  const [input] = step.inputs;
  return {
    input: rowSums.takesArray ? 'in' : '&in',
    kernel: rowSums.functions,
    address: arenaPlus(sumsOffsetBytes),
    bytes: 4 * step.output.channels,
    taken: `const rv_window taken = {y, rows, 0, ${input.width}};`,
    height: input.height,
    params,
  };
}

const unitOf = (plan: Plan, step: PlanStep): PlanUnit | null =>
  plan.fused.flatMap((region) => region.units).find((u) => u.firstStep <= step.index && step.index < u.endStep) ?? null;

/** Concats, epilogues and float tails take an array of views, every other kernel its views one by one. */
function inputNames(node: Int8Node, step: PlanStep): { readonly names: readonly string[]; readonly array: boolean } {
  if (operatorOf(node.op).takesArray || epilogueOf(node.op) !== null)
    return { names: step.inputs.map((_, i) => `in${i}`), array: true };
  return { names: step.inputs.length === 1 ? ['in'] : ['a', 'b'], array: false };
}

function viewInitialiser(net: string, name: string, view: TensorView): string {
  const origin = view.tile === true ? `${name}Y, ${name}X` : '0, 0';
  const size = `${view.rowPitchBytes}, ${view.pixelPitchBytes}, ${view.height}, ${view.width}`;
  return `{${viewData(net, view)}, ${size}, ${origin}, ${view.ringRows}}`;
}

/** Expression of a view's first element. Constants are cast: a kernel reads its input views only. */
function viewData(net: string, view: TensorView): string {
  if (view.buffer !== null) return arenaPlus(view.offsetBytes);
  return `(int8_t *)(uintptr_t)${constantName(net, view.value)}${view.offsetBytes > 0 ? ` + ${view.offsetBytes}` : ''}`;
}

function stepComment(graph: Int8Graph, plan: Plan, step: PlanStep): readonly string[] {
  const node = graph.nodes[step.node];
  const place = (view: TensorView): string => `${view.height}x${view.width}x${view.channels}`;
  const from = step.inputs.map(place).join(' and ');
  const overlaps = overlapText(plan, step);
  return [
    `Step ${step.index}: ${opLabel(node, graph)}, ${from} -> ${place(step.output)}${overlaps}.`,
    `"${commentText(node.name)}"`,
  ];
}

/** Says where the output replaces an input that dies here. */
function overlapText(plan: Plan, step: PlanStep): string {
  if (step.output.buffer === null) return '';
  const out = plan.buffers[step.output.buffer];
  for (const view of step.inputs) {
    if (view.buffer === null || view.buffer === out.id) continue;
    const input = plan.buffers[view.buffer];
    const disjoint =
      input.offsetBytes + input.bytes <= out.offsetBytes || out.offsetBytes + out.bytes <= input.offsetBytes;
    if (!disjoint)
      return input.offsetBytes === out.offsetBytes && input.bytes === out.bytes ? ', in place' : ', over its input';
  }
  return '';
}
