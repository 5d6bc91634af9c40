/**
 * Which values share storage. Most values own theirs; the others are views of another value's bytes:
 *
 *   Reshape            the same bytes under another shape
 *   Slice of step 1    a window of the input, if everything that reads it takes pitches
 *   a Concat's input   written by its producer straight into its part of the concat's output
 *
 * What cannot be a view, or should not (a choice of the planner's: a view may keep a large tensor alive), is copied
 * by a step of its own.
 */

import { isReshape, operatorOf } from '../ir/operators/index.js';
import { bytesOf, elementBytesOf, type Int8Graph, type Int8Node, type ValueId, valueOf } from '../ir/int8-graph.js';
import type { Shape } from '../ir/tensor.js';

/** Where a value's elements are within the storage of `root`: element (y, x, c) at offset + y * row + x * pixel + c. */
export interface Layout {
  readonly root: ValueId;
  readonly offsetBytes: number;
  readonly rowPitchBytes: number;
  readonly pixelPitchBytes: number;
}

/** The part of a node that a copy serves: input `part` of a concat, 0 for a slice. */
export interface Copy {
  readonly node: number;
  readonly part: number;
}
export const copyKey = (copy: Copy): string => `${copy.node}:${copy.part}`;

export interface Views {
  /** Throws for constants: they have no storage. */
  layout(value: ValueId): Layout;
  /** Concat parts and slices that need a copy step. */
  readonly copies: ReadonlySet<string>;
  /** Concat parts and slices that are views and could be copies instead. */
  readonly free: readonly Copy[];
}

type Place =
  | { readonly kind: 'own' }
  /** The same bytes as `of`, which is dense. */
  | { readonly kind: 'alias'; readonly of: ValueId }
  /** The window of `of` that begins at `start`. */
  | { readonly kind: 'window'; readonly of: ValueId; readonly start: Shape };

export const elementBytes = (graph: Int8Graph, value: ValueId): number => elementBytesOf(valueOf(graph, value));

export function tensorBytes(graph: Int8Graph, value: ValueId): number {
  return bytesOf(valueOf(graph, value));
}

/**
 * Views of all activations of the nodes in `order`, which run as layers. `inFused`: nodes of fused regions; their whole
 * outputs own storage or are parts of a concat. `forced`: parts and slices to be copied though they could be views.
 */
export function planViews(
  graph: Int8Graph,
  order: readonly Int8Node[],
  inFused: readonly Int8Node[],
  forced: ReadonlySet<string>,
): Views {
  const places = new Map<ValueId, Place>();
  for (const io of graph.inputs) places.set(io.value, { kind: 'own' });
  for (const node of [...inFused, ...order]) places.set(node.output, { kind: 'own' });
  const builder = new ViewBuilder(graph, places, order, forced);
  for (const node of order) if (isReshape(node.op)) builder.alias(node);
  // Last first: what a slice of a slice needs is known when the outer one is decided.
  for (const node of [...order].reverse()) builder.slice(node);
  for (const node of order) builder.concat(node);
  return { layout: (value) => layoutOf(graph, places, value), copies: builder.copies, free: builder.free };
}

function layoutOf(graph: Int8Graph, places: ReadonlyMap<ValueId, Place>, value: ValueId): Layout {
  // From the value to its storage and back, without recursion: a file may chain thousands of views.
  const inner: { readonly value: ValueId; readonly place: Exclude<Place, { kind: 'own' }> }[] = [];
  let root = value;
  for (let place = placeOf(places, root); place.kind !== 'own'; place = placeOf(places, root)) {
    inner.push({ value: root, place });
    root = place.of;
  }
  const whole: Layout = { root, offsetBytes: 0, ...densePitches(graph, root) };
  return inner.reduceRight((of, { value: view, place }) => layoutWithin(graph, view, place, of), whole);
}

function placeOf(places: ReadonlyMap<ValueId, Place>, value: ValueId): Place {
  const place = places.get(value);
  if (place === undefined) throw new Error(`value ${value} has no storage`);
  return place;
}

function densePitches(graph: Int8Graph, value: ValueId): Pick<Layout, 'rowPitchBytes' | 'pixelPitchBytes'> {
  const { w, c } = valueOf(graph, value).shape;
  const unit = elementBytes(graph, value);
  return { rowPitchBytes: w * c * unit, pixelPitchBytes: c * unit };
}

/** The layout of a view of a value whose layout is `of`. */
function layoutWithin(graph: Int8Graph, value: ValueId, place: Exclude<Place, { kind: 'own' }>, of: Layout): Layout {
  const dense = densePitches(graph, value);
  if (place.kind === 'alias') {
    if (!isDense(graph, place.of, of)) throw new Error(`value ${value} is a reshape of a strided view`);
    return { root: of.root, offsetBytes: of.offsetBytes, ...dense };
  }
  const { start } = place;
  const { h, w } = valueOf(graph, value).shape;
  return {
    root: of.root,
    offsetBytes:
      of.offsetBytes + start.h * of.rowPitchBytes + start.w * of.pixelPitchBytes + start.c * elementBytes(graph, value),
    rowPitchBytes: h === 1 ? dense.rowPitchBytes : of.rowPitchBytes,
    pixelPitchBytes: w === 1 ? dense.pixelPitchBytes : of.pixelPitchBytes,
  };
}

/** Whether a layout is HWC without gaps. */
export function isDense(graph: Int8Graph, value: ValueId, layout: Layout): boolean {
  const { h, w, c } = valueOf(graph, value).shape;
  const unit = elementBytes(graph, value);
  return (w === 1 || layout.pixelPitchBytes === c * unit) && (h === 1 || layout.rowPitchBytes === w * c * unit);
}

/** Whether a window of shape `part` within a dense tensor of shape `whole` is dense itself. */
const denseWithin = (part: Shape, whole: Shape): boolean =>
  (part.w === 1 || part.c === whole.c) && (part.h === 1 || (part.c === whole.c && part.w === whole.w));

/** Decides the places one node at a time: reshapes, then slices from the last to the first, then concats. */
class ViewBuilder {
  readonly copies = new Set<string>();
  readonly free: Copy[] = [];
  /** Values whose bytes must be HWC without gaps. */
  private readonly dense: Set<ValueId>;

  constructor(
    private readonly graph: Int8Graph,
    private readonly places: Map<ValueId, Place>,
    order: readonly Int8Node[],
    private readonly forced: ReadonlySet<string>,
  ) {
    this.dense = new Set([...graph.inputs, ...graph.outputs].map((io) => io.value));
    for (const node of order) {
      if (operatorOf(node.op).dense) {
        for (const id of node.inputs) this.dense.add(id);
        this.dense.add(node.output);
      }
      if (valueOf(graph, node.output).dtype === 'int32') this.dense.add(node.output);
    }
  }

  alias(node: Int8Node): void {
    if (this.places.has(node.inputs[0])) this.places.set(node.output, { kind: 'alias', of: node.inputs[0] });
  }

  slice(node: Int8Node): void {
    const part = operatorOf(node.op).view(node.op);
    if (part === null) return;
    const copy = { node: node.id, part: 0 };
    const input = node.inputs[0];
    const { step, start } = part;
    const inputShape = valueOf(this.graph, input).shape;
    const outputShape = valueOf(this.graph, node.output).shape;
    const isWindow =
      (step.h === 1 || outputShape.h === 1) &&
      (step.w === 1 || outputShape.w === 1) &&
      (step.c === 1 || outputShape.c === 1);
    const legal =
      isWindow && this.places.has(input) && (!this.dense.has(node.output) || denseWithin(outputShape, inputShape));
    if (legal) this.free.push(copy);
    if (!legal || this.forced.has(copyKey(copy))) {
      this.copies.add(copyKey(copy));
      return;
    }
    this.places.set(node.output, { kind: 'window', of: input, start });
    if (this.dense.has(node.output)) this.dense.add(input);
  }

  concat(node: Int8Node): void {
    const axis = operatorOf(node.op).partAxis(node.op);
    if (axis === null) return;
    let at = 0;
    node.inputs.forEach((input, part) => {
      const copy = { node: node.id, part };
      const start = { h: 0, w: 0, c: 0, [axis]: at };
      at += valueOf(this.graph, input).shape[axis];
      const chain = this.aliasChain(input);
      const legal = chain !== null && this.fitsPart(chain, input, node.output);
      if (legal) this.free.push(copy);
      if (!legal || this.forced.has(copyKey(copy))) {
        this.copies.add(copyKey(copy));
        return;
      }
      if (this.mustBeDense(chain)) this.dense.add(node.output);
      this.places.set(input, { kind: 'window', of: node.output, start });
      // The values that `input` was a reshape of are now reshapes of it.
      for (let k = 1; k < chain.length; k++) this.places.set(chain[k], { kind: 'alias', of: chain[k - 1] });
    });
  }

  /** From a value back through reshapes to the one that owns the bytes; null where that is no node's own result. */
  private aliasChain(value: ValueId): ValueId[] | null {
    const chain = [value];
    for (;;) {
      const last = chain[chain.length - 1];
      const place = this.places.get(last);
      if (place === undefined || place.kind === 'window' || this.graph.inputs.some((io) => io.value === last))
        return null;
      if (place.kind === 'own') return chain;
      chain.push(place.of);
    }
  }

  private fitsPart(chain: readonly ValueId[], input: ValueId, whole: ValueId): boolean {
    const dense = denseWithin(valueOf(this.graph, input).shape, valueOf(this.graph, whole).shape);
    return dense || !this.mustBeDense(chain);
  }

  /** Whether any view of the storage that the chain's last value owns must be dense. */
  private mustBeDense(chain: readonly ValueId[]): boolean {
    const root = chain[chain.length - 1];
    const inChain = new Set(chain);
    return [...this.dense].some(
      (value) => this.places.has(value) && (inChain.has(value) || this.rootOf(value) === root),
    );
  }

  private rootOf(value: ValueId): ValueId {
    let v = value;
    for (let place = this.places.get(v)!; place.kind !== 'own'; place = this.places.get(v)!) v = place.of;
    return v;
  }
}
