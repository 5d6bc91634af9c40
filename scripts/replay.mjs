/**
 * npm run replay -- --against REV [--models FILTER]: compiles every model of ../shared/models with the compiler of
 * another commit and with this tree's, under six requests each, and says which emitted files differ. A refactoring
 * differs in none. Runtime files are compared by their C tokens: layout and comments are not behaviour.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { root, stop } from './bootstrap.mjs';

const { values: flags } = parseArgs({ options: { against: { type: 'string' }, models: { type: 'string' } } });
if (flags.against === undefined) stop('replay takes --against REV, a commit to compare with');

const requests = {
  layer: ['--core', 'cortex-m4', '--schedule', 'layer'],
  m4: ['--core', 'cortex-m4'],
  m55: ['--core', 'cortex-m55', '--input', 'streamed', '--objective', 'sram'],
  m7: ['--core', 'cortex-m7', '--input', 'streamed', '--max-overhead', '1.1', '--objective', 'sram'],
  board: ['--board', 'nucleo-f411re', '--pareto'],
  m0: ['--core', 'cortex-m0plus', '--sram', '64KiB'],
};

const models = modelFiles(join(root, '..', 'shared', 'models')).filter((m) => m.includes(flags.models ?? ''));
if (models.length === 0) stop('no models in ../shared/models: nothing to replay');

const cache = join(root, '.cache', 'replay');
const revision = output('git', ['rev-parse', '--short', flags.against]);
const other = compilerOf(revision);
build(root);

let compared = 0;
const differing = new Map();
for (const model of models) {
  for (const [request, args] of Object.entries(requests)) {
    const name = join(basename(model, '.onnx'), request);
    const before = emitted(cli(other), model, args, join(cache, revision, name), true);
    const after = emitted(cli(root), model, args, join(cache, 'this', name), false);
    for (const file of new Set([...before.keys(), ...after.keys()])) {
      compared++;
      const why = difference(file, before.get(file), after.get(file));
      if (why === null) continue;
      const line = `${file}: ${why}`;
      differing.set(line, [...(differing.get(line) ?? []), name]);
    }
    process.stdout.write('.');
  }
}
console.log(
  `\n${models.length} models, ${Object.keys(requests).length} requests each, ${compared} files compared with ${revision}`,
);
for (const [line, places] of differing)
  console.log(`  ${line} (${places.length}: ${places.slice(0, 3).join(', ')}${places.length > 3 ? ', ...' : ''})`);
console.log(differing.size === 0 ? 'identical' : `${differing.size} kinds of difference`);
process.exitCode = differing.size === 0 ? 0 : 1;

/** The command-line program of a checkout. */
function cli(folder) {
  return join(folder, 'dist', 'compiler', 'cli', 'main.js');
}

/** Quantised models: others have nothing to compile. */
function modelFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.onnx') && !name.includes('float'))
    .sort()
    .map((name) => join(folder, name));
}

/** The other commit, checked out and built in the cache. */
function compilerOf(rev) {
  const folder = join(cache, 'tree', rev);
  if (!existsSync(cli(folder))) {
    rmSync(folder, { recursive: true, force: true });
    spawnSync('git', ['worktree', 'prune'], { cwd: root });
    must('git', ['worktree', 'add', '--detach', folder, rev], root);
    must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder);
    build(folder);
  }
  return folder;
}

/** As that commit builds itself. */
function build(folder) {
  must(process.execPath, [join(folder, 'scripts', 'build.mjs')], folder);
}

/** What a compilation leaves, by path: its files, its exit code and its errors. */
function emitted(main, model, args, folder, keep) {
  const made = join(folder, 'files.json');
  if (!(keep && existsSync(made))) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const out = join(folder, 'out');
    const ran = spawnSync(process.execPath, [main, 'compile', model, ...args, '-o', out], { encoding: 'utf8' });
    const files = existsSync(out)
      ? readdirSync(out, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
      : [];
    const texts = files.map((f) => {
      const path = join(f.parentPath, f.name);
      return [path.slice(out.length + 1), readFileSync(path, 'utf8')];
    });
    writeFileSync(made, JSON.stringify([...texts, ['exit code', String(ran.status)], ['stderr', ran.stderr]]));
    rmSync(out, { recursive: true, force: true });
  }
  return new Map(JSON.parse(readFileSync(made, 'utf8')));
}

/** In words; null where the files say the same. */
function difference(file, before, after) {
  if (before === undefined) return 'new';
  if (after === undefined) return 'gone';
  if (/^(runtime|rv_|src\/rv_|include\/rv_)/.test(file) || /(^|\/)rv_\w+\.[ch]$/.test(file))
    return tokens(before) === tokens(after) ? null : 'other code';
  if (file.endsWith('.json')) return jsonDifference(withoutVersion(before), withoutVersion(after));
  return withoutVersion(before) === withoutVersion(after)
    ? null
    : `other text, first at line ${firstLine(before, after)}`;
}

/** The compiler's own version is meant to change. */
function withoutVersion(text) {
  return text.replace(/("version": "|rivulet )\d+\.\d+\.\d+/g, '$1');
}

function jsonDifference(before, after) {
  if (before === after) return null;
  const [a, b] = [JSON.parse(before), JSON.parse(after)];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return `differs in ${keys.filter((k) => JSON.stringify(a[k]) !== JSON.stringify(b[k])).join(', ') || 'layout'}`;
}

function firstLine(before, after) {
  const [a, b] = [before.split('\n'), after.split('\n')];
  return a.findIndex((line, i) => line !== b[i]) + 1;
}

/** C without comments, white space and the seams between string literals. */
function tokens(text) {
  return text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ' ')
    .replace(/\\\n/g, ' ')
    .replace(/"\s+"/g, '')
    .replace(/\s+/g, '');
}

function output(command, args) {
  const ran = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (ran.status !== 0) stop(`${command} ${args.join(' ')}: ${ran.stderr.trim()}`);
  return ran.stdout.trim();
}

function must(command, args, cwd) {
  const ran = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (ran.status !== 0) stop(`${command} ${args.join(' ')} in ${cwd}: ${ran.stderr || ran.stdout}`);
}
