/** How well two runs agree, element by element and channel by channel. */

export interface Agreement {
  elements: number;
  /** Elements that differ. */
  unequal: number;
  /** Largest difference in steps. */
  most: number;
  /** The largest share of unequal elements in one channel of at least 100 elements. */
  worstChannel: number;
}

export const nothingCompared = (): Agreement => ({ elements: 0, unequal: 0, most: 0, worstChannel: 0 });

/** Adds a comparison of two tensors of ONNX shape `dims`, channels second; several runs count as a batch. */
export function compare(into: Agreement, dims: readonly number[], a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) throw new Error(`${a.length} elements against ${b.length}`);
  const channels = dims[1] ?? 1;
  const inner = dims.slice(2).reduce((x, y) => x * y, 1);
  const unequal = new Int32Array(channels);
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (difference === 0) continue;
    unequal[Math.floor(i / inner) % channels]++;
    into.unequal++;
    into.most = Math.max(into.most, difference);
  }
  const perChannel = a.length / channels;
  if (perChannel >= 100) into.worstChannel = Math.max(into.worstChannel, Math.max(...unequal) / perChannel);
  into.elements += a.length;
}
