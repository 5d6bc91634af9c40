import type { DiagnosticCode } from '../../../compiler/diagnostics.js';
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

describe('diagnostics', () => {
  const errors = (n: number, code: DiagnosticCode) =>
    Array.from({ length: n }, (_, i) => ({ code, severity: 'error', message: `problem ${i}` }) as const);
  const printed = (diagnostics: Parameters<typeof printDiagnostics>[0], columns?: number): readonly string[] => {
    process.stderr.isTTY = columns !== undefined;
    Object.defineProperty(process.stderr, 'columns', { value: columns, configurable: true });
    const lines: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation(
      (text) => lines.push(...String(text).trimEnd().split('\n')) > 0,
    );
    printDiagnostics(diagnostics);
    return lines;
  };

  it('of many alike are the first ones and a count behind them, whoever counted', () => {
    const cut = { code: 'E105', severity: 'note', message: 'and 31 more of this kind' } as const;
    const lines = printed([
      ...errors(12, 'E201'),
      ...errors(50, 'E105'),
      cut,
      { ...cut, code: 'W1' as DiagnosticCode, message: 'said' },
    ]);
    expect(lines[0]).toBe('note W1 said');
    expect(lines.filter((line) => line.includes('E201'))).toHaveLength(11);
    expect(lines.at(-1)).toBe('error E105 and 71 more of this kind: --json lists them');
    expect(lines.filter((line) => line.startsWith('note'))).toHaveLength(1);
  });

  it('are broken between words to the width of a terminal', () => {
    vi.stubEnv('NO_COLOR', '1');
    const message = 'a sentence of several words that is longer than the line';
    const lines = printed(
      [{ code: 'E1' as DiagnosticCode, severity: 'error', message, hint: 'a hint that is longer than the line too' }],
      30,
    );
    expect(lines).toEqual([
      'error E1 a sentence of several',
      '     words that is longer than',
      '     the line',
      '     a hint that is longer',
      '     than the line too',
    ]);
    vi.unstubAllEnvs();
  });
});
