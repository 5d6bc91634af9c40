import { compile, requireFit } from '../../pipeline/compile.js';
import { ExitCode } from '../../diagnostics.js';
import { usageError as usage } from '../../diagnostics.js';
import type { ValidateOptions } from '../../pipeline/request.js';
import { validateCompiled } from '../../pipeline/validate-model.js';
import { calibrated, type CalibrationArguments } from '../calibration.js';
import { compileOptions, parseNumber, type PlanArguments } from '../arguments.js';
import { readInput, readModelFile } from '../model-file.js';
import { imageOptions } from '../data-flags.js';
import { outputWidth, print, printDiagnostics, printJson, Progress } from '../output.js';
import { validateText } from '../validate-text.js';

export interface ValidateArguments extends PlanArguments, CalibrationArguments {
  readonly model: string;
  readonly on?: string;
  readonly inputs?: readonly string[];
  readonly expect?: readonly string[];
  readonly tolerance?: string;
  readonly dataset?: string;
  readonly count?: string;
  readonly seed?: string;
  readonly json?: boolean;
}

/** Builds, runs and compares; exit 4 where the network does not fit, 5 where anything differs from the plan, 6 where a tool is missing. */
export async function validateCommand(args: ValidateArguments): Promise<ExitCode> {
  if (args.expect !== undefined && args.inputs === undefined)
    throw usage('E111', '--expect needs --inputs: the inputs that the outputs belong to');
  if (args.dataset !== undefined && args.inputs !== undefined)
    throw usage('E111', '--dataset brings its own inputs: leave out --inputs');
  if (args.tolerance !== undefined && args.expect === undefined)
    throw usage('E111', '--tolerance needs --expect: against the reference every byte must be equal');
  if (args.inputs !== undefined && (args.count ?? args.seed) !== undefined)
    throw usage('E111', `--inputs are taken as they are: leave out --${args.count === undefined ? 'seed' : 'count'}`);
  if (args.dataset !== undefined && args.seed !== undefined)
    throw usage('E111', '--dataset brings its own inputs: leave out --seed');
  const progress = new Progress(args.json !== true);
  const options: ValidateOptions = {
    ...compileOptions(args, (path) => new TextDecoder().decode(readInput(path))),
    onProgress: progress.update,
    images: imageOptions(args),
    ...(args.on === undefined ? {} : { on: args.on as 'host' | 'qemu' }),
    ...(args.inputs === undefined ? {} : { inputs: args.inputs }),
    ...(args.expect === undefined ? {} : { expect: args.expect }),
    ...(args.dataset === undefined ? {} : { dataset: args.dataset }),
    ...(args.tolerance === undefined ? {} : { tolerance: parseNumber('tolerance', args.tolerance, 0, true) }),
    ...(args.count === undefined ? {} : { count: parseNumber('count', args.count, 1, true) }),
    ...(args.seed === undefined ? {} : { seed: parseNumber('seed', args.seed, 0, true) }),
  };
  progress.update('planning');
  const { model, quantisation } = calibrated(readModelFile(args.model), args, progress.update);
  const compiled = compile(model, quantisation === null ? options : { ...options, quantisation });
  if (!compiled.fits && options.on !== 'host') {
    if (args.json !== true) requireFit(compiled);
    await printJson(doesNotFit(compiled.document));
    return ExitCode.doesNotFit;
  }
  const document = await validateCompiled(compiled, options);
  if (args.json === true) await printJson(document);
  else {
    await print(validateText(document, outputWidth()));
    printDiagnostics(document.diagnostics);
  }
  return document.ok ? ExitCode.ok : ExitCode.outputsDiffer;
}

/** Nothing was run: the part of the document that is known. */
function doesNotFit(plan: ReturnType<typeof compile>['document']): Record<string, unknown> {
  return {
    schema: 'rivulet.validate/1',
    tool: plan.tool,
    model: { name: plan.model.name, sha256: plan.model.sha256 },
    board: plan.board?.id ?? null,
    fits: false,
    ok: false,
    inputs: 0,
    memory: plan.memory,
    diagnostics: plan.diagnostics,
  };
}
