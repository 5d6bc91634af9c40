import { compile, requireFit } from '../../pipeline/compile.js';
import { ExitCode } from '../../diagnostics.js';
import { counted, formatCount, groupDigits } from '../../util/format.js';
import { usageError as usage } from '../../diagnostics.js';
import type { ValidateOptions } from '../../pipeline/request.js';
import type { ValidateDocument } from '../../validate/document.js';
import { validateCompiled } from '../../pipeline/validate-model.js';
import { compileOptions, parseNumber, type PlanArguments } from '../arguments.js';
import { readInput, readModelFile } from '../model-file.js';
import { print, printDiagnostics, printJson, Progress } from '../output.js';

export interface ValidateArguments extends PlanArguments {
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
    ...(args.on === undefined ? {} : { on: args.on as 'host' | 'qemu' }),
    ...(args.inputs === undefined ? {} : { inputs: args.inputs }),
    ...(args.expect === undefined ? {} : { expect: args.expect }),
    ...(args.dataset === undefined ? {} : { dataset: args.dataset }),
    ...(args.tolerance === undefined ? {} : { tolerance: parseNumber('tolerance', args.tolerance, 0, true) }),
    ...(args.count === undefined ? {} : { count: parseNumber('count', args.count, 1, true) }),
    ...(args.seed === undefined ? {} : { seed: parseNumber('seed', args.seed, 0, true) }),
  };
  progress.update('planning');
  const compiled = compile(readModelFile(args.model), options);
  if (!compiled.fits && options.on !== 'host') {
    if (args.json !== true) requireFit(compiled);
    await printJson(doesNotFit(compiled.document));
    return ExitCode.doesNotFit;
  }
  const document = await validateCompiled(compiled, options);
  if (args.json === true) await printJson(document);
  else {
    await print(summary(document));
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

function summary(d: ValidateDocument): string {
  const where =
    d.target === 'host' ? 'the host' : `${d.target.machine} (${d.target.core}) with the memory of ${d.board}`;
  const lines = [
    `${counted(d.inputs, 'inference')} on ${where}`,
    d.mismatchedBytes === 0
      ? `outputs       every byte is ${d.tolerance > 0 ? `within ${counted(d.tolerance, 'step')} of what it should be` : 'right'}`
      : `outputs       wrong: ${counted(d.mismatchedBytes, 'byte')}, by at most ${counted(d.maxDifference, 'step')}`,
    `arena         ${groupDigits(d.arenaBytes.planned)} bytes planned, ${groupDigits(d.arenaBytes.touched)} touched; guards ${d.guardsIntact ? 'intact' : 'BROKEN'}`,
  ];
  if (d.stackBytes !== null)
    lines.push(
      `stack         ${groupDigits(d.stackBytes.touched)} bytes touched, bound ${groupDigits(d.stackBytes.bound)}`,
    );
  if (d.instructions !== null) {
    const { min, median, max } = d.instructions;
    lines.push(
      `instructions  ${groupDigits(median)} an inference (${formatCount(median)})${min === max ? '' : `, ${groupDigits(min)} to ${groupDigits(max)}`}`,
    );
  }
  if (d.flashBytes !== null) {
    const { text, rodata, data } = d.flashBytes;
    lines.push(
      `flash         ${groupDigits(text)} bytes of code, ${groupDigits(rodata)} of constants${data === 0 ? '' : `, ${groupDigits(data)} of data`}`,
    );
  }
  if (d.accuracy !== undefined)
    lines.push(`accuracy      ${(100 * d.accuracy.top1).toFixed(1)} % top-1 of ${d.accuracy.n}`);
  return `${lines.join('\n')}\n`;
}
