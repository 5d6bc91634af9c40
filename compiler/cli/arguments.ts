/** Flag values from text, and the flags that verbs share, each described once. */

import type { Options } from 'yargs';
import type { CompileOptions } from '../pipeline/request.js';
import { coreIds } from '../machine/cores/index.js';
import { usageError as usage } from '../diagnostics.js';
import { printable } from '../diagnostics.js';

const units: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1 << 20,
  mb: 1_000_000,
  mib: 1 << 20,
};

/** `262144`, `256KiB`, `256k` (1024) or `260kB` (1000); E110 otherwise. */
export function parseBytes(flag: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = match === null ? undefined : units[match[2].toLowerCase()];
  const bytes = match === null || unit === undefined ? NaN : Math.floor(Number(match[1]) * unit);
  if (!Number.isSafeInteger(bytes) || bytes <= 0)
    throw usage('E110', `--${flag} ${printable(text, 40)} is not a size`, 'write bytes, or 256KiB, 260kB');
  return bytes;
}

/** A number of at least `least`; E110 otherwise. */
export function parseNumber(flag: string, text: string, least: number, integer: boolean): number {
  const value = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : NaN;
  if (!(value >= least) || (integer && !Number.isSafeInteger(value))) {
    throw usage(
      'E110',
      `--${flag} ${printable(text, 40)} is not ${integer ? 'a whole number' : 'a number'} of at least ${least}`,
    );
  }
  return value;
}

/** `NAME=1,3,224,224`, any number of them; names may hold '='. */
export function parseShapes(texts: readonly string[]): Readonly<Record<string, readonly number[]>> {
  return Object.fromEntries(
    texts.map((text) => {
      const match = /^(.+)=(\d+(?:,\d+)*)$/s.exec(text);
      const dims = match === null ? [] : match[2].split(',').map(Number);
      if (match === null || dims.some((d) => d < 1 || !Number.isSafeInteger(d))) {
        throw usage('E110', `--input-shape ${printable(text, 60)} is not NAME=1,3,224,224`);
      }
      return [match[1], dims];
    }),
  );
}

/** `NAME,NAME`, any number of times; E110 where one is empty. */
export function parseNames(flag: string, texts: readonly string[]): readonly string[] {
  const names = texts.flatMap((text) => text.split(',').map((name) => name.trim()));
  if (names.includes('')) throw usage('E110', `--${flag} ${printable(texts.join(' '), 60)} is not NAME or NAME,NAME`);
  return names;
}

/** Flags of analyze, compile and validate. Numbers are text here, so that their units can be read. */
export const planFlags = {
  board: { type: 'string', describe: 'board id (see rivulet boards) or path of a board.json; none: no limits' },
  core: { type: 'string', choices: coreIds, describe: "another core than the board's" },
  sram: { type: 'string', describe: 'peak SRAM allowed: bytes, 256KiB, 260kB' },
  flash: { type: 'string', describe: 'flash allowed' },
  objective: {
    type: 'string',
    choices: ['latency', 'sram'],
    describe: 'least instructions within the SRAM (latency, the default), or least SRAM',
  },
  'max-slowdown': {
    type: 'string',
    describe: 'estimated instructions allowed, as a multiple of those of layer by layer: 1.1',
  },
  'max-overhead': {
    type: 'string',
    describe: "executed MACs allowed, as a multiple of the network's (--objective sram without either: 1.5 of both)",
  },
  schedule: {
    type: 'string',
    describe:
      'auto (default), layer, stream, patch:RxC@NODE, or a plan.json to replay (plan.json#2: point 2 of its front)',
  },
  input: {
    type: 'string',
    choices: ['resident', 'streamed'],
    describe: 'whole input in the arena (resident, the default), or pushed row by row',
  },
  'keep-input': { type: 'boolean', describe: 'inputs keep their data' },
  'keep-constant-channels': { type: 'boolean', describe: 'do not compute constant channels at compile time' },
  'float-outputs': {
    type: 'string',
    choices: ['int32', 'int8'],
    describe:
      'outputs that the file leaves in floating point: int32 (the default), or int8 over the range that they can reach',
  },
  'float-tail': {
    type: 'boolean',
    describe: 'arithmetic behind the last layer (box decoding, Softmax) stays float32, in plain C',
  },
  'input-shape': { type: 'string', array: true, nargs: 1, describe: 'NAME=1,3,224,224 for symbolic dimensions' },
  outputs: { type: 'string', array: true, nargs: 1, describe: 'NAME,... of tensors at which the network is cut' },
  name: { type: 'string', describe: "prefix of the C symbols (default: of the model's name)" },
  json: { type: 'boolean', describe: 'print one JSON document on standard output' },
} as const satisfies Readonly<Record<string, Options>>;

export interface PlanArguments {
  readonly board?: string;
  readonly core?: string;
  readonly sram?: string;
  readonly flash?: string;
  readonly objective?: string;
  readonly maxOverhead?: string;
  readonly maxSlowdown?: string;
  readonly schedule?: string;
  readonly input?: string;
  readonly keepInput?: boolean;
  readonly keepConstantChannels?: boolean;
  readonly pareto?: boolean;
  readonly floatOutputs?: string;
  readonly floatTail?: boolean;
  readonly inputShape?: readonly string[];
  readonly outputs?: readonly string[];
  readonly name?: string;
}

/** A mode as it is; the text of a plan.json, or of one point of its front: E162 where it has no such point. */
function scheduleText(schedule: string, readText: (path: string) => string): string {
  if (schedule.startsWith('patch:')) return schedule;
  const point = /^(.+)#(\d+)$/.exec(schedule);
  if (point === null) return /\.json$|[/\\]/.test(schedule) ? readText(schedule) : schedule;
  const text = readText(point[1]);
  const front = frontOf(text);
  const chosen = front?.points[Number(point[2])];
  if (front === null || chosen === undefined) {
    throw usage(
      'E162',
      `${printable(point[1], 60)} has no point ${point[2]}`,
      front === null || front.points.length === 0
        ? 'rivulet analyze --pareto --json writes a file with points'
        : `its points are 0 to ${front.points.length - 1}`,
    );
  }
  return JSON.stringify({ ...front.document, schedule: chosen.schedule });
}

/** The front within a plan.json; null where there is none. */
function frontOf(
  text: string,
): { readonly document: object; readonly points: readonly { readonly schedule: unknown }[] } | null {
  try {
    const document = JSON.parse(text) as { readonly pareto?: readonly { readonly schedule: unknown }[] } | null;
    return Array.isArray(document?.pareto) ? { document: document as object, points: document.pareto } : null;
  } catch {
    return null;
  }
}

/** The options that the flags mean. `readText` reads a plan.json to replay. */
export function compileOptions(args: PlanArguments, readText: (path: string) => string): CompileOptions {
  const { schedule } = args;
  return {
    ...(args.board === undefined ? {} : { board: args.board }),
    ...(args.core === undefined ? {} : { core: args.core }),
    ...(args.sram === undefined ? {} : { sramBytes: parseBytes('sram', args.sram) }),
    ...(args.flash === undefined ? {} : { flashBytes: parseBytes('flash', args.flash) }),
    ...(args.objective === undefined ? {} : { objective: args.objective as 'latency' | 'sram' }),
    ...(args.maxOverhead === undefined ? {} : { maxOverhead: parseNumber('max-overhead', args.maxOverhead, 1, false) }),
    ...(args.maxSlowdown === undefined ? {} : { maxSlowdown: parseNumber('max-slowdown', args.maxSlowdown, 1, false) }),
    ...(schedule === undefined ? {} : { schedule: scheduleText(schedule, readText) }),
    ...(args.input === undefined ? {} : { input: args.input as 'resident' | 'streamed' }),
    ...(args.keepInput === undefined ? {} : { keepInput: args.keepInput }),
    ...(args.keepConstantChannels === undefined ? {} : { keepConstantChannels: args.keepConstantChannels }),
    ...(args.pareto === undefined ? {} : { pareto: args.pareto }),
    ...(args.inputShape === undefined ? {} : { inputShapes: parseShapes(args.inputShape) }),
    ...(args.outputs === undefined ? {} : { outputs: parseNames('outputs', args.outputs) }),
    ...(args.floatOutputs === undefined ? {} : { floatOutputs: args.floatOutputs as 'int32' | 'int8' }),
    ...(args.floatTail === undefined ? {} : { floatTail: args.floatTail }),
    ...(args.name === undefined ? {} : { name: args.name }),
  };
}
