/** docs/worked-example.md says what the compiler does: UPDATE_GOLDEN=1 writes it anew. */

import { it } from 'vitest';
import { expectGolden } from './golden.js';
import { workedExample } from './worked-example.js';

it('docs/worked-example.md is what the compiler makes of its network', () => {
  expectGolden('../../docs/worked-example.md', workedExample());
});
