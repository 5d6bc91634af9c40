import { expect, it } from 'vitest';
import { counted, formatBytes, formatCount, groupDigits } from '../../../compiler/util/format.js';
import { planDocument } from '../../../compiler/report/model.js';
import { ticks } from '../../../compiler/report/svg.js';
import { cutMiddle, tableLines } from '../../../compiler/report/table.js';
import { reportText } from '../../../compiler/report/text.js';
import { fixtureFacts } from '../codegen/fixture.js';
import { fusedFacts } from '../codegen/fused.js';

it('prints no control character of a name', () => {
  const text = reportText(
    planDocument(fixtureFacts({ net: 'tiny', model: 'a\u001b[31m', nodes: '\u001b]0;x\u0007\r\n' })),
  );
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
});

it('names the call from which the stack is counted, which a pushed input has another of', () => {
  expect(reportText(planDocument(fixtureFacts()))).toContain('bound, from the call of run down');
  expect(reportText(planDocument(fusedFacts('mixed')))).toContain('bound, from the call of push_rows down');
});

it('rounds sizes without a jump between units', () => {
  expect([999, 1000, 76800, 999_949, 999_950, 1_404_928].map(formatBytes)).toEqual([
    '999 B',
    '1.0 kB',
    '76.8 kB',
    '999.9 kB',
    '1.00 MB',
    '1.40 MB',
  ]);
  expect([912, 26_500, 11_580_000, 2_000_000_000].map(formatCount)).toEqual(['912', '26.5 k', '11.58 M', '2.00 G']);
  expect([0, 1, 2, 1000].map((n) => counted(n, 'byte'))).toEqual(['0 bytes', '1 byte', '2 bytes', '1 000 bytes']);
  expect([0, 999, 1000, 1_234_567].map(groupDigits)).toEqual(['0', '999', '1 000', '1 234 567']);
});

it('aligns columns and cuts long names in the middle', () => {
  expect(
    tableLines(
      [
        { head: 'a', align: 'right' },
        { head: 'name', align: 'left', limit: 9 },
      ],
      [
        ['1', 'abcdefghijkl'],
        ['22', 'x'],
      ],
    ),
  ).toEqual([' a  name', ' 1  abc...jkl', '22  x']);
  expect(cutMiddle('abcdef', 6)).toBe('abcdef');
});

it('puts ticks at round numbers', () => {
  expect(ticks(384, 5)).toEqual([0, 100, 200, 300]);
  expect(ticks(0, 5)).toEqual([0]);
  expect(ticks(1, 5)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
});
