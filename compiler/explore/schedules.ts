/** What the search may ask of a candidate's schedule: the user's request, and between the fastest and the smallest a few steps. */

import { printable, usageError } from '../diagnostics.js';
import { type Int8Graph, valueOf } from '../ir/int8-graph.js';
import type { Objective } from '../search/choose.js';

/** `node` is a name; null: the planner tries each place where the resolution is about to fall. */
export type ScheduleKind =
  | { readonly kind: 'auto' }
  | { readonly kind: 'layer' }
  | { readonly kind: 'stream' }
  | { readonly kind: 'patch'; readonly rows: number; readonly columns: number; readonly node: string | null };

export interface ScheduleRequest {
  readonly how: ScheduleKind;
  readonly objective: Objective;
  readonly maxSlowdown: number | null;
  readonly maxOverhead: number | null;
}

export interface ScheduleLimits {
  /** As on the command line: auto, layer, stream, patch:RxC or patch:RxC@NODE. */
  readonly schedule: string;
  readonly maxSlowdown: number | null;
  readonly maxOverhead: number | null;
  /** Whether an SRAM size is given: the fastest schedule within it is then a choice too. */
  readonly hasSramLimit: boolean;
}

/** Slowdown allowed where the user bounds no work. */
export const defaultSlowdown = 1.2;

/** E160 (exit 2) where the text is no schedule that a search can ask for. */
export function scheduleRequests(limits: ScheduleLimits): readonly ScheduleRequest[] {
  const how = parseSchedule(limits.schedule);
  const { maxOverhead } = limits;
  const maxSlowdown = limits.maxSlowdown ?? (maxOverhead === null && how.kind === 'auto' ? defaultSlowdown : null);
  const smallest: ScheduleRequest = { how, objective: 'sram', maxSlowdown, maxOverhead };
  if (how.kind !== 'auto') return [smallest];
  const between =
    maxSlowdown === null || maxSlowdown < 1.04 ? [] : [{ ...smallest, maxSlowdown: (1 + maxSlowdown) / 2 }];
  const fastest: ScheduleRequest = { ...smallest, objective: 'latency' };
  return [smallest, ...between, ...(limits.hasSramLimit ? [fastest] : [])];
}

function parseSchedule(text: string): ScheduleKind {
  if (text === 'auto' || text === 'layer' || text === 'stream') return { kind: text };
  const patch = /^patch:(\d{1,4})x(\d{1,4})(?:@(.+))?$/s.exec(text);
  const [rows, columns] = [Number(patch?.[1] ?? 0), Number(patch?.[2] ?? 0)];
  if (patch === null || rows < 1 || columns < 1 || rows > 1024 || columns > 1024)
    throw usageError(
      'E160',
      `"${printable(text, 60)}" is no schedule that search can ask for`,
      'write auto, layer, stream, patch:ROWSxCOLUMNS or patch:ROWSxCOLUMNS@NODE',
    );
  return { kind: 'patch', rows, columns, node: patch[3] ?? null };
}

/** Ids of nodes that a patch stage may end at: alone alive when they are done, of each resolution the first with the fewest channels, and the last. */
export function patchEnds(graph: Int8Graph, rows: number, columns: number): readonly number[] {
  const lastRead = new Map<number, number>();
  for (const [i, node] of graph.nodes.entries()) for (const id of node.inputs) lastRead.set(id, i);
  for (const io of graph.outputs) lastRead.set(io.value, graph.nodes.length);
  const makers = graph.nodes.map((node) => node.output);
  const isCut = (i: number): boolean => makers.slice(0, i).every((id) => (lastRead.get(id) ?? -1) <= i);
  const firsts = new Map<string, { readonly id: number; readonly channels: number }>();
  const lasts = new Map<string, number>();
  for (const [i, node] of graph.nodes.entries()) {
    const { h, w, c } = valueOf(graph, node.output).shape;
    if (h < rows || w < columns || h === 1 || !isCut(i)) continue;
    const size = `${h} ${w}`;
    const first = firsts.get(size);
    if (first === undefined || c < first.channels) firsts.set(size, { id: node.id, channels: c });
    lasts.set(size, node.id);
  }
  return [...new Set([...[...firsts.values()].map((f) => f.id), ...lasts.values()])].sort((a, b) => a - b);
}
