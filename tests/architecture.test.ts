/** Rules of the tree that no compiler checks: which folder may import which, how long a file may be, what stays pure. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

function filesUnder(folder: string, ends: RegExp): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && ends.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** The modules of the compiler that a file imports, as paths from the root. */
function importsOf(file: string): readonly string[] {
  return [...read(file).matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map(([, path]) =>
    relative(root, join(root, dirname(file), path)).replace(/\.js$/, '.ts'),
  );
}

/** compiler/memory/plan.ts -> memory; compiler/index.ts -> index. */
const folderOf = (file: string): string => file.split('/')[1].replace(/\.ts$/, '');

const foundation = ['diagnostics', 'util'];
const planned = [...foundation, 'numerics', 'ir', 'machine', 'schedule', 'memory'];
/** In the order of the pipeline: each may import what is named, and itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  diagnostics: [],
  util: [],
  assets: [],
  numerics: foundation,
  ir: ['numerics'],
  quantise: [...foundation, 'numerics', 'ir', 'import', 'passes', 'lower', 'reference'],
  import: [...foundation, 'numerics', 'ir'],
  data: [...foundation, 'ir'],
  reference: [...foundation, 'numerics', 'ir'],
  passes: [...foundation, 'numerics', 'ir', 'reference'],
  lower: [...foundation, 'numerics', 'ir', 'reference'],
  machine: [...foundation, 'assets', 'numerics', 'ir'],
  schedule: [...foundation, 'numerics', 'ir', 'machine'],
  memory: planned,
  search: planned,
  program: [...planned, 'search'],
  redesign: [...planned, 'import', 'passes', 'quantise', 'reference', 'lower', 'program'],
  codegen: [...planned, 'assets', 'program'],
  report: [...planned, 'assets', 'program'],
  pytorch: [...foundation, 'assets', 'numerics', 'ir'],
  explore: [...planned, 'search', 'program', 'lower', 'passes', 'quantise', 'redesign'],

  validate: [...planned, 'assets', 'data', 'program', 'codegen', 'reference'],
  pipeline: [
    ...planned,
    'assets',
    'data',
    'import',
    'quantise',
    'passes',
    'reference',
    'lower',
    'search',
    'program',
    'report',
    'codegen',
    'validate',
    'redesign',
    'explore',
    'pytorch',
  ],
  index: [...planned, 'data', 'report', 'validate', 'pipeline'],
  cli: [...planned, 'data', 'import', 'report', 'validate', 'pipeline'],
  // Of cli what reads flags: below is a test that nothing of Node is loaded.
  page: [...planned, 'assets', 'cli', 'data', 'import', 'report', 'pipeline'],
};

const modules = filesUnder('compiler', /\.ts$/);

describe('imports', () => {
  it('know every folder', () => {
    expect([...new Set(modules.map(folderOf))].filter((folder) => !(folder in mayImport))).toEqual([]);
  });

  it('are those that ARCHITECTURE.md lists (UPDATE_GOLDEN=1 writes the table anew)', () => {
    const rows = Object.entries(mayImport).map(
      ([folder, targets]) => `| \`${folder}\` | ${targets.map((t) => `\`${t}\``).join(' ') || 'nothing'} |`,
    );
    const [begin, end] = ['<!-- imports: written by tests/architecture.test.ts -->', '<!-- end of imports -->'];
    const page = read('ARCHITECTURE.md');
    const before = page.slice(0, page.indexOf(begin) + begin.length);
    const after = page.slice(page.indexOf(end));
    const written = [before, '| folder | may import |', '|---|---|', ...rows, after].join('\n');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(join(root, 'ARCHITECTURE.md'), written);
    expect(read('ARCHITECTURE.md')).toBe(written);
  });

  it('go one way', () => {
    const wrong = modules.flatMap((file) =>
      importsOf(file)
        .filter(
          (target) => folderOf(target) !== folderOf(file) && !mayImport[folderOf(file)].includes(folderOf(target)),
        )
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('keep the checker of plans apart from the planner', () => {
    // The plan, what runs when (which the emitted code follows), kernels, and the graph.
    const shared = /^compiler\/(ir|machine)\/|^compiler\/memory\/(validate[a-z-]*|plan|execution)\.ts$/;
    const foreign = modules
      .filter((file) => file.startsWith('compiler/memory/validate'))
      .flatMap((file) => importsOf(file).filter((target) => !shared.test(target)));
    expect(foreign).toEqual([]);
  });

  it('lead to files that exist', () => {
    expect(
      modules.flatMap((file) =>
        importsOf(file)
          .filter((target) => !existsSync(join(root, target)))
          .map((target) => `${file}: ${target}`),
      ),
    ).toEqual([]);
  });

  it('form no cycle', () => {
    const done = new Set<string>();
    const cycles: string[] = [];
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
      if (done.has(file) || path.includes(file)) return;
      for (const target of importsOf(file)) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of modules) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it("of the compiler's own packages have no default exports", () => {
    expect(modules.filter((file) => /^export default/m.test(read(file)))).toEqual([]);
  });
});

describe('names of processors', () => {
  it('stand in machine/ alone: the rest is told what a core is, not which', () => {
    const named = /cortex-?m\d|['"](dsp|mve)['"]|__ARM_FEATURE|mps[23]-an/i;
    const elsewhere = modules.filter((file) => !file.startsWith('compiler/machine/'));
    expect(elsewhere.filter((file) => named.test(withoutComments(read(file))))).toEqual([]);
  });
});

describe('operators of the integer program', () => {
  it('are told apart by lowering, reference, kernels and the checker alone: the rest asks ir/operators', () => {
    const asks = /^compiler\/(schedule|search|memory|program|codegen|report|pipeline)\/(?!validate)/;
    const tellsApart = /\bop\.kind (===|!==)|switch \((node\.)?op\.kind\)|\.has\((node\.)?op\.kind\)/;
    expect(modules.filter((file) => asks.test(file) && tellsApart.test(withoutComments(read(file))))).toEqual([]);
  });
});

describe('the command line', () => {
  it('answers --version before it loads anything', () => {
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const [, path] of read(file).matchAll(/^(?:import|export) (?!type\b)[^;]*?from '(\.[^']+)'/gm))
        load(relative(root, join(root, dirname(file), path)).replace(/\.js$/, '.ts'));
    };
    load('compiler/cli/main.ts');
    expect([...loaded].sort()).toEqual([
      'compiler/assets/assets.ts',
      'compiler/assets/files.ts',
      'compiler/cli/main.ts',
      'compiler/pipeline/version.ts',
    ]);
  });
});

describe('tests', () => {
  it('assert nothing about the clock', () => {
    const clock = /hrtime|performance\.now|Date\.now/;
    expect(
      filesUnder('tests', /\.ts$/).filter((file) => file !== 'tests/architecture.test.ts' && clock.test(read(file))),
    ).toEqual([]);
  });
});

describe('purity', () => {
  const mayTouchTheWorld = /^compiler\/(cli|validate|page)\/|^compiler\/(assets|data)\/files\.ts$/;

  it('keeps files, clock, chance and the process out of the pipeline', () => {
    const impure = /from 'node:|\bprocess\.|\bDate\b|Math\.random|\bperformance\.|setTimeout|setInterval/;
    expect(modules.filter((file) => !mayTouchTheWorld.test(file) && impure.test(withoutComments(read(file))))).toEqual(
      [],
    );
  });

  it('keeps Node out of everything that the page in the browser loads', () => {
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file) || file === 'compiler/assets/files.ts') return;
      loaded.add(file);
      importsOf(file).forEach(load);
    };
    modules.filter((file) => file.startsWith('compiler/page/')).forEach(load);
    expect(loaded).toContain('compiler/report/memory-chart.ts');
    const node = /from 'node:|\bprocess\.|\bBuffer\.|\b__dirname\b|\brequire\(/;
    expect([...loaded].filter((file) => node.test(withoutComments(read(file))))).toEqual([]);
  });

  it('keeps chance out everywhere', () => {
    expect(modules.filter((file) => withoutComments(read(file)).includes('Math.random'))).toEqual([]);
  });

  it('keeps the C runtime to headers that every compiler has', () => {
    const allowed = new Set(['stdint.h', 'stddef.h', 'string.h', 'arm_acle.h', 'arm_mve.h']);
    const foreign = [...filesUnder('runtime-c/include', /\.h$/), ...filesUnder('runtime-c/src', /\.[ch]$/)].flatMap(
      (file) =>
        [...read(file).matchAll(/^\s*#\s*include\s*<([^>]+)>/gm)]
          .filter(([, header]) => !allowed.has(header))
          .map(([, header]) => `${file}: ${header}`),
    );
    expect(foreign).toEqual([]);
  });
});

describe('files', () => {
  const sources = ['compiler', 'runtime-c', 'templates', 'tests', 'scripts'].flatMap((folder) =>
    filesUnder(folder, /\.(ts|mjs|[ch]|hbs)$/),
  );

  /** Tables that `npm run measure` writes grow with the kernels; nobody reads them from end to end. */
  const isMeasured = (file: string): boolean => file.startsWith('compiler/machine/measured/');
  const limit = (file: string): number => (isMeasured(file) ? 1000 : file.startsWith('tests/') ? 750 : 500);

  it('have at most 500 lines, tests 750', () => {
    const long = sources
      .map((file) => [file, read(file).split('\n').length - 1] as const)
      .filter(([file, lines]) => lines > limit(file));
    expect(long).toEqual([]);
  });

  it('hold no marks of unfinished work', () => {
    expect(
      sources.filter((file) => file !== 'tests/architecture.test.ts' && /\b(TODO|FIXME|XXX)\b/.test(read(file))),
    ).toEqual([]);
  });
});

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
