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
  const row = (what: string, c: Compilation): void => {
    const { memory, cost } = c.document;
    say(
      `  ${what.padEnd(34)} ${kB(memory.peakSramBytes).padStart(9)} SRAM  ${million(cost.executedMacs).padStart(7)} MACs  ${c.fits ? 'fits' : 'does not fit'}`,
    );
  };
  const layer = compile(model, { board, schedule: 'layer' });
  row('layer by layer', layer);
  row('least SRAM, image in SRAM', compile(model, { board, objective: 'sram', maxOverhead: 1.1 }));
  const chosen = compile(model, { board, objective: 'sram', maxOverhead: 1.1, input: 'streamed' });
  row('least SRAM, rows pushed', chosen);
  say();
  for (const reason of chosen.document.reasons) say(`  ${reason}`);
  writeFolder(out, chosen.emit());
  say();
  say(`  Model:  ${relative(process.cwd(), onnx)}`);
  say(`  C:      ${relative(process.cwd(), out)}/`);
  say(`  Report: ${relative(process.cwd(), join(out, 'report.html'))}`);
  say();
  try {
    const d = await validate(model, { board, objective: 'sram', maxOverhead: 1.1, input: 'streamed', count: 3 });
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
