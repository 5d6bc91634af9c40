import { describe, expect, it } from 'vitest';
import { comparePlans } from '../../../compiler/report/compare.js';
import { planDocument } from '../../../compiler/report/model.js';
import type { PlanDocument, StepDocument } from '../../../compiler/report/plan-document.js';
import { fixtureFacts } from '../codegen/fixture.js';

const plan = planDocument(fixtureFacts());
const withSteps = (change: (s: StepDocument) => Partial<StepDocument>): PlanDocument => ({
  ...plan,
  steps: plan.steps.map((s) => ({ ...s, ...change(s) })),
});

describe('comparePlans', () => {
  it('finds nothing between a plan and itself', () => {
    const { totals, peak, layers } = comparePlans(plan, plan);
    expect(totals.every((c) => c.before === c.after)).toBe(true);
    expect(peak).toEqual([]);
    expect(layers.flatMap((l) => l.changes)).toEqual([]);
  });

  it('names what grew, the largest change first, and what is new or gone', () => {
    const before = withSteps((s) =>
      s.index === 0 ? { weightBytes: s.weightBytes - 30 } : s.index === 1 ? { name: 'other', weightBytes: 1000 } : {},
    );
    const constants = comparePlans(plan, before).layers.find((l) => l.title === 'Constants')!.changes;
    expect(constants.map((c) => [c.what, c.after - c.before])).toEqual([
      ['other', -1000],
      [plan.steps[1].name, plan.steps[1].weightBytes],
      [plan.steps[0].name, 30],
    ]);
  });

  it('puts the bytes of both peaks side by side: their differences add up', () => {
    const arenaBytes = plan.memory.arenaBytes + 64;
    const [first, ...rest] = plan.memory.peak;
    const moved = rest.map((s) => ({ ...s, fromByte: s.fromByte + 64, toByte: s.toByte + 64 }));
    const grown = {
      ...plan,
      memory: { ...plan.memory, arenaBytes, peak: [{ ...first, toByte: first.toByte + 64 }, ...moved] },
    };
    const { peak, totals } = comparePlans(grown, plan);
    expect(peak).toEqual([{ what: 'stem', before: 128, after: 192, ownScale: false }]);
    expect(totals.find((c) => c.what === 'arena')).toMatchObject({ before: 384, after: 448 });
  });

  it('folds small changes into one row that keeps their sum', () => {
    const steps = Array.from({ length: 40 }, (_, i) => ({ ...plan.steps[0], index: i, name: `n${i}`, weightBytes: i }));
    const { changes } = comparePlans({ ...plan, steps }, { ...plan, steps: [] }).layers[1];
    expect(changes).toHaveLength(16);
    expect(changes.at(-1)).toMatchObject({ what: '24 others', before: 0 });
    expect(changes.reduce((sum, c) => sum + c.after, 0)).toBe((39 * 40) / 2);
  });
});
