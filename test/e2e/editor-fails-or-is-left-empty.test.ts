/** `pause --edit` with the editor that git would open. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestRepository } from '../helpers/repository.ts';
import { type RunResult, runGit } from '../helpers/run.ts';
import { list, mpm, readText, repositoryWithCommit, shell, shown } from './program.ts';

/** An editor that is a shell script; `$1` is the file. */
function scripted(repository: TestRepository, script: string): Record<string, string> {
  const editor = path.join(repository.home, 'an editor.sh');
  repository.write(path.relative(repository.path, editor), `#!/bin/sh\n${script}\n`, 0o755);
  return { ...repository.env, GIT_EDITOR: `'${editor}'` };
}

function edit(repository: TestRepository, script: string, ...args: string[]): Promise<RunResult> {
  return mpm(repository, ['pause', ...args, '--edit'], { env: scripted(repository, script) });
}

const vault = '.git/mpm-session';

/** Files with notes that were left in the vault, whole paths. */
function keptEdits(repository: TestRepository): readonly string[] {
  const directory = path.join(repository.path, vault);
  if (!existsSync(directory)) return [];
  const entries = readdirSync(directory, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name !== 'lock');
  return files.map(({ name }) => path.join(directory, name));
}

describe('the text in the editor', () => {
  it('is what was given so far, and what is saved there is paused', async () => {
    const repository = repositoryWithCommit();
    const script = 'cp "$1" "$HOME/seen"; printf "message: edited\\nnext: [a, b]\\n" >"$1"';
    const run = await edit(
      repository,
      script,
      'first "words"',
      '--next',
      'one\ntwo',
      '--todo',
      'x',
    );
    expect(run).toMatchObject({ code: 0, stderr: '' });

    const seen = readText(repository.home, 'seen');
    expect(seen).toContain('message: "first \\"words\\""');
    expect(seen).toContain('next:\n  - "one\\ntwo"');
    for (const field of ['task', 'phase', 'done', 'question', 'reminder', 'file']) {
      expect(seen).toMatch(new RegExp(`^${field}:`, 'm'));
    }
    const [saved] = await list(repository);
    expect(saved?.message).toBe('edited');
    const record = JSON.parse((await mpm(repository, ['show', '1', '--json'])).stdout);
    expect(record.data.session.conversation.next_steps).toEqual(['a', 'b']);
    expect(record.data.session.todos.active).toEqual([]);
    expect(keptEdits(repository)).toEqual([]);
  });

  it('left as it is keeps everything that was given, whatever characters it has', async () => {
    const repository = repositoryWithCommit();
    const odd = ': # "x" \\ \'y\'\n- 日本 😀\t{}';
    expect(await edit(repository, ':', odd, '--todo', odd, '--phase', '12e4')).toMatchObject({
      code: 0,
      stderr: '',
    });
    const record = JSON.parse((await mpm(repository, ['show', '1', '--json'])).stdout);
    expect(record.data.session).toMatchObject({
      conversation: { summary: odd, current_phase: '12e4' },
      todos: { active: [{ content: odd }] },
    });
  });

  it.each([': >"$1"', 'printf "\\n# nothing\\n" >"$1"'])(
    'emptied by %s pauses nothing',
    async (script) => {
      const repository = repositoryWithCommit();
      const run = await edit(repository, script, 'words');
      expect(run).toMatchObject({ code: 1, stdout: '' });
      expect(run.stderr).toMatch(/^error: The editor left the file empty; nothing was paused\.\n/);
      expect(await list(repository)).toEqual([]);
      expect(keptEdits(repository)).toEqual([]);
    },
  );

  it('with no word in it pauses all the same: the branch and its state are worth it', async () => {
    const repository = repositoryWithCommit();
    expect((await edit(repository, ':')).code).toBe(0);
    expect((await list(repository))[0]?.message).toBe('');
  });

  it('is for the owner’s eyes only while it is edited', async () => {
    const repository = repositoryWithCommit();
    await edit(repository, 'ls -l "$1" | cut -c1-10 >"$HOME/mode"');
    expect(readText(repository.home, 'mode')).toBe('-rw-------\n');
  });
});

describe('the editor', () => {
  it('is the one git is configured with, arguments and all', async () => {
    const repository = repositoryWithCommit();
    repository.write('.git/ed.sh', '#!/bin/sh\necho "message: $1 from config" >"$2"\n', 0o755);
    repository.git('config', 'core.editor', '.git/ed.sh --flag');
    const run = await runGit(repository, ['mpm-pause', '--edit']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect((await list(repository))[0]?.message).toBe('--flag from config');
  });

  it('does not write into our standard output when that is read by a program', async () => {
    const repository = repositoryWithCommit();
    const run = await edit(repository, 'echo said by the editor', 'words');
    expect(shown(run)[0]).toMatch(/^Paused /);
    expect(run).toMatchObject({ code: 0, stderr: 'said by the editor\n' });
  });

  it.each(['--json', '-q'])('is not opened with %s', async (option) => {
    const repository = repositoryWithCommit();
    const run = await edit(repository, 'touch "$HOME/opened"', option);
    expect(run.code).toBe(2);
    expect(run.stdout + run.stderr).toContain('--edit opens an editor');
    expect(existsSync(path.join(repository.home, 'opened'))).toBe(false);
  });

  it('that fails leaves no session, and what it had saved', async () => {
    const repository = repositoryWithCommit();
    const run = await edit(repository, 'echo "message: half" >"$1"; exit 3', 'words');
    const [kept = ''] = keptEdits(repository);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toContain('failed (exit 3); no session was written.');
    expect(run.stderr).toContain(kept);
    expect(readText(kept)).toBe('message: half\n');
    expect(await list(repository)).toEqual([]);
  });

  it('that is killed leaves no session', async () => {
    const repository = repositoryWithCommit();
    const run = await edit(repository, 'kill -KILL $$');
    expect(run.code).toBe(1);
    expect(run.stderr).toMatch(/no session was written/);
    expect(await list(repository)).toEqual([]);
  });

  it('that is not there leaves no session', async () => {
    const repository = repositoryWithCommit();
    const env = { ...repository.env, GIT_EDITOR: '/no/such/editor' };
    const run = await mpm(repository, ['pause', '--edit'], { env });
    expect(run.code).toBe(1);
    expect(run.stderr).toContain("error: The editor '/no/such/editor' failed (exit 127)");
    expect(await list(repository)).toEqual([]);
  });
});

describe('an invalid edit', () => {
  const invalid: readonly [string, string, number, RegExp][] = [
    ['of broken YAML', 'message: ok\nnext: [a', 2, /line \d/],
    ['with an unknown field', 'message: ok\nnexxt: [a]', 2, /line 2: unknown field 'nexxt'.*next/],
    ['with a value of the wrong kind', 'message: ok\ntask: x\nnext: 12', 2, /line 3: next must be/],
    ['of something else', '- a\n- b', 2, /mapping/],
  ];

  it.each(invalid)('%s is kept and named', async (_, text, exit, message) => {
    const repository = repositoryWithCommit();
    const run = await edit(repository, `cat >"$1" <<'EOF'\n${text}\nEOF`);
    const [kept = ''] = keptEdits(repository);
    expect(run).toMatchObject({ code: exit, stdout: '' });
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toContain('git mpm-pause --from ');
    expect(run.stderr).toContain(kept);
    expect(readText(kept)).toBe(`${text}\n`);
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(await list(repository)).toEqual([]);
  });

  it('can be corrected and paused with the very command that the hint gives', async () => {
    const repository = repositoryWithCommit();
    const { stderr } = await edit(repository, 'echo "message: [long text" >"$1"');
    const [kept = ''] = keptEdits(repository);
    repository.write(path.relative(repository.path, kept), 'message: long text\n');
    const [, command = 'false'] = /run: (git mpm-pause .*)$/m.exec(stderr) ?? [];
    expect(await shell(repository, command)).toMatchObject({ code: 0, stderr: '' });
    expect(await list(repository)).toMatchObject([{ message: 'long text' }]);
  });

  it('that is no UTF-8 is kept', async () => {
    const repository = repositoryWithCommit();
    const run = await edit(repository, 'printf "message: \\377\\n" >"$1"');
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('not valid UTF-8');
    expect(keptEdits(repository)).toHaveLength(1);
  });

  it('over 1 MiB is kept', async () => {
    const repository = repositoryWithCommit();
    const run = await edit(
      repository,
      '{ printf "message: "; head -c 1048577 /dev/zero | tr "\\0" x; } >"$1"',
    );
    expect(run.code).toBe(2);
    expect(run.stderr).toMatch(/message .*longer than 1048576 bytes/);
    expect(keptEdits(repository)).toHaveLength(1);
    expect(await list(repository)).toEqual([]);
  });

  it('never disappears because of a later one', async () => {
    const repository = repositoryWithCommit();
    await edit(repository, 'echo "first: [" >"$1"');
    await edit(repository, 'echo "second: [" >"$1"');
    expect((await edit(repository, ':', 'third')).code).toBe(0);
    expect(
      keptEdits(repository)
        .map((file) => readText(file))
        .sort(),
    ).toEqual(['first: [\n', 'second: [\n']);
  });
});

describe('outside git', () => {
  it('the editor is git’s as well', async () => {
    const repository = repositoryWithCommit();
    const place = { path: repository.home, env: scripted(repository, 'echo "message: out" >"$1"') };
    const run = await mpm(place, ['pause', '--edit']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect((await list(place))[0]?.message).toBe('out');
  });
});
