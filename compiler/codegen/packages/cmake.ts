/** A CMake library with a toolchain file for the core and examples. */

import { render } from '../../assets/template.js';
import { examples } from './examples.js';
import type { Files, Parts } from './parts.js';
import { readme } from './readme.js';

export function cmakePackage(parts: Parts): Files {
  const { source, files, view } = parts;
  const { net, program } = source;
  const core = program.machine.core;
  const programs = examples(parts, 'main', `"${net}.h"`).map((example) => ({
    ...example,
    path: `examples/${example.name}.c`,
  }));
  const lists = files.get('CMakeLists.txt')!;
  return new Map([
    ...files,
    ['CMakeLists.txt', lists + render('packages/examples.cmake', { net, programs })],
    [
      'cmake/toolchain.cmake',
      render('packages/toolchain.cmake', { core: core.id, flags: core.compilerFlags.join(' ') }),
    ],
    ...programs.map(({ path, text }): [string, string] => [path, text]),
    [
      'README.md',
      readme(parts, {
        steps: [
          {
            what: `Configure: for ${core.id} with arm-none-eabi-gcc, or for this machine without the second option.`,
            lines: ['cmake -S . -B build -DCMAKE_TOOLCHAIN_FILE=cmake/toolchain.cmake -DCMAKE_BUILD_TYPE=Release'],
          },
          {
            what: `Build the library and the examples.`,
            lines: [`cmake --build build --target ${[net, ...programs.map(({ name }) => name)].join(' ')}`],
          },
          {
            what: 'In your own project:',
            language: 'cmake',
            lines: [`add_subdirectory(${net})`, `target_link_libraries(app PRIVATE ${net})`],
          },
        ],
        examples: programs,
        remarks: [
          `Flags and optimisation are your project's: the numbers above are at -O3, and ${String(view['macro'])}_ARENA_BYTES is the same at any.`,
        ],
      }),
    ],
  ]);
}
