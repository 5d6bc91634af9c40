/** What peak SRAM counts, and what it is beside other ways to run the network. */

import { render } from '../../assets/template.js';
import { comparisonBars } from '../comparison.js';
import { groupDigits } from '../../util/format.js';
import { optimalText, stackText } from '../words.js';
import type { Section } from './section.js';

export const countsSection: Section = ({ plan }) => {
  const m = plan.memory;
  const never = m.gaps.reduce((sum, [from, to]) => sum + to - from, 0);
  const orNone = (bytes: number | null): string => (bytes === null ? 'not possible' : groupDigits(bytes));
  return render('report/counts.html', {
    counts: [
      {
        what: 'Arena',
        bytes: groupDigits(m.arenaBytes),
        note: 'activations, kernel scratch, the network’s inputs and outputs',
      },
      {
        what: 'of it, scratch at the peak',
        bytes: groupDigits(m.scratchBytes),
        note: 'working memory of the kernel of the peak step',
      },
      {
        what: 'of it, network input',
        bytes: groupDigits(m.inputBytes),
        note:
          m.input === 'resident'
            ? 'resident: written whole before run'
            : 'streamed: pushed row by row, never whole in SRAM; rings hold the rows still needed',
      },
      { what: 'Variables', bytes: groupDigits(m.staticBytes), note: 'the generated code has none outside the arena' },
      { what: 'Stack', bytes: groupDigits(m.stackBytes), note: `bound ${stackText(m)}, arm-none-eabi-gcc 12 -O3` },
    ],
    total: groupDigits(m.peakSramBytes),
    totals: [
      { what: 'the same schedule with the input resident', bytes: orNone(m.residentBytes) },
      { what: 'the same schedule with the input streamed', bytes: orNone(m.streamedBytes) },
    ],
    optimal: optimalText(m),
    neverUsed:
      never === 0
        ? 'Every byte of the arena is used at some step.'
        : `${groupDigits(never)} bytes of the arena lie between buffers and are never used.`,
    comparison: comparisonBars(plan),
  });
};
