/**
 * A small network planned by hand: conv 3x3 /2, conv 1x1, residual add in place, global average, dense. Its kernels'
 * facts are made up too, so that these tests depend on no other part of the compiler.
 */

import { machineOf } from '../../../compiler/machine/machine.js';
import { makeProgram } from '../../../compiler/program/program.js';
import type {
  ChannelRequant,
  Int8Graph,
  Int8Node,
  Int8Op,
  Int8Value,
  Requant,
} from '../../../compiler/ir/int8-graph.js';
import { unitWindow, type Window } from '../../../compiler/ir/window.js';
import type { Plan, PlacedBuffer, PlanStep, TensorView } from '../../../compiler/memory/plan.js';
import type { CompileFacts } from '../../../compiler/report/facts.js';
import type { CStruct, Kernel } from '../../../compiler/machine/kernel.js';

const quant = { scale: Math.fround(0.05), zeroPoint: -3 };

function value(id: number, name: string, h: number, w: number, c: number): Int8Value {
  return { id, name, shape: { h, w, c }, dtype: 'int8', quant, constant: null };
}

const requant: Requant = {
  rounding: 'fixed',
  multiplier: 1 << 29,
  leftShift: 0,
  shift: 1,
  exact: null,
  zeroPoint: -3,
  clampMin: -128,
  clampMax: 127,
};

function channelRequant(channels: number): ChannelRequant {
  return {
    rounding: 'fixed',
    multipliers: new Int32Array(channels).fill(1 << 28),
    leftShift: 0,
    shift: 4,
    even: null,
    exact: null,
    zeroPoint: -3,
    clampMin: -128,
    clampMax: 127,
  };
}

function conv(inChannels: number, outChannels: number, window: Window): Int8Op {
  const count = outChannels * window.kernelH * window.kernelW * inChannels;
  return {
    kind: 'conv2d',
    window,
    groups: 1,
    weights: Int8Array.from({ length: count }, (_, i) => ((i * 37) % 255) - 127),
    bias: Int32Array.from({ length: outChannels }, (_, i) => i * 10 - 5),
    inputZeroPoint: -3,
    requant: channelRequant(outChannels),
  };
}

const stem: Window = {
  ...unitWindow,
  kernelH: 3,
  kernelW: 3,
  strideH: 2,
  strideW: 2,
  padTop: 0,
  padLeft: 0,
  padBottom: 1,
  padRight: 1,
};
const wholeImage: Window = { ...unitWindow, kernelH: 4, kernelW: 4 };

export interface FixtureNames {
  readonly net: string;
  readonly model: string;
  /** Prefix of node and tensor names, as a model would give them. */
  readonly nodes: string;
}

export const plainNames: FixtureNames = { net: 'tiny', model: 'tiny', nodes: '' };

function graph(names: FixtureNames): Int8Graph {
  const values = [
    value(0, `${names.nodes}image`, 8, 8, 3),
    value(1, `${names.nodes}stem`, 4, 4, 8),
    value(2, `${names.nodes}point`, 4, 4, 8),
    value(3, `${names.nodes}sum`, 4, 4, 8),
    value(4, `${names.nodes}mean`, 1, 1, 8),
    value(5, `${names.nodes}scores`, 1, 1, 10),
  ];
  const ops: [string, Int8Op, number[], number, number][] = [
    ['conv_stem', conv(3, 8, stem), [0], 1, 3456],
    ['conv_point', conv(8, 8, unitWindow), [1], 2, 1024],
    [
      'add',
      {
        kind: 'add',
        rounding: 'fixed',
        multiplierA: 1 << 15,
        multiplierB: 1 << 15,
        addend: 3 << 16,
        shift: 16,
        exact: null,
        zeroPoint: -3,
        clampMin: -128,
        clampMax: 127,
      },
      [1, 2],
      3,
      0,
    ],
    [
      'mean',
      {
        kind: 'averagePool',
        window: wholeImage,
        countIncludePad: false,
        inputZeroPoint: -3,
        divisors: Int32Array.of(16),
        requants: [requant],
      },
      [3],
      4,
      0,
    ],
    ['scores', conv(8, 10, unitWindow), [4], 5, 80],
  ];
  const nodes: Int8Node[] = ops.map(([name, op, inputs, output, macs], id) => ({
    id,
    name: names.nodes + name,
    op,
    inputs,
    output,
    macs,
    deviations: { off: id === 0 ? 2 : 0, of: 100000 },
  }));
  const onnx = (onnxShape: number[], factors: number[], order: number[]) => ({
    onnxShape,
    factors,
    order,
    onnxDType: 'float32' as const,
  });
  return {
    name: names.model,
    values: new Map(values.map((v) => [v.id, v])),
    nodes,
    inputs: [{ value: 0, name: `${names.nodes}image`, layout: onnx([1, 3, 8, 8], [8, 8, 3], [2, 0, 1]) }],
    outputs: [{ value: 5, name: `${names.nodes}scores`, layout: onnx([1, 10], [1, 1, 10], [0, 1, 2]) }],
  };
}

function plan(g: Int8Graph): Plan {
  const buffer = (
    id: number,
    name: string,
    kind: PlacedBuffer['kind'],
    bytes: number,
    offsetBytes: number,
    firstStep: number,
    endStep: number,
    values: number[],
  ): PlacedBuffer => ({ id, name, kind, bytes, alignBytes: 4, firstStep, endStep, offsetBytes, values });
  const name = (id: number): string => g.values.get(id)!.name;
  const buffers = [
    buffer(0, name(0), 'input', 192, 128, 0, 1, [0]),
    buffer(1, name(1), 'activation', 128, 0, 0, 3, [1]),
    buffer(2, name(2), 'activation', 128, 128, 1, 3, [2]),
    buffer(3, name(3), 'activation', 128, 0, 2, 4, [3]),
    buffer(4, name(4), 'activation', 8, 128, 3, 5, [4]),
    buffer(5, name(5), 'output', 10, 136, 4, 5, [5]),
    buffer(6, `scratch of ${name(1)}`, 'scratch', 60, 324, 0, 1, []),
  ];
  const view = (id: number): TensorView => {
    const { h, w, c } = g.values.get(id)!.shape;
    return {
      value: id,
      buffer: id,
      offsetBytes: buffers[id].offsetBytes,
      rowPitchBytes: w * c,
      pixelPitchBytes: c,
      height: h,
      width: w,
      channels: c,
      ringRows: 0,
    };
  };
  const kernels = ['rv_conv2d_s8', 'rv_conv2d_1x1_s8', 'rv_add_s8', 'rv_average_pool_s8', 'rv_conv2d_1x1_s8'];
  const rows = [3, 4, 2, 1, 1];
  const steps: PlanStep[] = g.nodes.map((node, index) => ({
    index,
    region: index,
    node: node.id,
    kernel: kernels[index],
    rowsPerCall: rows[index],
    direction: index === 2 ? 'descending' : 'ascending',
    inputs: node.inputs.map(view),
    output: view(node.output),
    scratch: index === 0 ? { buffer: 6, offsetBytes: 324, bytes: 60 } : null,
  }));
  return {
    schedule: {
      kind: 'layer',
      input: 'resident',
      regions: steps.map((s) => ({ kind: 'layer', node: s.node, kernel: s.kernel, rowsPerCall: s.rowsPerCall })),
    },
    steps,
    buffers,
    arenaBytes: 384,
    arenaAlignBytes: 4,
    scratchBytes: 60,
    lowerBoundBytes: 384,
    provenOptimal: true,
    searchNodes: 12,
    peakStep: 0,
    gaps: [[320, 324]],
    fused: [],
    inputs: [view(0)],
    outputs: [view(5)],
    inputSurvives: [false],
  };
}

function struct(type: string, fields: CStruct['fields']): CStruct {
  return { kind: 'struct', type, fields };
}

function params(node: Int8Node, g: Int8Graph): CStruct {
  const op = node.op;
  const inChannels = g.values.get(node.inputs[0])!.shape.c;
  if (op.kind === 'conv2d') {
    return struct('rv_conv_params', {
      weights: { kind: 'array', type: 'int8_t', data: op.weights, alignBytes: 4 },
      bias: { kind: 'array', type: 'int32_t', data: op.bias },
      requant: struct('rv_channel_requant', {
        multiplier: { kind: 'array', type: 'int32_t', data: op.requant.multipliers },
        shift: op.requant.shift,
        zeroPoint: op.requant.zeroPoint,
        clampMin: op.requant.clampMin,
        clampMax: op.requant.clampMax,
      }),
      inChannels,
      outChannels: g.values.get(node.output)!.shape.c,
      groups: 1,
      kernelH: op.window.kernelH,
      kernelW: op.window.kernelW,
      strideH: op.window.strideH,
      strideW: op.window.strideW,
      dilationH: 1,
      dilationW: 1,
      padTop: 0,
      padLeft: 0,
      inputZeroPoint: op.inputZeroPoint,
    });
  }
  if (op.kind === 'add') {
    return struct('rv_add_params', {
      multiplierA: op.multiplierA,
      multiplierB: op.multiplierB,
      addend: op.addend,
      shift: op.shift,
      zeroPoint: op.zeroPoint,
      clampMin: op.clampMin,
      clampMax: op.clampMax,
      channels: inChannels,
    });
  }
  if (op.kind !== 'averagePool') throw new Error(op.kind);
  return struct('rv_average_pool_params', {
    divisors: { kind: 'array', type: 'int32_t', data: op.divisors },
    requants: {
      kind: 'structs',
      type: 'rv_requant',
      items: op.requants.map((r) =>
        struct('rv_requant', {
          multiplier: r.multiplier,
          shift: r.shift,
          zeroPoint: r.zeroPoint,
          clampMin: r.clampMin,
          clampMax: r.clampMax,
        }),
      ),
    },
    divisorCount: 1,
    channels: inChannels,
    kernelH: 4,
    kernelW: 4,
    strideH: 1,
    strideW: 1,
    dilationH: 1,
    dilationW: 1,
    inputZeroPoint: op.inputZeroPoint,
  });
}

export function fixtureKernel(id: string): Kernel {
  return {
    id,
    isa: 'c',
    files: [`src/${id}.c`],
    accepts: () => true,
    params,
    scratchBytes: () => 0,
    scratchAlignBytes: 4,
    calls: 'rows',
    layerRows: 'all',
    inPlace: () => true,
    accesses: () => [],
    instructions: (node, _g, call) => 100 + node.macs * 2 + call.rows * call.cols,
    stackBytes: 80,
    codeBytes: 500,
  };
}

/** Everything emitPackage wants, for the fixture network. */
export function fixtureFacts(names: FixtureNames = plainNames, kernelOf = fixtureKernel): CompileFacts {
  const g = graph(names);
  return {
    toolVersion: '0.0.0-test',
    net: names.net,
    model: { name: names.model, sha256: 'ab'.repeat(32), macs: 4600, parameters: 400 },
    program: makeProgram(g, { ...machineOf(null, 'cortex-m4'), kernelById: kernelOf }, plan(g)),
    board: { id: 'test-board', name: 'Test board', core: 'cortex-m4', sramBytes: 1024, flashBytes: 65536 },
    limits: { sramBytes: 1024, flashBytes: 65536 },
    layerByLayerBytes: 900,
    slowdown: 1,
    fits: true,
    diagnostics: [],
  };
}
