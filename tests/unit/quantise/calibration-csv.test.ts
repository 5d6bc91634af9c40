/** A CSV of labels is a calibration set: it names the inputs, and their classes. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSamples } from '../../../compiler/cli/calibration.js';
import { formatNpy } from '../../../compiler/data/npy.js';
import { model, node } from '../import/support.js';

const bytes = model({ shape: [1, 4], nodes: [node('Relu', ['x'], 'y')] });
const folder = mkdtempSync(join(tmpdir(), 'rivulet-csv-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('--calibrate labels.csv', () => {
  const [a, b] = [Float32Array.of(1, 2, 3, 4), Float32Array.of(5, 6, 7, 8)];
  const csv = join(folder, 'labels.csv');
  writeFileSync(join(folder, 'a.npy'), formatNpy({ shape: [4], data: a }));
  writeFileSync(join(folder, 'b.npy'), formatNpy({ shape: [4], data: b }));
  writeFileSync(csv, 'file,label\nb.npy,3\na.npy,1\n');

  it('reads the files that it names, in its order, with their classes', () => {
    expect(readSamples({ bytes }, [csv], {})).toEqual({ samples: [[b], [a]], evaluate: null, labels: [3, 1] });
  });

  it('leaves the classes to what is measured on', () => {
    const measured = { evaluate: [join(folder, 'a.npy')] };
    expect(readSamples({ bytes }, [csv], measured)).toEqual({ samples: [[b], [a]], evaluate: [[a]], labels: null });
  });
});
