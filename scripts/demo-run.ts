/**
 * The demonstration: a person detector (MobileNetV2 0.35 at 96 x 96, random weights) on a board with 128 KiB of SRAM, as
 * other tools would run it and as rivulet does, then built and run on the emulated board.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { writeFolder } from '../compiler/cli/write-folder.js';
import { compile, formatDiagnostic, loadBoard, RivuletError, validate, type Compilation } from '../compiler/index.js';
import { boardSizes } from '../compiler/machine/fit.js';
import { personDetector } from '../tests/models/index.js';

const board = 'nucleo-f411re';

/** Estimated instructions allowed, as a multiple of layer by layer. */
const maxSlowdown = 1.25;
const sramFlags = `--objective sram --max-slowdown ${maxSlowdown}`;

const kB = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const million = (n: number): string => `${(n / 1e6).toFixed(1)} M`;

/** Writes the model and its package into `folder`. Exit code: 0 where everything fitted and every byte was right. */
export async function demo(folder: string): Promise<number> {
  const say = (text = ''): void => {
    process.stdout.write(`${text}\n`);
  };
  const model = { bytes: personDetector(), name: 'person_detector' };
  const onnx = join(folder, `${model.name}.onnx`);
  const out = join(folder, model.name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(onnx, model.bytes);
  const sram = boardSizes(loadBoard(board)).sramBytes;

  say(`A person detector, MobileNetV2 0.35 at 96 x 96, for ${board} (${kB(sram)} of SRAM)`);
  say();
  const row = (what: string, c: Compilation, flags: string): void => {
    const { memory, cost } = c.document;
    const slowdown = `${cost.slowdown.toFixed(2)} x the instructions`;
    say(
      `  ${what.padEnd(25)} ${kB(memory.peakSramBytes).padStart(9)} SRAM  ${slowdown}${c.fits ? '' : '  does not fit'}`,
    );
    say(`    rivulet compile ${relative(process.cwd(), onnx)} --board ${board} ${flags}`);
  };
  row('layer by layer', compile(model, { board, schedule: 'layer' }), '--schedule layer');
  const resident = { board, objective: 'sram', maxSlowdown } as const;
  row('least SRAM, image in SRAM', compile(model, resident), sramFlags);
  const streamed = { ...resident, input: 'streamed' } as const;
  const chosen = compile(model, streamed);
  row('least SRAM, rows pushed', chosen, `${sramFlags} --input streamed`);
  say();
  for (const reason of chosen.document.reasons) say(`  ${reason}`);
  writeFolder(out, chosen.emit());
  say();
  say(`  Model:  ${relative(process.cwd(), onnx)}`);
  say(`  C:      ${relative(process.cwd(), out)}/`);
  say(`  Report: ${relative(process.cwd(), join(out, 'report.html'))}`);
  say();
  try {
    const d = await validate(model, { ...streamed, count: 3 });
    const stack = d.stackBytes === null ? '' : `, stack ${d.stackBytes.touched} of ${d.stackBytes.bound} bytes`;
    say(
      `  on the emulated board: ${d.mismatchedBytes} wrong bytes in ${d.inputs} inferences, ${million(d.instructions?.median ?? 0)} instructions each,`,
    );
    say(`  arena ${d.arenaBytes.touched} bytes touched of ${d.arenaBytes.planned} planned${stack}`);
    for (const problem of d.diagnostics) say(`  ${formatDiagnostic(problem)}`);
    say();
    say(`  Next: npx rivulet analyze ${relative(process.cwd(), onnx)} --board ${board} --pareto`);
    return d.ok && chosen.fits ? 0 : 5;
  } catch (error) {
    if (!(error instanceof RivuletError)) throw error;
    for (const problem of error.diagnostics) say(formatDiagnostic(problem));
    return error.exitCode;
  }
}
