import { expect, it } from 'vitest';
import { planDocument } from '../../../compiler/report/model.js';
import { modelExplorerJson } from '../../../compiler/report/overlays/model-explorer.js';
import { perfettoJson } from '../../../compiler/report/overlays/perfetto.js';
import { fixtureFacts } from '../codegen/fixture.js';
import { fusedFacts } from '../codegen/fused.js';

interface TraceEvent {
  readonly ph: string;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, number>>;
}

it("gives Model Explorer the SRAM of each node by the node's name", () => {
  const plan = planDocument(fixtureFacts({ net: 'tiny', model: 'm', nodes: '__proto__' }));
  const { results, gradient } = JSON.parse(modelExplorerJson(plan));
  expect(Object.keys(results)).toEqual(plan.steps.map((s) => s.name));
  for (const s of plan.steps) expect(results[s.name].value).toBe(s.liveBytes);
  expect(gradient.map((g: { stop: number }) => g.stop)).toEqual([0, 0.5, 1]);
});

it('gives Perfetto counters whose sum is what a step holds, one slice a step, without gaps', () => {
  for (const facts of [fixtureFacts(), fusedFacts('mixed')]) {
    const plan = planDocument(facts);
    const { traceEvents } = JSON.parse(perfettoJson(plan)) as { traceEvents: TraceEvent[] };
    const counters = traceEvents.filter((e) => e.ph === 'C');
    const slices = traceEvents.filter((e) => e.ph === 'X');
    const sum = (e: TraceEvent): number => Object.values(e.args).reduce((a, b) => a + b, 0);
    expect(counters.map(sum)).toEqual([...plan.steps.map((s) => s.liveBytes), 0]);
    expect(slices).toHaveLength(plan.steps.length);
    slices.slice(1).forEach((s, i) => expect(s.ts).toBeCloseTo(slices[i].ts + slices[i].dur, 6));
  }
});
