/**
 * QEMU machines: their memory, and where a board's regions stand in it. A region keeps its size and not its address:
 * the linker script enforces the board's sizes.
 */

import { ExitCode, RivuletError } from '../diagnostics.js';
import type { Board, MemoryRegion } from '../machine/board.js';
import { type EmulatorId, emulators, type Pool } from '../machine/emulator.js';
import { guardBytes } from './exchange.js';

const MiB = 1 << 20;

/** The arena's guards are the harness's: a region that holds them is longer by as much. */
export const guardsBytes = 2 * guardBytes;
const harnessRamBytes = 4 * MiB;
const harnessCodeBytes = 64 << 10;
const vectorBytes = 0x100;

export interface PlacedRegion {
  readonly region: MemoryRegion;
  readonly origin: number;
  /** The region's size, or less where flash exceeds what the machine has. */
  readonly bytes: number;
}

export interface MachinePlan {
  readonly machine: EmulatorId;
  readonly vectors: { readonly origin: number; readonly bytes: number };
  readonly regions: readonly PlacedRegion[];
  /** Memory of the validation program itself, outside the board's. */
  readonly harnessRam: { readonly origin: number; readonly bytes: number };
  readonly harnessCode: { readonly origin: number; readonly bytes: number };
  /** Extra arguments for QEMU. */
  readonly arguments: readonly string[];
}

/** Places a board's regions in its machine; E610 where its SRAM is larger than the machine's. */
export function planMachine(board: Board): MachinePlan {
  const memory = emulators[board.qemu.machine];
  const used = new Map(memory.pools.map((pool) => [pool.id, 0]));
  const take = (
    bytes: number,
    order: readonly Pool['id'][],
    isCode: boolean,
  ): { origin: number; bytes: number } | null => {
    const rooms = order
      .flatMap((id) => memory.pools.filter((p) => p.id === id && !(isCode && p.dataOnly === true)))
      .map((pool) => ({ pool, free: pool.bytes - used.get(pool.id)! }));
    // Flash beyond what the machine has is cut: what matters is that the network's constants fit.
    const room = rooms.find((r) => r.free >= bytes) ?? (isCode ? rooms.sort((a, b) => b.free - a.free)[0] : undefined);
    if (room === undefined) return null;
    const start = used.get(room.pool.id)!;
    const taken = Math.min(bytes, room.free);
    used.set(room.pool.id, Math.min(room.pool.bytes, align(start + taken, 4096)));
    return { origin: room.pool.origin + start, bytes: taken };
  };
  const needed = (what: { origin: number; bytes: number } | null, name: string): { origin: number; bytes: number } => {
    if (what !== null) return what;
    throw new RivuletError(ExitCode.toolMissing, [
      {
        code: 'E610',
        severity: 'error',
        message: `QEMU's ${board.qemu.machine} has too little memory to stand for ${name} of ${board.id}`,
        hint: 'validate on the host (--on host), or with a smaller board file',
      },
    ]);
  };
  const vectors =
    memory.vectors === null
      ? needed(take(vectorBytes, ['code'], true), 'the vector table')
      : { origin: memory.vectors, bytes: vectorBytes };
  const harnessRam = needed(take(harnessRamBytes, ['extra', 'ram'], false), 'the validation program');
  const harnessCode = needed(take(harnessCodeBytes, ['extra', 'code'], true), 'the validation program');
  const regions = board.regions.map((region): PlacedRegion => {
    const place =
      region.kind === 'sram'
        ? take(region.bytes + guardsBytes, ['ram', 'extra'], false)
        : take(region.bytes, region.kind === 'flash' ? ['code', 'extra'] : ['extra', 'code'], true);
    const { origin, bytes } = needed(place, region.name);
    return { region, origin, bytes: region.kind === 'sram' ? region.bytes : bytes };
  });
  return {
    machine: board.qemu.machine,
    vectors,
    regions,
    harnessRam,
    harnessCode,
    arguments: memory.sizeArguments?.(used.get('code')!, used.get('ram')!) ?? [],
  };
}

const align = (value: number, to: number): number => Math.ceil(value / to) * to;
