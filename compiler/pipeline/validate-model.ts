/** Compiles a model and runs it: validation behind one call. */

import { compile, requireFit, type Compilation, type ModelFile } from './compile.js';
import { ExitCode, RivuletError } from '../diagnostics.js';
import type { ValidateOptions } from './request.js';
import { counted } from '../util/format.js';
import { readSampleData } from '../data/files.js';
import { readDataset } from '../validate/dataset.js';
import { inputRangeNotes } from '../validate/input-range.js';
import type { ValidateDocument } from '../validate/document.js';
import { validateNetwork } from '../validate/validate.js';
import { inMemory, randomSamples, readSamples, type Sample, specsOf } from '../validate/vectors.js';

/** Differences are in the document; a network that does not fit throws (exit 4), and so do missing tools (exit 6). */
export async function validate(model: ModelFile, options: ValidateOptions = {}): Promise<ValidateDocument> {
  options.onProgress?.('planning');
  const compiled = compile(model, options);
  if (options.on !== 'host') requireFit(compiled);
  return validateCompiled(compiled, options);
}

export async function validateCompiled(compiled: Compilation, options: ValidateOptions): Promise<ValidateDocument> {
  const { graph } = compiled;
  const { samples, labels, classes } = inputsOf(compiled, options);
  const expected =
    options.expect === undefined ? null : readSampleData(specsOf(graph, graph.outputs), 'output', options.expect);
  if (expected !== null && expected.length !== samples.length) {
    throw new RivuletError(ExitCode.usage, [
      {
        code: 'E155',
        severity: 'error',
        message: `there are ${counted(samples.length, 'input')} and ${counted(expected.length, 'expected output')}`,
        hint: 'each input needs one expected output of its own',
      },
    ]);
  }
  return validateNetwork(
    { ...compiled, files: compiled.emit() },
    {
      on: options.on ?? 'qemu',
      samples,
      labels,
      classes,
      notes: options.inputs === undefined && options.dataset === undefined ? [] : inputRangeNotes(graph, samples),
      expected: expected === null ? null : inMemory(graph, graph.outputs, expected),
      expectedData: expected,
      tolerance: options.tolerance ?? 0,
      ...(options.flags === undefined ? {} : { flags: options.flags }),
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    },
  );
}

function inputsOf(
  { graph }: Compilation,
  options: ValidateOptions,
): { samples: readonly Sample[]; labels: readonly number[] | null; classes: readonly string[] | null } {
  if (options.dataset !== undefined) return readDataset(graph, options.dataset, options.count ?? null, options.images);
  const samples =
    options.inputs === undefined
      ? randomSamples(graph, options.count ?? 10, options.seed ?? 1)
      : readSamples(graph, 'input', options.inputs, options.images);
  return { samples, labels: null, classes: null };
}
