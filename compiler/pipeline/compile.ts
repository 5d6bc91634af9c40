/** A model to C: the whole pipeline behind one call. Pure but for board files: it reads no model file and writes none. */

import type { PackageSource } from '../codegen/package-source.js';
import { checkNetName, netNameFrom } from '../codegen/names.js';
import { ExitCode, RivuletError, usageError, type Diagnostic } from '../diagnostics.js';
import { importModel } from './import-model.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import { lowerToInt8 } from '../lower/lower.js';
import type { Plan } from '../memory/plan.js';
import { removeConstantChannels } from '../passes/constant-channels.js';
import { optimise } from '../passes/pipeline.js';
import { planNetwork } from './plan-network.js';
import { planDocument } from '../report/model.js';
import { packageFiles } from './package-files.js';
import type { CompileFacts } from '../report/facts.js';
import type { PlanDocument } from '../report/plan-document.js';
import { checkOptions } from './check-options.js';
import { machineFor, modeOf, replayedSchedule, type CompileOptions } from './request.js';
import type { Schedule } from '../schedule/schedule.js';
import type { ScheduleMode } from '../search/choose.js';
import type { Board } from '../machine/board.js';
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
  /** Files of the package by path; also for a network that does not fit. */
  readonly emit: () => ReadonlyMap<string, string>;
}

/**
 * Plans a model for a board. Throws RivuletError with every problem of the file (exit codes 2 and 3); a network that
 * does not fit is returned, with `fits` false.
 */
export function compile(model: ModelFile, options: CompileOptions = {}): Compilation {
  requireBytes(model);
  checkOptions(options);
  const machine = machineFor(options);
  const imported = importModel(
    { bytes: model.bytes, ...(model.externalData === undefined ? {} : { externalData: model.externalData }) },
    { inputShapes: mutableShapes(options.inputShapes ?? {}) },
  );
  const lowered = lowerToInt8(optimise(imported.graph));
  const { graph, removed } =
    options.keepConstantChannels === true
      ? { graph: lowered.graph, removed: [] }
      : removeConstantChannels(lowered.graph);
  const title = model.name ?? imported.info.name;
  const { facts, fit } = planNetwork({
    net: options.name === undefined ? netNameFrom(title) : checkNetName(options.name),
    model: {
      name: title,
      sha256: imported.info.sha256,
      macs: imported.info.macs,
      parameters: imported.info.parameters,
    },
    graph,
    machine,
    how: howOf(options, graph, imported.info.sha256),
    options,
    pareto: options.pareto ?? false,
    diagnostics: [...imported.diagnostics, ...lowered.diagnostics],
    removedChannels: removed,
  });
  return compilation(facts, fit);
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

function compilation(facts: CompileFacts, fit: Fit): Compilation {
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
    emit: () => packageFiles(facts, document),
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
