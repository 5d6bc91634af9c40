/** Text tables of fixed-width columns, and sentences, within the width of a terminal. */

export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Longer cells are cut in the middle. */
  readonly limit?: number;
  /** Where the table is too wide, how far the limit may shrink. */
  readonly least?: number;
  /** Where it is still too wide, the columns with the lowest numbers go first; a column without one stays. */
  readonly drop?: number;
}

/** Lines of a table, two blanks between columns, no trailing blanks; at most `width` characters as far as columns may shrink or go. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width = Infinity,
): readonly string[] {
  const needed = columns.map((column, i) =>
    Math.max(column.head.length, ...rows.map((row) => Math.min(row[i].length, column.limit ?? Infinity))),
  );
  const least = needed.map((n, i) => Math.min(n, columns[i].least ?? n));
  const kept = keptColumns(columns, least, width);
  let spare = width - totalWidth(kept.map((i) => least[i]));
  const widths = new Map<number, number>();
  for (const i of kept) {
    const more = Math.max(0, Math.min(needed[i] - least[i], spare));
    widths.set(i, least[i] + more);
    spare -= more;
  }
  const line = (row: readonly string[]): string =>
    kept
      .map((i) => {
        const cell = cutMiddle(row[i], widths.get(i)!);
        return columns[i].align === 'left' ? cell.padEnd(widths.get(i)!) : cell.padStart(widths.get(i)!);
      })
      .join('  ')
      .trimEnd();
  return [columns.map((c) => c.head), ...rows].map(line);
}

const totalWidth = (widths: readonly number[]): number => widths.reduce((sum, w) => sum + w + 2, -2);

function keptColumns(columns: readonly Column[], least: readonly number[], width: number): readonly number[] {
  const kept = columns.map((_, i) => i);
  const goes = kept.filter((i) => columns[i].drop !== undefined).sort((a, b) => columns[a].drop! - columns[b].drop!);
  while (totalWidth(kept.map((i) => least[i])) > width && goes.length > 0) kept.splice(kept.indexOf(goes.shift()!), 1);
  return kept;
}

/** `backbone/stage1/...conv2`: the ends of a name tell most. */
export function cutMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.ceil((limit - 3) / 2);
  return `${text.slice(0, head)}...${text.slice(text.length - (limit - 3 - head))}`;
}

/** A line in lines of at most `width`, broken between words; those behind the first are indented as far as it, and by `hang`. */
export function wrapLine(line: string, width: number, hang = 2): readonly string[] {
  if (line.length <= width) return [line];
  const indent = ' '.repeat(/^ */.exec(line)![0].length + hang);
  const lines: string[] = [];
  let current = '';
  for (const word of line.split(/(?<=\S) (?=\S)/)) {
    if (current === '') current = lines.length === 0 ? word : indent + word;
    else if (current.length + 1 + word.length <= width) current += ` ${word}`;
    else {
      lines.push(current);
      current = indent + word;
    }
  }
  return [...lines, current];
}
