/** Builds `rivulet.plan/1` from the facts of a compilation. */

import { bytesOf, type Int8Graph, type Int8Io, valueOf } from '../ir/int8-graph.js';
import type { Shape } from '../ir/tensor.js';
import { stepUsage } from '../memory/occupancy.js';
import type { PlanStep, TensorView } from '../memory/plan.js';
import type { CompileFacts } from './facts.js';
import { opLabel } from './describe.js';
import { arrayBytes, footprint, stepParams, type StepParams } from './footprint.js';
import { segmentsAt } from './occupancy.js';
import { type StepCost, stepCosts } from './step-cost.js';
import {
  type IoDocument,
  type MemoryDocument,
  type PlanDocument,
  planSchema,
  type StepDocument,
} from './plan-document.js';

/** `params` are stepParams(facts), for a caller that has them already. */
export function planDocument(facts: CompileFacts, params: readonly StepParams[] = stepParams(facts)): PlanDocument {
  const { graph, plan, model } = facts;
  const sizes = footprint(facts, params);
  const costs = stepCosts(facts);
  const usage = stepUsage(plan.buffers, plan.steps.length);
  const packed = new Set<StepParams>();
  const steps = plan.steps.map((step, i) => {
    const weightBytes = packed.has(params[i]) ? 0 : arrayBytes(params[i]);
    packed.add(params[i]);
    return stepDocument(facts, step, costs[i], weightBytes, usage[i].liveBytes);
  });
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
    core: facts.core.id,
    schedule: plan.schedule,
    memory: memoryDocument(facts, sizes),
    cost: {
      executedMacs: steps.reduce((sum, s) => sum + s.macs, 0),
      estimatedInstructions: steps.reduce((sum, s) => sum + s.estimatedInstructions, 0),
      flashBytes: { weights: sizes.weightBytes, code: sizes.codeBytes },
    },
    fits: facts.fits,
    diagnostics: facts.diagnostics,
    steps,
    buffers: plan.buffers,
    removedChannels: facts.removedChannels ?? [],
    reasons: facts.reasons ?? [],
    pareto: facts.pareto ?? [],
  };
}

/** plan.json: the document as text, one property a line, closed by a newline. */
export function planJson(document: PlanDocument): string {
  return `${JSON.stringify(document, null, 1)}\n`;
}

function memoryDocument(facts: CompileFacts, sizes: { stackBytes: number; staticBytes: number }): MemoryDocument {
  const { graph, plan } = facts;
  const peakSramBytes = plan.arenaBytes + sizes.staticBytes + sizes.stackBytes;
  const resident = plan.schedule.input === 'resident';
  return {
    input: plan.schedule.input,
    arenaBytes: plan.arenaBytes,
    arenaAlignBytes: plan.arenaAlignBytes,
    scratchBytes: plan.scratchBytes,
    staticBytes: sizes.staticBytes,
    stackBytes: sizes.stackBytes,
    peakSramBytes,
    lowerBoundBytes: plan.lowerBoundBytes,
    provenOptimal: plan.provenOptimal,
    searchNodes: plan.searchNodes,
    layerByLayerBytes: facts.layerByLayerBytes,
    inputBytes: resident ? graph.inputs.reduce((sum, io) => sum + ioBytes(graph, io), 0) : 0,
    callerRowBytes: plan.fused.reduce(
      (sum, r) => sum + (r.streamedInput === null ? 0 : r.streamedInput.width * r.streamedInput.channels),
      0,
    ),
    residentBytes: facts.totals?.residentBytes ?? (resident ? peakSramBytes : null),
    streamedBytes: facts.totals?.streamedBytes ?? (resident ? null : peakSramBytes),
    peakStep: plan.peakStep,
    peak: segmentsAt(plan.buffers, plan.peakStep, plan.arenaBytes),
    gaps: plan.gaps,
  };
}

function stepDocument(
  facts: CompileFacts,
  step: PlanStep,
  cost: StepCost,
  weightBytes: number,
  liveBytes: number,
): StepDocument {
  const { graph } = facts;
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
    macs: cost.macs,
    estimatedInstructions: cost.instructions,
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
    shape: hwc(value.shape),
    dtype: value.dtype,
    scale: value.quant?.scale ?? null,
    zeroPoint: value.quant?.zeroPoint ?? null,
    bytes: ioBytes(graph, io),
    offsetBytes: view.buffer === null ? null : view.offsetBytes,
    survives,
  };
}

function ioBytes(graph: Int8Graph, io: Int8Io): number {
  return bytesOf(valueOf(graph, io.value));
}

const hwc = (s: Shape): readonly [number, number, number] => [s.h, s.w, s.c];
const viewShape = (v: TensorView): readonly [number, number, number] => [v.height, v.width, v.channels];
