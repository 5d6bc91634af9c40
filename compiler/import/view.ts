/**
 * How an ONNX tensor lies in memory. Memory is a row-major array of `physical` factors, outermost first; each ONNX
 * dimension is a list of those factors, outermost first. An NCHW tensor stored as HWC is
 *
 *   physical [h, w, c]   dims [[], [c], [h], [w]]
 *
 * Transpose permutes the dimensions and Reshape regroups their factors, splitting one where needed: neither moves
 * data. Only an operator that needs another order of memory does (RawGraphBuilder.arrange).
 * Factors are compared by identity and are larger than 1; a dimension of size 1 has none.
 */

export interface Factor {
  readonly size: number;
}

export interface Layout {
  readonly physical: readonly Factor[];
  readonly dims: readonly (readonly Factor[])[];
}

export const sizeOf = (factors: readonly Factor[]): number => factors.reduce((n, f) => n * f.size, 1);

export const shapeOf = (layout: Layout): number[] => layout.dims.map(sizeOf);

/** Factor lists of fresh factors, one a dimension. */
export function freshDims(shape: readonly number[]): Factor[][] {
  return shape.map((n) => (n === 1 ? [] : [{ size: n }]));
}

/** A layout with the dimensions laid out in `order` (default: row-major). */
export function layoutOf(shape: readonly number[], order: readonly number[] = shape.map((_, i) => i)): Layout {
  const dims = freshDims(shape);
  return { physical: order.flatMap((i) => dims[i]), dims };
}

/** Physical order of an [n, c, ...space] tensor in memory order (h, w, c). */
export function channelsLastOrder(rank: number): number[] {
  return [0, ...Array.from({ length: rank - 2 }, (_, i) => i + 2), 1];
}

export const sameFactors = (a: readonly Factor[], b: readonly Factor[]): boolean =>
  a.length === b.length && a.every((f, i) => f === b[i]);

/** Joins factors that follow each other both in memory and in the logical order of the whole tensor. */
function coalesced(layout: Layout): { physical: Factor[]; flat: Factor[] } {
  let physical = [...layout.physical];
  const flat: Factor[] = [];
  for (const f of layout.dims.flat()) {
    const last = flat.at(-1);
    const at = last === undefined ? -1 : physical.indexOf(last);
    if (last !== undefined && physical[at + 1] === f) {
      const joined = { size: last.size * f.size };
      physical = [...physical.slice(0, at), joined, ...physical.slice(at + 2)];
      flat[flat.length - 1] = joined;
    } else {
      flat.push(f);
    }
  }
  return { physical, flat };
}

/** The same elements under `shape` (equal in size), or null where only a move of data can give it. */
export function reshapeLayout(layout: Layout, shape: readonly number[]): Layout | null {
  const { physical, flat } = coalesced(layout);
  const dims: Factor[][] = [];
  const rest = [...flat];
  for (const size of shape) {
    const dim: Factor[] = [];
    let need = size;
    while (need > 1) {
      const f = rest.shift();
      if (f === undefined) return null;
      if (need % f.size === 0) {
        dim.push(f);
        need /= f.size;
      } else if (f.size % need === 0) {
        const outer = { size: need };
        const inner = { size: f.size / need };
        physical.splice(physical.indexOf(f), 1, outer, inner);
        rest.unshift(inner);
        dim.push(outer);
        need = 1;
      } else {
        return null;
      }
    }
    dims.push(dim);
  }
  return rest.length === 0 ? { physical, dims } : null;
}

export function transposeLayout(layout: Layout, perm: readonly number[]): Layout {
  return { physical: layout.physical, dims: perm.map((p) => layout.dims[p]) };
}

/** Inserts dimensions of size 1 so that they stand at `axes` of the result. */
export function unsqueezeLayout(layout: Layout, axes: readonly number[]): Layout {
  const rank = layout.dims.length + axes.length;
  const at = new Set(axes);
  let next = 0;
  return {
    physical: layout.physical,
    dims: Array.from({ length: rank }, (_, i) => (at.has(i) ? [] : layout.dims[next++])),
  };
}

export function squeezeLayout(layout: Layout, axes: readonly number[]): Layout {
  const drop = new Set(axes);
  return { physical: layout.physical, dims: layout.dims.filter((_, i) => !drop.has(i)) };
}

/** Dimensions of size 1 in front, up to a rank. */
export function padRank(layout: Layout, rank: number): Layout {
  const missing = Math.max(0, rank - layout.dims.length);
  return { physical: layout.physical, dims: [...new Array<Factor[]>(missing).fill([]), ...layout.dims] };
}

/**
 * Splits factors of both layouts until equal dimensions have equal factor lists; dimensions of size 1 are left.
 * Null where no common splitting exists (4 x 6 against 6 x 4).
 */
export function refineTogether(a: Layout, b: Layout): [Layout, Layout] | null {
  const splitA = new Map<Factor, Factor[]>();
  const splitB = new Map<Factor, Factor[]>();
  for (let i = 0; i < a.dims.length; i++) {
    if (a.dims[i].length === 0 || b.dims[i].length === 0) continue;
    const parts = commonParts(a.dims[i], b.dims[i]);
    if (parts === null) return null;
    assignParts(a.dims[i], parts, splitA);
    assignParts(b.dims[i], parts, splitB);
  }
  return [applySplits(a, splitA), applySplits(b, splitB)];
}

function commonParts(a: readonly Factor[], b: readonly Factor[]): number[] | null {
  const parts: number[] = [];
  let i = 0;
  let j = 0;
  let left = a[0].size;
  let right = b[0].size;
  for (;;) {
    const part = Math.min(left, right);
    if (left % part !== 0 || right % part !== 0) return null;
    parts.push(part);
    left /= part;
    right /= part;
    if (left === 1) {
      i++;
      if (i < a.length) left = a[i].size;
    }
    if (right === 1) {
      j++;
      if (j < b.length) right = b[j].size;
    }
    if (i === a.length || j === b.length) return i === a.length && j === b.length ? parts : null;
  }
}

function assignParts(factors: readonly Factor[], parts: readonly number[], splits: Map<Factor, Factor[]>): void {
  let next = 0;
  for (const f of factors) {
    const pieces: Factor[] = [];
    for (let left = f.size; left > 1; left /= parts[next++]) pieces.push({ size: parts[next] });
    if (pieces.length > 1) splits.set(f, pieces);
  }
}

function applySplits(layout: Layout, splits: ReadonlyMap<Factor, Factor[]>): Layout {
  if (splits.size === 0) return layout;
  const split = (list: readonly Factor[]): Factor[] => list.flatMap((f) => splits.get(f) ?? [f]);
  return { physical: split(layout.physical), dims: layout.dims.map(split) };
}

/** Whether `run` (in any order when `ordered` is false) stands together in memory; its start, or -1. */
export function runStart(layout: Layout, run: readonly Factor[], ordered: boolean): number {
  if (run.length === 0) return layout.physical.length;
  if (ordered) {
    const start = layout.physical.indexOf(run[0]);
    return run.every((f, i) => layout.physical[start + i] === f) ? start : -1;
  }
  const positions = run.map((f) => layout.physical.indexOf(f));
  const start = Math.min(...positions);
  return Math.max(...positions) - start === run.length - 1 ? start : -1;
}

/** The dimensions larger than 1 in memory order, if the tensor is a row-major array with its axes permuted. */
export function dimOrder(layout: Layout): number[] | null {
  const order = layout.dims
    .map((_, i) => i)
    .filter((i) => layout.dims[i].length > 0)
    .sort((x, y) => layout.physical.indexOf(layout.dims[x][0]) - layout.physical.indexOf(layout.dims[y][0]));
  return sameFactors(
    order.flatMap((i) => layout.dims[i]),
    layout.physical,
  )
    ? order
    : null;
}

/** For each element in the order of `outer` factors, its row-major position in the order of `inner` (the same factors). */
export function permutationOf(memory: readonly Factor[], logical: readonly Factor[]): Int32Array {
  let stride = 1;
  const strides = new Map<Factor, number>();
  for (let i = logical.length - 1; i >= 0; i--) {
    strides.set(logical[i], stride);
    stride *= logical[i].size;
  }
  const out = new Int32Array(stride);
  let filled = 1;
  for (let i = memory.length - 1; i >= 0; i--) {
    const step = strides.get(memory[i]) ?? 0;
    for (let k = 1; k < memory[i].size; k++) for (let j = 0; j < filled; j++) out[k * filled + j] = out[j] + k * step;
    filled *= memory[i].size;
  }
  return out;
}

/** Splits the physical factors into consecutive groups of the given sizes; null where a factor straddles two. */
export function groupsOf(layout: Layout, sizes: readonly number[]): Factor[][] | null {
  const groups: Factor[][] = [];
  let next = 0;
  for (const size of sizes) {
    const group: Factor[] = [];
    let left = size;
    while (left > 1) {
      const f = layout.physical[next];
      if (f === undefined || left % f.size !== 0) return null;
      group.push(f);
      left /= f.size;
      next++;
    }
    groups.push(group);
  }
  return next === layout.physical.length ? groups : null;
}
