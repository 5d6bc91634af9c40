/** The compiler in a worker of the page: one call at a time, the model read once. */

import { coreIds, defaultCore } from '../machine/cores/index.js';
import { bytes as demoBytes, name as demoName } from 'virtual:demo-network';
import { strToU8, zipSync, type Zippable } from 'fflate';
import { compileOptions, type PlanArguments } from '../cli/arguments.js';
import { imageOptions } from '../cli/data-flags.js';
import { filesForTensor, realSamples, sampleFilesAmong, samplesOf } from '../data/samples.js';
import { tensorSpec } from '../data/spec.js';
import { type TensorData, tensorsOf } from '../data/tensors.js';
import { type Diagnostic, ExitCode, RivuletError } from '../diagnostics.js';
import { boardIds, loadBoard } from '../machine/board-files.js';
import { boardSizes } from '../machine/fit.js';
import { type Compilation, compilePrepared, type ModelFile, prepare, type Prepared } from '../pipeline/compile.js';
import { type PackageKind, packageKinds } from '../pipeline/request.js';
import { importModel } from '../pipeline/import-model.js';
import { quantise } from '../pipeline/quantise-model.js';
import type { CompileOptions } from '../pipeline/request.js';
import { toolVersion } from '../pipeline/version.js';
import { reportParts } from '../report/html.js';
import type {
  About,
  BoardVerdict,
  Calibration,
  Call,
  CallName,
  Calls,
  Download,
  DownloadKind,
  Model,
  ModelFiles,
  QuantisedModel,
  Reply,
} from './protocol.js';

type Progress = (what: string) => void;

/** Of workers alone: the library of documents does not know it. */
declare const FileReaderSync: new () => { readAsArrayBuffer(file: Blob): ArrayBuffer };

/** The last of each, with what it was made from. */
let prepared: { readonly key: string; readonly value: Prepared } | null = null;
let compiled: { readonly key: string; readonly value: Compilation } | null = null;

const calls: { [N in CallName]: (progress: Progress, ...args: Calls[N]['args']) => Promise<Calls[N]['result']> } = {
  about: async () => about(),
  plan: async (progress, model, args) => {
    const { document, fits } = await compileOnce(progress, model, args);
    return { plan: document, ...reportParts(document), fits };
  },
  quantise: (progress, model, calibration, args) => quantiseFiles(progress, model, calibration, args),
  front: async (progress, model, args) => {
    const { sram: _, ...unlimited } = args;
    return (await compileOnce(progress, model, { ...unlimited, pareto: true }, 'weighing SRAM against instructions'))
      .document;
  },
  board: (progress, model, args, board) => boardVerdict(progress, model, args, board),
  download: (progress, model, args, kind, ecosystem) => download(progress, model, args, kind, ecosystem),
};

function about(): About {
  const boards = boardIds().map((id) => {
    const board = loadBoard(id);
    return { id, name: board.name, core: board.core, ...boardSizes(board) };
  });
  return {
    version: toolVersion,
    boards: boards.sort((a, b) => b.sramBytes - a.sramBytes || (a.id < b.id ? -1 : 1)),
    cores: coreIds,
    packageKinds,
  };
}

async function compileOnce(
  progress: Progress,
  model: Model,
  args: PlanArguments,
  what = `planning for ${args.board ?? args.core ?? defaultCore.id}`,
): Promise<Compilation> {
  const key = JSON.stringify([keyOf(model), args]);
  if (compiled?.key === key) return compiled.value;
  const options = {
    ...compileOptions(args, () => ''),
    ...(model.kind === 'quantised' ? { quantisation: model.quantisation } : {}),
  };
  const value = await prepareOnce(progress, model, options);
  progress(what);
  const compilation = compilePrepared(value, options);
  // The front is drawn once; what is downloaded is the plan beside it.
  if (args.pareto !== true) compiled = { key, value: compilation };
  return compilation;
}

async function prepareOnce(progress: Progress, model: Model, options: CompileOptions): Promise<Prepared> {
  const { inputShapes, keepConstantChannels } = options;
  const key = JSON.stringify([keyOf(model), inputShapes, keepConstantChannels]);
  if (prepared?.key === key) return prepared.value;
  progress('reading the model');
  const value = prepare(await readModel(model), { inputShapes, keepConstantChannels });
  prepared = { key, value };
  return value;
}

const keyOf = (model: Model): unknown => {
  if (model.kind === 'demo') return 'demo';
  return model.kind === 'quantised' ? model.key : model.files.map(fileKey);
};
const fileKey = (f: File): unknown => [f.name, f.size, f.lastModified];

async function readModel(model: Model): Promise<ModelFile> {
  if (model.kind === 'demo') return { bytes: demoBytes(), name: demoName };
  if (model.kind === 'quantised') return { bytes: model.onnx, name: model.name };
  const file = model.files.find((f) => /\.onnx$/i.test(f.name)) ?? model.files[0];
  const bytes = await read(file);
  return { bytes, name: file.name.replace(/\.onnx$/i, ''), externalData: besideIn(model.files) };
}

async function read(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (error) {
    throw new RivuletError(ExitCode.usage, [
      { code: 'E100', severity: 'error', node: file.name, message: `cannot be read: ${(error as Error).message}` },
    ]);
  }
}

/** Tensor data that stands beside the model: among the files that were dropped with it. */
const besideIn =
  (files: readonly File[]) =>
  (location: string): Uint8Array => {
    const name = location.slice(location.lastIndexOf('/') + 1);
    const file = files.find((f) => f.name === name);
    if (file === undefined) throw new Error('it was not dropped: choose it together with the model');
    return new Uint8Array(new FileReaderSync().readAsArrayBuffer(file));
  };

/** What `compile --calibrate FOLDER` does before it compiles, FOLDER holding the files. */
async function quantiseFiles(
  progress: Progress,
  model: ModelFiles,
  { files, images }: Calibration,
  args: PlanArguments,
): Promise<QuantisedModel> {
  progress('reading inputs');
  const options = imageOptions(images);
  const { inputShapes = {} } = compileOptions(args, () => '');
  const file = await readModel(model);
  const imported = importModel(file, { inputShapes });
  const specs = imported.graph.inputs.map((io) => tensorSpec(io.name, io.layout, null));
  const byName = new Map(files.map((f) => [f.name, f]));
  // Code units decide, as for a folder on disk.
  const names = sampleFilesAmong([...byName.keys()].sort(), null);
  const columns: (readonly TensorData[])[] = [];
  for (const [i, spec] of specs.entries()) {
    const column: TensorData[] = [];
    for (const name of filesForTensor(specs, i, 'input', names))
      column.push(...tensorsOf(await read(byName.get(name)!), name, spec, options));
    columns.push(column);
  }
  const samples = realSamples(samplesOf(specs, 'input', columns));
  const { document, onnx } = quantise(file, samples, { inputShapes, onProgress: progress });
  return {
    kind: 'quantised',
    key: JSON.stringify([keyOf(model), files.map(fileKey), images, inputShapes]),
    name: file.name ?? '',
    onnx: new Uint8Array(onnx),
    quantisation: document,
  };
}

async function boardVerdict(
  progress: Progress,
  model: Model,
  args: PlanArguments,
  board: string,
): Promise<BoardVerdict> {
  const { core: _core, sram: _sram, flash: _flash, ...rest } = args;
  const { document: d, fits } = await compileOnce(progress, model, { ...rest, board });
  return {
    id: board,
    fits,
    peakSramBytes: d.memory.peakSramBytes,
    flashBytes: d.cost.flashBytes.weights + d.cost.flashBytes.code,
    instructions: d.cost.estimatedInstructions,
    schedule: d.schedule.kind,
    diagnostics: d.diagnostics.filter((x) => x.severity === 'error'),
  };
}

async function download(
  progress: Progress,
  model: Model,
  args: PlanArguments,
  kind: DownloadKind,
  ecosystem: PackageKind | null,
): Promise<Download> {
  const compilation = await compileOnce(progress, model, args);
  progress('writing C');
  const files = compilation.emit(ecosystem);
  const { net } = compilation.document;
  if (kind === 'package') {
    const folder: Zippable = Object.fromEntries([...files].map(([path, text]) => [`${net}/${path}`, strToU8(text)]));
    // The same bytes at any time: the earliest that the format knows.
    return { name: `${net}.zip`, type: 'application/zip', bytes: zipSync(folder, { mtime: new Date(1980, 0, 1) }) };
  }
  const [name, type] = kind === 'plan' ? ['plan.json', 'application/json'] : ['report.html', 'text/html'];
  return { name, type, bytes: strToU8(files.get(name)!) };
}

const diagnosticsOf = (error: unknown): readonly Diagnostic[] =>
  error instanceof RivuletError
    ? error.diagnostics
    : [
        {
          code: 'E000',
          severity: 'error',
          message: `internal error: ${(error as Error)?.message ?? String(error)}`,
          hint: 'please report it with the model, if you can share it',
        },
      ];

const say = (reply: Reply): void => postMessage(reply);

// One call after another, as the page asks them.
let last: Promise<void> = Promise.resolve();
addEventListener('message', ({ data }: MessageEvent<Call>) => {
  last = last.then(async () => {
    const { id, name, args } = data;
    try {
      const call = calls[name] as (progress: Progress, ...args: readonly unknown[]) => Promise<unknown>;
      say({ id, kind: 'done', result: await call((what) => say({ id, kind: 'progress', what }), ...args) });
    } catch (error) {
      say({ id, kind: 'failed', diagnostics: diagnosticsOf(error) });
    }
  });
});
