/**
 * Plans every published network, or those that are named, into plans.json, and makes the page and the picture of that. The planner's part takes
 * minutes: `render` alone makes the two files of the plans that there are.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ResultRow, resultsPage } from './page.js';
import { resultsSvg } from './picture.js';
import { type ResultPlans, resultPlans } from './plans.js';
import { published } from './published.js';

/** Exit code: 0, or 1 with nothing written where a file is missing. */
export function results(root: string, args: readonly string[]): number {
  const wanted = args.filter((arg) => !arg.startsWith('--'));
  const chosen = wanted.length === 0 ? published : published.filter(({ file }) => wanted.includes(file));
  if (!args.includes('--render')) {
    const pathOf = (file: string): string => join(root, '..', 'shared', 'models', `${file}.onnx`);
    const missing = chosen.filter(({ file }) => !existsSync(pathOf(file)));
    if (missing.length > 0) {
      process.stderr.write(`rivulet results: not there: ${missing.map(({ file }) => pathOf(file)).join(', ')}\n`);
      return 1;
    }
    const plans = Object.fromEntries(
      chosen.map(({ file, name }) => {
        process.stderr.write(`${name}\n`);
        return [file, resultPlans(new Uint8Array(readFileSync(pathOf(file))), name)];
      }),
    );
    // One network's plans at a time take the place of what stands there.
    const before = wanted.length === 0 ? {} : recordedPlans(root);
    writeFileSync(join(root, plansFile), `${JSON.stringify({ ...before, ...plans }, null, 2)}\n`);
  }
  for (const [path, text] of rendered(root)) writeFileSync(join(root, path), text);
  return 0;
}

const plansFile = 'scripts/results/plans.json';

/** The page and the picture of the plans that there are, by path from the root. */
export function rendered(root: string): ReadonlyMap<string, string> {
  const rows = recordedRows(root);
  return new Map([
    ['docs/results.md', resultsPage(rows)],
    ['docs/results.svg', resultsSvg(rows.filter(({ network }) => network.task.startsWith('ImageNet')))],
  ]);
}

export function recordedRows(root: string): readonly ResultRow[] {
  const plans = recordedPlans(root);
  return published.filter(({ file }) => file in plans).map((network) => ({ network, plans: plans[network.file] }));
}

const recordedPlans = (root: string): Readonly<Record<string, ResultPlans>> =>
  existsSync(join(root, plansFile))
    ? (JSON.parse(readFileSync(join(root, plansFile), 'utf8')) as Readonly<Record<string, ResultPlans>>)
    : {};
