/** Bars that set this plan beside the layer-by-layer one, the other way of feeding the input, and the limit. */

import { formatBytes } from '../util/format.js';
import type { PlanDocument } from './plan-document.js';

export interface ComparisonBar {
  readonly what: string;
  readonly bytes: string;
  readonly percent: number;
  readonly role: 'this' | 'other' | 'limit';
}

export function comparisonBars(d: PlanDocument): readonly ComparisonBar[] {
  const m = d.memory;
  const bars: { what: string; value: number; role: ComparisonBar['role'] }[] = [
    { what: `this plan, input ${m.input}`, value: m.peakSramBytes, role: 'this' },
  ];
  if (m.input === 'streamed' && m.residentBytes !== null)
    bars.push({ what: 'the same schedule, input resident', value: m.residentBytes, role: 'other' });
  if (m.input === 'resident' && m.streamedBytes !== null)
    bars.push({ what: 'the same schedule, input streamed', value: m.streamedBytes, role: 'other' });
  bars.push({ what: 'layer by layer, input resident', value: m.layerByLayerBytes, role: 'other' });
  const { board, limits } = d;
  if (limits.sramBytes !== null) {
    const isBoards = board !== null && limits.sramBytes === board.sramBytes;
    bars.push({ what: isBoards ? `${board.name}: all its SRAM` : 'allowed', value: limits.sramBytes, role: 'limit' });
  }
  const most = Math.max(1, ...bars.map((b) => b.value));
  return bars.map((b) => ({
    what: b.what,
    bytes: formatBytes(b.value),
    percent: Math.round((1000 * b.value) / most) / 10,
    role: b.role,
  }));
}
