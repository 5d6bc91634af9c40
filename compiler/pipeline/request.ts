/** What a user asks of a compilation, checked and turned into what the search takes. */

import { z } from 'zod';
import type { ImageOptions } from '../data/pixels.js';
import { printable, usageError } from '../diagnostics.js';
import { type PackageKind, packageKinds } from '../codegen/packages/kinds.js';
import type { Int8Graph } from '../ir/int8-graph.js';
import type { QuantiseDocument } from '../report/quantise-document.js';
import type { FloatOutputs } from '../lower/real.js';
import type { Schedule } from '../schedule/schedule.js';
import type { Objective, ScheduleMode } from '../search/choose.js';
import type { Board } from '../machine/board.js';
import { loadBoard } from '../machine/board-files.js';
import type { CoreId } from '../machine/core.js';
import { type Machine, machineOf } from '../machine/machine.js';
import { nearest } from '../util/nearest.js';

export interface CompileOptions {
  /** Id of a board that comes along, path of a board.json, or a board; without one nothing is limited. */
  readonly board?: string | Board;
  /** Another core than the board's; without a board cortex-m4. */
  readonly core?: CoreId;
  /** Peak SRAM allowed, in bytes: arena, variables and stack bound. */
  readonly sramBytes?: number;
  readonly flashBytes?: number;
  /** Least estimated instructions within the SRAM (default), or least SRAM within `maxSlowdown` and `maxOverhead`. */
  readonly objective?: Objective;
  /** Executed MACs allowed, as a multiple of the network's; 1.1 is ten per cent more. */
  readonly maxOverhead?: number;
  /** Estimated instructions allowed, as a multiple of those of layer by layer. For the least SRAM, 1.5 of both where neither is given. */
  readonly maxSlowdown?: number;
  /** auto (default), layer, stream, patch:RxC@NODE; or a schedule, from the plan.json of an earlier run. */
  readonly schedule?: string | Schedule;
  /** Whether the network input stands in the arena (default) or is pushed row by row. */
  readonly input?: 'resident' | 'streamed';
  /** The network inputs keep their data. */
  readonly keepInput?: boolean;
  /** Channels that give one value for every input stay in the program; they are computed at compile time otherwise. */
  readonly keepConstantChannels?: boolean;
  /** The document and the report also hold the front of SRAM against work. */
  readonly pareto?: boolean;
  /** What outputs become that the file leaves in floating point: int32 (default), or int8 over what they can reach. */
  readonly floatOutputs?: FloatOutputs;
  /** Elementwise functions, Softmax and moves behind the last layer stay float32, in plain C: box decoding, mostly. */
  readonly floatTail?: boolean;
  /** Prefix of the C symbols; from the model's name otherwise. */
  readonly name?: string;
  /** The ecosystem that the package is laid out for; files for any build system otherwise. */
  readonly package?: PackageKind;
  /** Called with what is being done now, in a few words. */
  readonly onProgress?: (what: string) => void;
  /** Shapes of network inputs with symbolic dimensions. */
  readonly inputShapes?: Readonly<Record<string, readonly number[]>>;
  /** Tensors that the network ends at, by name, in this order: it is cut there; the file's own outputs otherwise. */
  readonly outputs?: readonly string[];
  /** What quantising the model chose and cost: goes into plan.json and the reports. */
  readonly quantisation?: QuantiseDocument;
}

export interface ValidateOptions extends CompileOptions {
  /** qemu (default): the emulated board; host: this machine. */
  readonly on?: 'host' | 'qemu';
  /** Files or folders of inputs, NAME=FILE for several inputs; random codes otherwise. */
  readonly inputs?: readonly string[];
  /** Expected outputs, one for each input. */
  readonly expect?: readonly string[];
  /** Against expected outputs, in output steps; 0 by default. */
  readonly tolerance?: number;
  /** How images in files become inputs. */
  readonly images?: ImageOptions;
  /** Labelled inputs, in any form that `readLabelledData` takes: accuracy on the target. */
  readonly dataset?: string;
  /** Number of random inputs (10), or of a dataset's at most. */
  readonly count?: number;
  /** Of the random inputs. */
  readonly seed?: number;
  /** Extra flags for the C compiler. */
  readonly flags?: readonly string[];
}

export { packageKinds, type PackageKind };

/** The core and the board that the options mean. */
export function machineFor({ board, core }: Pick<CompileOptions, 'board' | 'core'>): Machine {
  return machineOf(board === undefined ? null : typeof board === 'string' ? loadBoard(board) : board, core);
}

/** The schedule that is asked for; E160 to E162 (exit 2) where it names nothing of this network. */
export function modeOf(spec: string, graph: Int8Graph): ScheduleMode {
  if (spec === 'auto' || spec === 'layer' || spec === 'stream') return { kind: spec };
  const patch = /^patch:(\d+)x(\d+)@(.+)$/s.exec(spec);
  if (patch === null) {
    throw usageError(
      'E160',
      `"${printable(spec, 60)}" is no schedule`,
      'write auto, layer, stream, patch:ROWSxCOLUMNS@NODE, or the path of a plan.json',
    );
  }
  const [rows, columns] = [Number(patch[1]), Number(patch[2])];
  if (rows < 1 || columns < 1 || rows > 1024 || columns > 1024)
    throw usageError('E160', `${rows} x ${columns} patches are not possible`);
  return { kind: 'patch', rows, columns, node: nodeNamed(graph, patch[3]) };
}

function nodeNamed(graph: Int8Graph, name: string): number {
  const byName = graph.nodes.find((node) => node.name === name);
  const node = byName ?? (/^\d+$/.test(name) ? graph.nodes[Number(name)] : undefined);
  if (node !== undefined) return node.id;
  const close = nearest(
    name,
    graph.nodes.map((n) => n.name),
  );
  throw usageError(
    'E161',
    `no node is called "${printable(name, 60)}"`,
    close.length > 0
      ? `did you mean ${close.map((n) => printable(n, 60)).join(' or ')}?`
      : 'rivulet analyze lists the nodes; a number counts from 0',
  );
}

const count = z
  .int()
  .nonnegative()
  .max(1 << 20);
export const scheduleSchema = z.object({
  kind: z.enum(['layer', 'patch', 'stream', 'mixed']),
  input: z.enum(['resident', 'streamed']),
  regions: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('layer'), node: count, kernel: z.string(), rowsPerCall: z.int().positive() }),
      z.object({
        kind: z.literal('fused'),
        units: z
          .array(
            z.object({
              nodes: z.array(count).min(1),
              kernels: z.array(z.string()),
              rowsPerCall: z.int().positive(),
              colsPerTile: z.int().nonnegative(),
              slideColumns: z.boolean(),
              sliceChannels: z.int().positive().optional(),
            }),
          )
          .min(1),
      }),
    ]),
  ),
});

/** The schedule of a plan.json; E162 where it holds none, or one of another model. */
export function replayedSchedule(text: string, file: string, modelSha256: string): Schedule {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw usageError('E162', `${printable(file)} is not JSON`);
  }
  const plan = z.object({ schedule: scheduleSchema, model: z.object({ sha256: z.string() }) }).safeParse(json);
  if (!plan.success) {
    const [issue] = plan.error.issues;
    throw usageError(
      'E162',
      `${printable(file)} holds no schedule: ${issue.path.join('.')}: ${issue.message}`,
      'give a plan.json that rivulet compile wrote',
    );
  }
  if (plan.data.model.sha256 !== modelSha256) throw usageError('E162', `${printable(file)} was made for another model`);
  return plan.data.schedule;
}
