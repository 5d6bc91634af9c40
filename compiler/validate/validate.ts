/**
 * Builds a compiled network, runs it on a host or an emulated Cortex-M, and compares everything that the plan promises
 * with what happened: outputs, arena, guards, stack, flash, instructions.
 */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Plan } from '../memory/plan.js';
import { runInt8 } from '../reference/int8.js';
import { asNumbers } from './border.js';
import { counted } from '../util/format.js';
import { accessRules, parseAccess, type AccessReport } from './access.js';
import { execute, prepare, type BuildSettings } from './bench.js';
import { accuracyOf } from './accuracy.js';
import { compareOutputs } from './compare.js';
import { cycleArguments, cycleReport } from './cycles.js';
import { type ValidateDocument, validateSchema } from './document.js';
import { guardBytes, readArena, readLayers, readOutputs, readResult, type ArenaTrace } from './exchange.js';
import { firstWrongLayer, type LayerMismatch } from './layers.js';
import { sectionSizes, symbolAddress } from './qemu.js';
import { qualityOf } from './quality.js';
import type { Found, Subject, ValidateSettings } from './subject.js';
import type { Sample } from './vectors.js';
import { verdicts } from './verdicts.js';
import { inFolder } from './working-folder.js';

/** Runs the validation; differences are in the document, failures to build or run are thrown. */
export async function validateNetwork(subject: Subject, settings: ValidateSettings): Promise<ValidateDocument> {
  const { samples, onProgress } = settings;
  const build = {
    subject,
    on: settings.on,
    flags: settings.flags ?? [],
    ...(onProgress === undefined ? {} : { onProgress }),
  };
  return inFolder(async (folder) => {
    onProgress?.('building');
    const bench = await prepare(build, folder, 'none');
    onProgress?.(`running ${counted(samples.length, 'inference')}`);
    const runs = [samples[0], ...samples];
    const traced = await cycleArguments(subject, bench);
    const counts =
      traced === null
        ? await execute(bench, runs, 'rv_count', (out) => `out=${out}`)
        : await execute(bench, runs, 'rv_trace', (out) => `out=${out},${traced}`);
    const cycles = traced === null || counts === null ? null : await cycleReport(subject, bench);
    const outputs = await readOutputs(folder, subject.graph, runs.length);
    const arena = await readArena(folder, subject.plan.arenaBytes);
    const result = await readResult(folder);
    onProgress?.('comparing with the reference');
    const reference: Sample[] = [];
    for (const sample of samples) {
      reference.push(asNumbers(subject.graph, runInt8(subject.graph, sample as readonly Int8Array[])));
      await setImmediate(); // signals are heard between two of them
    }
    const agreement = compareOutputs(subject.graph, [reference[0], ...reference], outputs, 0);
    const actual = outputs.slice(1);
    const agreed =
      settings.expected === null
        ? agreement
        : compareOutputs(subject.graph, settings.expected, actual, settings.tolerance, float32Noise);
    const wrongInput = agreement.firstMismatch === null ? null : Math.max(0, agreement.firstMismatch.input - 1);
    const layer = wrongInput === null ? null : await findLayer(build, samples[wrongInput]);
    const first = agreed.firstMismatch;
    const found: Found = {
      agreement,
      agreed,
      arena,
      layer,
      counted: counts !== null,
      guardsIntact: arena.guardsIntact && result.guardsIntact,
      stackBytes:
        settings.on === 'host' ? null : { bound: subject.program.footprint.stackBytes, touched: result.stackBytes },
      unlistedGaps: unlisted(arena, subject.plan),
    };
    const diagnostics = [...(settings.notes ?? []), ...verdicts(subject, settings, found)];
    return {
      schema: validateSchema,
      tool: { name: 'rivulet', version: subject.toolVersion },
      model: { name: subject.model.name, sha256: subject.model.sha256 },
      board: subject.board.id,
      target: bench.machine === null ? 'host' : { machine: bench.machine.machine, core: subject.board.core },
      inputs: samples.length,
      mismatchedBytes: agreed.mismatchedBytes,
      maxDifference: agreed.maxDifference,
      firstMismatch:
        first === null
          ? null
          : { ...first, input: settings.expected === null ? Math.max(0, first.input - 1) : first.input, layer },
      tolerance: settings.tolerance,
      reference: { mismatchedBytes: agreement.mismatchedBytes, maxDifference: agreement.maxDifference },
      instructions: counts === null ? null : spread(counts.slice(1)),
      cycles,
      arenaBytes: { planned: subject.plan.arenaBytes, touched: arena.touchedBytes },
      guardsIntact: found.guardsIntact,
      unlistedGaps: found.unlistedGaps,
      stackBytes: found.stackBytes,
      flashBytes: bench.machine === null ? null : await flashSections(bench.program),
      ...(settings.labels === null
        ? {}
        : { accuracy: accuracyOf(subject.graph, actual, settings.labels, settings.classes ?? null) }),
      ...((settings.expectedData ?? null) === null
        ? {}
        : { quality: qualityOf(subject.graph, settings.expectedData!, actual) }),
      ok: diagnostics.every((d) => d.severity !== 'error'),
      diagnostics,
    };
  });
}

/** Runs once under QEMU with every load and store checked against what its step may touch. */
export function checkAccesses(subject: Subject, sample: Sample): Promise<AccessReport> {
  return inFolder(async (folder) => {
    const bench = await prepare({ subject, on: 'qemu', flags: [] }, folder, 'access');
    await writeFile(join(folder, 'steps.txt'), accessRules(subject.plan));
    const arena = (await symbolAddress(bench.program, 'rv_validate_memory')) + guardBytes;
    const flags = await symbolAddress(bench.program, 'rv_validate_steps');
    await execute(
      bench,
      [sample],
      'rv_access',
      (out) =>
        `out=${out},arena=${arena.toString(16)},bytes=${subject.plan.arenaBytes},flags=${flags.toString(16)},steps=steps.txt`,
    );
    return parseAccess(await readFile(join(folder, 'rv_access.txt'), 'utf8'), subject.plan.steps.length);
  });
}

function findLayer(build: BuildSettings, sample: Sample): Promise<LayerMismatch | null> {
  return inFolder(async (folder) => {
    const bench = await prepare(build, folder, 'layers');
    await execute(bench, [sample], 'rv_count', (out) => `out=${out}`);
    return firstWrongLayer(build.subject.graph, build.subject.plan, await readLayers(folder), sample);
  });
}

/** Untouched ranges outside the gaps that the plan lists. */
function unlisted(arena: ArenaTrace, plan: Plan): readonly (readonly [number, number])[] {
  return arena.untouched.filter(([from, to]) => !plan.gaps.some(([a, b]) => a <= from && to <= b));
}

function spread(counts: readonly number[]): ValidateDocument['instructions'] {
  const sorted = [...counts].sort((a, b) => a - b);
  return { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted[sorted.length - 1] };
}

async function flashSections(program: string): Promise<ValidateDocument['flashBytes']> {
  const sizes = await sectionSizes(program);
  return { text: sizes.get('net_text') ?? 0, rodata: sizes.get('net_rodata') ?? 0, data: sizes.get('net_data') ?? 0 };
}

/** What float32 arithmetic may make of a real number, in output steps. */
const float32Noise = 2 ** -10;
