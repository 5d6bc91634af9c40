/** Registers and addresses in the text of operands, as objdump prints it. */

const register = /\b(r\d+|sl|fp|ip|sp|lr|pc|s\d+|d\d+|q\d+|p0|fpscr\w*|apsr\w*|vpr)\b/gi;
const alias: Readonly<Record<string, string>> = { sl: 'r10', fp: 'r11', ip: 'r12' };

/** Parts between commas outside brackets. */
export function splitOperands(text: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = '';
  for (const char of text) {
    if (char === '[' || char === '{') depth++;
    if (char === ']' || char === '}') depth--;
    if (char === ',' && depth === 0) {
      parts.push(part.trim());
      part = '';
    } else part += char;
  }
  if (part.trim() !== '') parts.push(part.trim());
  return parts;
}

/** Names as they stand. */
export const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(register)].map(([name]) => alias[name.toLowerCase()] ?? name.toLowerCase());

/** The registers that are timed: on cores with vectors s and d registers are parts of q, elsewhere d is two of s. */
export function unitsOf(name: string, vectors: boolean): readonly string[] {
  const n = Number(name.slice(1));
  if (/^d\d+$/.test(name)) return vectors ? [`q${n >> 1}`] : [`s${2 * n}`, `s${2 * n + 1}`];
  if (vectors && /^s\d+$/.test(name)) return [`q${n >> 2}`];
  return [name];
}

/** {r4, r5-r7, lr} */
export function listed(text: string): readonly string[] {
  return text
    .replace(/[{}]/g, '')
    .split(',')
    .flatMap((part) => {
      const range = /^\s*([a-z])(\d+)\s*-\s*[a-z](\d+)\s*$/.exec(part);
      if (range === null) return namesIn(part);
      const from = Number(range[2]);
      return Array.from({ length: Number(range[3]) - from + 1 }, (_, i) => `${range[1]}${from + i}`);
    });
}

export interface Address {
  readonly registers: readonly string[];
  readonly offset: number;
  readonly changesBase: boolean;
  readonly postIndexed: boolean;
}

/** The operand in brackets; null where there is none. */
export function addressIn(parts: readonly string[]): Address | null {
  const at = parts.findIndex((part) => part.startsWith('['));
  if (at < 0) return null;
  const text = parts[at];
  const offset = /#(-?(?:0x)?[0-9a-f]+)/.exec(text);
  const postIndexed = at < parts.length - 1;
  return {
    registers: namesIn(text),
    offset: offset === null ? 0 : offset[1].startsWith('-') ? -Number(offset[1].slice(1)) : Number(offset[1]),
    changesBase: text.endsWith('!') || postIndexed,
    postIndexed,
  };
}
