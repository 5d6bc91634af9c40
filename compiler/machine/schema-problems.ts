/** zod's issues with what a user wrote, in words: the place, what stands there, what should. */

import type { z } from 'zod';
import { printable } from '../diagnostics.js';
import { nearest } from '../util/nearest.js';

type Issue = z.core.$ZodIssue;

/**
 * One problem a line: `regions.0.kind: "ram" is not right, it takes sram, flash`. `whole` names what `json` is, for
 * problems that belong to no field of it; `fields` are all names that a field may have.
 */
export function schemaProblems(
  issues: readonly Issue[],
  json: unknown,
  whole: string,
  fields: readonly string[],
): readonly string[] {
  return issues.flatMap((issue) => {
    const place = issue.path.join('.') || whole;
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => `${place}: ${unknownText(key, fields)}`);
    const found = issue.path.reduce<unknown>(
      (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
      json,
    );
    return [`${place}: ${found === undefined ? 'is missing' : `${shown(found)} is not right`}${wantedText(issue)}`];
  });
}

/** NaN and functions have no JSON. */
const shown = (value: unknown): string =>
  printable(typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value)), 60);

function unknownText(key: string, fields: readonly string[]): string {
  const close = nearest(key, fields);
  return `there is no field "${printable(key, 40)}"${close.length > 0 ? `; did you mean ${close.join(' or ')}?` : ''}`;
}

/** Behind the place: what zod wanted, or the message that the schema gives. */
function wantedText(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `, it takes ${/^[aeiou]/.test(issue.expected) ? 'an' : 'a'} ${issue.expected}`;
    case 'invalid_value':
      return `, it takes ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string'
        ? ', it takes some text'
        : issue.origin === 'array'
          ? ', it takes one or more'
          : `, it takes ${issue.inclusive === true ? 'at least' : 'more than'} ${issue.minimum}`;
    case 'too_big':
      return `, it takes at most ${issue.maximum}${issue.origin === 'string' ? ' characters' : ''}`;
    default:
      return `, ${issue.message}`;
  }
}
