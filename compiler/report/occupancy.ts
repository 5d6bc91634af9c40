/** Who holds which arena bytes at a step: sweeps over placed buffers. */

import type { PlacedBuffer } from '../memory/plan.js';
import type { PeakSegment } from './plan-document.js';

const livesAt = (buffer: PlacedBuffer, step: number): boolean =>
  buffer.firstStep <= step && step < buffer.endStep && buffer.bytes > 0;

/**
 * The arena [0, arenaBytes) cut where the set of live buffers changes, in address order. A segment without buffers is
 * free at that step.
 */
export function segmentsAt(buffers: readonly PlacedBuffer[], step: number, arenaBytes: number): readonly PeakSegment[] {
  const live = buffers.filter((b) => livesAt(b, step));
  const cuts = [...new Set([0, arenaBytes, ...live.flatMap((b) => [b.offsetBytes, b.offsetBytes + b.bytes])])].sort(
    (a, b) => a - b,
  );
  const segments: PeakSegment[] = [];
  for (let i = 0; i + 1 < cuts.length; i++) {
    const [fromByte, toByte] = [cuts[i], cuts[i + 1]];
    const ids = live.filter((b) => b.offsetBytes <= fromByte && toByte <= b.offsetBytes + b.bytes).map((b) => b.id);
    const last = segments[segments.length - 1];
    if (last !== undefined && last.buffers.join() === ids.join()) segments[segments.length - 1] = { ...last, toByte };
    else segments.push({ fromByte, toByte, buffers: ids });
  }
  return segments;
}
