/** Published int8 networks against ONNX Runtime, operator by operator. Needs ../shared/models; skipped without. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nothingCompared, type Agreement } from './agreement.js';
import { operatorByOperator } from './chain.js';

const folder = join(import.meta.dirname, '../../../shared/models');
const architectures = join(folder, 'architectures');
const models = existsSync(architectures)
  ? [
      ...readdirSync(folder).filter((f) => f.endsWith('-int8.onnx')),
      ...readdirSync(architectures).map((f) => join('architectures', f)),
    ].sort()
  : [];
if (models.length === 0) console.warn(`skipped: no models in ${folder}`);

describe.skipIf(models.length === 0)('published networks, operator by operator on the tensors of ONNX Runtime', () => {
  const total = new Map<string, Agreement>();

  it.each(models)('%s', async (file) => {
    const { kinds } = await operatorByOperator(new Uint8Array(readFileSync(join(folder, file))), file.length);
    for (const [kind, a] of kinds) {
      expect(a.most, kind).toBeLessThanOrEqual(1);
      expect(a.worstChannel, kind).toBeLessThanOrEqual(0.01);
      const sum = total.get(kind) ?? nothingCompared();
      sum.elements += a.elements;
      sum.unequal += a.unequal;
      total.set(kind, sum);
    }
  });

  it('agree in 99.99 % of the elements of every kind', () => {
    expect([...total.keys()]).toEqual(expect.arrayContaining(['Conv', 'Add', 'Gemm']));
    for (const [kind, a] of total)
      expect(a.unequal / a.elements, `${kind}: ${a.unequal} of ${a.elements}`).toBeLessThanOrEqual(1e-4);
  });
});
