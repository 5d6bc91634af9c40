import { defineConfig } from 'vitest/config';

/** Quick tests first, so that a slip shows early; then the C kernels, then whole programs under QEMU. */
const groups = [
  ['unit', ['tests/*.test.ts', 'tests/unit/**/*.test.ts', 'tests/property/**/*.test.ts', 'tests/golden/**/*.test.ts']],
  ['kernels', ['tests/kernels/**/*.test.ts']],
  ['oracle', ['tests/oracle/**/*.test.ts']],
  ['e2e', ['tests/cli/**/*.test.ts', 'tests/e2e/**/*.test.ts']],
] as const;

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: groups.map(([name, include], order) => ({
      test: { name, include: [...include], testTimeout: 300_000, hookTimeout: 300_000, sequence: { groupOrder: order } },
    })),
  },
});
