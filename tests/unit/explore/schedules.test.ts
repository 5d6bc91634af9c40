import { describe, expect, it } from 'vitest';
import { patchEnds, scheduleRequests } from '../../../compiler/explore/schedules.js';
import { structuralProgram } from '../../../compiler/explore/structural.js';
import { machineFor } from '../../../compiler/pipeline/request.js';
import { importModel } from '../../../compiler/pipeline/import-model.js';
import { prepare } from '../../../compiler/pipeline/compile.js';
import { optimise } from '../../../compiler/passes/pipeline.js';
import { evaluate } from '../../../compiler/program/evaluate.js';
import { tinyMobileNetV2 } from '../../models/index.js';

const floatGraph = optimise(importModel({ bytes: tinyMobileNetV2({ format: 'float' }) }, { inputShapes: {} }).graph);
const limits = { schedule: 'auto', maxSlowdown: 1.2, maxOverhead: null, hasSramLimit: false };

describe('schedules of a search', () => {
  it('lie between the smallest and, where an SRAM size is given, the fastest', () => {
    expect(scheduleRequests(limits).map((r) => r.maxSlowdown)).toEqual([1.2, 1.1]);
    expect(scheduleRequests({ ...limits, hasSramLimit: true }).at(-1)?.objective).toBe('latency');
    expect(scheduleRequests({ ...limits, schedule: 'layer' })).toHaveLength(1);
  });

  it('name patches with and without a node', () => {
    const [named] = scheduleRequests({ ...limits, schedule: 'patch:2x3@a@b' });
    expect(named.how).toEqual({ kind: 'patch', rows: 2, columns: 3, node: 'a@b' });
    expect(scheduleRequests({ ...limits, schedule: 'patch:2x2' })[0].how).toMatchObject({ node: null });
    for (const schedule of ['patch:0x2', 'tiles', 'patch:2', 'patch:2000x2'])
      expect(() => scheduleRequests({ ...limits, schedule })).toThrow(/E160/);
  });

  it('end patches where one tensor alone is alive, twice at most for each resolution', () => {
    const program = structuralProgram(floatGraph);
    const ends = patchEnds(program, 2, 2).map((id) => program.nodes[id]);
    const heights = ends.map((n) => program.values.get(n.output)?.shape.h ?? 0);
    expect(ends.length).toBeGreaterThan(1);
    for (const h of heights) expect(heights.filter((other) => other === h).length).toBeLessThanOrEqual(2);
    expect(Math.min(...heights)).toBeGreaterThan(1);
  });
});

describe('a network that is planned before it is calibrated', () => {
  it('takes what its quantised form takes', () => {
    const request = { how: { kind: 'auto' }, objective: 'sram', maxSlowdown: 1.2, input: 'streamed' } as const;
    const made = evaluate(structuralProgram(floatGraph), machineFor({}), request);
    const real = evaluate(prepare({ bytes: tinyMobileNetV2({ format: 'qdq' }) }).graph, machineFor({}), request);
    expect(Math.abs(made.peakSramBytes / real.peakSramBytes - 1)).toBeLessThan(0.03);
    expect(Math.abs(made.flashBytes / real.flashBytes - 1)).toBeLessThan(0.03);
    expect(Math.abs(made.instructions / real.instructions - 1)).toBeLessThan(0.03);
  });
});
