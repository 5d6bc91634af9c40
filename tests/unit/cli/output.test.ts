import { afterEach, describe, expect, it, vi } from 'vitest';
import { printDiagnostics, Progress } from '../../../compiler/cli/output.js';

const { isTTY } = process.stderr;
afterEach(() => {
  process.stderr.isTTY = isTTY;
  vi.restoreAllMocks();
});

/** What reaches standard error of a command that works, then fails. */
function written(terminal: boolean, enabled: boolean): readonly string[] {
  process.stderr.isTTY = terminal;
  const lines: string[] = [];
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    lines.push(String(text));
    return true;
  });
  new Progress(enabled).update('planning');
  const note = { code: 'W101', severity: 'note', message: 'said' } as const;
  printDiagnostics([note]);
  printDiagnostics([note]);
  return lines;
}

describe('progress', () => {
  it('is one line on a terminal, there before the work and gone before the first word of a result', () => {
    expect(written(true, true)).toEqual([
      '\r\u001b[2Kplanning ...',
      '\r\u001b[2K',
      'note W101 said\n',
      'note W101 said\n',
    ]);
  });

  it('is nothing in a file or a pipe, and beside a JSON document', () => {
    for (const [terminal, enabled] of [
      [false, true],
      [true, false],
    ] as const)
      expect(written(terminal, enabled)).toEqual(['note W101 said\n', 'note W101 said\n']);
  });
});
