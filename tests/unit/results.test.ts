/** docs/results.md and its picture are what `npm run results` makes of plans, and the plans are the compiler's. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compile } from '../../compiler/index.js';
import { recordedRows, rendered } from '../../scripts/results/main.js';
import { resultCore } from '../../scripts/results/plans.js';
import { published } from '../../scripts/results/published.js';
import { shared } from '../tools.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

describe('docs/results', () => {
  it('are made of the recorded plans, of every published network', () => {
    expect(recordedRows(root).map(({ network }) => network.file)).toEqual(published.map(({ file }) => file));
    for (const [path, text] of rendered(root)) expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  it('list plans in the order in which one would expect them', () => {
    for (const { network, plans } of recordedRows(root)) {
      expect(plans.least.sramBytes, network.name).toBeLessThanOrEqual(plans.once.sramBytes);
      expect(plans.resident.sramBytes, network.name).toBeLessThanOrEqual(plans.layer.sramBytes);
      expect([plans.layer.overhead, plans.once.overhead], network.name).toEqual([1, 1]);
    }
  });

  const file = 'architectures/mcunet-10fps';
  const path = shared(`models/${file}.onnx`);
  it.skipIf(path === null)('record what the compiler plans: one of them, layer by layer', () => {
    const { document } = compile(
      { bytes: new Uint8Array(readFileSync(path!)) },
      { core: resultCore, schedule: 'layer' },
    );
    const { plans } = recordedRows(root).find(({ network }) => network.file === file)!;
    expect(document.memory.peakSramBytes).toBe(plans.layer.sramBytes);
  });
});
