/** Text tables of fixed-width columns. */

export interface Column {
  readonly head: string;
  readonly align: 'left' | 'right';
  /** Longer cells are cut in the middle. */
  readonly limit?: number;
}

/** Lines of a table, two blanks between columns, no trailing blanks. */
export function tableLines(columns: readonly Column[], rows: readonly (readonly string[])[]): readonly string[] {
  const cells = rows.map((row) => row.map((cell, i) => cutMiddle(cell, columns[i].limit ?? Infinity)));
  const widths = columns.map((column, i) => Math.max(column.head.length, ...cells.map((row) => row[i].length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (columns[i].align === 'left' ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(columns.map((c) => c.head)), ...cells.map(line)];
}

/** `backbone/stage1/...conv2`: the ends of a name tell most. */
export function cutMiddle(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const head = Math.ceil((limit - 3) / 2);
  return `${text.slice(0, head)}...${text.slice(text.length - (limit - 3 - head))}`;
}
