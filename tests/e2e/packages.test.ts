/**
 * Packages for ecosystems: each is built by the rules of its build system, and its examples run on this machine and print what the plain
 * example prints. The ecosystems' own tools look at manifests where they are there (npm run setup installs them into .cache).
 */

import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PackageKind, packageKinds } from '../../compiler/codegen/packages/kinds.js';
import { compilePrepared, prepare } from '../../compiler/pipeline/compile.js';
import { allNetworks } from '../models/index.js';
import { hasHostCompiler, hasTool } from '../tools.js';

const harness = fileURLToPath(new URL('packages', import.meta.url));
const tools = fileURLToPath(new URL('../../.cache/packaging/bin', import.meta.url));
const path = `${tools}:${process.env['PATH']}`;
const cc = process.env['CC'] ?? 'cc';

let folder: string;
const at = (...parts: readonly string[]): string => join(folder, ...parts);

/** Files of the network on images of `input`, laid out for an ecosystem; null: for none. */
const prepared = prepare({ bytes: allNetworks['mcunetLike'](), name: 'net' });
function write(name: string, kind: PackageKind | null, input: 'resident' | 'streamed' = 'streamed'): void {
  const { emit } = compilePrepared(prepared, {
    name: 'net',
    core: 'cortex-m4',
    input,
    ...(kind === null ? {} : { package: kind }),
  });
  for (const [file, text] of emit()) {
    mkdirSync(dirname(at(name, file)), { recursive: true });
    writeFileSync(at(name, file), text);
  }
}

/** Standard output of a command in a folder, which must succeed. */
function run(
  where: string,
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): string {
  const done = spawnSync(command, args, {
    cwd: at(where),
    encoding: 'utf8',
    env: { ...process.env, PATH: path, ...env },
  });
  expect([done.status, done.status === 0 ? '' : done.stdout + done.stderr], [command, ...args].join(' ')).toEqual([
    0,
    '',
  ]);
  return done.stdout;
}
const sh = (where: string, line: string): string => run(where, 'sh', ['-c', line]);

/** Codes of the outputs that an example prints. */
const codes = (printed: string): readonly number[] =>
  [...printed.matchAll(/^output 0 \[\d+\] = (-?\d+)/gm)].map(([, code]) => Number(code));

/** Whether one of the ecosystems' tools is here; says so where it is not. */
function has(tool: string): boolean {
  const isThere =
    spawnSync(tool, ['--version'], { env: { ...process.env, PATH: path }, stdio: 'ignore' }).error === undefined;
  if (!isThere) console.warn(`skipped: ${tool} is not installed (npm run setup installs it)`);
  return isThere;
}

const flags = '-O1 -std=c99 -Wall -Wextra -Werror';

describe.skipIf(!hasHostCompiler())('packages', () => {
  /** What the plain example prints, and the examples of a camera. */
  let once: readonly number[];
  let camera: readonly number[];
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rivulet-packages-'));
    write('plain', null);
    sh('plain', `${cc} ${flags} -DNET_EXAMPLE $(cat sources.txt) example/main.c -o once`);
    once = codes(run('plain', './once', []));
    for (const kind of packageKinds) write(kind, kind);
    sh('cmsis-pack', `${cc} ${flags} -I. $(cat sources.txt) examples/net_camera.c -o camera`);
    camera = codes(run('cmsis-pack', './camera', []));
    expect(once.length).toBeGreaterThan(1);
    expect([camera.length, camera.join() === once.join()]).toEqual([once.length, false]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('read frames and rows of a camera alike, in RGB565 and in bytes', () => {
    write('frames', 'cmsis-pack', 'resident');
    const build = (where: string, format: string): readonly number[] => {
      sh(where, `${cc} ${flags} ${format} -I. $(cat sources.txt) examples/net_camera.c -o camera`);
      return codes(run(where, './camera', []));
    };
    expect(build('frames', '')).toEqual(camera);
    const bytes = build('frames', '-DCAMERA_RGB565=0');
    expect(build('cmsis-pack', '-DCAMERA_RGB565=0')).toEqual(bytes);
    expect(bytes).not.toEqual(camera);
  });

  it('have the same C and at most three steps to a build', () => {
    for (const kind of packageKinds) {
      const src = kind === 'arduino' || kind === 'platformio' ? 'src/' : '';
      for (const file of ['net.c', 'net.h', 'net_weights.c', 'net_weights.h', 'runtime/rv_types.h'])
        expect(readFileSync(at(kind, src + file), 'utf8')).toBe(readFileSync(at('plain', file), 'utf8'));
      const readme = readFileSync(at(kind, 'README.md'), 'utf8');
      const steps = [...readme.matchAll(/^(\d)\. /gm)].map(([, number]) => Number(number));
      expect(steps.length).toBeGreaterThan(0);
      expect(Math.max(...steps)).toBeLessThanOrEqual(3);
    }
  });

  it.skipIf(!hasTool('cmake'))('for CMake build by the README, for this machine and for the core', () => {
    const readme = readFileSync(at('cmake', 'README.md'), 'utf8');
    const [configure, build] = [...readme.matchAll(/^ {3}(cmake .*)$/gm)].map(([, line]) => line);
    expect(configure).toContain('-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake');
    sh('cmake', configure.replace('-DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake', ''));
    sh('cmake', build);
    expect([codes(run('cmake/build', './net_once', [])), codes(run('cmake/build', './net_camera', []))]).toEqual([
      once,
      camera,
    ]);
    if (!hasTool('arm-none-eabi-gcc')) return;
    rmSync(at('cmake/build'), { recursive: true });
    sh('cmake', configure);
    sh('cmake', build);
    expect(run('cmake/build', 'arm-none-eabi-size', ['net_camera'])).toMatch(/net_camera/);
  });

  it.skipIf(!hasTool('g++'))(
    'for Arduino build with every C file below src/, which is the one folder of headers',
    () => {
      const properties = new Map(
        readFileSync(at('arduino/library.properties'), 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]),
      );
      for (const key of [
        'name',
        'version',
        'author',
        'maintainer',
        'sentence',
        'paragraph',
        'category',
        'url',
        'architectures',
      ])
        expect(properties.get(key), key).toMatch(/./);
      expect(properties.get('name')).toMatch(/^[A-Za-z0-9][A-Za-z0-9_.\- ]{0,62}$/);
      expect(properties.get('version')).toMatch(/^\d+\.\d+\.\d+$/);
      expect(properties.get('category')).toBe('Data Processing');
      expect(readdirSync(at('arduino')).filter((file) => /\.(c|h|cpp|ino)$/.test(file))).toEqual([]);
      sh('arduino', `mkdir objects && cd objects && ${cc} -c -O1 -std=gnu11 -I../src $(find ../src -name '*.c')`);
      for (const [name, expected] of [
        ['net_once', once],
        ['net_camera', camera],
      ] as const) {
        const sketch = `examples/${name}/${name}.ino`;
        sh(
          'arduino',
          `g++ -O1 -std=gnu++17 -Wall -Wextra -Werror -I${harness}/arduino -Isrc -x c++ ${sketch} -x none objects/*.o -o ${name}`,
        );
        expect(codes(run('arduino', `./${name}`, []))).toEqual(expected);
      }
    },
  );

  it('for PlatformIO build by library.json, and are packed by pio', () => {
    const manifest = JSON.parse(readFileSync(at('platformio/library.json'), 'utf8')) as {
      readonly headers: string;
      readonly build: { readonly srcDir: string; readonly includeDir: string };
      readonly examples: readonly { readonly name: string; readonly base: string; readonly files: readonly string[] }[];
    };
    const { srcDir, includeDir } = manifest.build;
    expect(existsSync(at('platformio', includeDir, manifest.headers))).toBe(true);
    for (const { name, base, files } of manifest.examples) {
      sh(
        'platformio',
        `${cc} ${flags} -I${includeDir} $(find ${srcDir} -name '*.c') ${files.map((file) => `${base}/${file}`).join(' ')} -o ${name}`,
      );
      expect(codes(run('platformio', `./${name}`, []))).toEqual(name === 'net_once' ? once : camera);
      rmSync(at('platformio', name));
    }
    if (!has('pio')) return;
    // pio fetches the list of licences to look one up: the field stays out where nothing is fetched.
    cpSync(at('platformio'), at('pio'), { recursive: true });
    const { license, ...rest } = manifest as typeof manifest & { readonly license: string };
    expect(license).toBe('Apache-2.0');
    writeFileSync(at('pio/library.json'), JSON.stringify(rest));
    run('pio', 'pio', ['pkg', 'pack', '-o', at('pio.tar.gz')], {
      PLATFORMIO_CORE_DIR: at('pio-core'),
      PLATFORMIO_SETTING_ENABLE_TELEMETRY: 'no',
    });
    const packed = run('.', 'tar', ['tzf', 'pio.tar.gz']);
    for (const file of ['library.json', 'src/net.c', 'src/net.h', 'examples/net_camera/main.c'])
      expect(packed).toContain(file);
  });

  it.skipIf(!hasTool('cmake'))('for Zephyr build as modules of their samples', () => {
    const name = 'net_camera';
    run('zephyr', 'cmake', ['-S', `samples/${name}`, '-B', name, `-DZephyr_DIR=${harness}/zephyr`]);
    run('zephyr', 'cmake', ['--build', name]);
    expect(codes(run('zephyr', `${name}/app`, []))).toEqual(camera);
    if (!has('menuconfig')) return;
    const ask = "import kconfiglib; print(kconfiglib.Kconfig('zephyr/Kconfig').syms['RIVULET_NET'].nodes[0].prompt[0])";
    expect(run('zephyr', join(tools, 'python'), ['-c', ask])).toBe('Neural network net\n');
  });

  it.skipIf(!hasTool('cmake'))('for ESP-IDF build as components of their examples, and pass compote', () => {
    const name = 'net_camera';
    run('esp-idf', 'cmake', ['-S', `examples/${name}`, '-B', at('esp-build', name)], {
      IDF_PATH: join(harness, 'esp-idf'),
    });
    run('esp-idf', 'cmake', ['--build', at('esp-build', name)]);
    expect(codes(run('esp-build', `${name}/app`, []))).toEqual(camera);
    if (!has('compote')) return;
    run('esp-idf', 'compote', ['-W', 'manifest', 'lint']);
    run('esp-idf', 'compote', ['component', 'pack', '--name', 'net', '--dest-dir', at('esp-pack')]);
    expect(run('.', 'tar', ['tzf', 'esp-pack/net_1.0.0.tgz'])).toContain('net_weights.c');
  });

  it('for CMSIS are what the schema allows, and name every C file and header', () => {
    const description = 'rivulet.net.pdsc';
    const text = readFileSync(at('cmsis-pack', description), 'utf8');
    const named = (category: string): readonly string[] =>
      [...text.matchAll(new RegExp(`category="${category}" name="([^"]+)"`, 'g'))].map(([, name]) => name).sort();
    const sources = readFileSync(at('cmsis-pack/sources.txt'), 'utf8').trim().split('\n');
    expect(named('source')).toEqual([...sources, 'examples/net_camera.c', 'examples/net_once.c'].sort());
    const headers = [
      'net.h',
      'net_weights.h',
      ...readdirSync(at('cmsis-pack/runtime'))
        .filter((f) => f.endsWith('.h'))
        .map((f) => `runtime/${f}`),
    ];
    expect(named('header')).toEqual(headers.sort());
    for (const file of [...named('source'), ...named('header'), ...named('doc')])
      expect(existsSync(at('cmsis-pack', file)), file).toBe(true);
    if (!has('xmllint')) return;
    run('cmsis-pack', 'xmllint', ['--noout', '--nonet', '--schema', `${harness}/pdsc.xsd`, description]);
  });
});
