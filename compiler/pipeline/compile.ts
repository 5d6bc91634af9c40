/** A model to C: the whole pipeline behind one call. Pure but for board files: it reads no model file and writes none. */

import type { PackageSource } from '../codegen/package-source.js';
import type { PackageKind } from '../codegen/packages/kinds.js';
import { checkNetName, netNameFrom } from '../codegen/names.js';
import { ExitCode, RivuletError, usageError, type Diagnostic } from '../diagnostics.js';
import { importModel, type ModelInfo } from './import-model.js';
import type { ConstantOutput } from '../ir/constant-output.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import { lowerToInt8 } from '../lower/lower.js';
import type { Plan } from '../memory/plan.js';
import { removeConstantChannels } from '../passes/constant-channels.js';
import { optimise } from '../passes/pipeline.js';
import { planNetwork } from './plan-network.js';
import { planDocument } from '../report/model.js';
import { packageFiles } from './package-files.js';
import type { CompileFacts, RemovedChannels } from '../report/facts.js';
import type { PlanDocument } from '../report/plan-document.js';
import { checkOptions } from './check-options.js';
import { machineFor, modeOf, replayedSchedule, type CompileOptions } from './request.js';
import type { Schedule } from '../schedule/schedule.js';
import type { ScheduleMode } from '../search/choose.js';
import type { Board } from '../machine/board.js';
import type { Machine } from '../machine/machine.js';
import type { Fit } from '../machine/fit.js';

export interface ModelFile {
  /** An ONNX file. */
  readonly bytes: Uint8Array;
  /** Reads tensor data that stands in files beside the model. */
  readonly externalData?: (location: string) => Uint8Array;
  /** Of the file, without its folder; names the network where the model itself has no name. */
  readonly name?: string;
}

/** A planned network; `emit` writes its C. */
export interface Compilation extends PackageSource {
  readonly document: PlanDocument;
  readonly graph: Int8Graph;
  readonly plan: Plan;
  readonly board: Board;
  readonly fit: Fit;
  /** Whether everything fits; if not, `document.diagnostics` says by how much it misses. */
  readonly fits: boolean;
  /** Files of the package by path, of the asked ecosystem or another; also for a network that does not fit. */
  readonly emit: (other?: PackageKind | null) => ReadonlyMap<string, string>;
}

/** A network as every plan of it begins: what depends neither on the board nor on what is asked of the memory. */
export interface Prepared {
  /** The file's name, or the network's own. */
  readonly title: string;
  readonly info: ModelInfo;
  readonly graph: Int8Graph;
  /** Outputs of the file that no input changes. */
  readonly constantOutputs: readonly ConstantOutput[];
  readonly removedChannels: readonly RemovedChannels[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Plans a model for a board. Throws RivuletError with every problem of the file (exit codes 2 and 3); a network that
 * does not fit is returned, with `fits` false.
 */
export function compile(model: ModelFile, options: CompileOptions = {}): Compilation {
  requireBytes(model);
  checkOptions(options);
  const machine = machineFor(options);
  return planOn(machine, prepare(model, options), options);
}

/** Reads a model and lowers it to its integer program; throws as compile does. */
export function prepare(
  model: ModelFile,
  {
    inputShapes = {},
    keepConstantChannels = false,
    outputs,
    floatOutputs = 'int32',
    floatTail = false,
  }: Pick<CompileOptions, 'inputShapes' | 'keepConstantChannels' | 'outputs' | 'floatOutputs' | 'floatTail'> = {},
): Prepared {
  const imported = importModel(
    { bytes: model.bytes, ...(model.externalData === undefined ? {} : { externalData: model.externalData }) },
    {
      inputShapes: mutableShapes(inputShapes),
      ...(outputs === undefined ? {} : { outputs }),
      floatParts: floatTail ? 'kept' : 'integers',
    },
  );
  const lowered = lowerToInt8(optimise(imported.graph), { floatOutputs, floatTail });
  const { graph, removed } = keepConstantChannels
    ? { graph: lowered.graph, removed: [] }
    : removeConstantChannels(lowered.graph);
  return {
    title: model.name ?? imported.info.name,
    info: imported.info,
    graph,
    constantOutputs: imported.constantOutputs,
    removedChannels: removed,
    diagnostics: [...imported.diagnostics, ...lowered.diagnostics],
  };
}

/** The same as compile, for another plan of a model that was read before. */
export function compilePrepared(prepared: Prepared, options: CompileOptions = {}): Compilation {
  checkOptions(options);
  return planOn(machineFor(options), prepared, options);
}

function planOn(machine: Machine, prepared: Prepared, options: CompileOptions): Compilation {
  const { title, info, graph } = prepared;
  const { facts, fit } = planNetwork({
    net: options.name === undefined ? netNameFrom(title) : checkNetName(options.name),
    model: {
      name: title,
      sha256: info.sha256,
      macs: info.macs,
      parameters: info.parameters,
      constantOutputs: prepared.constantOutputs,
    },
    graph,
    machine,
    how: howOf(options, graph, info.sha256),
    options,
    pareto: options.pareto ?? false,
    diagnostics: [...prepared.diagnostics, ...(options.quantisation?.diagnostics ?? [])],
    removedChannels: prepared.removedChannels,
  });
  return compilation(facts, fit, options.package ?? null);
}

/** E113 (exit 2), for callers without types: a path is not a model. */
function requireBytes(model: unknown): void {
  const bytes = (model as Partial<ModelFile> | null | undefined)?.bytes;
  if (bytes instanceof Uint8Array) return;
  throw usageError(
    'E113',
    'the first argument is no { bytes } of an ONNX file',
    "compile({ bytes: readFileSync('model.onnx'), name: 'model' }, { board: 'nucleo-f746zg' })",
  );
}

function compilation(facts: CompileFacts, fit: Fit, kind: PackageKind | null): Compilation {
  const { program } = facts;
  const document = planDocument(facts);
  return {
    net: facts.net,
    toolVersion: facts.toolVersion,
    model: facts.model,
    program,
    document,
    graph: program.graph,
    plan: program.plan,
    board: program.machine.board,
    fit,
    fits: facts.fits,
    emit: (other = kind) => packageFiles(facts, document, other),
  };
}

function howOf(options: CompileOptions, graph: Int8Graph, sha256: string): ScheduleMode | Schedule {
  const { schedule = 'auto' } = options;
  if (typeof schedule !== 'string') return schedule;
  return schedule.trimStart().startsWith('{')
    ? replayedSchedule(schedule, 'the schedule', sha256)
    : modeOf(schedule, graph);
}

const mutableShapes = (shapes: Readonly<Record<string, readonly number[]>>): Record<string, number[]> =>
  Object.fromEntries(Object.entries(shapes).map(([name, dims]) => [name, [...dims]]));

/** What does not fit, as an error, for callers that take it as one. */
export function requireFit(compiled: Compilation): void {
  if (compiled.fits) return;
  const errors = compiled.document.diagnostics.filter((d: Diagnostic) => d.severity === 'error');
  throw new RivuletError(ExitCode.doesNotFit, errors);
}
