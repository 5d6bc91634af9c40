/** A Zephyr module with a sample: zephyr/module.yml, Kconfig, CMake. */

import { render } from '../../assets/template.js';
import { examples } from './examples.js';
import type { Files, Parts } from './parts.js';
import { readme } from './readme.js';

export function zephyrPackage(parts: Parts): Files {
  const { source, files, sources } = parts;
  const { net, model } = source;
  const option = `RIVULET_${String(parts.view['macro'])}`;
  const samples = examples(parts, 'main', `<${net}.h>`).map((example) => ({
    ...example,
    path: `samples/${example.name}`,
  }));
  const view = { net, option, sources, model: model.name };
  return new Map([
    ...files,
    ['zephyr/module.yml', render('packages/zephyr-module.yml', view)],
    ['zephyr/Kconfig', render('packages/zephyr-Kconfig', { ...view, stackBytes: parts.view['stackBytes'] })],
    ['zephyr/CMakeLists.txt', render('packages/zephyr-CMakeLists.txt', view)],
    ...samples.flatMap(({ name, path, text }): [string, string][] => [
      [`${path}/CMakeLists.txt`, render('packages/zephyr-sample-CMakeLists.txt', { name })],
      [`${path}/prj.conf`, `CONFIG_${option}=y\n`],
      [`${path}/src/main.c`, text],
    ]),
    [
      'README.md',
      readme(parts, {
        steps: [
          {
            what: 'In a west workspace, build a sample for your board; `west boards` lists names.',
            lines: [`west build -b BOARD samples/${samples[0].name}`],
          },
          {
            what: 'In your own application, name the module before `find_package(Zephyr)`:',
            language: 'cmake',
            lines: [`list(APPEND ZEPHYR_EXTRA_MODULES /path/to/${net})`],
          },
          { what: 'and switch it on in `prj.conf`:', language: 'ini', lines: [`CONFIG_${option}=y`] },
        ],
        examples: samples,
        remarks: [
          `The network runs on the stack of the thread that calls it, ${String(parts.view['stackBytes'])} bytes of it at most: CONFIG_MAIN_STACK_SIZE must leave room.`,
        ],
      }),
    ],
  ]);
}
