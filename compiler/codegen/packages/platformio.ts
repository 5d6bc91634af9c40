/** A PlatformIO library: library.json, the C in src/. */

import { examples } from './examples.js';
import { type Files, libraryFiles, packageVersion, type Parts, sentence, under, without } from './parts.js';
import { readme } from './readme.js';

export function platformioPackage(parts: Parts): Files {
  const { source, files } = parts;
  const { net } = source;
  const programs = examples(parts, 'main', `<${net}.h>`).map((example) => ({
    ...example,
    path: `examples/${example.name}/main.c`,
  }));
  const manifest = {
    name: net,
    version: packageVersion,
    description: sentence(source),
    license: 'Apache-2.0',
    keywords: ['tinyml', 'neural network', 'int8'],
    frameworks: '*',
    platforms: '*',
    headers: `${net}.h`,
    build: { srcDir: 'src', includeDir: 'src' },
    examples: programs.map(({ name, path }) => ({ name, base: path.replace(/\/[^/]*$/, ''), files: ['main.c'] })),
  };
  const library = libraryFiles(parts);
  return new Map([
    ...without(files, [...library.keys(), 'CMakeLists.txt', 'sources.txt', 'example/main.c', 'example/profile.c']),
    ...under('src', library),
    ['library.json', `${JSON.stringify(manifest, null, 2)}\n`],
    ...programs.map(({ path, text }): [string, string] => [path, text]),
    [
      'README.md',
      readme(parts, {
        steps: [
          {
            what: "Put this folder into your project's `lib/`, or name it in `platformio.ini`:",
            language: 'ini',
            lines: [`lib_deps = symlink://../${net}`],
          },
          { what: 'Build, with `#include` of the header in your `main`.', lines: ['pio run'] },
        ],
        examples: programs,
        remarks: ['`pio pkg pack` makes an archive of it; set the version in `library.json` before you publish one.'],
      }),
    ],
  ]);
}
