import { describe, expect, it } from 'vitest';
import { memoryChart, wholeFrame } from '../../../compiler/report/memory-chart.js';
import { planDocument } from '../../../compiler/report/model.js';
import { networkChart } from '../../../compiler/report/network-chart.js';
import { bufferUses, highestByte, liveAt, producerOf } from '../../../compiler/report/plan-index.js';
import { fixtureFacts } from '../codegen/fixture.js';
import { fusedFacts } from '../codegen/fused.js';

const plan = planDocument(fixtureFacts());
const mixed = planDocument(fusedFacts('mixed'));
const byName = (name: string) => plan.buffers.find((b) => b.name === name)!;

describe('bufferUses', () => {
  it('names who writes and who reads', () => {
    expect(bufferUses(plan).get(byName('image').id)).toMatchObject({ fromCaller: true, writers: [], readers: [0] });
    expect(bufferUses(plan).get(byName('stem').id)).toMatchObject({ fromCaller: false, writers: [0], readers: [1, 2] });
    expect(bufferUses(plan).get(byName('scratch of stem').id)).toMatchObject({ view: null, writers: [0], readers: [] });
    const scores = plan.buffers.find((b) => b.kind === 'output')!;
    expect(bufferUses(plan).get(scores.id)).toMatchObject({ toCaller: true, writers: [4], readers: [] });
  });

  it('knows a pushed input by its ring, which no step writes', () => {
    const ring = mixed.buffers.find((b) => b.kind === 'ring' && b.name === 'input0')!;
    expect(bufferUses(mixed).get(ring.id)).toMatchObject({ fromCaller: true, writers: [], readers: [0] });
  });
});

it('lists at every step the buffers whose distinct bytes the plan counts', () => {
  for (const document of [plan, mixed]) {
    for (const s of document.steps) {
      const bytes = new Set<number>();
      for (const b of liveAt(document, s.index)) for (let i = 0; i < b.bytes; i++) bytes.add(b.offsetBytes + i);
      expect(bytes.size).toBe(s.liveBytes);
    }
  }
});

it('finds the step that made an input, and none for the caller’s', () => {
  expect(producerOf(plan, plan.steps[0], plan.steps[0].inputs[0])).toBeNull();
  expect(plan.steps[2].inputs.map((v) => producerOf(plan, plan.steps[2], v))).toEqual([0, 1]);
});

it('draws a window of steps up to its own highest byte', () => {
  const whole = memoryChart(plan, wholeFrame(plan, 800, 400));
  expect(whole.topByte).toBe(plan.memory.arenaBytes);
  const part = memoryChart(plan, { fromStep: 3, toStep: 5, widthPx: 800, heightPx: 400 });
  expect(part.topByte).toBe(highestByte(plan, 3, 5));
  expect(part.topByte).toBeLessThan(whole.topByte);
  const drawn = [...part.svg.matchAll(/data-id="(\d+)"/g)].map((m) => Number(m[1]));
  expect(drawn.sort()).toEqual(
    plan.buffers
      .filter((b) => b.firstStep < 5 && b.endStep > 3)
      .map((b) => b.id)
      .sort(),
  );
});

it('has a row a step and a line an input in the network, regions and tiles marked', () => {
  const { rows, lanes } = networkChart(mixed);
  expect(rows.filter((r) => !r.isHead && r.step >= 0).map((r) => r.step)).toEqual(mixed.steps.map((s) => s.index));
  expect(lanes.match(/<path/g)).toHaveLength(
    mixed.steps.reduce((sum, s) => sum + s.inputs.filter((v) => v.buffer !== null).length, 0),
  );
  expect(rows.filter((r) => r.isHead).map((r) => r.title)).toContain('Fused region of 9 layers');
  expect(rows.filter((r) => r.isHead).map((r) => r.title)).toContain('Tiles');
});
