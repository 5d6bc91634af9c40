/** The bytes of the peak in words: shared by the text and the HTML report. */

import type { PlacedBuffer } from '../memory/plan.js';
import type { PeakSegment, PlanDocument } from './plan-document.js';
import { bufferUses } from './plan-index.js';

export type PeakKind = PlacedBuffer['kind'] | 'free';

export interface PeakRow {
  readonly fromByte: number;
  readonly toByte: number;
  readonly bytes: number;
  /** Kind of the buffer that is written at this step where several share the bytes. */
  readonly kind: PeakKind;
  readonly what: string;
}

/** One row a segment, lowest address first; the bytes add up to the arena. */
export function peakRows(document: PlanDocument): readonly PeakRow[] {
  const buffers = new Map(document.buffers.map((b) => [b.id, { ...b, name: bufferText(document, b) }]));
  return document.memory.peak.map((segment) => {
    const held = segment.buffers.map((id) => buffers.get(id)).filter((b) => b !== undefined);
    return {
      fromByte: segment.fromByte,
      toByte: segment.toByte,
      bytes: segment.toByte - segment.fromByte,
      kind: held.length === 0 ? 'free' : newest(held).kind,
      what: held.length === 0 ? freeText(document, segment) : segmentText(held),
    };
  });
}

/** A buffer's name; of a ring or a tile also which part of its tensor it holds. */
export function bufferText(document: PlanDocument, buffer: PlacedBuffer): string {
  if (buffer.kind !== 'ring' && buffer.kind !== 'tile') return buffer.name;
  const view = bufferUses(document).get(buffer.id)?.view ?? null;
  if (view === null) return buffer.name;
  const rows = Math.round(buffer.bytes / view.rowPitchBytes);
  const part =
    buffer.kind === 'ring'
      ? `${rows} of ${view.height} rows`
      : `${rows} x ${Math.round(view.rowPitchBytes / view.pixelPitchBytes)} of ${view.height} x ${view.width}`;
  return `${buffer.name} (${part})`;
}

const newest = (held: readonly PlacedBuffer[]): PlacedBuffer =>
  held.reduce((a, b) => (b.firstStep > a.firstStep ? b : a));

function segmentText(held: readonly PlacedBuffer[]): string {
  if (held.length === 1) return held[0].name;
  const output = newest(held);
  const dying = held.filter((b) => b !== output).map((b) => b.name);
  return `${output.name}, written over ${dying.join(' and ')}`;
}

function freeText(document: PlanDocument, segment: PeakSegment): string {
  const never = document.memory.gaps.some(([from, to]) => from <= segment.fromByte && segment.toByte <= to);
  return never ? 'never used (alignment)' : 'free at this step';
}

/** Bytes per kind at the peak, largest first; they add up to the arena. */
export function peakTotals(rows: readonly PeakRow[]): readonly { readonly kind: PeakKind; readonly bytes: number }[] {
  const totals = new Map<PeakKind, number>();
  for (const row of rows) totals.set(row.kind, (totals.get(row.kind) ?? 0) + row.bytes);
  return [...totals].map(([kind, bytes]) => ({ kind, bytes })).sort((a, b) => b.bytes - a.bytes);
}
