import { ExitCode } from '../../diagnostics.js';
import { formatBytes, groupDigits } from '../../util/format.js';
import { tableLines } from '../../report/table.js';
import { boardIds, loadBoard } from '../../machine/board-files.js';
import type { Board } from '../../machine/board.js';
import { boardSizes } from '../../machine/fit.js';
import { print, printJson } from '../output.js';

export interface BoardsArguments {
  readonly id?: string;
  readonly json?: boolean;
}

/** The boards that come along, or one of them (or a file) with the source of every number. */
export async function boardsCommand(args: BoardsArguments): Promise<ExitCode> {
  const boards = args.id === undefined ? boardIds().map(loadBoard) : [loadBoard(args.id)];
  if (args.json === true)
    await printJson({ schema: 'rivulet.boards/1', boards: boards.map((b) => ({ ...b, ...boardSizes(b) })) });
  else await print(args.id === undefined ? listText(boards) : detailText(boards[0]));
  return ExitCode.ok;
}

function listText(boards: readonly Board[]): string {
  const rows = boards.map((b) => {
    const sram = b.regions.filter((r) => r.kind === 'sram').map((r) => r.bytes);
    const largest = Math.max(...sram);
    return [
      b.id,
      b.core,
      b.simd,
      formatBytes(boardSizes(b).sramBytes) + (sram.length > 1 ? ` (${formatBytes(largest)} in one piece)` : ''),
      formatBytes(boardSizes(b).flashBytes),
      b.qemu.machine,
    ];
  });
  return `${tableLines(
    [
      { head: 'board', align: 'left' },
      { head: 'core', align: 'left' },
      { head: 'simd', align: 'left' },
      { head: 'SRAM', align: 'left' },
      { head: 'flash', align: 'left' },
      { head: 'QEMU machine', align: 'left' },
    ],
    rows,
  ).join('\n')}\n`;
}

function detailText(b: Board): string {
  const head = [
    `${b.id}: ${b.name}, ${b.mcu}, ${b.core} at ${b.clockHz / 1e6} MHz`,
    `${groupDigits(b.stackReserveBytes)} bytes of SRAM stay free for the stack; ${b.qemu.machine} stands for it under QEMU`,
  ];
  const regions = b.regions.flatMap((r) => [
    `${r.kind.padEnd(14)} ${r.origin}  ${groupDigits(r.bytes).padStart(11)} bytes  ${r.name}`,
    `               ${r.source}`,
  ]);
  return `${[...head, ...regions].join('\n')}\n`;
}
