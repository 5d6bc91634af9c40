/** Random convolutions. */

import type { Int8Graph } from '../../../../compiler/ir/int8-graph.js';
import { unitWindow, type Window } from '../../../../compiler/ir/window.js';
import { convGraph, randomShape, randomWindow, windowOutput } from '../nodes.js';
import type { Random } from '../random.js';

const divisors = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

export function conv1x1(r: Random): Int8Graph {
  const input = randomShape(r, 8, 40);
  const window: Window = { ...unitWindow, strideH: r.int(1, 3), strideW: r.int(1, 3) };
  return convGraph(r, { input, output: { ...windowOutput(window, input), c: r.int(1, 21) }, window, groups: 1 });
}

export function general(wide: boolean): (r: Random) => Int8Graph {
  return (r) => {
    const input = randomShape(r, 8, 12);
    const window = randomWindow(r, input, { kernel: 5, stride: 3, dilation: 2, pad: 4 });
    const groups = r.chance(0.5) ? 1 : r.pick(divisors(input.c));
    return convGraph(r, {
      input,
      output: { ...windowOutput(window, input), c: groups * r.int(1, Math.ceil(12 / groups)) },
      window,
      groups,
      wide,
    });
  };
}

export function depthwise(r: Random, i: number): Int8Graph {
  const input = { ...randomShape(r, 11, 1), c: r.int(2, 14) };
  const size = [3, 3, 5, 7][i % 4];
  const stride = 1 + (i % 2);
  const square: Window = {
    kernelH: size,
    kernelW: size,
    strideH: stride,
    strideW: stride,
    dilationH: 1,
    dilationW: 1,
    padTop: size >> 1,
    padLeft: size >> 1,
    padBottom: size >> 1,
    padRight: size >> 1,
  };
  const window = i % 3 === 0 ? randomWindow(r, input, { kernel: 5, stride: 4, dilation: 3, pad: 5 }) : square;
  return convGraph(r, {
    input,
    output: { ...windowOutput(window, input), c: input.c * (r.chance(0.7) ? 1 : r.int(2, 3)) },
    window,
    groups: input.c,
  });
}

export function transposed(wide: boolean): (r: Random) => Int8Graph {
  return (r) => {
    const input = randomShape(r, 6, 10);
    const groups = r.chance(0.5) ? 1 : r.pick(divisors(input.c));
    const window: Window = {
      kernelH: r.int(1, 4),
      kernelW: r.int(1, 4),
      strideH: r.int(1, 3),
      strideW: r.int(1, 3),
      dilationH: r.int(1, 2),
      dilationW: r.int(1, 2),
      padTop: r.int(0, 2),
      padLeft: r.int(0, 2),
      padBottom: 0,
      padRight: 0,
    };
    // The output size is a free choice within output_padding's limits; any size has a meaning.
    const output = {
      h: input.h * window.strideH + r.int(0, 2),
      w: input.w * window.strideW + r.int(0, 2),
      c: groups * r.int(1, Math.ceil(10 / groups)),
    };
    return convGraph(r, { kind: 'convTranspose2d', input, output, window, groups, wide });
  };
}
