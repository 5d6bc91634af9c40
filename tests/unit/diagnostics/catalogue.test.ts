import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { catalogue, diagnosticsPage } from '../../../compiler/diagnostics/catalogue.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const page = join(root, 'docs', 'diagnostics.md');

/** Code of the compiler without the catalogue itself. */
const sources = readdirSync(join(root, 'compiler'), { recursive: true, withFileTypes: true })
  .filter((f) => f.isFile() && f.name.endsWith('.ts') && f.name !== 'catalogue.ts')
  .map((f) => readFileSync(join(f.parentPath, f.name), 'utf8'));
const codesIn = (text: string): string[] => [...text.matchAll(/'([EWN]\d{3})'/g)].map(([, code]) => code);

describe('the catalogue of diagnostics', () => {
  it('lists every code that the compiler gives, and no other', () => {
    expect([...new Set(sources.flatMap(codesIn))].sort()).toEqual(Object.keys(catalogue).sort());
  });

  it('has the severity that the letter says, and one meaning a code', () => {
    for (const [code, { severity }] of Object.entries(catalogue))
      expect(severity === 'error', code).toBe(code[0] === 'E');
    const meanings = Object.values(catalogue).map((entry) => entry.meaning);
    expect(new Set(meanings).size).toBe(meanings.length);
  });

  it('is raised with its severity', () => {
    const raised = sources.flatMap((text) => [...text.matchAll(/code: '([EWN]\d{3})',\s*severity: '(\w+)'/g)]);
    expect(raised.length).toBeGreaterThan(20);
    for (const [, code, severity] of raised)
      expect(catalogue[code as keyof typeof catalogue].severity, code).toBe(severity);
  });

  it('is what the page in docs says (UPDATE_GOLDEN=1 writes it)', () => {
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(page, diagnosticsPage());
    expect(readFileSync(page, 'utf8')).toBe(diagnosticsPage());
  });
});
