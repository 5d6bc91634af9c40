/** How far down its inputs a unit reads for output rows up to a given one: as an expression, or as a table. */

import { type Int8Graph, type ValueId, valueOf } from '../ir/int8-graph.js';
import { feedsGlobalPool } from '../schedule/stream.js';
import { type UnitGeometry, backward } from '../schedule/unit.js';

/** Rows needed for output rows [0, end): min(most, scale * end + offset), or rows[end - 1]. */
export type RowsNeed =
  | { readonly kind: 'affine'; readonly scale: number; readonly offset: number; readonly most: number }
  | { readonly kind: 'table'; readonly rows: readonly number[] };

/** For every tensor read from outside the unit. Windows of ONNX operators are affine but for Resize and odd pads. */
export function rowsNeeded(graph: Int8Graph, g: UnitGeometry): Map<ValueId, RowsNeed> {
  if (feedsGlobalPool(graph, g))
    return new Map([[g.external[0], { kind: 'affine', scale: 1, offset: 0, most: Infinity }]]);
  const height = valueOf(graph, g.output).shape.h;
  const rows = new Map<ValueId, number[]>(g.external.map((id) => [id, []]));
  for (let y = 0; y < height; y++) {
    const windows = backward(graph, g, 'h', y, y + 1);
    for (const [id, list] of rows) list.push(Math.max(windows.get(id)?.hi ?? 0, list[y - 1] ?? 0));
  }
  return new Map([...rows].map(([id, list]) => [id, fit(list)]));
}

function fit(rows: readonly number[]): RowsNeed {
  const most = rows[rows.length - 1];
  const inner = rows.findIndex((r) => r >= most);
  const scale = inner > 1 ? rows[1] - rows[0] : inner === 1 ? Math.max(1, most - rows[0]) : 0;
  const offset = rows[0] - scale;
  const fits = rows.every((r, y) => r === Math.min(most, scale * (y + 1) + offset));
  if (!fits) return { kind: 'table', rows };
  const capped = rows.some((r, y) => r !== scale * (y + 1) + offset);
  return { kind: 'affine', scale, offset, most: capped ? most : Infinity };
}
