import { coreOf } from '../../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { planDocument, planJson } from '../../../compiler/report/model.js';
import { peakRows, peakTotals } from '../../../compiler/report/peak.js';
import { instructionsOf } from '../../../compiler/machine/cost.js';
import { fixtureFacts } from '../codegen/fixture.js';

const document = planDocument(fixtureFacts());

describe('planDocument', () => {
  it('has the names that scripts rely on', () => {
    expect(document).toMatchObject({
      schema: 'rivulet.plan/1',
      model: {
        name: 'tiny',
        macs: 4600,
        liveMacs: 4560,
        parameters: 400,
        inputs: [{ name: 'image', bytes: 192 }],
        outputs: [{ name: 'scores', bytes: 10 }],
      },
      board: { id: 'test-board', core: 'cortex-m4', sramBytes: 1024, flashBytes: 65536 },
      schedule: { kind: 'layer', regions: [{ kind: 'layer' }, {}, {}, {}, {}] },
      memory: {
        input: 'resident',
        arenaBytes: 384,
        scratchBytes: 60,
        staticBytes: 0,
        lowerBoundBytes: 384,
        provenOptimal: true,
        layerByLayerBytes: 900,
      },
      cost: { executedMacs: 4560, flashBytes: {} },
      fits: true,
      diagnostics: [],
    });
  });

  it('adds up: peak SRAM is arena, variables and stack', () => {
    const m = document.memory;
    expect(m.peakSramBytes).toBe(m.arenaBytes + m.staticBytes + m.stackBytes);
    expect(m.stackBytes).toBeGreaterThan(80);
  });

  it('names each byte of the peak', () => {
    const rows = peakRows(document);
    expect(rows.map((r) => [r.fromByte, r.toByte, r.kind, r.what])).toEqual([
      [0, 128, 'activation', 'stem'],
      [128, 320, 'input', 'image'],
      [320, 324, 'free', 'never used (alignment)'],
      [324, 384, 'scratch', 'scratch of stem'],
    ]);
    expect(peakTotals(rows).reduce((sum, t) => sum + t.bytes, 0)).toBe(384);
  });

  it('counts the weights: int8 arrays, biases, multipliers', () => {
    // conv 3x3x3 -> 8: 216 + 8 * 4 + 8 * 4
    expect(document.steps[0].weightBytes).toBe(280);
    expect(document.cost.flashBytes.weights).toBe(document.steps.reduce((sum, s) => sum + s.weightBytes, 0));
  });

  it('estimates a step as the sum of its calls', () => {
    // rows 3 and 1 of 4 columns: (100 + 3456 * 2 + 12) + (100 + 3456 * 2 + 4)
    const around = instructionsOf('step', { calls: 2, views: 4 }, coreOf('cortex-m4'));
    expect(document.steps[0].estimatedInstructions).toBe(Math.round(14040 + around));
  });

  it('counts the bytes held at a step, those that two buffers share once', () => {
    expect(document.steps.map((s) => s.liveBytes)).toEqual([380, 256, 256, 136, 18]);
  });

  it('is JSON that reads back', () => {
    expect(JSON.parse(planJson(document))).toEqual(JSON.parse(JSON.stringify(document)));
    expect(planJson(document).endsWith('}\n')).toBe(true);
  });
});
