/** Random networks of all the ways in which values can share storage, a few outputs among them. */

import fc from 'fast-check';
import type { Int8Graph, ValueId } from '../../../compiler/ir/int8-graph.js';
import { BranchBuilder } from '../../unit/memory/networks.js';

interface Spec {
  readonly op: string;
  readonly from: number;
  readonly other: number;
  readonly channels: number;
}

export const branchyNetwork: fc.Arbitrary<Int8Graph> = fc
  .record({
    specs: fc.array(
      fc.record<Spec>({
        op: fc.constantFrom(
          'conv',
          'conv3',
          'stride',
          'depthwise',
          'add',
          'concatC',
          'concatH',
          'concatW',
          'sliceC',
          'sliceH',
          'sliceStep',
          'reshape',
          'table',
          'transpose',
          'upsample',
          'pool',
          'max',
          'maxPool',
          'averagePool',
          'mul',
          'scale',
          'pad',
          'gather',
          'deconv',
          'grouped',
        ),
        from: fc.nat(3),
        other: fc.nat(30),
        channels: fc.integer({ min: 1, max: 12 }),
      }),
      { minLength: 1, maxLength: 14 },
    ),
    outputs: fc.array(fc.nat(30), { minLength: 0, maxLength: 2 }),
    height: fc.integer({ min: 1, max: 7 }),
    width: fc.integer({ min: 1, max: 7 }),
  })
  .map(({ specs, outputs, height, width }) => {
    const b = new BranchBuilder();
    const values: ValueId[] = [b.input({ h: height, w: width, c: 3 })];
    for (const spec of specs) values.push(addNode(b, values, spec));
    const chosen = new Set([values[values.length - 1], ...outputs.map((o) => values[o % values.length])]);
    return b.build([...chosen]);
  });

function addNode(b: BranchBuilder, values: readonly ValueId[], { op, from, other, channels }: Spec): ValueId {
  const x = values[Math.max(0, values.length - 1 - from)];
  const { h, w, c } = b.shape(x);
  const like = (axis: 'h' | 'w' | 'c' | null): ValueId => {
    const fits = values.filter((v) =>
      (['h', 'w', 'c'] as const).every((a) => a === axis || b.shape(v)[a] === b.shape(x)[a]),
    );
    return fits[other % fits.length];
  };
  switch (op) {
    case 'conv':
      return b.conv(x, channels);
    case 'conv3':
      return b.conv3(x, channels);
    case 'stride':
      return b.conv3(x, channels, 2);
    case 'depthwise':
      return b.depthwise(x, 3, 1 + (other % 2));
    case 'add':
      return b.add(x, like(null));
    case 'concatC':
      return b.concat('c', [x, like('c')]);
    case 'concatH':
      return b.concat('h', [x, like('h')]);
    case 'concatW':
      return b.concat('w', [x, like('w')]);
    case 'sliceC':
      return b.slice(x, { c: other % c }, { c: c - (other % c) });
    case 'sliceH':
      return b.slice(x, { h: other % h }, { h: h - (other % h) });
    case 'sliceStep':
      return b.slice(x, {}, { w: Math.ceil(w / 2) }, { w: 2 });
    case 'reshape':
      return b.reshape(x, { h: 1, w: h, c: w * c });
    case 'transpose':
      return b.transpose(x);
    case 'upsample':
      return h * w > 60 ? b.table(x) : b.upsample(x);
    case 'pool':
      return b.globalAverage(x);
    case 'max':
      return b.max(x, like(null));
    case 'maxPool':
    case 'averagePool':
      return b.pool(x, op);
    case 'mul':
      return b.mul(x, like(null));
    case 'scale':
      return b.mul(x, b.globalAverage(x));
    case 'pad':
      return b.pad(x);
    case 'gather':
      return b.reverseChannels(x);
    case 'deconv':
      return h * w > 60 ? b.table(x) : b.deconv(x, channels);
    case 'grouped':
      return c % 2 === 0 ? b.conv(x, channels * 2, { kernelH: 1, kernelW: 2, padRight: 1 }, 2) : b.table(x);
    default:
      return b.table(x);
  }
}
