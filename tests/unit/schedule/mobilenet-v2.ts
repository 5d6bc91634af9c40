/** MobileNetV2 (Sandler et al. 2018, table 2) in geometry, for accounting tests. */

import type { Int8Graph } from '../../../compiler/ir/int8-graph.js';
import { GraphBuilder } from './graphs.js';

export interface MobileNetV2 {
  readonly graph: Int8Graph;
  /** Last node of each inverted residual. */
  readonly blockEnds: readonly number[];
}

export function mobileNetV2(side: number): MobileNetV2 {
  const b = new GraphBuilder();
  let x = b.conv(b.input({ h: side, w: side, c: 3 }), 32, {
    kernelH: 3,
    kernelW: 3,
    strideH: 2,
    strideW: 2,
    padTop: 1,
    padLeft: 1,
    padBottom: 1,
    padRight: 1,
  });
  const ends: number[] = [];
  for (const [expand, channels, repeats, stride] of [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
  ]) {
    for (let k = 0; k < repeats; k++) {
      x = b.block(x, channels, expand, 3, k === 0 ? stride : 1);
      ends.push(x);
    }
  }
  x = b.conv(b.globalAverage(b.conv(x, 1280)), 1000);
  const graph = b.build([x]);
  return { graph, blockEnds: ends.map((value) => graph.nodes.find((n) => n.output === value)!.id) };
}
