/** Builds `rivulet.plan/1` from the facts of a compilation. */

import { elementShape, bytesOf, type Int8Graph, type Int8Io, valueOf } from '../ir/int8-graph.js';
import type { Shape } from '../ir/tensor.js';
import { stepUsage } from '../memory/occupancy.js';
import type { TensorView } from '../memory/plan.js';
import { callerRowBytes, type ProgramStep, residentInputBytes } from '../program/program.js';
import type { CompileFacts } from './facts.js';
import { opLabel } from '../ir/op-label.js';
import { segmentsAt } from './occupancy.js';
import type { QuantisationSummary, QuantiseDocument } from './quantise-document.js';
import {
  type IoDocument,
  type MemoryDocument,
  type PlanDocument,
  planSchema,
  type StepDocument,
} from './plan-document.js';

export function planDocument(facts: CompileFacts): PlanDocument {
  const { model, program } = facts;
  const { graph, machine, plan, footprint } = program;
  const usage = stepUsage(plan.buffers, plan.steps.length);
  return {
    schema: planSchema,
    tool: { name: 'rivulet', version: facts.toolVersion },
    net: facts.net,
    model: {
      name: model.name,
      sha256: model.sha256,
      macs: model.macs,
      liveMacs: graph.nodes.reduce((sum, node) => sum + node.macs, 0),
      parameters: model.parameters,
      inputs: graph.inputs.map((io, i) => ioDocument(graph, io, plan.inputs[i], plan.inputSurvives[i])),
      outputs: graph.outputs.map((io, i) => ioDocument(graph, io, plan.outputs[i], true)),
      ...((model.constantOutputs ?? []).length === 0
        ? {}
        : {
            constantOutputs: model.constantOutputs!.map(({ name, onnxShape, dtype }) => ({ name, onnxShape, dtype })),
          }),
    },
    board:
      facts.board === null
        ? null
        : {
            id: facts.board.id,
            name: facts.board.name ?? facts.board.id,
            core: facts.board.core,
            sramBytes: facts.board.sramBytes,
            flashBytes: facts.board.flashBytes,
          },
    limits: { sramBytes: facts.limits.sramBytes, flashBytes: facts.limits.flashBytes },
    core: machine.core.id,
    schedule: plan.schedule,
    memory: memoryDocument(facts),
    cost: {
      executedMacs: program.executedMacs,
      estimatedInstructions: program.instructions,
      slowdown: facts.slowdown,
      flashBytes: { weights: footprint.weightBytes, code: footprint.codeBytes },
    },
    fits: facts.fits,
    diagnostics: facts.diagnostics,
    steps: program.steps.map((step, i) => stepDocument(graph, step, usage[i].liveBytes)),
    buffers: plan.buffers,
    removedChannels: facts.removedChannels ?? [],
    reasons: facts.reasons ?? [],
    pareto: facts.pareto ?? [],
    knee: facts.knee ?? [],
    ...(facts.quantisation === undefined ? {} : { quantisation: summaryOf(facts.quantisation) }),
  };
}

const summaryOf = ({ schema: _, tool: __, diagnostics: ___, ...summary }: QuantiseDocument): QuantisationSummary =>
  summary;

/** plan.json: the document as text, one property a line, closed by a newline. */
export function planJson(document: PlanDocument): string {
  return `${JSON.stringify(document, null, 1)}\n`;
}

function memoryDocument({ program, layerByLayerBytes, totals }: CompileFacts): MemoryDocument {
  const { plan, footprint } = program;
  const { peakSramBytes } = footprint;
  const resident = plan.schedule.input === 'resident';
  return {
    input: plan.schedule.input,
    arenaBytes: plan.arenaBytes,
    arenaAlignBytes: plan.arenaAlignBytes,
    scratchBytes: plan.scratchBytes,
    staticBytes: footprint.staticBytes,
    stackBytes: footprint.stackBytes,
    peakSramBytes,
    lowerBoundBytes: plan.lowerBoundBytes,
    provenOptimal: plan.provenOptimal,
    searchNodes: plan.searchNodes,
    layerByLayerBytes,
    inputBytes: residentInputBytes(program),
    callerRowBytes: callerRowBytes(program),
    residentBytes: totals?.residentBytes ?? (resident ? peakSramBytes : null),
    streamedBytes: totals?.streamedBytes ?? (resident ? null : peakSramBytes),
    peakStep: plan.peakStep,
    peak: segmentsAt(plan.buffers, plan.peakStep, plan.arenaBytes),
    gaps: plan.gaps,
  };
}

function stepDocument(graph: Int8Graph, programStep: ProgramStep, liveBytes: number): StepDocument {
  const { plan: step, weightBytes, macs, instructions } = programStep;
  const node = graph.nodes[step.node];
  return {
    index: step.index,
    region: step.region,
    node: step.node,
    name: node.name,
    op: opLabel(node, graph),
    kernel: step.kernel,
    rowsPerCall: step.rowsPerCall,
    direction: step.direction,
    inputShapes: step.inputs.map(viewShape),
    outputShape: viewShape(step.output),
    inputs: step.inputs,
    output: step.output,
    scratchBytes: step.scratch?.bytes ?? 0,
    macs,
    estimatedInstructions: instructions,
    weightBytes,
    liveBytes,
    deviations: node.deviations,
  };
}

function ioDocument(graph: Int8Graph, io: Int8Io, view: TensorView, survives: boolean): IoDocument {
  const value = valueOf(graph, io.value);
  return {
    name: io.name,
    onnxShape: io.layout.onnxShape,
    onnxDType: io.layout.onnxDType,
    shape: hwc(elementShape(value)),
    dtype: value.dtype,
    scale: value.quant?.scale ?? null,
    zeroPoint: value.quant?.zeroPoint ?? null,
    bytes: ioBytes(graph, io),
    offsetBytes: view.buffer === null ? null : view.offsetBytes,
    ...(io.floatRange === undefined ? {} : { floatRange: io.floatRange }),
    survives,
  };
}

function ioBytes(graph: Int8Graph, io: Int8Io): number {
  return bytesOf(valueOf(graph, io.value));
}

const hwc = (s: Shape): readonly [number, number, number] => [s.h, s.w, s.c];
const viewShape = (v: TensorView): readonly [number, number, number] => [v.height, v.width, v.channels];
