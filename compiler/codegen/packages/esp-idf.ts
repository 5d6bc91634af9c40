/** A component of ESP-IDF: idf_component.yml, CMakeLists.txt, example projects. */

import { render } from '../../assets/template.js';
import { portableCore } from '../../machine/cores/index.js';
import { examples } from './examples.js';
import { type Files, packageUrl, packageVersion, type Parts, sentence } from './parts.js';
import { readme } from './readme.js';

export function espIdfPackage(parts: Parts): Files {
  const { source, files, sources } = parts;
  const { net, program } = source;
  const projects = examples(parts, 'app_main', `"${net}.h"`).map((example) => ({
    ...example,
    path: `examples/${example.name}`,
  }));
  const packedFor = parts.view['isaMacro'] === null ? [] : [program.machine.core.id];
  return new Map([
    ...files,
    ['CMakeLists.txt', render('packages/esp-CMakeLists.txt', { net, sources })],
    [
      'idf_component.yml',
      render('packages/idf_component.yml', {
        version: packageVersion,
        sentence: sentence(source),
        url: packageUrl(source),
        projects,
      }),
    ],
    ...projects.flatMap(({ name, path, text }): [string, string][] => [
      [`${path}/CMakeLists.txt`, render('packages/esp-project.txt', { name })],
      [`${path}/main/CMakeLists.txt`, render('packages/esp-main.txt', {})],
      [`${path}/main/idf_component.yml`, render('packages/esp-main.yml', { net })],
      [`${path}/main/main.c`, text],
    ]),
    [
      'README.md',
      readme(parts, {
        steps: [
          {
            what: "Put this folder into your project's `components/`, or begin with an example:",
            lines: [`cd examples/${projects[0].name}`],
          },
          { what: 'Choose the chip.', lines: ['idf.py set-target esp32s3'] },
          { what: 'Build.', lines: ['idf.py build'] },
        ],
        examples: projects,
        remarks: [
          'The C is portable: on Xtensa and RISC-V its plain kernels run, with the same bytes.',
          ...packedFor.map(
            (core) =>
              `The weights are packed for ${core}; \`--core ${portableCore.id}\` packs them for the plain kernels, which is quicker here.`,
          ),
        ],
      }),
    ],
  ]);
}
