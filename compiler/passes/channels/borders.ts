/** Border classes: the different sets of taps that an output position of a window can have inside the image. */

import type { Shape } from '../../ir/tensor.js';
import type { Window } from '../../ir/window.js';

/** Taps inside the image: inside[ky * kernelW + kx], for one class of output positions. */
export type TapSet = readonly boolean[];

/** Every class that occurs, rows by columns. */
export function borderClasses(w: Window, input: Shape, output: Shape): readonly TapSet[] {
  const rows = axisClasses(output.h, w.kernelH, w.strideH, w.dilationH, w.padTop, input.h);
  const columns = axisClasses(output.w, w.kernelW, w.strideW, w.dilationW, w.padLeft, input.w);
  return rows.flatMap((r) => columns.map((c) => r.flatMap((y) => c.map((x) => y && x))));
}

function axisClasses(
  out: number,
  kernel: number,
  stride: number,
  dilation: number,
  before: number,
  extent: number,
): boolean[][] {
  const inside = (o: number, k: number): boolean => {
    const at = o * stride - before + k * dilation;
    return at >= 0 && at < extent;
  };
  const classes: boolean[][] = [];
  for (let o = 0; o < out; o++) {
    if (classes.some((taps) => taps.every((is, k) => is === inside(o, k)))) continue;
    classes.push(Array.from({ length: kernel }, (_, k) => inside(o, k)));
  }
  return classes;
}
