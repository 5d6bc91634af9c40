/** A CMSIS-Pack: the description that makes a folder, or a zip of it, a software component. */

import { render } from '../../assets/template.js';
import { examples } from './examples.js';
import { type Files, packageUrl, packageVersion, type Parts, sentence } from './parts.js';
import { readme } from './readme.js';

const vendor = 'rivulet';

export function cmsisPackPackage(parts: Parts): Files {
  const { source, files, sources } = parts;
  const { net } = source;
  const programs = examples(parts, 'main', `"${net}.h"`).map((example) => ({
    ...example,
    path: `examples/${example.name}.c`,
  }));
  const description = `${vendor}.${net}.pdsc`;
  return new Map([
    ...files,
    [
      description,
      render('packages/pack.pdsc', {
        vendor,
        net,
        version: packageVersion,
        sentence: sentence(source),
        url: packageUrl(source),
        sources,
        headers: [...files.keys()].filter((path) => path.startsWith('runtime/') && path.endsWith('.h')),
        programs,
      }),
    ],
    ...programs.map(({ path, text }): [string, string] => [path, text]),
    [
      'README.md',
      readme(parts, {
        steps: [
          { what: 'Make the pack known, as a folder:', lines: [`cpackget add ${description}`] },
          {
            what: 'Name it in your `csolution.yml` and your `cproject.yml`:',
            language: 'yaml',
            lines: [
              'packs:',
              `  - pack: ${vendor}::${net}`,
              'components:',
              `  - component: Machine Learning:Network:${net}`,
            ],
          },
          { what: 'Build.', lines: ['cbuild your.csolution.yml'] },
        ],
        examples: programs,
        remarks: [
          `A zip of this folder's content named \`${vendor}.${net}.${packageVersion}.pack\` is the pack in one file, for IDEs that install such.`,
        ],
      }),
    ],
  ]);
}
