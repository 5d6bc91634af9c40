import { afterEach, describe, expect, it, vi } from 'vitest';
import { present } from '../tools.js';

afterEach(() => vi.unstubAllEnvs());

describe('a tool that is missing', () => {
  it('skips a test on a desk, and fails it in continuous integration', () => {
    vi.stubEnv('CI', '');
    expect(present('a tool that nobody has', () => false)).toBe(false);
    vi.stubEnv('CI', 'true');
    expect(() => present('a tool that nobody has', () => false)).toThrow(
      /a tool that nobody has is missing: with CI=true/,
    );
    expect(present('a tool that all have', () => true)).toBe(true);
  });
});
