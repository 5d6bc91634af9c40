import { coreOf } from '../../../compiler/machine/cores/index.js';
import { describe, expect, it } from 'vitest';
import { type Int8Graph, valueOf } from '../../../compiler/ir/int8-graph.js';
import { planMemory, validatePlan } from '../../../compiler/memory/index.js';
import { executionOf } from '../../../compiler/memory/execution.js';
import type { PlacedBuffer, Plan, PlanStep, TensorView } from '../../../compiler/memory/plan.js';
import { layerSchedule } from '../../../compiler/schedule/layer.js';
import { BranchBuilder, residual, shuffle } from './networks.js';

const planOf = (graph: Int8Graph): Plan => planMemory(graph, layerSchedule(graph, coreOf('cortex-m0')), {});

/** The plan with one buffer changed, its views and the arena's size following. */
function withBuffer(plan: Plan, id: number, change: Partial<PlacedBuffer>): Plan {
  const buffers = plan.buffers.map((b) => (b.id === id ? { ...b, ...change } : b));
  const shift = buffers[id].offsetBytes - plan.buffers[id].offsetBytes;
  const moved = <V extends TensorView>(v: V): V => (v.buffer === id ? { ...v, offsetBytes: v.offsetBytes + shift } : v);
  return honest({
    ...plan,
    buffers,
    inputs: plan.inputs.map(moved),
    outputs: plan.outputs.map(moved),
    steps: plan.steps.map((s) => ({
      ...s,
      inputs: s.inputs.map(moved),
      output: moved(s.output),
      scratch: s.scratch?.buffer === id ? { ...s.scratch, offsetBytes: s.scratch.offsetBytes + shift } : s.scratch,
    })),
  });
}

/** Arena size and gaps made to agree with the buffers, so that only the fault in question is left. */
function honest(plan: Plan): Plan {
  const arenaBytes = Math.max(...plan.buffers.map((b) => b.offsetBytes + b.bytes));
  const covered = new Uint8Array(arenaBytes);
  for (const b of plan.buffers) covered.fill(1, Math.max(0, b.offsetBytes), b.offsetBytes + b.bytes);
  const gaps: [number, number][] = [];
  covered.forEach((c, i) => {
    if (c === 1) return;
    if (gaps.length > 0 && gaps[gaps.length - 1][1] === i) gaps[gaps.length - 1][1]++;
    else gaps.push([i, i + 1]);
  });
  return { ...plan, arenaBytes, gaps, inputSurvives: plan.inputSurvives.map(() => false) };
}

const withStep = (plan: Plan, index: number, change: Partial<PlanStep>): Plan => ({
  ...plan,
  steps: plan.steps.map((s, i) => (i === index ? { ...s, ...change } : s)),
});

/** A step whose output overlaps its input partly. */
function partialOverlap(plan: Plan): PlanStep {
  const found = plan.steps.find((s) =>
    s.inputs.some((v) => {
      const [input, output] = [plan.buffers[v.buffer!], plan.buffers[s.output.buffer!]];
      const meets =
        input.offsetBytes < output.offsetBytes + output.bytes && output.offsetBytes < input.offsetBytes + input.bytes;
      return input.id !== output.id && meets && input.offsetBytes !== output.offsetBytes;
    }),
  );
  if (found === undefined) throw new Error('no partial overlap in this plan');
  return found;
}

describe('the validator', () => {
  const graph = residual();
  const plan = planOf(graph);

  it('accepts sound plans', () => {
    expect(validatePlan(graph, plan)).toEqual([]);
    expect(validatePlan(graph, withBuffer(plan, 0, {}))).toEqual([]);
  });

  it('finds an output that comes closer to its input than is safe', () => {
    // A pointwise convolution from 4 channels to 8, its output exactly as far below its input as is safe.
    const b = new BranchBuilder();
    const tight = b.build([b.conv(b.input({ h: 6, w: 6, c: 4 }), 8)]);
    const good = planOf(tight);
    const input = good.buffers[good.inputs[0].buffer!];
    expect(input.offsetBytes).toBeGreaterThan(0);
    const closer = withBuffer(good, input.id, { offsetBytes: input.offsetBytes - 4 });
    expect(validatePlan(tight, closer)).toEqual(['step 0: the output overwrites input 0 (t0) before it is read']);
  });

  it('judges a layer of a million pixels by rows at its ends and in the middle', () => {
    const b = new BranchBuilder();
    const large = b.build([b.conv3(b.input({ h: 1100, w: 960, c: 1 }), 2)]);
    const good = planOf(large);
    expect(validatePlan(large, good)).toEqual([]);
    const input = good.buffers[good.inputs[0].buffer!];
    const closer = withBuffer(good, input.id, {
      offsetBytes: input.offsetBytes + 4 * Math.sign(good.outputs[0].offsetBytes - input.offsetBytes),
    });
    expect(validatePlan(large, closer)).toEqual(['step 0: the output overwrites input 0 (t0) before it is read']);
  });

  it('finds a walk in the wrong direction', () => {
    const step = partialOverlap(plan);
    const direction = step.direction === 'ascending' ? 'descending' : 'ascending';
    const turned = withStep(plan, step.index, { direction, rowsPerCall: 1 });
    expect(validatePlan(graph, turned).join()).toMatch(/overwrites input 0 .* before it is read/);
  });

  it('finds buffers that overlap though both are needed', () => {
    const held = plan.buffers.find((b) => b.kind === 'activation' && b.endStep - b.firstStep > 2)!;
    const other = plan.buffers.find(
      (b) => b.kind === 'activation' && b.id !== held.id && b.firstStep > held.firstStep && b.endStep < held.endStep,
    )!;
    const clash = withBuffer(plan, other.id, { offsetBytes: held.offsetBytes });
    expect(validatePlan(graph, clash)).toContain(`${held.name} and ${other.name} overlap and live together`);
  });

  it('finds scratch that is placed on a live tensor', () => {
    const scratch = plan.buffers.find((b) => b.kind === 'scratch')!;
    const live = plan.buffers.find(
      (b) => b.kind === 'activation' && b.firstStep <= scratch.firstStep && b.endStep > scratch.firstStep,
    )!;
    const clash = withBuffer(plan, scratch.id, { offsetBytes: live.offsetBytes });
    expect(validatePlan(graph, clash).join()).toMatch(/overlap and live together/);
  });

  it('finds a wrong alignment, an offset below zero, and an arena of the wrong size', () => {
    expect(validatePlan(graph, withBuffer(plan, 1, { offsetBytes: plan.buffers[1].offsetBytes + 2 })).join()).toMatch(
      /is not aligned to 4/,
    );
    expect(validatePlan(graph, withBuffer(plan, 1, { offsetBytes: -4 })).join()).toMatch(/is not within the arena/);
    expect(validatePlan(graph, { ...plan, arenaBytes: plan.arenaBytes + 8 }).join()).toMatch(/buffers end at/);
    expect(validatePlan(graph, { ...plan, arenaBytes: plan.arenaBytes - 1 }).join()).toMatch(/is not within the arena/);
  });

  it('finds gaps that are missing, made up, or empty', () => {
    const top = Math.max(...plan.buffers.map((b) => b.offsetBytes));
    const hole = withBuffer(plan, plan.buffers.find((b) => b.offsetBytes === top)!.id, {
      offsetBytes: plan.arenaBytes + 64,
    });
    expect(hole.gaps.length).toBeGreaterThan(0);
    expect(validatePlan(graph, { ...hole, gaps: [] }).join()).toMatch(/neither in a buffer nor in a gap/);
    expect(validatePlan(graph, { ...plan, gaps: [[0, 1], ...plan.gaps] }).join()).toMatch(/in a gap, and in a buffer/);
    expect(validatePlan(graph, { ...plan, gaps: [[3, 3], ...plan.gaps] }).join()).toMatch(/is empty or outside/);
  });

  it('finds a buffer that dies before its last reader', () => {
    const b = plan.buffers.find((x) => x.kind === 'activation' && x.endStep - x.firstStep > 2)!;
    expect(validatePlan(graph, withBuffer(plan, b.id, { endStep: b.endStep - 1 })).join()).toMatch(/is not alive/);
  });

  it('finds a view outside its buffer, and pitches too small', () => {
    const { output } = plan.steps[0];
    const beyond = { ...output, offsetBytes: output.offsetBytes + plan.buffers[output.buffer!].bytes };
    expect(validatePlan(graph, withStep(plan, 0, { output: beyond })).join()).toMatch(/is not within/);
    const squeezed = { ...output, pixelPitchBytes: output.channels - 1 };
    expect(validatePlan(graph, withStep(plan, 0, { output: squeezed })).join()).toMatch(/pitches of .* are smaller/);
  });

  it('finds an input that is said to survive and does not', () => {
    expect(validatePlan(graph, { ...plan, inputSurvives: [true] })).toEqual([
      'input 0 is said to survive and does not',
    ]);
  });

  it('finds an output that is overwritten before the end', () => {
    const b = new BranchBuilder();
    const x = b.conv(b.input({ h: 4, w: 4, c: 4 }), 4);
    const two = b.build([x, b.conv(x, 4)]);
    const good = planOf(two);
    const [first, second] = good.outputs.map((v) => good.buffers[v.buffer!]);
    const clash = withBuffer(withBuffer(good, first.id, { endStep: 1 }), second.id, { offsetBytes: first.offsetBytes });
    expect(validatePlan(two, clash).join()).toMatch(/is not alive|overlap/);
    const lying = { ...clash, buffers: clash.buffers.map((p) => (p.id === first.id ? { ...p, endStep: 2 } : p)) };
    expect(validatePlan(two, lying).join()).toMatch(/overlap|output 0 does not hold its value/);
  });

  it('finds a slice that reads the other half, and a part that nobody wrote', () => {
    const split = shuffle();
    const good = planOf(split);
    const reader = good.steps.find(
      (s) =>
        s.inputs[0].channels === 8 && s.inputs[0].pixelPitchBytes === 16 && split.nodes[s.node].op.kind === 'conv2d',
    )!;
    const wrongHalf = { ...reader.inputs[0], offsetBytes: reader.inputs[0].offsetBytes - 8 };
    expect(validatePlan(split, withStep(good, reader.index, { inputs: [wrongHalf] })).join()).toMatch(
      /is not in place at byte/,
    );
    const copy = good.steps.find((s) => split.nodes[s.node].op.kind === 'concat')!;
    const misplaced = { ...copy.output, offsetBytes: copy.output.offsetBytes + 8 };
    expect(validatePlan(split, withStep(good, copy.index, { output: misplaced })).join()).toMatch(
      /is not in place at byte/,
    );
  });

  it('walks the order of execution: what precedes pushed rows, their counters, the rest', () => {
    // A copy of the second input stands in front of the region that takes the rows of the first.
    const b = new BranchBuilder();
    const image = b.input({ h: 8, w: 4, c: 3 });
    const other = b.input({ h: 8, w: 4, c: 4 });
    const pushed = b.build([b.conv(b.concat('c', [other, b.conv(image, 4)]), 2)]);
    const layers = layerSchedule(pushed, coreOf('cortex-m0')).regions;
    const unit = { nodes: [0], kernels: ['rv_conv2d_1x1_s8'], rowsPerCall: 1, colsPerTile: 0, slideColumns: false };
    const good = planMemory(
      pushed,
      { kind: 'mixed', input: 'streamed', regions: [{ kind: 'fused', units: [unit] }, ...layers.slice(1)] },
      {},
    );
    expect(executionOf(good).start.map((turn) => turn.kind)).toEqual(['layer']);
    expect(validatePlan(pushed, good)).toEqual([]);
    // The ring over the other input is sound, for that one is copied by then; counters are not, set before it is written.
    const input = good.buffers[good.inputs[1].buffer!];
    const ring = good.buffers[good.fused[0].streamedInput!.buffer!];
    expect(
      ring.offsetBytes < input.offsetBytes + input.bytes && input.offsetBytes < ring.offsetBytes + ring.bytes,
    ).toBe(true);
    const lying = {
      ...good,
      fused: good.fused.map((region) => ({ ...region, stateOffsetBytes: input.offsetBytes })),
    };
    expect(validatePlan(pushed, lying).join()).toMatch(/bytes \[.*\) are overwritten/);
    // A step that stands behind the rows and is executed before them.
    const late = { ...good, steps: [good.steps[1], good.steps[0], ...good.steps.slice(2)] };
    expect(validatePlan(pushed, late).join()).toMatch(/is not executed in its turn/);
  });

  it('finds a step that reads from nowhere', () => {
    const first = plan.steps[0].inputs[0];
    const nowhere = withStep(plan, 0, { inputs: [{ ...first, buffer: null }] });
    expect(validatePlan(graph, nowhere).join()).toContain(
      `${valueOf(graph, first.value).name} is neither in the arena nor constant`,
    );
  });

  it('follows chains of moved data of any length', () => {
    const b = new BranchBuilder();
    let x = b.input({ h: 2, w: 2, c: 4 });
    for (let i = 0; i < 6000; i++) x = b.reshape(x, i % 2 === 0 ? { h: 1, w: 1, c: 16 } : { h: 2, w: 2, c: 4 });
    const long = b.build([b.conv(x, 3)]);
    expect(validatePlan(long, planOf(long))).toEqual([]);
  });
});
