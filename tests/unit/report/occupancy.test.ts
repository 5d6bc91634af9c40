import { describe, expect, it } from 'vitest';
import { segmentsAt } from '../../../compiler/report/occupancy.js';
import { fixtureFacts } from '../codegen/fixture.js';

const { plan } = fixtureFacts().program;

describe('segmentsAt', () => {
  it('names every byte of the arena once, in order', () => {
    for (const step of plan.steps) {
      const segments = segmentsAt(plan.buffers, step.index, plan.arenaBytes);
      expect(segments[0].fromByte).toBe(0);
      expect(segments[segments.length - 1].toByte).toBe(plan.arenaBytes);
      segments.slice(1).forEach((s, i) => expect(s.fromByte).toBe(segments[i].toByte));
    }
  });

  it('shows an output and the dying input it replaces as one segment', () => {
    expect(segmentsAt(plan.buffers, 2, plan.arenaBytes)).toEqual([
      { fromByte: 0, toByte: 128, buffers: [1, 3] },
      { fromByte: 128, toByte: 256, buffers: [2] },
      { fromByte: 256, toByte: 384, buffers: [] },
    ]);
  });
});
