import { describe, expect, it } from 'vitest';
import { tableLines, wrapLine } from '../../../compiler/report/table.js';

const columns = [
  { head: 'a', align: 'right' },
  { head: 'often', align: 'left', drop: 2 },
  { head: 'seldom', align: 'left', drop: 1 },
  { head: 'name', align: 'left', least: 6, drop: 3 },
] as const;
const rows = [['1', 'often1', 'seldom1', 'a/long/name/of/a/layer']];

describe('a table', () => {
  it.each([
    [80, ['a  often   seldom   name', '1  often1  seldom1  a/long/name/of/a/layer']],
    [32, ['a  often   seldom   name', '1  often1  seldom1  a/lon...ayer']],
    [24, ['a  often   name', '1  often1  a/lon...layer']],
    [14, ['a  name', '1  a/lo...ayer']],
    [8, ['a', '1']],
  ])('within %i characters shrinks and loses columns in their order', (width, lines) => {
    const table = tableLines(columns, rows, width);
    expect(table).toEqual(lines);
    for (const line of table) expect(line.length).toBeLessThanOrEqual(width);
  });
});

describe('a line', () => {
  it('is broken between words, its blanks kept', () => {
    expect(wrapLine('Peak SRAM  77.3 kB of 327.7 kB', 20)).toEqual(['Peak SRAM  77.3 kB', '  of 327.7 kB']);
    expect(wrapLine('  short', 20)).toEqual(['  short']);
    expect(wrapLine('one-word-that-is-too-long', 10)).toEqual(['one-word-that-is-too-long']);
  });
});
