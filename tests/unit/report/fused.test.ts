import { expect, it } from 'vitest';
import { reportHtml } from '../../../compiler/report/html.js';
import { planDocument } from '../../../compiler/report/model.js';
import { bufferText, peakRows } from '../../../compiler/report/peak.js';
import { fusedFacts } from '../codegen/fused.js';

const mixed = planDocument(fusedFacts('mixed'));
const sliding = planDocument(fusedFacts('sliding'));
const patch = planDocument(fusedFacts('patch'));

it('counts what is computed again: more in patches than where columns are kept, nothing in one-layer units', () => {
  const macs = (d: typeof mixed, step: number): number =>
    d.steps[step].macs / fusedFacts('mixed').program.graph.nodes[step].macs;
  expect(mixed.steps.filter((_, i) => i === 0 || i === 3 || i === 9).every((s) => macs(mixed, s.index) === 1)).toBe(
    true,
  );
  expect(macs(mixed, 1)).toBeGreaterThan(1);
  expect(patch.cost.executedMacs).toBeGreaterThan(sliding.cost.executedMacs);
  expect(sliding.cost.executedMacs).toBeGreaterThan(sliding.model.liveMacs);
});

it('says which part of a tensor a ring or a tile holds', () => {
  const ring = mixed.buffers.find((b) => b.kind === 'ring' && b.name === 'input0')!;
  const tile = mixed.buffers.find((b) => b.kind === 'tile' && b.name === 'conv_1')!;
  expect(bufferText(mixed, ring)).toBe('input0 (3 of 22 rows)');
  expect(bufferText(mixed, tile)).toBe('conv_1 (4 x 6 of 11 x 10)');
  expect(peakRows(mixed).reduce((sum, r) => sum + r.bytes, 0)).toBe(mixed.memory.arenaBytes);
});

it('reports a pushed input by its rows, and never as part of the arena', () => {
  expect(mixed.memory).toMatchObject({
    input: 'streamed',
    inputBytes: 0,
    callerRowBytes: 60,
    residentBytes: null,
    streamedBytes: mixed.memory.peakSramBytes,
  });
});

it('brackets the steps that take turns', () => {
  expect(reportHtml(mixed)).toContain('fused: 9 layers in step');
});
