import { defineConfig } from 'vitest/config';

// Node 20 reads these certificates at every start, which takes longer than most of our commands.
Reflect.deleteProperty(process.env, 'NODE_EXTRA_CA_CERTS');

/** .ci/run counts the tests from this file. */
const recorded = process.env['CI'] !== undefined || process.env['MPM_TEST_RESULTS'] !== undefined;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    pool: 'forks',
    // Most of the time a test waits for programs that it has started.
    maxWorkers: '100%',
    testTimeout: 20_000,
    hookTimeout: 20_000,
    reporters: recorded ? ['default', 'json'] : ['default'],
    outputFile: { json: 'test-results.json' },
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text', 'html'] },
  },
});
