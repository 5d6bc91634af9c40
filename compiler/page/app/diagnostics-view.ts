/** Diagnostics as the command line words them. */

import { type Diagnostic, printable } from '../../diagnostics.js';
import { el } from '../explore/dom.js';

const order = ['error', 'warning', 'note'];
const most = 50;

/** A list, errors first; a hint that several in a row share stands behind the last of them. */
export function diagnosticsList(diagnostics: readonly Diagnostic[]): HTMLElement {
  const sorted = [...diagnostics].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  const items = sorted.slice(0, most).map((d, i) => {
    const hint = d.hint === undefined || d.hint === sorted[i + 1]?.hint ? null : d.hint;
    return el(
      'li',
      { class: d.severity },
      el('b', {}, `${d.severity} ${d.code}`),
      ' ',
      d.node === undefined || d.node === '' ? null : el('code', {}, printable(d.node)),
      d.node === undefined || d.node === '' ? null : ' ',
      printable(d.message),
      hint === null ? null : el('span', { class: 'soft' }, printable(hint)),
    );
  });
  const rest = sorted.length - items.length;
  return el('ul', { class: 'remarks' }, ...items, rest > 0 ? el('li', {}, `and ${rest} more`) : null);
}
