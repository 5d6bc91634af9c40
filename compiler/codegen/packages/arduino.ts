/** An Arduino library: library.properties, all C below src/, which the IDE compiles recursively, and sketches. */

import { render } from '../../assets/template.js';
import { examples } from './examples.js';
import { type Files, libraryFiles, packageUrl, packageVersion, type Parts, sentence, under, without } from './parts.js';
import { readme } from './readme.js';

export function arduinoPackage(parts: Parts): Files {
  const { source, files } = parts;
  const { net } = source;
  const sketches = examples(parts, 'arduino', `<${net}.h>`).map((example) => ({
    ...example,
    path: `examples/${example.name}/${example.name}.ino`,
  }));
  const library = libraryFiles(parts);
  return new Map([
    ...without(files, [...library.keys(), 'CMakeLists.txt', 'sources.txt', 'example/main.c', 'example/profile.c']),
    ...under('src', library),
    [
      'library.properties',
      render('packages/library.properties', {
        net,
        name: `rivulet_${net}`,
        version: packageVersion,
        sentence: sentence(source),
        url: packageUrl(source),
      }),
    ],
    ...sketches.map(({ path, text }): [string, string] => [path, text]),
    [
      'README.md',
      readme(parts, {
        steps: [
          {
            what: 'Put this folder into the `libraries` folder of your sketchbook:',
            lines: [`cp -r . ~/Arduino/libraries/${net}`],
          },
          {
            what: `Open File > Examples > rivulet_${net} in the IDE, or build from the command line, with your board's name:`,
            lines: [
              `arduino-cli compile --fqbn arduino:mbed_nano:nano33ble ~/Arduino/libraries/${net}/examples/${sketches[0].name}`,
            ],
          },
        ],
        examples: sketches,
        remarks: [
          'A library cannot choose compiler flags: boards build at -Os or -O2, which gives the same bytes a little slower.',
        ],
      }),
    ],
  ]);
}
