/** Builds a RawGraph and owns the moves of data that layouts cannot express. */

import { elements, sameShape } from '../ir/tensor.js';
import type { IoLayout, Shape } from '../ir/tensor.js';
import { gatherElements } from './constant.js';
import { maxElements } from './limits.js';
import { NodeProblem } from './problems.js';
import type { Domain, RawConstant, RawId, RawIo, RawNode, RawOp, RawValue } from './raw-graph.js';
import { dimOrder, groupsOf, permutationOf, sameFactors, shapeOf, sizeOf } from './view.js';
import type { Factor, Layout } from './view.js';

/** A tensor of the network: a raw value and how the ONNX tensor lies in it. */
export interface View extends Layout {
  readonly value: RawId;
}

/** What a converter is working on: names for what it makes. */
export interface Origin {
  /** ONNX node. */
  readonly node: string;
  readonly source: string;
  /** Tensor that the result stands for. */
  readonly tensor: string;
}

export class RawBuilder {
  readonly values: RawValue[] = [];
  readonly nodes: RawNode[] = [];
  readonly inputs: RawIo[] = [];
  readonly outputs: RawIo[] = [];
  /** Moves made already, so that two consumers share one. */
  readonly #moves = new Map<string, RawId>();
  /** What a reshaped value was before. */
  readonly #reshapedFrom = new Map<RawId, RawId>();

  newValue(name: string, shape: Shape, domain: Domain, constant: RawConstant | null = null): RawId {
    if (elements(shape) > maxElements) {
      throw new NodeProblem('E304', `its result of ${shape.h} x ${shape.w} x ${shape.c} elements is too large`);
    }
    const id = this.values.length;
    this.values.push({ id, name, shape, domain, constant });
    return id;
  }

  /** Appends a node; the result's domain is that of its first input unless given. */
  emit(
    op: RawOp,
    inputs: readonly RawId[],
    shape: Shape,
    origin: Origin,
    domain: Domain = this.values[inputs[0]].domain,
  ): RawId {
    const output = this.newValue(origin.tensor, shape, domain);
    this.nodes.push({ name: origin.node, source: origin.source, op, inputs, output });
    return output;
  }

  shape(id: RawId): Shape {
    return this.values[id].shape;
  }

  /** The same bytes under another shape. */
  reshape(id: RawId, shape: Shape, origin: Origin): RawId {
    const base = this.#reshapedFrom.get(id) ?? id;
    const value = this.values[base];
    if (sameShape(this.values[id].shape, shape)) return id;
    if (sameShape(value.shape, shape)) return base;
    if (value.constant !== null) return this.newValue(value.name, shape, value.domain, value.constant);
    const key = `${base}|${shape.h},${shape.w},${shape.c}`;
    const known = this.#moves.get(key);
    if (known !== undefined) return known;
    const made = this.emit({ kind: 'reshape' }, [base], shape, origin);
    this.#moves.set(key, made);
    this.#reshapedFrom.set(made, base);
    return made;
  }

  /**
   * The view with memory in the order of the groups' factors and an (h, w, c) shape of the groups' sizes: free where
   * memory is in that order already, a transpose (of a constant: at compile time) otherwise.
   */
  arrange(
    view: View,
    groups: readonly [readonly Factor[], readonly Factor[], readonly Factor[]],
    origin: Origin,
  ): View {
    const physical = groups.flat();
    const shape: Shape = { h: sizeOf(groups[0]), w: sizeOf(groups[1]), c: sizeOf(groups[2]) };
    if (sameFactors(view.physical, physical)) {
      return { ...view, value: this.reshape(view.value, shape, origin) };
    }
    return { value: this.#transpose(view, physical, shape, origin), physical, dims: view.dims };
  }

  #transpose(view: View, physical: readonly Factor[], shape: Shape, origin: Origin): RawId {
    const value = this.values[view.value];
    if (value.constant !== null) {
      const order = permutationOf(physical, view.physical);
      const { real, codes, quant } = value.constant;
      const moved = {
        real: gatherElements(real, order),
        codes: codes === null ? null : gatherElements(codes, order),
        quant,
      };
      return this.newValue(value.name, shape, value.domain, moved);
    }
    const { dims, perm } = joinedPermutation(view.physical, physical);
    const base = this.#reshapedFrom.get(view.value) ?? view.value;
    const key = `${base}|${dims.join(',')}|${perm.join(',')}`;
    let made = this.#moves.get(key);
    if (made === undefined) {
      made = this.emit({ kind: 'transpose', dims, perm }, [base], shape, origin);
      this.#moves.set(key, made);
    }
    return this.reshape(made, shape, origin);
  }

  /** The value's own (h, w, c) grouping of the factors, where no factor straddles two axes. */
  ownGroups(view: View): [Factor[], Factor[], Factor[]] | null {
    const { h, w, c } = this.shape(view.value);
    return groupsOf(view, [h, w, c]) as [Factor[], Factor[], Factor[]] | null;
  }

  /** Memory in the ONNX tensor's own row-major order. */
  rowMajor(view: View, origin: Origin): View {
    const flat = view.dims.flat();
    if (sameFactors(flat, view.physical)) return view;
    const groups =
      flat.length <= 3
        ? ([flat.slice(0, -2), flat.slice(-2, -1), flat.slice(-1)] as const)
        : ([[], flat.slice(0, -1), flat.slice(-1)] as const);
    return this.arrange(view, [groups[0], groups[1], groups[2]], origin);
  }

  /** How a network input or output stands in the ONNX file; NCHW over HWC in its familiar form, sizes of 1 included. */
  ioLayout(view: View, onnxDType: IoLayout['onnxDType']): IoLayout {
    const onnxShape = shapeOf(view);
    const order = dimOrder(view);
    const shape = this.shape(view.value);
    const [n, c, h, w] = onnxShape;
    const isImage = onnxShape.length === 4 && n === 1 && sameShape(shape, { h, w, c });
    if (isImage && order !== null && [2, 3, 1].filter((i) => order.includes(i)).every((d, i) => d === order[i])) {
      return { onnxShape, factors: [h, w, c], order: [2, 0, 1], onnxDType };
    }
    if (view.physical.length === 0) return { onnxShape, factors: [1], order: [0], onnxDType };
    return {
      onnxShape,
      factors: view.physical.map((f) => f.size),
      order: view.dims.flat().map((f) => view.physical.indexOf(f)),
      onnxDType,
    };
  }
}

/** Transposition of memory order `from` to `to`, with factors that stay together joined. */
function joinedPermutation(from: readonly Factor[], to: readonly Factor[]): { dims: number[]; perm: number[] } {
  // Runs of `to` that are consecutive in `from` become one axis.
  const runs: Factor[][] = [];
  for (const f of to) {
    const last = runs.at(-1)?.at(-1);
    if (last !== undefined && from[from.indexOf(last) + 1] === f) runs[runs.length - 1].push(f);
    else runs.push([f]);
  }
  const inOrder = [...runs].sort((a, b) => from.indexOf(a[0]) - from.indexOf(b[0]));
  return { dims: inOrder.map(sizeOf), perm: runs.map((run) => inOrder.indexOf(run)) };
}
