import { coreOf } from '../../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { planMemory, stepUsage, type PlanOptions } from '../../../compiler/memory/index.js';
import type { Plan } from '../../../compiler/memory/plan.js';
import { layerSchedule } from '../../../compiler/schedule/layer.js';
import { BranchBuilder, fire, heads, residual, shuffle, unet } from './networks.js';

const planOf = (graph: Int8Graph, options: PlanOptions = {}): Plan =>
  planMemory(graph, layerSchedule(graph, options.core ?? coreOf('cortex-m0')), options);

const kinds = (graph: Int8Graph, plan: Plan): string[] => plan.steps.map((s) => graph.nodes[s.node].op.kind);

describe('the plan of a chain', () => {
  it('runs a depthwise convolution in place and lets a pointwise one end where its input ended', () => {
    const b = new BranchBuilder();
    const x = b.input({ h: 8, w: 8, c: 4 });
    const graph = b.build([b.conv(b.depthwise(b.conv(x, 24), 3, 1), 4)]);
    const plan = planOf(graph);
    const [wide, deep] = plan.steps.map((s) => s.output);
    expect(deep.offsetBytes).toBe(wide.offsetBytes);
    // 64 * 24 bytes, a few more for the block of pixels in flight, and the depthwise's scratch.
    expect(plan.arenaBytes).toBeLessThan(64 * 24 + 4 * 24 + 3 * 10 * 4 + 8);
    expect(plan.provenOptimal).toBe(true);
    expect(plan.inputSurvives).toEqual([false]);
  });

  it('keeps the input where that is asked for', () => {
    const graph = residual();
    const free = planOf(graph);
    const kept = planOf(graph, { keepInput: true });
    expect(kept.inputSurvives).toEqual([true]);
    expect(kept.arenaBytes).toBeGreaterThanOrEqual(32 * 32 * 3);
    expect(kept.arenaBytes).toBeGreaterThan(free.arenaBytes);
    const input = kept.buffers[kept.inputs[0].buffer!];
    expect([input.firstStep, input.endStep]).toEqual([0, kept.steps.length]);
  });

  it('aligns activations for an M55 to 16 bytes, for others to 4', () => {
    const plan = planOf(residual(), { core: coreOf('cortex-m55') });
    expect(plan.arenaAlignBytes).toBe(16);
    for (const b of plan.buffers) if (b.kind === 'activation') expect(b.offsetBytes % 16).toBe(0);
    expect(planOf(residual()).buffers.every((b) => b.alignBytes <= 8)).toBe(true);
  });

  it('gives the same plan twice', () => {
    expect(planOf(residual())).toEqual(planOf(residual()));
  });

  it('names the peak step, its scratch, and the bytes that no buffer covers', () => {
    const plan = planOf(residual());
    const usage = stepUsage(plan.buffers, plan.steps.length);
    expect(Math.max(...usage.map((u) => u.liveBytes))).toBe(usage[plan.peakStep].liveBytes);
    expect(usage.every((u) => u.spanBytes <= plan.arenaBytes && u.liveBytes <= u.spanBytes)).toBe(true);
    expect(plan.scratchBytes).toBe(usage[plan.peakStep].scratchBytes);
    const covered = new Set(plan.buffers.flatMap((b) => Array.from({ length: b.bytes }, (_, i) => b.offsetBytes + i)));
    for (const [from, to] of plan.gaps) for (let i = from; i < to; i++) expect(covered.has(i)).toBe(false);
    expect(covered.size + plan.gaps.reduce((sum, [from, to]) => sum + to - from, 0)).toBe(plan.arenaBytes);
  });
});

describe('views', () => {
  it('let the producers of a concat write their parts, without a copy', () => {
    const graph = fire();
    const plan = planOf(graph);
    expect(kinds(graph, plan)).toEqual(['conv2d', 'conv2d', 'conv2d', 'conv2d']);
    const [, first, second, last] = plan.steps;
    expect(first.output).toMatchObject({ pixelPitchBytes: 24, rowPitchBytes: 8 * 24, channels: 12 });
    expect(second.output.buffer).toBe(first.output.buffer);
    expect(second.output.offsetBytes - first.output.offsetBytes).toBe(12);
    expect(last.inputs[0]).toMatchObject({ buffer: first.output.buffer, channels: 24, pixelPitchBytes: 24 });
  });

  it('read both halves of a split in place, and copy the half that passes into the concat', () => {
    const graph = shuffle();
    const plan = planOf(graph);
    expect(kinds(graph, plan).filter((k) => k === 'slice')).toEqual([]);
    const copies = plan.steps.filter((s) => graph.nodes[s.node].op.kind === 'concat');
    expect(copies).toHaveLength(1);
    expect(copies[0].inputs[0]).toMatchObject({ channels: 8, pixelPitchBytes: 16 });
    expect(copies[0].output).toMatchObject({ channels: 8, pixelPitchBytes: 16 });
  });

  it('copy a skip connection late rather than hold room for the other half all along', () => {
    const graph = unet();
    const plan = planOf(graph);
    expect(kinds(graph, plan)).toContain('concat');
    // With the skip written straight into the concat, its 16 channels would be held through the deep convolutions.
    const deepest = plan.steps.findIndex((s) => s.output.channels === 48);
    const live = stepUsage(plan.buffers, plan.steps.length)[deepest].buffers.map((id) => plan.buffers[id].bytes);
    expect(live).not.toContain(16 * 16 * 16);
  });

  it('join reshaped heads without copies', () => {
    const graph = heads();
    const plan = planOf(graph);
    expect(kinds(graph, plan)).toEqual(['conv2d', 'conv2d', 'conv2d', 'conv2d']);
    const output = plan.buffers[plan.outputs[0].buffer!];
    expect(output.bytes).toBe(160 * 4);
    const writers = plan.steps.filter((s) => s.output.buffer === output.id);
    expect(writers.map((s) => s.output.offsetBytes - output.offsetBytes).sort((a, b) => a - b)).toEqual([0, 512]);
    // Written as 8x8x8 and 4x4x8, read as one list of boxes.
    expect(writers.every((s) => s.output.pixelPitchBytes === 8)).toBe(true);
  });

  it('give a reshape no step and no bytes', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 4, w: 4, c: 2 }), 3);
    const graph = b.build([b.conv(b.reshape(x, { h: 1, w: 1, c: 48 }), 5)]);
    const plan = planOf(graph);
    expect(kinds(graph, plan)).toEqual(['conv2d', 'conv2d']);
    expect(plan.steps[1].inputs[0]).toMatchObject({
      buffer: plan.steps[0].output.buffer,
      channels: 48,
      height: 1,
      width: 1,
    });
  });

  it('copy what must lie densely: outputs, and what a transpose or a reshape reads', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 4, w: 6, c: 3 }), 8);
    const left = b.slice(x, { c: 0 }, { c: 4 });
    const right = b.slice(x, { c: 4 }, { c: 4 });
    const graph = b.build([left, b.conv(b.transpose(right), 2)]);
    const plan = planOf(graph);
    expect(kinds(graph, plan).filter((k) => k === 'slice')).toHaveLength(2);
    expect(plan.outputs[0]).toMatchObject({ pixelPitchBytes: 4, rowPitchBytes: 24 });
  });

  it('slice rows of a tensor for a reshape without a copy', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 8, w: 4, c: 3 }), 8);
    const rows = b.reshape(b.slice(x, { h: 2 }, { h: 3 }), { h: 1, w: 12, c: 8 });
    const graph = b.build([b.conv(rows, 2)]);
    const plan = planOf(graph);
    expect(kinds(graph, plan)).toEqual(['conv2d', 'conv2d']);
    expect(plan.steps[1].inputs[0].offsetBytes - plan.steps[0].output.offsetBytes).toBe(2 * 4 * 8);
  });

  it('slice a slice, and copy the first where the second must lie densely', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 2, w: 4, c: 3 }), 8);
    const half = b.slice(x, { c: 4 }, { c: 4 });
    const row = b.slice(half, { h: 1 }, { h: 1 });
    const strided = b.build([b.conv(row, 2)]);
    expect(kinds(strided, planOf(strided))).toEqual(['conv2d', 'conv2d']);
    expect(planOf(strided).steps[1].inputs[0].offsetBytes - planOf(strided).steps[0].output.offsetBytes).toBe(
      4 * 8 + 4,
    );
    const dense = b.build([b.conv(b.reshape(row, { h: 1, w: 1, c: 16 }), 2)]);
    expect(kinds(dense, planOf(dense))).toContain('slice');
  });

  it('copy a constant from flash into a concat', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 2, w: 2, c: 3 }), 4);
    const anchors = b.input({ h: 2, w: 2, c: 1 });
    const built = b.build([b.concat('c', [x, anchors])]);
    const values = new Map(built.values);
    values.set(anchors, { ...values.get(anchors)!, constant: Int8Array.of(1, 2, 3, 4) });
    const graph: Int8Graph = { ...built, values, inputs: built.inputs.slice(0, 1) };
    const plan = planOf(graph);
    const copy = plan.steps.find((s) => graph.nodes[s.node].op.kind === 'concat')!;
    expect(copy.inputs[0]).toMatchObject({ value: anchors, buffer: null, offsetBytes: 0, channels: 1 });
    expect(copy.output).toMatchObject({ channels: 1, pixelPitchBytes: 5 });
  });

  it('copy a network input into a concat, and a value that it repeats', () => {
    const b = new BranchBuilder();
    const x = b.input({ h: 4, w: 4, c: 2 });
    const y = b.conv(x, 3);
    const graph = b.build([b.concat('c', [y, x, y])]);
    const plan = planOf(graph);
    expect(kinds(graph, plan)).toEqual(['concat', 'conv2d', 'concat']);
    expect(plan.steps.map((s) => s.output.offsetBytes % 8)).toEqual([3, 0, 5]);
  });

  it('nest concats', () => {
    const b = new BranchBuilder();
    const x = b.input({ h: 4, w: 4, c: 2 });
    const inner = b.concat('c', [b.conv(x, 3), b.conv(x, 5)]);
    const graph = b.build([b.conv(b.concat('c', [b.conv(x, 1), inner]), 2)]);
    const plan = planOf(graph);
    expect(kinds(graph, plan)).toEqual(['conv2d', 'conv2d', 'conv2d', 'conv2d']);
    expect(plan.steps[3].inputs[0].channels).toBe(9);
  });
});

describe('a slice in a fused region', () => {
  it('is no view: a concat copies it after the region', () => {
    const b = new BranchBuilder();
    const half = b.slice(b.input({ h: 8, w: 4, c: 2 }), {}, { h: 4 });
    const graph = b.build([b.concat('h', [half, half])]);
    const [slice, concat] = layerSchedule(graph, coreOf('cortex-m0')).regions;
    if (slice.kind !== 'layer') throw new Error('a layer schedule has layers');
    const unit = { nodes: [slice.node], kernels: [slice.kernel], rowsPerCall: 1, colsPerTile: 0, slideColumns: false };
    const plan = planMemory(
      graph,
      { kind: 'mixed', input: 'resident', regions: [{ kind: 'fused', units: [unit] }, concat] },
      { core: coreOf('cortex-m0') },
    );
    expect(plan.steps.map((s) => s.region)[0]).toBe(0);
  });
});

describe('inputs and outputs', () => {
  it('hold outputs to the end, and an output that is read again', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 6, w: 6, c: 3 }), 8);
    const y = b.conv(x, 8);
    const graph = b.build([x, y, b.conv(y, 4)]);
    const plan = planOf(graph);
    for (const view of plan.outputs) expect(plan.buffers[view.buffer!].endStep).toBe(plan.steps.length);
  });

  it('give two inputs room before the first step, used late or not at all', () => {
    const b = new BranchBuilder();
    const x = b.input({ h: 6, w: 6, c: 3 });
    const late = b.input({ h: 6, w: 6, c: 3 });
    const unused = b.input({ h: 2, w: 2, c: 3 });
    const graph = b.build([b.add(b.conv(b.conv(x, 16), 3), late)]);
    const plan = planOf(graph);
    const [first, second, third] = plan.inputs.map((v) => plan.buffers[v.buffer!]);
    expect([first.firstStep, second.firstStep, third.firstStep]).toEqual([0, 0, 0]);
    expect(second.endStep).toBe(3);
    expect(graph.inputs[2].value).toBe(unused);
    const ends = [first, second, third]
      .map((p) => [p.offsetBytes, p.offsetBytes + p.bytes])
      .sort((p, q) => p[0] - q[0]);
    expect(ends[0][1]).toBeLessThanOrEqual(ends[1][0]);
    expect(ends[1][1]).toBeLessThanOrEqual(ends[2][0]);
  });

  it('let an output be the input itself under another shape', () => {
    const b = new BranchBuilder();
    const x = b.input({ h: 2, w: 2, c: 3 });
    const graph = b.build([b.reshape(x, { h: 1, w: 1, c: 12 })]);
    const plan = planOf(graph);
    expect(plan.steps).toEqual([]);
    expect(plan).toMatchObject({ arenaBytes: 12, inputSurvives: [true] });
    expect(plan.outputs[0].offsetBytes).toBe(plan.inputs[0].offsetBytes);
  });

  it('add a tensor to itself over its own bytes', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 6, w: 6, c: 2 }), 4);
    const graph = b.build([b.conv(b.add(x, x), 1)]);
    const plan = planOf(graph);
    expect(plan.steps[1].output.offsetBytes).toBe(plan.steps[0].output.offsetBytes);
  });
});
