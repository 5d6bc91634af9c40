import { defineConfig } from 'vitest/config';

/** What compiles C, searches schedules or networks, or quantises: `npm run check` leaves it out. */
const slow = [
  'tests/property/**/*.test.ts',
  'tests/unit/{codegen,explore,quantise,redesign,search}/**/*.test.ts',
  'tests/unit/lower/{limits,real}.test.ts',
  'tests/unit/pipeline/choice.test.ts',
];

/** Quick tests first, so that a slip shows early; then the C kernels, then whole programs under QEMU. */
const groups = [
  {
    name: 'unit',
    include: ['tests/*.test.ts', 'tests/unit/**/*.test.ts', 'tests/golden/**/*.test.ts'],
    exclude: slow,
  },
  { name: 'slow', include: slow },
  { name: 'kernels', include: ['tests/kernels/**/*.test.ts'] },
  { name: 'oracle', include: ['tests/oracle/**/*.test.ts'] },
  { name: 'e2e', include: ['tests/cli/**/*.test.ts', 'tests/e2e/**/*.test.ts'], globalSetup: ['tests/build-dist.ts'] },
  {
    name: 'browser',
    include: ['tests/browser/**/*.test.ts'],
    globalSetup: ['tests/build-dist.ts', 'tests/build-site.ts'],
  },
];

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: groups.map((group, order) => ({
      // Against hangs alone: how long a test takes is the machine's business.
      test: {
        globalSetup: ['tests/report-script.ts'],
        ...group,
        testTimeout: 3_600_000,
        hookTimeout: 3_600_000,
        sequence: { groupOrder: order },
      },
    })),
  },
});
