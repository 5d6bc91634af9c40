/** Random integer networks and random legal schedules of them, from a seed. */

import { type Int8Graph, type ValueId, valueOf } from '../../../compiler/ir/int8-graph.js';
import { InstructionCosts } from '../../../compiler/schedule/instructions.js';
import { layerSchedule } from '../../../compiler/schedule/layer.js';
import type { LayerRegion, Region, Schedule, Unit } from '../../../compiler/schedule/schedule.js';
import { channelSlicings, unitTable } from '../../../compiler/search/unit-table.js';
import type { Core } from '../../../compiler/target/core.js';
import { chooseKernel } from '../../../compiler/target/kernel-table.js';
import { GraphBuilder } from '../../unit/schedule/graphs.js';

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

/** A chain of convolutions, depthwise and residual blocks, pools and branches, with a head or a map at the end. */
export function randomNetwork(rng: Rng): Int8Graph {
  const b = new GraphBuilder();
  let x = b.input({ h: rng.int(7, 19), w: rng.int(5, 17), c: rng.int(1, 4) });
  const outputs: ValueId[] = [];
  for (let k = rng.int(2, 5); k > 0; k--) {
    const s = b.shape(x);
    if (s.h < 5 || s.w < 5) break;
    const kind = rng.int(0, 5);
    if (kind === 0) x = convolution(b, rng, x);
    else if (kind === 1) x = b.block(x, rng.pick([s.c, rng.int(2, 9)]), rng.int(1, 3), rng.pick([3, 5, 7]), rng.int(1, 2));
    else if (kind === 2) x = pool(b, rng, x);
    else if (kind === 3) x = b.add(x, b.conv(b.depthwise(x, 3, 1), s.c));
    else if (kind === 4) x = branches(b, rng, x);
    else x = upsample(b, x);
    if (rng.int(0, 7) === 0) outputs.push(b.conv(x, rng.int(1, 4)));
  }
  outputs.push(rng.int(0, 1) === 0 ? x : b.conv(b.globalAverage(x), rng.int(2, 6)));
  return b.build(outputs);
}

function convolution(b: GraphBuilder, rng: Rng, x: ValueId): ValueId {
  const pads = { padTop: rng.int(0, 2), padLeft: rng.int(0, 2), padBottom: rng.int(0, 2), padRight: rng.int(0, 2) };
  return b.conv(x, rng.int(1, 9), { kernelH: rng.int(1, 4), kernelW: rng.int(1, 4), strideH: rng.int(1, 2), strideW: rng.int(1, 2), ...pads });
}

function pool(b: GraphBuilder, rng: Rng, x: ValueId): ValueId {
  const s = b.shape(x);
  const [k, stride, pad] = [rng.int(2, 3), rng.int(1, 2), rng.int(0, 1)];
  const out = (n: number): number => Math.floor((n + 2 * pad - k) / stride) + 1;
  const window = { kernelH: k, kernelW: k, strideH: stride, strideW: stride, dilationH: 1, dilationW: 1, padTop: pad, padLeft: pad, padBottom: pad, padRight: pad };
  return b.node({ kind: 'maxPool', window, clampMin: -128, clampMax: 127 }, [x], { h: out(s.h), w: out(s.w), c: s.c });
}

/** Two paths of different depth, joined by Concat over channels. */
function branches(b: GraphBuilder, rng: Rng, x: ValueId): ValueId {
  const left = b.conv(x, rng.int(1, 4));
  const right = b.depthwise(b.conv(x, rng.int(1, 4)), rng.pick([3, 5]), 1);
  const s = b.shape(x);
  return b.node({ kind: 'concat', axis: 'c' }, [left, right], { ...s, c: b.shape(left).c + b.shape(right).c });
}

function upsample(b: GraphBuilder, x: ValueId): ValueId {
  const s = b.shape(x);
  const axis = (n: number) => ({ index0: Int32Array.from({ length: 2 * n }, (_, i) => i >> 1), index1: new Int32Array(2 * n), weight1: new Int32Array(2 * n), denominator: 1, float1: new Float32Array(2 * n) });
  return b.node({ kind: 'resize', mode: 'nearest', rows: axis(s.h), columns: axis(s.w), inputZeroPoint: 0, linear: null }, [x], { h: 2 * s.h, w: 2 * s.w, c: s.c });
}

/** Random cuts, random units with random batches and tiles; nodes that cannot stream stay layers. */
export function randomSchedule(rng: Rng, graph: Int8Graph, core: Core, streamed: boolean): Schedule {
  const table = unitTable(graph, new InstructionCosts(graph, core), (node) => chooseKernel(node, graph, core), { maxNodes: 6, rows: [1, 2, 3, 5, 50], cols: [1, 2, 3, 5], slices: [] });
  const layers = new Map(layerSchedule(graph, core).regions.map((r) => [(r as LayerRegion).node, r as LayerRegion]));
  const regions: Region[] = [];
  const lastReader = Math.max(...graph.nodes.filter((n) => n.inputs.includes(graph.inputs[0].value)).map((n) => n.id));
  for (let at = 0; at < graph.nodes.length;) {
    const mustReach = streamed && at === 0 ? lastReader + 1 : at + 1;
    const end = Math.min(graph.nodes.length, Math.max(mustReach, at + rng.int(1, 9)));
    const units: Unit[] = [];
    let k = at;
    while (k < end) {
      const options = table.from[k].filter((u) => u.end <= end);
      if (options.length === 0) break;
      const option = rng.pick(options);
      const slicings = rng.int(0, 1) === 0 ? channelSlicings(graph, core, option.unit.nodes, [2, 3, 7]) : [];
      units.push(slicings.length > 0 ? { ...option.unit, slideColumns: false, ...rng.pick(slicings) } : { ...option.unit, slideColumns: option.unit.colsPerTile > 0 && rng.int(0, 1) === 0 });
      k = option.end;
    }
    if (units.length > 0 && (k >= mustReach) && (rng.int(0, 3) > 0 || (streamed && at === 0))) {
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

export const inputBytes = (graph: Int8Graph): number => {
  const s = valueOf(graph, graph.inputs[0].value).shape;
  return s.h * s.w * s.c;
};
