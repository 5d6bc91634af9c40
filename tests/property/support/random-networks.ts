/** Random integer networks and random legal schedules of them, from a seed. */

import { type Int8Graph, type ValueId, valueOf } from '../../../compiler/ir/int8-graph.js';
import { InstructionCosts } from '../../../compiler/schedule/instructions.js';
import { layerSchedule } from '../../../compiler/schedule/layer.js';
import type { LayerRegion, Region, Schedule, Unit } from '../../../compiler/schedule/schedule.js';
import { channelSlicings, tiles, unitTable } from '../../../compiler/search/unit-table.js';
import type { Core } from '../../../compiler/machine/core.js';
import { BranchBuilder } from '../../unit/memory/networks.js';

/** Small deterministic generator (mulberry32); `pick` and `int` are uniform. */
export class Rng {
  constructor(private state: number) {}
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  int(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }
  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)];
  }
}

/**
 * A chain of convolutions, depthwise and residual blocks, pools and branches, with a head or a map at the end. Windows
 * may lie in the padding alone; gathers, reversed slices and reflected borders read rows that went by long ago.
 */
export function randomNetwork(rng: Rng): Int8Graph {
  const b = new BranchBuilder();
  let x = b.input({ h: rng.int(7, 19), w: rng.int(5, 17), c: rng.int(1, 4) });
  const outputs: ValueId[] = [];
  for (let k = rng.int(2, 5); k > 0; k--) {
    const s = b.shape(x);
    if (s.h < 5 || s.w < 5) break;
    const kind = rng.int(0, 9);
    if (kind === 0) x = convolution(b, rng, x);
    else if (kind === 1)
      x = b.block(x, rng.pick([s.c, rng.int(2, 9)]), rng.int(1, 3), rng.pick([3, 5, 7]), rng.int(1, 2));
    else if (kind === 2) x = pool(b, rng, x);
    else if (kind === 3) x = b.add(x, b.conv(b.depthwise(x, 3, 1), s.c));
    else if (kind === 4) x = branches(b, rng, x);
    else if (kind === 5) x = b.upsample(x);
    else if (kind === 6) x = farWindows(b, rng, x);
    else if (kind === 7) x = rowsOutOfOrder(b, rng, x);
    else if (kind === 8)
      x = b.concat('h', rng.int(0, 1) === 0 ? [x, x] : [b.conv(x, s.c), b.slice(x, { h: 1 }, { h: s.h - 2 })]);
    else x = b.deconv(x, rng.int(1, 5));
    if (rng.int(0, 7) === 0) outputs.push(b.conv(x, rng.int(1, 4)));
  }
  outputs.push(rng.int(0, 1) === 0 ? x : b.conv(b.globalAverage(x), rng.int(2, 6)));
  return b.build(outputs);
}

/**
 * An image and up to three more inputs, which join it where they fit: parts of a Concat, operands, scales of channels.
 * One of them may be a network output itself, or be read by nobody.
 */
export function networkOfInputs(rng: Rng): Int8Graph {
  const b = new BranchBuilder();
  let x = b.input({ h: rng.int(6, 15), w: rng.int(3, 12), c: rng.int(1, 4) });
  const outputs: ValueId[] = [];
  const others: ValueId[] = [];
  const steps = rng.int(2, 6);
  const first = rng.int(0, 1); // At 0 another input is worked on before the image has been touched.
  for (let k = 0; k < steps; k++) {
    const s = b.shape(x);
    const joins = k === first || rng.int(0, 2) === 0;
    const other = others.find((id) => b.shape(id).h === s.h && b.shape(id).w === s.w);
    if (joins && other !== undefined && rng.int(0, 1) === 0) x = b.concat('c', [other, x]);
    else if (joins && others.length < 3) x = join(b, rng, x, others);
    else if (s.h < 5 || s.w < 5) x = b.conv(x, rng.int(1, 5));
    else {
      const kind = rng.int(0, 4);
      if (kind === 0) x = convolution(b, rng, x);
      else if (kind === 1) x = b.conv3(x, rng.int(1, 6), rng.int(1, 2));
      else if (kind === 2) x = b.block(x, rng.pick([s.c, rng.int(2, 6)]), 2, 3, rng.int(1, 2));
      else if (kind === 3) x = pool(b, rng, x);
      else x = b.add(x, b.conv(x, s.c));
    }
    if (rng.int(0, 5) === 0) outputs.push(b.conv(x, rng.int(1, 4)));
  }
  if (rng.int(0, 7) === 0) others.push(b.input({ h: 2, w: 3, c: 2 }));
  if (others.length > 0 && rng.int(0, 7) === 0) outputs.push(rng.pick(others));
  outputs.push(rng.int(0, 1) === 0 ? x : b.conv(b.globalAverage(x), rng.int(2, 6)));
  return b.build(outputs);
}

/** `x` with another input, as it is or convolved before; the input goes to `others`. */
function join(b: BranchBuilder, rng: Rng, x: ValueId, others: ValueId[]): ValueId {
  const s = b.shape(x);
  const take = (shape: typeof s): ValueId => {
    const id = b.input(shape);
    others.push(id);
    return id;
  };
  const part = (shape: typeof s): ValueId => {
    const kind = rng.int(0, 3);
    if (kind === 0) return b.conv3(take(shape), shape.c);
    if (kind === 1 && shape.h < 9) return b.conv3(take({ ...shape, h: 2 * shape.h, w: 2 * shape.w }), shape.c, 2);
    return take(shape);
  };
  const inOrder = (one: ValueId): ValueId[] => (rng.int(0, 1) === 0 ? [one, x] : [x, one]);
  switch (rng.int(0, 6)) {
    case 0:
      return b.add(x, part(s));
    case 1:
      return b.mul(part(s), x);
    case 2:
      return b.mul(x, take({ h: 1, w: 1, c: s.c }));
    case 3:
      return b.concat('h', inOrder(part({ ...s, h: rng.int(1, 3) })));
    case 4:
      return b.concat('w', inOrder(part({ ...s, w: rng.int(1, 3) })));
    default:
      return b.concat('c', inOrder(part({ ...s, c: rng.int(1, 4) })));
  }
}

/** Padding wider than the kernel, strides longer: behind a residual, so that tiles stand before and after it. */
function farWindows(b: BranchBuilder, rng: Rng, x: ValueId): ValueId {
  const wide = b.conv(x, rng.int(2, 9));
  const c = b.shape(wide).c;
  const far = b.conv(
    wide,
    c,
    {
      kernelH: rng.int(1, 2),
      kernelW: rng.int(1, 3),
      strideH: rng.int(1, 3),
      strideW: rng.int(1, 4),
      dilationH: rng.int(1, 2),
      padTop: rng.int(0, 4),
      padLeft: rng.int(0, 4),
      padBottom: rng.int(0, 4),
      padRight: rng.int(0, 4),
    },
    rng.pick([1, c]),
  );
  return b.conv(far, rng.int(1, 6), { strideW: rng.int(1, 2) });
}

function rowsOutOfOrder(b: BranchBuilder, rng: Rng, x: ValueId): ValueId {
  const s = b.shape(x);
  const kind = rng.int(0, 2);
  if (kind === 0) {
    const indices = Int32Array.from({ length: rng.int(5, s.h + 2) }, () => rng.int(0, s.h - 1));
    return b.node({ kind: 'gather', axis: 'h', indices }, [x], { ...s, h: indices.length });
  }
  if (kind === 1) return b.slice(x, { h: s.h - 1 }, {}, { h: -1 });
  const [top, bottom] = [rng.int(0, 3), rng.int(0, 3)];
  return b.node(
    {
      kind: 'pad',
      mode: rng.pick(['reflect', 'edge'] as const),
      before: { h: top, w: 0, c: 0 },
      after: { h: bottom, w: 1, c: 0 },
      value: 0,
    },
    [x],
    { ...s, h: s.h + top + bottom, w: s.w + 1 },
  );
}

function convolution(b: BranchBuilder, rng: Rng, x: ValueId): ValueId {
  const pads = { padTop: rng.int(0, 2), padLeft: rng.int(0, 2), padBottom: rng.int(0, 2), padRight: rng.int(0, 2) };
  return b.conv(x, rng.int(1, 9), {
    kernelH: rng.int(1, 4),
    kernelW: rng.int(1, 4),
    strideH: rng.int(1, 2),
    strideW: rng.int(1, 2),
    ...pads,
  });
}

function pool(b: BranchBuilder, rng: Rng, x: ValueId): ValueId {
  const s = b.shape(x);
  const [k, stride, pad] = [rng.int(2, 3), rng.int(1, 2), rng.int(0, 1)];
  const out = (n: number): number => Math.floor((n + 2 * pad - k) / stride) + 1;
  const window = {
    kernelH: k,
    kernelW: k,
    strideH: stride,
    strideW: stride,
    dilationH: 1,
    dilationW: 1,
    padTop: pad,
    padLeft: pad,
    padBottom: pad,
    padRight: pad,
  };
  return b.node({ kind: 'maxPool', window, clampMin: -128, clampMax: 127 }, [x], { h: out(s.h), w: out(s.w), c: s.c });
}

/** Two paths of different depth, joined by Concat over channels. */
function branches(b: BranchBuilder, rng: Rng, x: ValueId): ValueId {
  const left = b.conv(x, rng.int(1, 4));
  const right = b.depthwise(b.conv(x, rng.int(1, 4)), rng.pick([3, 5]), 1);
  const s = b.shape(x);
  return b.node({ kind: 'concat', axis: 'c' }, [left, right], { ...s, c: b.shape(left).c + b.shape(right).c });
}

/** Random cuts, random units with random batches and tiles; nodes that cannot stream stay layers. */
export function randomSchedule(rng: Rng, graph: Int8Graph, core: Core, streamed: boolean): Schedule {
  const table = unitTable(graph, new InstructionCosts(graph, core), {
    maxNodes: 6,
    rows: [1, 2, 3, 5, 50],
    cols: [1, 2, 3, 5],
    slices: [],
  });
  const layers = new Map(layerSchedule(graph, core).regions.map((r) => [(r as LayerRegion).node, r as LayerRegion]));
  const regions: Region[] = [];
  const lastReader = Math.max(...graph.nodes.filter((n) => n.inputs.includes(graph.inputs[0].value)).map((n) => n.id));
  for (let at = 0; at < graph.nodes.length; ) {
    const mustReach = streamed && at === 0 ? lastReader + 1 : at + 1;
    const end = Math.min(graph.nodes.length, Math.max(mustReach, at + rng.int(1, 9)));
    const units: Unit[] = [];
    let k = at;
    while (k < end) {
      const options = table.from[k].filter((u) => u.end <= end);
      if (options.length === 0) break;
      const option = rng.pick(options);
      const slicings = rng.int(0, 1) === 0 ? channelSlicings(graph, core, option.unit.nodes, [2, 3, 7]) : [];
      const narrow = option.unit.nodes.length === 1 && tiles(graph, graph.nodes[k], true) && rng.int(0, 1) === 0;
      if (narrow) units.push({ ...option.unit, colsPerTile: rng.int(1, 5) });
      else
        units.push(
          slicings.length > 0
            ? { ...option.unit, slideColumns: false, ...rng.pick(slicings) }
            : { ...option.unit, slideColumns: option.unit.colsPerTile > 0 && rng.int(0, 1) === 0 },
        );
      k = option.end;
    }
    if (units.length > 0 && k >= mustReach && (rng.int(0, 3) > 0 || (streamed && at === 0))) {
      regions.push({ kind: 'fused', units });
      at = k;
      continue;
    }
    if (streamed && at === 0) return randomSchedule(rng, graph, core, false);
    const layer = layers.get(at);
    if (layer !== undefined) regions.push({ ...layer, rowsPerCall: rng.pick([layer.rowsPerCall, 1, 3]) });
    at++;
  }
  return { kind: 'mixed', input: streamed ? 'streamed' : 'resident', regions };
}

/** Of each input. */
export const inputBytes = (graph: Int8Graph): number[] =>
  graph.inputs.map(({ value }) => {
    const s = valueOf(graph, value).shape;
    return s.h * s.w * s.c;
  });
