/**
 * A board: its core and the memory that a network may use, each size with its source. Boards are JSON files
 * (boards/<id>/board.json, or a user's own by path); boards/board.schema.json is generated from the schema here.
 */

import { z } from 'zod';
import { ExitCode, RivuletError } from '../diagnostics.js';
import type { Core } from './core.js';
import { coreIds, coreOf, cores } from './cores/index.js';
import { type EmulatorId, emulators } from './emulator.js';
import { isaOf, isas } from './isa.js';
import { schemaProblems } from './schema-problems.js';

const region = z.strictObject({
  name: z.string().min(1).max(40).describe('Name for people, e.g. SRAM1'),
  kind: z
    .enum(['sram', 'flash', 'external-flash'])
    .describe('external-flash: off the chip, mapped into the address space'),
  origin: z
    .string()
    .regex(/^0x[0-9a-fA-F]{1,8}$/, 'it takes an address such as "0x20000000"')
    .describe('First address'),
  bytes: z.int().positive().max(0x40000000).describe('Size; banks with contiguous addresses are one region'),
  source: z.string().min(1).describe('Document and place of the numbers'),
});

const cache = z.strictObject({
  bytes: z
    .int()
    .positive()
    .max(1 << 22)
    .describe('Size'),
  lineBytes: z.int().min(4).max(256).describe('What is fetched at once'),
  ways: z
    .int()
    .positive()
    .max(1024)
    .describe('Lines that an address may stand in; bytes / lineBytes: fully associative'),
});

const flashTiming = z.strictObject({
  waitStates: z.int().nonnegative().max(64).describe('At the highest clock'),
  codeCache: cache.describe('In front of instructions'),
  dataCache: cache.optional().describe('In front of constants; absent: codeCache holds both'),
  firstWordCycles: z.int().positive().max(1000).describe('From a miss to the word that was asked for'),
  lineCycles: z.int().positive().max(1000).describe('From a miss to the end of its line'),
  source: z.string().min(1).describe('Documents and places of the numbers, and what is assumed'),
});

export const boardSchema = z.strictObject({
  $schema: z.string().optional(),
  id: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/, 'it takes lower-case letters, digits and dashes')
    .max(40),
  name: z.string().min(1).max(80),
  mcu: z.string().min(1).max(80),
  core: z.enum(coreIds as [string, ...string[]]),
  simd: z.enum(isas.map((isa) => isa.simd)).describe('The vector or DSP extension that the core has'),
  clockHz: z.int().positive().describe('Highest processor clock'),
  stackReserveBytes: z.int().nonnegative().describe('SRAM that stays free for the stack'),
  regions: z.array(region).min(1),
  flashTiming: flashTiming
    .optional()
    .describe('What code and constants in flash cost beside the processor; absent: nothing is said of it'),
  qemu: z
    .strictObject({ machine: z.enum(Object.keys(emulators) as [EmulatorId, ...EmulatorId[]]) })
    .describe("The QEMU machine that stands for the board's core"),
});

export type Board = z.infer<typeof boardSchema>;
export type MemoryRegion = Board['regions'][number];
export type FlashTiming = NonNullable<Board['flashTiming']>;
export type Cache = FlashTiming['codeCache'];

/** Widest extension that the kernels of a core use. */
export const coreSimd = (core: Core): Board['simd'] => isaOf(core.isas[0]).simd;

/** JSON Schema of board.json, for editors. */
export const boardJsonSchema = (): unknown => z.toJSONSchema(boardSchema);

/** A checked board from a parsed board.json; E140 with every problem of the file. `file` names it in messages. */
export function parseBoard(json: unknown, file: string): Board {
  const parsed = boardSchema.safeParse(json);
  const problems = parsed.success
    ? inconsistencies(parsed.data)
    : [
        ...schemaProblems(parsed.error.issues, json, 'the file', fieldNames),
        ...behindUnknownFields(parsed.error.issues, json),
      ];
  if (problems.length > 0 || !parsed.success) {
    throw new RivuletError(
      ExitCode.usage,
      problems.map((message) => ({
        code: 'E140',
        severity: 'error' as const,
        node: file,
        message,
        hint: 'boards/board.schema.json describes the file; rivulet boards --json prints the ones that come along',
      })),
    );
  }
  return parsed.data;
}

const fieldNames = [boardSchema, region, boardSchema.shape.qemu, flashTiming, cache].flatMap((schema) =>
  Object.keys(schema.shape),
);

/** Inconsistencies of a file whose fields are right but for some that do not belong there. */
function behindUnknownFields(issues: readonly z.core.$ZodIssue[], json: unknown): readonly string[] {
  const without = structuredClone(json);
  for (const issue of issues) {
    if (issue.code !== 'unrecognized_keys') return [];
    const holder = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown>)[key],
      without,
    ) as Record<string, unknown>;
    for (const key of issue.keys) delete holder[key];
  }
  const parsed = boardSchema.safeParse(without);
  return parsed.success ? inconsistencies(parsed.data) : [];
}

/** What single fields cannot say. */
function inconsistencies(board: Board): readonly string[] {
  const problems: string[] = [];
  for (const kind of ['sram', 'flash'] as const) {
    const found = board.regions.some((r) => (kind === 'sram' ? r.kind === 'sram' : r.kind !== 'sram'));
    if (!found) problems.push(`regions: none is of kind ${kind === 'sram' ? '"sram"' : '"flash" or "external-flash"'}`);
  }
  const core = coreOf(board.core);
  const expected = coreSimd(core);
  if (board.simd !== expected) {
    const other = cores.find((c) => c.id.startsWith(`${core.id}-`) && coreSimd(c) === board.simd);
    const instead = other === undefined ? '' : `; without it the core is "${other.id}"`;
    problems.push(`simd: the kernels for ${core.id} need "${expected}"${instead}`);
  }
  if (board.qemu.machine !== core.emulator) {
    const { processor } = emulators[board.qemu.machine];
    problems.push(`qemu.machine: ${board.qemu.machine} has a ${processor}; ${core.id} runs on ${core.emulator}`);
  }
  const spans = board.regions.map((r) => ({ name: r.name, from: Number(r.origin), to: Number(r.origin) + r.bytes }));
  spans.forEach((a, i) => {
    if (a.to > 0x1_0000_0000) problems.push(`regions: ${a.name} ends beyond 32-bit addresses`);
    for (const b of spans.slice(i + 1)) {
      if (a.from < b.to && b.from < a.to) problems.push(`regions: ${a.name} and ${b.name} overlap`);
    }
  });
  const timing = board.flashTiming;
  for (const name of ['codeCache', 'dataCache'] as const) {
    const held = timing?.[name];
    if (held !== undefined && held.bytes % (held.lineBytes * held.ways) !== 0)
      problems.push(
        `flashTiming.${name}: ${held.bytes} bytes are no whole number of sets of ${held.ways} lines of ${held.lineBytes}`,
      );
  }
  if (timing !== undefined && timing.lineCycles < timing.firstWordCycles)
    problems.push('flashTiming.lineCycles: a line is there no sooner than its first word');
  return problems;
}

/** A stand-in without limits worth the name, for compiling without a board: the given core, 8 MiB of each memory. */
export function genericBoard(core: Core): Board {
  const unlimited = 8 << 20;
  return {
    id: `generic-${core.id}`,
    name: `any ${core.id}`,
    mcu: core.id,
    core: core.id,
    simd: coreSimd(core),
    clockHz: 1,
    stackReserveBytes: 8192,
    regions: [
      { name: 'SRAM', kind: 'sram', origin: '0x20000000', bytes: unlimited, source: 'no board was given' },
      { name: 'FLASH', kind: 'flash', origin: '0x00000000', bytes: unlimited, source: 'no board was given' },
    ],
    qemu: { machine: core.emulator },
  };
}

/** The board with another core (`--core`): its memory, that core's instructions. */
export function withCore(board: Board, core: Core): Board {
  return core.id === board.core
    ? board
    : { ...board, core: core.id, simd: coreSimd(core), qemu: { machine: core.emulator } };
}

export const sramRegions = (board: Board): readonly MemoryRegion[] => board.regions.filter((r) => r.kind === 'sram');
export const flashRegions = (board: Board): readonly MemoryRegion[] => board.regions.filter((r) => r.kind !== 'sram');

/** Bytes of all regions of a kind together. */
export const totalBytes = (regions: readonly MemoryRegion[]): number => regions.reduce((sum, r) => sum + r.bytes, 0);
