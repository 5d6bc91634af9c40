import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { packageFiles } from '../../../compiler/pipeline/package-files.js';
import { compile } from '../../../compiler/index.js';
import type { CoreId } from '../../../compiler/machine/core.js';
import { allNetworks } from '../../models/index.js';
import { hasTool } from '../../tools.js';
import { inFolder, run, sourcesOf, strictFlags, writeFiles } from './compile.js';
import { fixtureFacts, fixtureKernel, plainNames } from './fixture.js';
import { fusedFacts } from './fused.js';

const hostile = '*/ "evil" \\ ??/ \n#error </script><b>\u2028{{x}} /* ';

describe('packageFiles', () => {
  const files = packageFiles(fixtureFacts());

  it('writes the network, the runtime it uses and nothing else', () => {
    expect([...files.keys()].filter((path) => !path.startsWith('runtime/'))).toEqual([
      'CMakeLists.txt',
      'LICENSE',
      'example/main.c',
      'example/profile.c',
      'plan.json',
      'report.html',
      'sources.txt',
      'tiny.c',
      'tiny.h',
      'tiny_weights.c',
      'tiny_weights.h',
    ]);
    expect(sourcesOf(files)).toEqual([
      'tiny.c',
      'tiny_weights.c',
      'runtime/rv_add_s8.c',
      'runtime/rv_average_pool_s8.c',
      'runtime/rv_conv2d_1x1_s8.c',
      'runtime/rv_conv2d_s8.c',
    ]);
  });

  it('holds every header that its sources include', () => {
    for (const [path, text] of files) {
      for (const [, header] of text.matchAll(/^#include "([^"]+)"/gm)) {
        const folder = path.includes('/') ? `${path.slice(0, path.lastIndexOf('/'))}/` : '';
        const target = `${folder}${header}`.replace(/^example\/\.\.\//, '');
        expect([...files.keys()], `${path} includes ${header}`).toContain(target);
      }
    }
  });

  it('says what memory the arena may be in, where kernels read words at any address', () => {
    const header = (core: CoreId): string =>
      new Map(compile({ bytes: allNetworks.dsCnn(), name: 'net' }, { core }).emit()).get('net.h')!;
    expect(header('cortex-m4')).toContain('CCR.UNALIGN_TRP is 0');
    expect(header('cortex-m0')).not.toContain('UNALIGN_TRP');
  });

  it('is the same byte for byte the second time', () => {
    expect([...packageFiles(fixtureFacts())]).toEqual([...files]);
  });

  it('walks rows up and down in the blocks of the plan', () => {
    expect(files.get('tiny.c')).toContain('for (y = 0; y < 4; y += 3) {\n    tiny_conv_0(arena, y, (y < 3) ? 3 : 1);');
    expect(files.get('tiny.c')).toContain('for (y = 2; y >= 0; y -= 2) {\n    tiny_add_2(arena, y, 2);');
  });

  it.each(['mixed', 'sliding', 'patch', 'slices'] as const)(
    'says of every fused region and unit which steps it holds: %s',
    (shape) => {
      const facts = fusedFacts(shape);
      const code = packageFiles(facts).get('tiny.c')!;
      const { region, units } = facts.program.plan.fused[0];
      const steps = (first: number, end: number): string =>
        end - first === 1 ? `step ${first}` : `steps ${first} (and|to) ${end - 1}`;
      expect(code).toMatch(
        new RegExp(`/\\* Region ${region}: ${steps(units[0].firstStep, units[units.length - 1].endStep)}[ ,]`),
      );
      for (const [k, unit] of units.entries())
        expect(code).toMatch(
          new RegExp(`/\\* Unit ${k} of region ${region}: ${steps(unit.firstStep, unit.endStep)}, `),
        );
      expect(code).not.toMatch(/\b1 (rows|columns|units|steps|slices|channels)\b/);
    },
  );

  it('begins an image in its example before it pushes rows', () => {
    expect(packageFiles(fusedFacts('mixed')).get('example/main.c')).toMatch(
      /tiny_init\(&arena\);\s+tiny_begin\(&arena\);[\s\S]*tiny_push_rows\(&arena[\s\S]*= tiny_output/,
    );
  });

  it('keeps hostile names out of everything but comments, where they do no harm', () => {
    const evil = packageFiles(fixtureFacts({ net: 'tiny', model: hostile, nodes: hostile }));
    const code = (map: ReadonlyMap<string, string>, path: string): string =>
      map.get(path)!.replace(/\/\*[\s\S]*?\*\//g, '');
    for (const path of ['tiny.c', 'tiny.h', 'tiny_weights.c', 'tiny_weights.h', 'example/main.c', 'CMakeLists.txt']) {
      expect(code(evil, path)).toBe(code(files, path));
    }
    expect(evil.get('report.html')).not.toContain('</script><b>');
    expect(JSON.parse(evil.get('plan.json')!).model.name).toBe(hostile);
  });

  it.each(['gcc', 'clang'].filter(hasTool))(
    'compiles without a warning under %s, with and without the hook',
    (compiler) => {
      inFolder((folder) => {
        const evil = packageFiles(fixtureFacts({ net: 'tiny', model: hostile, nodes: hostile }));
        writeFiles(folder, evil);
        const own = ['tiny.c', 'tiny_weights.c', 'example/main.c'];
        run(folder, compiler, [...strictFlags, '-fsyntax-only', ...own]);
        run(folder, compiler, [...strictFlags, '-DTINY_HOOK', '-fsyntax-only', ...own]);
      });
    },
  );

  it.skipIf(!hasTool('g++'))('has headers that C++ takes', () => {
    inFolder((folder) => {
      writeFiles(folder, new Map([...files, ['use.cpp', '#include "tiny.h"\n#include "tiny_weights.h"\n']]));
      run(folder, 'g++', [
        ...strictFlags.filter((f) => f !== '-std=c99'),
        '-std=c++11',
        '-DTINY_HOOK',
        '-fsyntax-only',
        'use.cpp',
      ]);
    });
  });

  it.skipIf(!hasTool('gcc'))(
    'links two networks and two instances of one into one program, each with its own state',
    () => {
      inFolder((folder) => {
        const other = packageFiles(fixtureFacts({ ...plainNames, net: 'other' }));
        const main = `#include <string.h>
#include "a/tiny.h"
#include "b/other.h"
static tiny_arena one, two;
static other_arena three;
int main(void) {
  int i;
  tiny_init(&one); tiny_init(&two); other_init(&three);
  for (i = 0; i < TINY_INPUT_SIZE; i++) {
    tiny_input(&one)[i] = (int8_t)(i - 100);
    tiny_input(&two)[i] = (int8_t)(50 - i);
    other_input(&three)[i] = (int8_t)(i - 100);
  }
  tiny_run(&one); other_run(&three); tiny_run(&two);
  if (memcmp(tiny_output(&one), other_output(&three), TINY_OUTPUT_SIZE) != 0) return 1;
  return memcmp(tiny_output(&one), tiny_output(&two), TINY_OUTPUT_SIZE) != 0 ? 0 : 2;
}
`;
        writeFiles(
          folder,
          new Map([
            ...[...files].map(([path, text]): [string, string] => [`a/${path}`, text]),
            ...[...other].map(([path, text]): [string, string] => [`b/${path}`, text]),
            ['main.c', main],
          ]),
        );
        const build = (flags: readonly string[], sources: readonly string[]): void => {
          const checks = ['-std=c99', '-O1', '-fsanitize=undefined', '-fno-sanitize-recover'];
          run(folder, 'gcc', [...checks, ...flags, ...sources, '-o', 'both']);
          run(folder, inside(folder, 'both'), []);
        };
        // Every file of both packages, examples too, as build systems take them that know no list of sources.
        const everything = readdirSync(folder, { recursive: true })
          .map(String)
          .filter((path) => path.endsWith('.c'));
        expect(everything.filter((path) => path.endsWith('rv_add_s8.c'))).toHaveLength(2);
        build([], everything);
        // One copy of the runtime for both.
        build(
          ['-DRV_SHARED_RUNTIME'],
          everything.filter((path) => !path.startsWith('b/runtime/')),
        );
      });
    },
  );

  it.skipIf(!hasTool('cmake') || !hasTool('gcc'))('builds through add_subdirectory, its example included', () => {
    inFolder((folder) => {
      const parent =
        'cmake_minimum_required(VERSION 3.13)\nproject(app C)\nadd_subdirectory(net)\nadd_executable(app main.c)\ntarget_link_libraries(app tiny)\n';
      writeFiles(
        folder,
        new Map([
          ...[...files].map(([path, text]): [string, string] => [`net/${path}`, text]),
          ['CMakeLists.txt', parent],
          [
            'main.c',
            '#include "tiny.h"\nstatic tiny_arena arena;\nint main(void) { tiny_init(&arena); tiny_run(&arena); return 0; }\n',
          ],
        ]),
      );
      run(folder, 'cmake', ['-S', '.', '-B', 'build']);
      run(folder, 'cmake', ['--build', 'build', '--target', 'app', 'tiny_example']);
      run(folder, inside(folder, 'build/app'), []);
      expect(String(run(folder, inside(folder, 'build/net/tiny_example'), []))).toMatch(/^output 0 \[0\] = -?\d+ \(/);
    });
  });

  it.skipIf(!hasTool('cmake') || !hasTool('gcc'))(
    'builds as two libraries of one program, each with its example',
    () => {
      inFolder((folder) => {
        const other = packageFiles(fixtureFacts({ ...plainNames, net: 'other' }));
        const parent =
          'cmake_minimum_required(VERSION 3.13)\nproject(app C)\nadd_subdirectory(a)\nadd_subdirectory(b)\nadd_executable(app main.c)\ntarget_link_libraries(app tiny other)\n';
        writeFiles(
          folder,
          new Map([
            ...[...files].map(([path, text]): [string, string] => [`a/${path}`, text]),
            ...[...other].map(([path, text]): [string, string] => [`b/${path}`, text]),
            ['CMakeLists.txt', parent],
            [
              'main.c',
              '#include "tiny.h"\n#include "other.h"\nstatic tiny_arena a;\nstatic other_arena b;\nint main(void) { tiny_init(&a); tiny_run(&a); other_init(&b); other_run(&b); return 0; }\n',
            ],
          ]),
        );
        run(folder, 'cmake', ['-S', '.', '-B', 'build']);
        run(folder, 'cmake', ['--build', 'build', '--target', 'app', 'tiny_example', 'other_profile']);
        run(folder, inside(folder, 'build/app'), []);
        expect(String(run(folder, inside(folder, 'build/b/other_profile'), []))).toMatch(
          /^step +clock ticks +calls +layer +name\n +0 +\d+ +2 +conv 3x3 \/2 +conv_stem\n[\s\S]* in kernels, of \d+ in all\n$/,
        );
      });
    },
  );

  it.skipIf(!hasTool('cmake') || !hasTool('arm-none-eabi-gcc'))('builds with a bare Arm compiler', () => {
    inFolder((folder) => {
      writeFiles(folder, files);
      run(folder, 'cmake', [
        '-S',
        '.',
        '-B',
        'build',
        '-DCMAKE_SYSTEM_NAME=Generic',
        '-DCMAKE_C_COMPILER=arm-none-eabi-gcc',
        '-DCMAKE_C_FLAGS=-mcpu=cortex-m4',
      ]);
      run(folder, 'cmake', ['--build', 'build', '--target', 'tiny']);
    });
  });

  it.skipIf(!hasTool('arm-none-eabi-gcc'))('refuses an Arm core that lacks the instructions it was packed for', () => {
    const dsp = packageFiles(fixtureFacts(plainNames, (id) => ({ ...fixtureKernel(id), isa: 'dsp' })));
    inFolder((folder) => {
      writeFiles(folder, dsp);
      run(folder, 'arm-none-eabi-gcc', ['-mcpu=cortex-m4', '-std=c99', '-fsyntax-only', 'tiny.c']);
      run(folder, 'gcc', ['-std=c99', '-fsyntax-only', 'tiny.c']);
      expect(() =>
        run(folder, 'arm-none-eabi-gcc', ['-mcpu=cortex-m3', '-std=c99', '-fsyntax-only', 'tiny.c']),
      ).toThrow(/tiny was packed for cortex-m4: compile for a core with __ARM_FEATURE_DSP/);
    });
  });
});

const inside = (folder: string, path: string): string => `${folder}/${path}`;
