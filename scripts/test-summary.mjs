/**
 * node test-summary.mjs <vitest's JSON report> <exit status of the run>
 *
 * Lists the tests that were skipped, and closes with `N passed, N failed`. Fails when any failed. A
 * test file that could not be loaded, and a run that failed outside of any test, count as one each.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const [file, exitStatus] = process.argv.slice(2);
const { testResults } = JSON.parse(readFileSync(file, 'utf8'));

const tests = testResults.flatMap(({ name, assertionResults }) =>
  assertionResults.map(({ status, fullName }) => ({ status, name: `${place(name)}: ${fullName}` })),
);
const withStatus = (...statuses) => tests.filter(({ status }) => statuses.includes(status));

const passed = withStatus('passed').length;
const brokenFiles = testResults.filter(
  ({ status, assertionResults }) =>
    status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
);
const failures = withStatus('failed').length + brokenFiles.length;
const failed = failures === 0 && (exitStatus !== '0' || passed === 0) ? 1 : failures;

for (const { name } of withStatus('skipped', 'pending', 'todo', 'disabled')) {
  console.log(`skipped: ${name}`);
}
for (const { name } of brokenFiles) console.log(`could not be run: ${place(name)}`);
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;

function place(absolute) {
  return path.relative(process.cwd(), absolute);
}
