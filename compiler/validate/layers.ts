/** Which layer is the first whose output differs from the reference: replays a run's kernel calls (layers.bin). */

import { valueOf, type Int8Graph, pixelBytesOf } from '../ir/int8-graph.js';
import type { Plan, PlanStep, TensorView } from '../memory/plan.js';
import { stepSlices } from '../memory/step-slices.js';
import { runInt8, type Int8Tensor } from '../reference/int8.js';
import type { LayerCall } from './exchange.js';
import type { Sample } from './vectors.js';

export interface LayerMismatch {
  readonly step: number;
  /** The ONNX node's name. */
  readonly node: string;
  readonly op: string;
  readonly kernel: string;
  /** Row, column and channel of the first byte that differs in the call. */
  readonly y: number;
  readonly x: number;
  readonly c: number;
  readonly expected: number;
  readonly actual: number;
}

/** The first wrong byte in order of execution, or null where every call gave what the reference gives. */
export function firstWrongLayer(
  graph: Int8Graph,
  plan: Pick<Plan, 'steps' | 'fused'>,
  calls: readonly LayerCall[],
  sample: Sample,
): LayerMismatch | null {
  const { steps } = plan;
  const outputs = new Map<number, Int8Tensor>();
  runInt8(graph, sample as readonly Int8Array[], (node, output) => outputs.set(node.id, output));
  const parts = partsOf(steps);
  const slices = new SliceCounter(graph, plan);
  for (const call of calls) {
    const step = steps[call.step];
    const node = graph.nodes[step.node];
    const part = parts[call.step];
    const wrong = firstWrongByte(graph, call, node.output, outputs.get(node.id)!, {
      ...part,
      c: part.c + slices.firstChannel(step),
    });
    if (wrong !== null) return { step: call.step, node: node.name, op: node.op.kind, kernel: step.kernel, ...wrong };
  }
  return null;
}

/** Which slice of its channels a step's next call computes: they come in turn, tile by tile. */
class SliceCounter {
  private readonly calls = new Map<PlanStep, number>();

  constructor(
    private readonly graph: Int8Graph,
    private readonly plan: Pick<Plan, 'fused'>,
  ) {}

  firstChannel(step: PlanStep): number {
    const sliced = stepSlices(this.graph, this.plan, step);
    if (sliced === null || sliced.sums) return 0;
    const call = this.calls.get(step) ?? 0;
    this.calls.set(step, call + 1);
    return sliced.slices[call % sliced.slices.length].firstChannel;
  }
}

interface Part {
  readonly y: number;
  readonly x: number;
  readonly c: number;
}

/** Where each step's output view begins inside its node's tensor: several steps of one node fill parts of it (Concat). */
function partsOf(steps: readonly PlanStep[]): readonly Part[] {
  const first = new Map<number, TensorView>();
  for (const { node, output } of steps) {
    const known = first.get(node);
    if (known === undefined || output.offsetBytes < known.offsetBytes) first.set(node, output);
  }
  return steps.map(({ node, output }) => {
    const away = output.offsetBytes - first.get(node)!.offsetBytes;
    const inRow = away % output.rowPitchBytes;
    return {
      y: Math.floor(away / output.rowPitchBytes),
      x: Math.floor(inRow / output.pixelPitchBytes),
      c: inRow % output.pixelPitchBytes,
    };
  });
}

function firstWrongByte(
  graph: Int8Graph,
  call: LayerCall,
  value: number,
  want: Int8Tensor,
  part: Part,
): Omit<LayerMismatch, 'step' | 'node' | 'op' | 'kernel'> | null {
  const tensor = valueOf(graph, value);
  const bytes = new Uint8Array(want.buffer, want.byteOffset, want.byteLength);
  const { shape } = tensor;
  const pixel = pixelBytesOf(tensor);
  for (let i = 0; i < call.data.length; i++) {
    const c = part.c + (i % call.pixelBytes);
    const x = part.x + call.x + (Math.floor(i / call.pixelBytes) % call.cols);
    const y = part.y + call.y + Math.floor(i / (call.pixelBytes * call.cols));
    const expected = bytes[(y * shape.w + x) * pixel + c];
    if (expected !== call.data[i]) return { y, x, c, expected: signed(expected), actual: signed(call.data[i]) };
  }
  return null;
}

const signed = (byte: number): number => (byte << 24) >> 24;
