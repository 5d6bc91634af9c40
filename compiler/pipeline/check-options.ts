/** Options as a caller without types may give them: a slip must not compile something else in silence. */

import { z } from 'zod';
import type { ImageOptions } from '../data/pixels.js';
import { ExitCode, RivuletError } from '../diagnostics.js';
import { packageKinds } from '../codegen/packages/kinds.js';
import { coreIds } from '../machine/cores/index.js';
import { quantiseSchema } from '../report/quantise-document.js';
import { schemaProblems } from '../machine/schema-problems.js';
import { scheduleSchema, type CompileOptions, type ValidateOptions } from './request.js';

const positive = z.int().positive();
const texts = z.array(z.string());

const compileShape = {
  board: z.union([z.string(), z.looseObject({ id: z.string(), core: z.string(), regions: z.array(z.unknown()) })], {
    error: 'it takes the id of a board, the path of a board.json, or what loadBoard returns',
  }),
  core: z.enum(coreIds as [string, ...string[]]),
  sramBytes: positive,
  flashBytes: positive,
  objective: z.enum(['latency', 'sram']),
  maxOverhead: z.number().min(1),
  maxSlowdown: z.number().min(1),
  schedule: z.union([z.string(), scheduleSchema], {
    error: 'it takes auto, layer, stream, patch:RxC@NODE, or the schedule of a plan.json',
  }),
  input: z.enum(['resident', 'streamed']),
  keepInput: z.boolean(),
  keepConstantChannels: z.boolean(),
  pareto: z.boolean(),
  floatOutputs: z.enum(['int32', 'int8']),
  floatTail: z.boolean(),
  name: z.string(),
  package: z.enum(packageKinds),
  onProgress: z.custom((value) => typeof value === 'function', { error: 'it takes a function' }),
  inputShapes: z.record(z.string(), z.array(positive)),
  outputs: texts.min(1),
  quantisation: z.looseObject(
    { schema: z.literal(quantiseSchema), layers: z.array(z.unknown()) },
    { error: 'it takes the document that quantise returns' },
  ),
} satisfies Record<keyof CompileOptions, z.ZodType>;

const size = z.union([positive, z.strictObject({ height: positive, width: positive })], {
  error: 'it takes a number of pixels, or { height, width }',
});
const imageShape = z
  .strictObject({
    resize: size,
    crop: size,
    scale: z.number(),
    mean: z.array(z.number()).min(1),
    std: z.array(z.number().positive()).min(1),
    colour: z.enum(['rgb', 'bgr', 'grey']),
    layout: z.enum(['nchw', 'nhwc']),
  } satisfies Record<keyof ImageOptions, z.ZodType>)
  .partial();

/** What `validate` takes besides. */
const validateShape = {
  on: z.enum(['host', 'qemu']),
  inputs: texts,
  expect: texts,
  tolerance: z.int().nonnegative(),
  dataset: z.string(),
  images: imageShape,
  count: positive,
  seed: z.int().nonnegative(),
  flags: texts,
} satisfies Record<Exclude<keyof ValidateOptions, keyof CompileOptions>, z.ZodType>;

const optionsSchema = z.strictObject({ ...compileShape, ...validateShape }).partial();

/** E114 (exit 2) for every option that there is not, or that has a value of another kind. */
export function checkOptions(options: unknown): void {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return;
  const problems = schemaProblems(parsed.error.issues, options, 'the options', Object.keys(optionsSchema.shape));
  throw new RivuletError(
    ExitCode.usage,
    problems.map((message) => ({ code: 'E114', severity: 'error', message })),
  );
}
