/** README.md of a package: what it takes, the steps to a build, the examples. */

import { render } from '../../assets/template.js';
import { headerFacts } from '../header-comment.js';
import { type Parts, sentence, type Step } from './parts.js';

export interface ReadmeParts {
  readonly steps: readonly Step[];
  readonly examples: readonly { readonly path: string; readonly about: string }[];
  /** Sentences that a reader must know of this ecosystem. */
  readonly remarks?: readonly string[];
}

/** The C that names say is text of a model; what could begin Markdown of its own in it cannot. */
const inert = (text: string): string => text.replace(/ +/g, ' ').replace(/[<>`*_[\]|]/g, (mark) => `\\${mark}`);

export const readme = ({ source, view }: Parts, { steps, examples, remarks = [] }: ReadmeParts): string =>
  render('packages/README.md', {
    net: source.net,
    sentence: sentence(source),
    facts: headerFacts(source).slice(0, 5).map(inert),
    steps: steps.map(({ what, lines, language = 'sh' }, i) => ({ number: i + 1, what, lines, language })),
    usage: (view['usage'] as readonly string[]).map((line) => line.replace(/^(.*?;) {2,}(\S.*)$/, '$1 /* $2 */')),
    examples,
    hasExamples: examples.length > 0,
    remarks,
  });
