import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConvOp, Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { elements } from '../../../compiler/ir/tensor.js';
import { unitWindow } from '../../../compiler/ir/window.js';
import { withoutUnreadNodes } from '../../../compiler/ir/unread-nodes.js';
import { removeConstantChannels } from '../../../compiler/passes/constant-channels.js';
import { runInt8 } from '../../../compiler/reference/int8.js';
import { Dice, ProgramBuilder, randomProgram } from './random-program.js';

const inputOf = (graph: Int8Graph, seed: number): Int8Array => {
  const dice = new Dice(seed);
  return Int8Array.from({ length: elements(graph.values.get(graph.inputs[0].value)!.shape) }, () => dice.code());
};

function expectSameBytes(graph: Int8Graph): ReturnType<typeof removeConstantChannels> {
  const removal = removeConstantChannels(graph);
  for (const seed of [1, 2]) {
    const x = inputOf(graph, seed);
    expect(runInt8(removal.graph, [x])).toEqual(runInt8(graph, [x]));
  }
  return removal;
}

/** Sets chosen weights of the newest convolution to zero, its bias to a value that gives the wanted code. */
function zeroChannel(b: ProgramBuilder, channel: number): void {
  const op = b.nodes[b.nodes.length - 1].op as ConvOp;
  const length = op.weights.length / op.bias.length;
  op.weights.fill(0, channel * length, (channel + 1) * length);
}

function setConv(b: ProgramBuilder, edit: (op: { -readonly [K in keyof ConvOp]: ConvOp[K] }) => void): void {
  const node = b.nodes[b.nodes.length - 1];
  const op = { ...(node.op as ConvOp) };
  edit(op);
  b.nodes[b.nodes.length - 1] = { ...node, op };
}

const dense = { ...unitWindow, kernelH: 3, kernelW: 3 };
const padded = { ...dense, padTop: 1, padLeft: 1, padBottom: 1, padRight: 1 };

/** Full weights, no clamp surprises: scale 1/512, zero point 0. */
function plain(b: ProgramBuilder, inputZeroPoint: number): void {
  setConv(b, (op) => {
    op.weights = op.weights.map((_, i) => ((i * 37) % 100) + 1);
    op.bias = op.bias.map((_, i) => 3000 + 512 * i);
    op.inputZeroPoint = inputZeroPoint;
    op.requant = {
      ...op.requant,
      rounding: 'fixed',
      even: null,
      multipliers: op.requant.multipliers.map(() => 2 ** 29),
      shift: 6,
      zeroPoint: 0,
      clampMin: -128,
      clampMax: 127,
    };
  });
}

describe('removeConstantChannels', () => {
  it('changes no byte of any output of random networks', () => {
    let removed = 0;
    let folded = 0;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), fc.integer({ min: 2, max: 14 }), (seed, size) => {
        const graph = randomProgram(seed, size);
        const removal = expectSameBytes(graph);
        expect(withoutUnreadNodes(removal.graph)).toBe(removal.graph);
        removed += removal.removed.reduce((n, r) => n + r.channels, 0);
        folded += removal.macs.total - removal.macs.live;
        expect(removal.macs.live).toBeLessThanOrEqual(removal.macs.total);
        // Nothing is left to remove.
        expect(removeConstantChannels(removal.graph).macs.live).toBe(removal.macs.live);
      }),
      { numRuns: 400 },
    );
    expect(removed).toBeGreaterThan(1000);
    expect(folded).toBeGreaterThan(10000);
  });

  it.each([[629932307, 8]])('changes no byte of network %i of %i nodes', (seed, size) => {
    // A transposition of one row into one column, which moves nothing and is no choice of channels.
    expectSameBytes(randomProgram(seed, size));
  });

  it('folds a constant into a consumer without pads', () => {
    const b = new ProgramBuilder(1);
    const x = b.value({ h: 5, w: 5, c: 2 });
    const first = b.conv(x, 4, unitWindow, 1);
    plain(b, 0);
    zeroChannel(b, 1);
    const y = b.conv(first, 3, dense, 1);
    plain(b, -7);
    const { graph, removed, macs } = expectSameBytes(b.graph(x, [y]));
    expect(removed).toEqual([{ node: 'n0', channels: 1, of: 4, reason: 'constant' }]);
    expect(graph.values.get(first)?.shape.c).toBe(3);
    expect(macs).toEqual({ total: 25 * 8 + 9 * 9 * 12, live: 25 * 6 + 9 * 9 * 9 });
  });

  it('keeps a constant whose padded consumer sees it only inside, unless it is the zero point', () => {
    const build = (inputZeroPoint: number) => {
      const b = new ProgramBuilder(1);
      const x = b.value({ h: 5, w: 5, c: 2 });
      const first = b.conv(x, 4, unitWindow, 1);
      plain(b, 0);
      zeroChannel(b, 1);
      const y = b.conv(first, 3, padded, 1);
      plain(b, inputZeroPoint);
      return expectSameBytes(b.graph(x, [y])).removed;
    };
    // Channel 1's accumulator is 3512: code 7.
    expect(build(-7)).toEqual([]);
    expect(build(7)).toEqual([{ node: 'n0', channels: 1, of: 4, reason: 'constant' }]);
  });

  it('folds into a padded consumer whose border taps ignore the constant', () => {
    const b = new ProgramBuilder(1);
    const x = b.value({ h: 5, w: 5, c: 2 });
    const first = b.conv(x, 2, unitWindow, 1);
    plain(b, 0);
    zeroChannel(b, 1);
    const y = b.conv(first, 1, padded, 1);
    plain(b, -7);
    // Only the centre tap reads channel 1.
    setConv(b, (op) => {
      op.weights = op.weights.map((w, i) => (i % 2 === 1 && i !== 9 ? 0 : w));
    });
    expect(expectSameBytes(b.graph(x, [y])).removed).toEqual([{ node: 'n0', channels: 1, of: 2, reason: 'constant' }]);
  });

  it.each([
    [4, [['n0', 1, 'constant']]],
    [8, []],
  ] as const)('knows where tap %i of a dilated filter reads padding', (tap, removed) => {
    const b = new ProgramBuilder(1);
    const x = b.value({ h: 5, w: 5, c: 2 });
    const first = b.conv(x, 2, unitWindow, 1);
    plain(b, 0);
    zeroChannel(b, 1);
    const y = b.conv(
      first,
      1,
      { ...dense, dilationH: 2, dilationW: 2, padTop: 2, padLeft: 2, padBottom: 2, padRight: 2 },
      1,
    );
    plain(b, -7);
    // Only one tap reads channel 1.
    setConv(b, (op) => {
      op.weights = op.weights.map((w, i) => (i % 2 === 1 && i !== 2 * tap + 1 ? 0 : w));
    });
    expect(expectSameBytes(b.graph(x, [y])).removed.map((r) => [r.node, r.channels, r.reason])).toEqual(removed);
  });

  it('goes through a depthwise whose border classes agree, and stops where they differ', () => {
    const build = (scaleShift: number) => {
      const b = new ProgramBuilder(1);
      const x = b.value({ h: 5, w: 5, c: 2 });
      const first = b.conv(x, 2, unitWindow, 1);
      plain(b, 0);
      zeroChannel(b, 1);
      const deep = b.conv(first, 2, padded, 2);
      plain(b, -7);
      // A small scale makes every border class round alike.
      setConv(b, (op) => {
        op.requant = { ...op.requant, multipliers: op.requant.multipliers.map((m) => m >> scaleShift) };
        op.bias = op.bias.map(() => 0);
      });
      const y = b.conv(deep, 2, unitWindow, 1);
      plain(b, 0);
      return expectSameBytes(b.graph(x, [y])).removed.map((r) => [r.node, r.channels, r.reason]);
    };
    expect(build(0)).toEqual([]);
    expect(build(12)).toEqual([
      ['n0', 1, 'constant'],
      ['n1', 1, 'constant'],
    ]);
  });

  it('drops an Add only where both operands are constant', () => {
    const build = (zeroBoth: boolean) => {
      const b = new ProgramBuilder(1);
      const x = b.value({ h: 4, w: 4, c: 2 });
      const left = b.conv(x, 3, unitWindow, 1);
      plain(b, 0);
      zeroChannel(b, 1);
      const right = b.conv(x, 3, unitWindow, 1);
      plain(b, 0);
      if (zeroBoth) zeroChannel(b, 1);
      const sum = b.node(
        {
          kind: 'add',
          rounding: 'fixed',
          multiplierA: 1 << 15,
          multiplierB: 1 << 15,
          addend: 0,
          shift: 16,
          exact: null,
          zeroPoint: 0,
          clampMin: -128,
          clampMax: 127,
        },
        [left, right],
        { h: 4, w: 4, c: 3 },
      );
      const y = b.conv(sum, 2, unitWindow, 1);
      plain(b, 0);
      return expectSameBytes(b.graph(x, [y])).removed.map((r) => [r.node, r.channels, r.reason]);
    };
    expect(build(false)).toEqual([]);
    expect(build(true)).toEqual([
      ['n0', 1, 'constant'],
      ['n1', 1, 'constant'],
    ]);
  });

  it('drops a Mul where either operand is its own zero point', () => {
    const build = (zeroed: 'a' | 'b', zeroPointA: number, zeroPointB: number) => {
      const b = new ProgramBuilder(1);
      const x = b.value({ h: 4, w: 4, c: 2 });
      const [left, right] = (['a', 'b'] as const).map((operand) => {
        const value = b.conv(x, 3, unitWindow, 1);
        plain(b, 0);
        // Its code is 7.
        if (operand === zeroed) zeroChannel(b, 1);
        return value;
      });
      const product = b.node({ kind: 'mul', zeroPointA, zeroPointB, requant: b.requant(1 / 20) }, [left, right], {
        h: 4,
        w: 4,
        c: 3,
      });
      const y = b.conv(product, 2, unitWindow, 1);
      plain(b, 0);
      return expectSameBytes(b.graph(x, [y])).removed.map((r) => [r.node, r.channels, r.reason]);
    };
    expect(build('a', 7, 0)).toEqual([
      ['n0', 1, 'constant'],
      ['n1', 1, 'never read'],
    ]);
    expect(build('a', 0, 7)).toEqual([]);
    expect(build('b', 0, 7)).toEqual([
      ['n0', 1, 'never read'],
      ['n1', 1, 'constant'],
    ]);
    expect(build('b', 7, 0)).toEqual([]);
  });

  it.each([
    [true, []],
    [false, [['n0', 1, 'constant']]],
  ] as const)('goes through an average whose pads count (%s) as its border classes say', (countIncludePad, removed) => {
    const b = new ProgramBuilder(1);
    const x = b.value({ h: 5, w: 5, c: 2 });
    const first = b.conv(x, 2, unitWindow, 1);
    plain(b, 0);
    zeroChannel(b, 1);
    const divisors = Int32Array.from({ length: 9 }, (_, i) => i + 1);
    const requants = Array.from(divisors, (n) => ({
      rounding: 'fixed' as const,
      multiplier: Math.round(2 ** 30 / n),
      leftShift: 3,
      shift: 1,
      exact: null,
      zeroPoint: 0,
      clampMin: -128,
      clampMax: 127,
    }));
    const mean = b.node(
      { kind: 'averagePool', window: padded, countIncludePad, inputZeroPoint: 0, divisors, requants },
      [first],
      { h: 5, w: 5, c: 2 },
    );
    const y = b.conv(mean, 2, unitWindow, 1);
    plain(b, 0);
    expect(expectSameBytes(b.graph(x, [y])).removed.map((r) => [r.node, r.channels, r.reason])).toEqual(removed);
  });

  it('removes what no one reads through depthwise, Concat and Slice, until nothing changes', () => {
    const b = new ProgramBuilder(1);
    const x = b.value({ h: 4, w: 4, c: 2 });
    const early = b.conv(x, 3, unitWindow, 1);
    plain(b, 0);
    const wide = b.conv(early, 4, unitWindow, 1);
    plain(b, 0);
    // Only channel 3 reads early's channel 2.
    setConv(b, (op) => {
      op.weights = op.weights.map((w, i) => (i % 3 === 2 && i !== 11 ? 0 : w));
    });
    const deep = b.conv(wide, 4, padded, 4);
    plain(b, 0);
    const both = b.node({ kind: 'concat', axis: 'c' }, [deep, x], { h: 4, w: 4, c: 6 });
    const part = b.node({ kind: 'slice', start: { h: 0, w: 0, c: 1 }, step: { h: 1, w: 1, c: 1 } }, [both], {
      h: 4,
      w: 4,
      c: 5,
    });
    const y = b.conv(part, 2, unitWindow, 1);
    plain(b, 0);
    // The last convolution ignores what was deep's channel 3.
    setConv(b, (op) => {
      op.weights = op.weights.map((w, i) => (i % 5 === 2 ? 0 : w));
    });
    const { graph, removed } = expectSameBytes(b.graph(x, [y]));
    expect(removed.map((r) => [r.node, r.channels, r.reason])).toEqual([
      ['n0', 1, 'never read'],
      ['n1', 2, 'never read'],
      ['n2', 2, 'never read'],
    ]);
    expect(graph.values.get(part)?.shape.c).toBe(4);
  });

  it.each(['depthwise', 'table', 'add', 'slice'])(
    'removes an unread %s, whose channels go with those of a tensor that others read',
    (kind) => {
      const b = new ProgramBuilder(1);
      const x = b.value({ h: 4, w: 4, c: 3 });
      const wide = b.conv(x, 4, unitWindow, 1);
      plain(b, 0);
      const s = b.shape(wide);
      const twice = { rounding: 'fixed', multiplierA: 1 << 15, multiplierB: 1 << 15, addend: 0, shift: 16 } as const;
      const range = { exact: null, zeroPoint: 0, clampMin: -128, clampMax: 127 };
      const identity = Int8Array.from({ length: 256 }, (_, i) => i - 128);
      const one = { h: 1, w: 1, c: 1 };
      const unread =
        kind === 'depthwise'
          ? b.conv(wide, 4, padded, 4)
          : kind === 'table'
            ? b.node({ kind: 'lut', table: identity }, [wide], s)
            : kind === 'add'
              ? b.node({ kind: 'add', ...twice, ...range }, [wide, wide], s)
              : b.node({ kind: 'slice', start: { h: 0, w: 0, c: 1 }, step: one }, [wide], { ...s, c: 2 });
      b.node({ kind: 'lut', table: identity }, [unread], b.shape(unread));
      const y = b.conv(wide, 2, unitWindow, 1);
      plain(b, 0);
      const { graph, removed } = expectSameBytes(b.graph(x, [y]));
      expect(graph.nodes.map((n) => n.op.kind)).toEqual(['conv2d', 'conv2d']);
      expect(removed.reduce((n, r) => n + (r.node === 'n1' ? r.channels : 0), 0)).toBe(kind === 'depthwise' ? 4 : 0);
    },
  );

  it('removes nodes that reach no output, and leaves inputs and outputs whole', () => {
    const b = new ProgramBuilder(1);
    const x = b.value({ h: 4, w: 4, c: 3 });
    b.conv(x, 3, unitWindow, 1);
    const y = b.conv(x, 2, unitWindow, 1);
    plain(b, 0);
    zeroChannel(b, 0);
    zeroChannel(b, 1);
    const { graph } = expectSameBytes(b.graph(x, [y]));
    expect(graph.nodes.map((n) => [n.id, n.name])).toEqual([[0, 'n1']]);
    expect(graph.values.get(y)?.shape.c).toBe(2);
    expect(graph.values.get(x)?.shape.c).toBe(3);
  });
});
