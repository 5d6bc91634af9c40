/**
 * Does a network fit a board? The arena must fit one SRAM region; static RAM and the stack stand in the same region
 * behind it, or in another one. Constants and code must fit one flash region.
 */

import { flashRegions, sramRegions, totalBytes, type Board, type MemoryRegion } from './board.js';

export interface MemoryNeed {
  readonly arenaBytes: number;
  readonly staticBytes: number;
  /** Bound of the network's own stack. */
  readonly stackBytes: number;
  /** Constants and code. */
  readonly flashBytes: number;
}

/** What the user allows (`--sram`, `--flash`), besides the board; null: the board alone. */
export interface MemoryLimits {
  /** Of the peak: arena, static RAM and stack bound. */
  readonly sramBytes: number | null;
  readonly flashBytes: number | null;
}
export const noLimits: MemoryLimits = { sramBytes: null, flashBytes: null };

export interface Fit {
  readonly fits: boolean;
  /** Where the arena stands; null where no region is large enough. */
  readonly arenaRegion: MemoryRegion | null;
  /** Where static RAM and stack stand. */
  readonly restRegion: MemoryRegion | null;
  readonly flashRegion: MemoryRegion | null;
  /** By how much the best placement misses; 0 where it fits. */
  readonly missingSramBytes: number;
  readonly missingFlashBytes: number;
}

/** SRAM besides the arena: the stack gets what the board reserves, or the network's bound where that is more. */
const restBytes = (board: Board, need: Pick<MemoryNeed, 'staticBytes' | 'stackBytes'>): number =>
  need.staticBytes + Math.max(board.stackReserveBytes, need.stackBytes);

/** Where everything goes: the smallest region that holds the arena, so that large ones stay free; else by how much it misses. */
export function fitBoard(board: Board, need: MemoryNeed, limits: MemoryLimits = noLimits): Fit {
  const sram = placeSram(board, need);
  const overSram =
    limits.sramBytes === null ? 0 : need.arenaBytes + need.staticBytes + need.stackBytes - limits.sramBytes;
  const missingSramBytes = Math.max(0, overSram, sram === null ? need.arenaBytes - arenaBudgetBytes(board, need) : 0);
  const largestFlash = byBytes(flashRegions(board)).at(-1) ?? null;
  const flashRegion = flashRegions(board).find((r) => r.bytes >= need.flashBytes) ?? null;
  const flashLimit = Math.min(largestFlash?.bytes ?? 0, limits.flashBytes ?? Infinity);
  const missingFlashBytes = Math.max(0, need.flashBytes - flashLimit);
  return {
    fits: missingSramBytes === 0 && missingFlashBytes === 0,
    arenaRegion: sram?.arena ?? null,
    restRegion: sram?.rest ?? null,
    flashRegion,
    missingSramBytes,
    missingFlashBytes,
  };
}

/** The largest arena that fits the board beside static RAM and stack, under `limits`; may be negative. */
export function arenaBudgetBytes(
  board: Board,
  need: Pick<MemoryNeed, 'staticBytes' | 'stackBytes'>,
  limits: MemoryLimits = noLimits,
): number {
  const rest = restBytes(board, need);
  const regions = byBytes(sramRegions(board));
  const budgets = regions.map(
    (region) => region.bytes - (regions.some((other) => other !== region && other.bytes >= rest) ? 0 : rest),
  );
  const limit = limits.sramBytes === null ? Infinity : limits.sramBytes - need.staticBytes - need.stackBytes;
  return Math.min(limit, Math.max(...budgets));
}

function placeSram(board: Board, need: MemoryNeed): { arena: MemoryRegion; rest: MemoryRegion } | null {
  const rest = restBytes(board, need);
  const regions = byBytes(sramRegions(board));
  for (const arena of regions) {
    if (arena.bytes >= need.arenaBytes + rest) return { arena, rest: arena };
    const other = regions.find((r) => r !== arena && r.bytes >= rest);
    if (arena.bytes >= need.arenaBytes && other !== undefined) return { arena, rest: other };
  }
  return null;
}

const byBytes = (regions: readonly MemoryRegion[]): readonly MemoryRegion[] =>
  [...regions].sort((a, b) => a.bytes - b.bytes);

/** Sizes for reports: all SRAM, and all flash, under the limits. */
export function boardSizes(
  board: Board,
  limits: MemoryLimits = noLimits,
): { readonly sramBytes: number; readonly flashBytes: number } {
  return {
    sramBytes: Math.min(totalBytes(sramRegions(board)), limits.sramBytes ?? Infinity),
    flashBytes: Math.min(totalBytes(flashRegions(board)), limits.flashBytes ?? Infinity),
  };
}
