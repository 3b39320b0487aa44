/** YAML that is short and costs much: it must not end the program, nor hold it up. */
import { expect, it } from 'vitest';
import { failureOf, list, mpm, pause, repositoryWithCommit, sessionFiles } from './program.ts';

const deep = { '- ': 2000, '? ': 2000, '[': 30_000, '{a: ': 10_000 };
const shapes = Object.entries(deep).map(([part, times]) => [part, part.repeat(times)] as const);

/** Two, because it is the second of them that V8 aborts at. */
const files = ['.mpmrc', '.mpmrc.yaml'];
const inTime = { timeout: 10_000 };

it.each(shapes)('a configuration of nothing but %j is an error of the file', async (_, content) => {
  const repository = repositoryWithCommit();
  for (const file of files) repository.write(file, content);
  const failure = await failureOf(repository, ['status'], inTime);
  expect(failure).toMatchObject({ exit: 2, code: 'invalid-configuration' });
  for (const file of files) expect(failure.message).toContain(`${file} line 1: nested too deeply`);
});

it.each(shapes)('a pause goes on without a configuration of %j', async (_, content) => {
  const repository = repositoryWithCommit();
  for (const file of files) repository.write(file, content);
  const { warnings } = await pause(repository, ['about to test'], inTime);
  expect(warnings).toEqual(
    files.map((file) => expect.stringContaining(`${file} line 1: nested too deeply`)),
  );
  const run = await mpm(repository, ['resume'], inTime);
  expect(run.code).toBe(0);
  expect(run.stdout).toContain('about to test');
});

it('what others keep in package.json may be as deep as JSON can be', async () => {
  const repository = repositoryWithCommit();
  const others = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
  repository.write('package.json', `{"mpm": {"ofer": 1}, "x": ${others}}`);
  const { message } = await failureOf(repository, ['status'], inTime);
  expect(message).toContain("package.json: unknown key 'ofer' (did you mean 'offer'?)");
});

it.each(['[', '- ', ']', '[],'])('fields of nothing but %j are refused at once', async (part) => {
  const repository = repositoryWithCommit();
  const input = part.repeat((1024 * 1024) / part.length);
  const failure = await failureOf(repository, ['pause', '--from', '-'], { input, ...inTime });
  expect(failure).toMatchObject({ exit: 2, code: 'unreadable-fields' });
  expect(failure.message).toMatch(/^standard input, line 1: .* \(column \d+\)$/);
  expect(sessionFiles(repository)).toEqual([]);
  expect(await list(repository)).toEqual([]);
});

it('nothing of a configuration is printed because the environment asks the library to', async () => {
  const repository = repositoryWithCommit();
  repository.write('.mpmrc', 'formats: [json]\n');
  const env = { ...repository.env, LOG_TOKENS: '1', LOG_STREAM: '1' };
  const run = await mpm({ ...repository, env }, ['list', '--json']);
  expect(run).toMatchObject({
    code: 0,
    stdout: '{"ok":true,"data":{"sessions":[]}}\n',
    stderr: '',
  });
});
