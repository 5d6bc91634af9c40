/** Measures carryOver: a table of moves, each plain and fitted. */

import { join } from 'node:path';
import { countMacs } from '../../compiler/ir/graph-size.js';
import { type CarryOverOptions, carryOver } from '../../compiler/redesign/carry-over.js';
import { describeMove, listMoves, type Move } from '../../compiler/redesign/index.js';
import { accuracy, agreement, outputsOf, sqnrDb } from '../../compiler/redesign/score.js';
import { type Case, photographs, trained } from './data.js';

const usage = `node scripts/redesign.mjs photographs [--fit plain|near|all|far]
node scripts/redesign.mjs trained FOLDER [--count N --fit plain|near|all|far]   (FOLDER: from scripts/cifar/train.py)
  --list          the legal moves
  --moves JSON    a list of moves, or a list of such lists; without it: both wide kernels shrunk (photographs), every single move (trained)
`;

export function main(root: string, args: readonly string[]): number {
  const option = (name: string): string | null => {
    const at = args.indexOf(`--${name}`);
    return at < 0 ? null : args[at + 1];
  };
  const shared = join(root, '..', 'shared');
  const [what] = args;
  if (what !== 'photographs' && what !== 'trained') {
    process.stdout.write(usage);
    return what === '--help' ? 0 : 2;
  }
  const c = what === 'photographs' ? photographs(shared) : trained(args[1], Number(option('count') ?? 256));
  const moves = listMoves(c.graph);
  if (args.includes('--list')) {
    for (const move of moves) process.stdout.write(`${JSON.stringify(move)}  ${describeMove(c.graph, move)}\n`);
    return 0;
  }
  const named = option('moves');
  const lists: readonly (readonly Move[])[] =
    named !== null
      ? listsOf(JSON.parse(named) as readonly Move[] | readonly (readonly Move[])[])
      : what === 'photographs'
        ? [wideKernels(moves)]
        : moves.map((move) => [move]);
  const fits = (
    option('fit') === null ? ['plain', 'near', 'all', 'far'] : [option('fit')]
  ) as CarryOverOptions['fit'][];
  const original = outputsOf(c.graph, c.evaluation);
  if (c.labels !== null) process.stdout.write(`original: accuracy ${percent(accuracy(original, c.labels))}\n`);
  for (const list of lists) for (const fit of fits) process.stdout.write(`${line(c, original, list, fit)}\n`);
  return 0;
}

const listsOf = (parsed: readonly Move[] | readonly (readonly Move[])[]): readonly (readonly Move[])[] =>
  Array.isArray(parsed[0]) ? (parsed as readonly (readonly Move[])[]) : [parsed as readonly Move[]];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Both 7x7 kernels of mcunet-320kb's early, wide blocks to 5x5. */
const wideKernels = (moves: readonly Move[]): readonly Move[] =>
  moves.filter((m) => m.kind === 'shrinkKernel' && m.kernelH === 5 && m.kernelW === 5).slice(0, 2);

function line(
  c: Case,
  original: ReturnType<typeof outputsOf>,
  moves: readonly Move[],
  fit: CarryOverOptions['fit'],
): string {
  const begun = process.hrtime.bigint();
  const { graph, steps } = carryOver(c.graph, moves, c.calibration, { fit });
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  const outputs = outputsOf(graph, c.evaluation);
  const [last] = steps.slice(-1);
  const block = steps.map((s) => s.blockSqnrDb?.toFixed(1) ?? '-').join(' ');
  const figures = [
    `${sqnrDb(original, outputs).toFixed(1)} dB`,
    `agreement ${percent(agreement(original, outputs))}`,
    c.labels === null ? '' : `accuracy ${percent(accuracy(outputs, c.labels))}`,
    `held out ${last?.outputSqnrDb?.toFixed(1)} dB, blocks ${block} dB`,
    `${((100 * countMacs(graph)) / countMacs(c.graph)).toFixed(0)} % MACs`,
    `${seconds.toFixed(1)} s`,
  ];
  return `${(fit ?? 'far').padEnd(5)} ${figures.filter((f) => f !== '').join('  ')}  ${steps.map((s) => s.words).join('; ')}`;
}
