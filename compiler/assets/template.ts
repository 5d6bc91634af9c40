/**
 * Handlebars templates, compiled once. A template never sees numbers of a tensor: codegen writes those as text, which
 * is faster, repeatable, and keeps `{{` out of C initialisers.
 */

import Handlebars from 'handlebars';
import { readAsset } from './assets.js';

export type View = Readonly<Record<string, unknown>>;

const compiled = new Map<string, Handlebars.TemplateDelegate>();

/** Fills `templates/<name>.hbs`; `{{> part}}` is `templates/part.hbs`. Missing fields are errors. C is written as is, HTML is escaped. */
export function render(name: string, view: View): string {
  let template = compiled.get(name);
  if (template === undefined) {
    const options = { noEscape: !name.endsWith('.html'), strict: true, preventIndent: true };
    const handlebars = Handlebars.create();
    const text = readAsset(`templates/${name}.hbs`);
    for (const [, partial] of text.matchAll(/\{\{> (\w+)/g)) {
      handlebars.registerPartial(partial, handlebars.compile(readAsset(`templates/${partial}.hbs`), options));
    }
    template = handlebars.compile(text, options);
    compiled.set(name, template);
  }
  return template(view);
}
