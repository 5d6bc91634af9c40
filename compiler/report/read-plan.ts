/**
 * plan.json -> PlanDocument. The file may be anything: what the report draws from is checked here, so that a wrong one is
 * a message and not a broken page.
 */

import { z } from 'zod';
import { ExitCode, printable, RivuletError } from '../diagnostics.js';
import { planSchema, type PlanDocument } from './plan-document.js';

const count = z.int().nonnegative();
const shape = z.tuple([count, count, count]);
const maybe = z.union([count, z.null()]);

const view = z.looseObject({
  value: count,
  buffer: maybe,
  offsetBytes: count,
  rowPitchBytes: z.int(),
  pixelPitchBytes: z.int(),
  height: count,
  width: count,
  channels: count,
});

const io = z.looseObject({
  name: z.string(),
  onnxShape: z.array(z.number()),
  onnxDType: z.string(),
  shape,
  dtype: z.string(),
  scale: z.union([z.number(), z.null()]),
  zeroPoint: z.union([z.int(), z.null()]),
  bytes: count,
  offsetBytes: maybe,
  survives: z.boolean(),
});

const step = z.looseObject({
  index: count,
  region: count,
  node: count,
  name: z.string(),
  op: z.string(),
  kernel: z.string(),
  rowsPerCall: count,
  direction: z.enum(['ascending', 'descending']),
  outputShape: shape,
  inputs: z.array(view),
  output: view,
  scratchBytes: count,
  macs: z.number(),
  estimatedInstructions: z.number(),
  weightBytes: count,
  liveBytes: count,
  deviations: z.object({ off: count, of: count }),
});

const buffer = z.looseObject({
  id: count,
  name: z.string(),
  kind: z.enum(['activation', 'input', 'output', 'ring', 'tile', 'scratch', 'state']),
  bytes: count,
  firstStep: count,
  endStep: count,
  offsetBytes: count,
});

const region = z.discriminatedUnion('kind', [
  z.looseObject({ kind: z.literal('layer') }),
  z.looseObject({
    kind: z.literal('fused'),
    units: z.array(
      z.looseObject({ nodes: z.array(count), rowsPerCall: count, colsPerTile: count, slideColumns: z.boolean() }),
    ),
  }),
]);

const input = z.enum(['resident', 'streamed']);
const decibels = z.number().nullable();
const quantisation = z.looseObject({
  samples: z.object({ calibration: count, evaluation: count }),
  evaluatedOn: z.enum(['calibration', 'evaluation']),
  sqnrDb: decibels,
  agreement: z.object({ top1: count, n: count }),
  accuracy: z.object({ float: z.number(), int8: z.number(), n: count }).nullable(),
  layers: z.array(z.object({ node: z.string(), sqnrDb: decibels, shareOfError: z.number() })),
  chosen: z.looseObject({ ranges: z.string(), rounding: z.string() }),
  tensors: z.array(
    z.looseObject({
      name: z.string(),
      low: z.number(),
      high: z.number(),
      method: z.string(),
      histogram: z.object({ min: z.number(), max: z.number(), counts: z.array(z.number()) }),
    }),
  ),
});

const document = z.looseObject({
  schema: z.literal(planSchema),
  tool: z.looseObject({ version: z.string() }),
  net: z.string(),
  model: z.looseObject({
    name: z.string(),
    sha256: z.string(),
    macs: count,
    liveMacs: count,
    parameters: count,
    inputs: z.array(io),
    outputs: z.array(io),
  }),
  board: z.union([z.null(), z.looseObject({ id: z.string(), name: z.string(), sramBytes: count, flashBytes: count })]),
  limits: z.object({ sramBytes: maybe, flashBytes: maybe }),
  core: z.string(),
  schedule: z.looseObject({ regions: z.array(region) }),
  memory: z.looseObject({
    input,
    arenaBytes: count,
    scratchBytes: count,
    staticBytes: count,
    stackBytes: count,
    peakSramBytes: count,
    lowerBoundBytes: count,
    provenOptimal: z.boolean(),
    layerByLayerBytes: count,
    inputBytes: count,
    callerRowBytes: count,
    residentBytes: maybe,
    streamedBytes: maybe,
    peakStep: z.int(),
    peak: z.array(z.object({ fromByte: count, toByte: count, buffers: z.array(count) })),
    gaps: z.array(z.tuple([count, count])),
  }),
  cost: z.looseObject({
    executedMacs: z.number(),
    estimatedInstructions: z.number(),
    flashBytes: z.object({ weights: count, code: count }),
  }),
  fits: z.boolean(),
  diagnostics: z.array(
    z.looseObject({
      code: z.string(),
      severity: z.enum(['error', 'warning', 'note']),
      message: z.string(),
      node: z.string().optional(),
      hint: z.string().optional(),
    }),
  ),
  steps: z.array(step),
  buffers: z.array(buffer),
  removedChannels: z.array(z.object({ node: z.string(), channels: count, of: count, reason: z.string() })),
  reasons: z.array(z.string()),
  quantisation: quantisation.optional(),
  pareto: z.array(
    z.looseObject({
      peakSramBytes: count,
      executedMacs: z.number(),
      estimatedInstructions: z.number(),
      input,
    }),
  ),
});

/** E170 (exit 2) with every field that is missing or wrong; `file` names the file in it. */
export function readPlan(text: string, file: string): PlanDocument {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw noPlan(file, [`is not JSON: ${(error as Error).message}`]);
  }
  const parsed = document.safeParse(json);
  if (!parsed.success)
    throw noPlan(
      file,
      parsed.error.issues
        .slice(0, 5)
        .map((issue) => `holds no plan: ${issue.path.join('.') || 'the file'}: ${issue.message}`),
    );
  // The file's own fields in their own order, those that are not checked included.
  const plan = json as PlanDocument;
  const problem = inconsistency(plan);
  if (problem !== null) throw noPlan(file, [`holds no plan: ${problem}`]);
  return plan;
}

/** What single fields cannot say. */
function inconsistency(d: PlanDocument): string | null {
  const misplaced = d.steps.findIndex((s, i) => s.index !== i || s.region >= d.schedule.regions.length);
  if (misplaced >= 0) return `steps.${misplaced} is out of its place`;
  const ids = new Set(d.buffers.map((b) => b.id));
  if (ids.size < d.buffers.length) return 'two buffers have the same id';
  const long = d.buffers.find((b) => b.endStep > d.steps.length || b.offsetBytes + b.bytes > d.memory.arenaBytes);
  if (long !== undefined) return `buffer ${long.id} reaches beyond the last step or the arena`;
  return null;
}

const noPlan = (file: string, messages: readonly string[]): RivuletError =>
  new RivuletError(
    ExitCode.usage,
    messages.map((message) => ({
      code: 'E170',
      severity: 'error' as const,
      node: file,
      message: printable(message),
      hint: 'give a plan.json that rivulet compile wrote, or what analyze --json prints',
    })),
  );
