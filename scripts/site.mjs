/**
 * npm run site: the page that compiles in the browser, as one file, site/index.html. Everything is in it: the compiler
 * (a worker's program), the files it ships, the style. It makes no request, so it works from any path and from file: too.
 * An argument names another folder.
 */

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build as bundle } from 'esbuild';
import { build, root } from './bootstrap.mjs';
import { setUp } from './setup.mjs';

const common = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  write: false,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
};
const read = (path) => readFileSync(join(root, path), 'utf8');

/** Text files that the compiler reads while it works, by path. */
function shippedFiles() {
  const under = (folder, pattern) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length).replaceAll('\\', '/'))
      .filter((path) => pattern.test(path));
  const paths = [
    ...under('templates', /\.hbs$/),
    ...under('runtime-c', /\.[ch]$/),
    ...under('boards', /board\.json$/),
    'LICENSE',
    'dist/page/report.js',
  ];
  const { version, engines } = JSON.parse(read('package.json'));
  return {
    ...Object.fromEntries(paths.sort().map((path) => [path, read(path)])),
    'package.json': JSON.stringify({ version, engines }),
  };
}

/** Modules of the page that are made here (compiler/page/virtual.d.ts), and Node's that it does without. */
const replacements = (virtual) => ({
  name: 'replacements',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/files\.js$/ }, ({ importer, path }) =>
      /[/\\]assets[/\\]assets\.ts$/.test(importer) || path.endsWith('assets/files.js')
        ? { path: join(root, 'compiler/page/bundled-files.ts') }
        : null,
    );
    onResolve({ filter: /^virtual:/ }, ({ path }) => ({ path, namespace: 'virtual' }));
    onLoad({ filter: /.*/, namespace: 'virtual' }, ({ path }) => ({
      contents: virtual[path],
      loader: 'ts',
      resolveDir: root,
    }));
    // protobuf.js asks for its optional parts in a way that bundlers do not see: int64 needs one of them.
    onResolve({ filter: /^@protobufjs\/inquire$/ }, () => ({ path: 'inquire', namespace: 'inquire' }));
    onLoad({ filter: /.*/, namespace: 'inquire' }, () => ({
      contents: "module.exports = (name) => (name === 'long' ? require('long') : null);",
      resolveDir: root,
    }));
    // Messages of zod in other languages than English: nothing asks for them.
    onResolve({ filter: /\/locales\/index\.js$/ }, ({ importer }) =>
      /[/\\]zod[/\\]/.test(importer) ? { path: 'locales', namespace: 'locales' } : null,
    );
    onLoad({ filter: /.*/, namespace: 'locales' }, () => ({ contents: 'export {};' }));
  },
});

const exported = (values) =>
  Object.entries(values)
    .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};`)
    .join('\n');

async function bundled(entry, virtual) {
  const { outputFiles } = await bundle({ ...common, entryPoints: [entry], plugins: [replacements(virtual)] });
  return outputFiles[0].text.trim();
}

/** Builds into `folder`; gives the page's size in bytes as it is and compressed. dist/ has been built. */
export async function site(folder) {
  const program = await bundled('compiler/page/worker.ts', {
    'virtual:shipped': exported({ files: shippedFiles() }),
    'virtual:demo-network':
      "export { personDetector as bytes } from './tests/models/networks.ts';\nexport const name = 'person_detector';",
  });
  const script = await bundled('compiler/page/site.ts', { 'virtual:worker': exported({ program }) });
  const style = `${read('templates/report/style.css.hbs')}${read('templates/page/page.css')}`.trim();
  const page = read('templates/page/index.html')
    .replace('/*STYLE*/', () => style)
    .replace('/*SCRIPT*/', () => inScript(script));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), page);
  // GitHub Pages: take the files as they are.
  writeFileSync(join(folder, '.nojekyll'), '');
  return { bytes: Buffer.byteLength(page), compressedBytes: gzipSync(page, { level: 9 }).length };
}

/** What ends a script element, or hides its end, stands in strings alone, where it can be written otherwise. */
function inScript(code) {
  return code.replace(/<(?=!--|\/?script)/gi, '\\x3C');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  setUp([]);
  build();
  const folder = process.argv[2] ?? 'site';
  const { bytes, compressedBytes } = await site(join(root, folder));
  const kB = (n) => `${Math.round(n / 1000)} kB`;
  console.log(`${folder}/index.html: ${kB(bytes)}, ${kB(compressedBytes)} compressed`);
}
