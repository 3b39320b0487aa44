/** Where a question would hold somebody up, or reach nobody: a hint at most, and git goes on. */
import { spawnSync } from 'node:child_process';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { withBins } from '../helpers/run.ts';
import type { Env } from '../helpers/temporary.ts';
import { type HookRepository, withHooks } from '../hooks/hook-repository.ts';
import { list, mpm } from './program.ts';
import { askable, decisionsIn, openShell, pausedOnFeature, typed } from './typed.ts';

const hint = "Load it with 'git mpm-resume'";

function has(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

/** Types a line that switches to `feature`, and returns what was shown, and what was decided. */
async function switching(
  repository: HookRepository,
  line: string,
  more: Env = {},
): Promise<{ readonly shown: string; readonly decided: string | undefined }> {
  const terminal = await openShell(repository, { more });
  const shown = await typed(terminal, `${line}; echo "exit $?"`);
  // Nobody is being asked in the background either.
  expect(await typed(terminal, 'wait; stty -a')).toMatch(/ icanon /);
  expect(terminal.screen().text).not.toContain('Resume?');
  expect(repository.git('symbolic-ref', '--short', 'HEAD').trim()).toBe('feature');
  expect((await list(repository))[0]?.status).toBe('paused');
  return { shown, decided: decisionsIn(repository).at(-1) };
}

/** An executable file outside the work tree, which git and shells find on PATH. */
function onPath(repository: HookRepository, name: string, text: string): Env {
  const env = withBins(repository.env);
  const [directory = ''] = (env['PATH'] ?? '').split(path.delimiter);
  const file = path.join(directory, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return { PATH: env['PATH'] ?? '' };
}

describe('git that another program runs prints the hint', () => {
  it('a shell script', async () => {
    const repository = await askable();
    const more = onPath(repository, 'go', '#!/bin/sh\ngit switch feature\ntrue\n');
    const { shown, decided } = await switching(repository, 'go', more);
    expect(shown).toContain(hint);
    expect(shown).toContain('exit 0');
    expect(decided).toBe('hinted not-typed');
  });

  it('a script that git itself runs, as a subcommand', async () => {
    const repository = await askable();
    const more = onPath(repository, 'git-go', '#!/bin/sh\ngit switch feature\ntrue\n');
    const { shown, decided } = await switching(repository, 'git go', more);
    expect(shown).toContain(hint);
    expect(decided).toBe('hinted not-typed');
  });

  it.each([
    '!git switch feature && true',
    '!f() { git switch "$@"; true; }; f feature',
    `!node -e 'require("node:child_process").spawnSync("git", ["switch", "feature"], {stdio: "inherit"})'; true`,
  ])('an alias that a shell runs: %s', async (alias) => {
    const repository = await askable();
    repository.git('config', 'alias.go', alias);
    const { shown, decided } = await switching(repository, 'git go');
    expect(shown).toContain(hint);
    expect(shown).toContain('exit 0');
    expect(decided).toBe('hinted not-typed');
  });

  it('Node, as npm run does', async () => {
    const repository = await askable();
    const script =
      'require("node:child_process").spawnSync("git", ["switch", "feature"], { stdio: "inherit" })';
    const { shown, decided } = await switching(repository, `node -e '${script}'`);
    expect(shown).toContain(hint);
    expect(decided).toBe('hinted not-typed');
  });

  it('a subshell', async () => {
    const repository = await askable();
    const { decided } = await switching(repository, '(git switch feature; true)');
    expect(decided).toBe('hinted not-typed');
  });

  it.skipIf(!has('setsid'))('without a terminal (needs setsid)', async () => {
    const repository = await askable();
    const { shown, decided } = await switching(repository, 'setsid -w git switch feature');
    expect(shown).toContain(hint);
    expect(decided).toMatch(/^hinted (?:not-typed|not-a-terminal)$/);
  });

  it.skipIf(!has('script'))(
    'a hook manager with a terminal of its own (needs script)',
    async () => {
      const repository = withHooks(await pausedOnFeature());
      const hook = path.join(repository.path, '.git/hooks/post-checkout');
      renameSync(hook, `${hook}-own`);
      const manager = `#!/bin/sh\nscript -qec "sh -c '.git/hooks/post-checkout-own $*; true'" /dev/null </dev/null\n`;
      writeFileSync(hook, manager, { mode: 0o755 });
      const { shown, decided } = await switching(repository, 'git switch feature');
      expect(shown).toContain(hint);
      expect(shown).toContain('exit 0');
      expect(decided).toBe('hinted not-typed');
    },
  );
});

describe('git typed where no answer could come prints the hint', () => {
  it('in the background', async () => {
    const repository = await askable();
    const terminal = await openShell(repository);
    terminal.type('git switch feature & wait; echo "exit $?"\r');
    await terminal.waitFor(/exit 0\n/);
    expect(terminal.screen().text).toContain(hint);
    expect(terminal.screen().text).not.toMatch(/Resume\?|Stopped/);
    expect(decisionsIn(repository)).toEqual(['hinted not-typed']);
  });

  it.each([
    'git switch feature | cat',
    'git switch feature 2>&1 | cat',
    'git switch feature >out.txt',
    'cat <(git switch feature 2>&1)',
  ])('%s', async (line) => {
    const repository = await askable();
    const { shown, decided } = await switching(repository, line);
    expect(shown).toContain(hint);
    expect(decided).toMatch(/^hinted (?:not-typed|not-a-terminal)$/);
  });

  it('while a program has the terminal set to its own needs', async () => {
    const repository = await askable();
    const { shown, decided } = await switching(
      repository,
      'stty -icanon -echo; git switch feature; stty sane',
    );
    expect(shown).toContain(hint);
    expect(decided).toBe('hinted terminal-in-use');
  });

  it.each([
    ['CLAUDECODE', '1'],
    ['CODEX_SANDBOX', 'seatbelt'],
    ['GEMINI_CLI', '1'],
    ['VIM', '/usr/share/vim'],
    ['NVIM', '/run/nvim.sock'],
    ['INSIDE_EMACS', '29.1,comint'],
    ['TERM', 'dumb'],
    ['GIT_TERMINAL_PROMPT', '0'],
  ])('with %s in the environment', async (name, value) => {
    const repository = await askable();
    const { shown } = await switching(repository, `${name}=${value} git switch feature`);
    expect(shown).toContain(hint);
  });
});

describe('nothing is printed at all', () => {
  it.each([
    ['CI', 'true'],
    ['MPM_SESSION_HOOKS', '0'],
  ])('with %s in the environment', async (name, value) => {
    const repository = await askable();
    const { shown } = await switching(repository, 'git switch feature', { [name]: value });
    expect(shown).not.toContain(hint);
    expect(shown).toContain('exit 0');
  });
});

describe('the hook command by itself', () => {
  const commits = ['a'.repeat(40), 'b'.repeat(40), '1'];

  it('tells its caller to print the hint when it runs on no terminal', async () => {
    const repository = await askable();
    const key = repository.git('config', 'branch.feature.mpm-session').trim();
    const run = await mpm(repository, ['hook', 'post-checkout', ...commits, '--key', key, '--ask']);
    expect(run).toMatchObject({ code: 10, stdout: '', stderr: '' });
    expect(decisionsIn(repository)).toEqual(['hinted not-a-terminal']);
  });

  it('ends with 0 for whoever wants no question', async () => {
    const repository = await askable();
    const key = repository.git('config', 'branch.feature.mpm-session').trim();
    for (const more of [[], ['--key', key], ['--pause'], ['--pause', '--key', key]]) {
      const run = await mpm(repository, ['hook', 'post-checkout', ...commits, ...more]);
      expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
    }
    const elsewhere = { path: path.dirname(repository.path), env: repository.env };
    expect((await mpm(elsewhere, ['hook', 'post-checkout', ...commits])).code).toBe(0);
  });

  it('does nothing about a session that has been resumed meanwhile', async () => {
    const repository = await askable();
    const key = repository.git('config', 'branch.feature.mpm-session').trim();
    await mpm(repository, ['resume', '--latest']);
    const run = await mpm(repository, ['hook', 'post-checkout', ...commits, '--key', key, '--ask']);
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(decisionsIn(repository)).toEqual(['quiet offer-outdated']);
  });

  it.each([
    ['a key that nobody has', '0'.repeat(20)],
    ['no key', ''],
    ['a path', '../../../etc/passwd'],
  ])('is quiet with %s', async (_name, key) => {
    const repository = await askable();
    const run = await mpm(repository, ['hook', 'post-checkout', ...commits, '--key', key, '--ask']);
    expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  it('uses the defaults where the configuration is wrong, and says nothing', async () => {
    const repository = await askable();
    repository.write('.mpmrc', 'offer: {timeout: never}\nnonsense: 1\n');
    const key = repository.git('config', 'branch.feature.mpm-session').trim();
    const run = await mpm(repository, ['hook', 'post-checkout', ...commits, '--key', key, '--ask']);
    expect(run).toMatchObject({ code: 10, stdout: '', stderr: '' });
  });

  it('is not in the overview, and explains itself', async () => {
    const repository = await askable();
    expect((await mpm(repository, ['-h'])).stdout).not.toMatch(/^ {2}hook /m);
    expect((await mpm(repository, ['hook', '-h'])).stdout).toContain('--key');
  });
});
