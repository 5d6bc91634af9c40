/** Labels in CSV: which file belongs to which class. */

import { refuse } from './problem.js';

export interface LabelledFile {
  /** As the CSV names it, relative to the CSV's folder. */
  readonly file: string;
  readonly label: number;
}

export interface Labels {
  readonly entries: readonly LabelledFile[];
  /** Names of the classes by label, where the CSV has names and no numbers. */
  readonly classes: readonly string[] | null;
}

const headings = new Set(['file', 'filename', 'path', 'image', 'name', 'id']);

/**
 * Lines of `file,label` or, as MLPerf Tiny's y_labels.csv, `file,classes,label`: the first field and the last count. Where no label
 * is a number they are names, numbered from 0 in alphabetical order. E154 (exit 2) where there is no such line.
 */
export function parseLabels(text: string, csv: string): Labels {
  const rows = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .map((line) => line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1')))
    .filter((row) => row.length >= 2 && row[0] !== '' && !row[0].startsWith('#'));
  const numbered = rows.filter((row) => /^\d+$/.test(row.at(-1)!));
  if (numbered.length > 0)
    return { entries: numbered.map((row) => ({ file: row[0], label: Number(row.at(-1)) })), classes: null };
  const named = headings.has(rows[0]?.[0].toLowerCase() ?? '') ? rows.slice(1) : rows;
  if (named.length === 0) return refuse('E154', csv, 'has no line of the form file,label');
  const classes = [...new Set(named.map((row) => row.at(-1)!))].sort();
  return { entries: named.map((row) => ({ file: row[0], label: classes.indexOf(row.at(-1)!) })), classes };
}
