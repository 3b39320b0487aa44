import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryAt } from '../helpers/repository.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { openTerminal } from '../helpers/terminal.ts';
import {
  git,
  type HookRepository,
  hookRepository,
  installHook,
  installScripts,
  lastDecision,
  logged,
  offerOn,
  recordingProgram,
  runsIn,
  someHint,
  writeOffer,
} from './hook-repository.ts';

/** With a program that notes how it is run, and ends with `exit`. */
function recorded(exit = 0, extra = ''): { repository: HookRepository; directory: string } {
  const directory = temporaryDirectory();
  const header = recordingProgram(directory, exit, extra);
  return { repository: hookRepository({}, { header }), directory };
}

/** Types a line into an interactive shell; resolves with all that was shown. */
async function typed(repository: HookRepository, line: string, set = {}): Promise<string> {
  const env = { ...repository.env, ...set, PS1: 'ready ' };
  const args = ['--norc', '--noprofile', '-i'];
  const terminal = openTerminal('bash', args, { cwd: repository.path, env, columns: 300 });
  await terminal.waitFor(/ready /);
  terminal.type(`${line}; exit\r`);
  await terminal.exit;
  return terminal.screen().text;
}

const onLinux = process.platform === 'linux';

describe.skipIf(!onLinux)('typed at a terminal (needs /proc: Linux)', () => {
  it('Node is started, to ask, and nothing is printed but by it', async () => {
    const { repository, directory } = recorded(0);
    const key = offerOn(repository, 'feature');
    const [old, entered] = ['main', 'feature'].map((at) => repository.git('rev-parse', at).trim());

    const shown = await typed(repository, 'git switch feature');

    expect(shown).not.toContain(someHint[0]);
    expect(runsIn(directory)).toEqual([
      `hook post-checkout ${old} ${entered} 1 --key ${key} --ask`,
    ]);
    // What was asked and answered, Node writes down itself.
    expect(logged(repository)).toEqual([]);
  });

  it('Node writes files as the user would, and its errors for nobody else', async () => {
    const { repository, directory } = recorded(
      0,
      "fs.writeFileSync(process.env.MPM_TEST_UMASK, process.umask().toString(8)); console.error('x');",
    );
    offerOn(repository, 'feature');
    const set = { MPM_TEST_UMASK: path.join(directory, 'umask') };
    await typed(repository, 'umask 022; git switch feature', set);
    expect(readFileSync(path.join(directory, 'umask'), 'utf8')).toBe('22');
    expect(statSync(path.join(repository.vault, 'hook-error')).mode & 0o777).toBe(0o600);
  });

  it('for a commit, the key is the commit', async () => {
    const { repository, directory } = recorded(0);
    const oid = repository.git('rev-parse', 'feature').trim();
    writeOffer(repository, oid);
    await typed(repository, 'git checkout --detach feature');
    expect(runsIn(directory)).toEqual([expect.stringContaining(`${oid} 1 --key ${oid} --ask`)]);
  });

  it('the hint is printed when Node finds that it should not ask', async () => {
    const { repository } = recorded(10);
    offerOn(repository, 'feature');
    const shown = await typed(repository, 'git switch feature');
    expect(shown).toContain(`${someHint.join('\n')}\n`);
    expect(logged(repository)).toEqual([]);
  });

  it('nothing is printed when it fails, and git has done its work', async () => {
    const { repository } = recorded(1, "console.error('broken'); console.log('on the terminal');");
    offerOn(repository, 'feature');
    const shown = await typed(repository, 'git switch feature; echo "status=$?"');
    expect(shown).toContain('status=0');
    expect(shown).not.toContain('broken');
    expect(shown).not.toContain(someHint[0]);
    expect(lastDecision(repository)).toBe('failed node-failed');
    expect(readFileSync(path.join(repository.vault, 'hook-error'), 'utf8')).toBe('broken\n');
  });

  it('the terminal is put back when Node was killed while it asked', async () => {
    const { repository } = recorded(
      0,
      `import { execFileSync } from 'node:child_process';
const tty = fs.openSync('/dev/tty', 'r+');
const stty = (...args) => execFileSync('stty', args, { stdio: [tty, 'pipe', 'inherit'] });
const leader = fs.readFileSync('/proc/self/stat', 'latin1').replace(/^.*\\) /s, '').split(' ')[5];
const stat = '/bin/stty\\n' + stty('-g');
fs.writeFileSync(process.env.MPM_TEST_VAULT + '/terminal-' + leader, stat);
stty('raw', '-echo');
process.kill(process.pid, 'SIGKILL');`,
    );
    offerOn(repository, 'feature');
    const set = { MPM_TEST_VAULT: repository.vault };
    const before = 'stty -g >before; git switch -q feature </dev/null';
    const shown = await typed(repository, `${before}; stty -g >after; echo "status=$?"`, set);
    expect(shown).toContain('status=0');
    const settings = (name: string) => readFileSync(path.join(repository.path, name), 'utf8');
    expect(settings('after')).toBe(settings('before'));
    expect(logged(repository).at(-1)).toMatchObject({ reason: 'node-failed', detail: '137' });
    // Another git may come to have its number.
    expect(readdirSync(repository.vault).filter((name) => name.startsWith('terminal-'))).toEqual(
      [],
    );
  });

  it.each([
    ['a pipe', 'git switch feature | cat', 'not-typed'],
    ['a pipe for the messages', 'git switch feature 2>&1 | cat', 'not-a-terminal'],
    ['a file', 'git switch feature >out; cat out', 'not-typed'],
    ['a file for the messages', 'git switch feature 2>out; cat out', 'not-a-terminal'],
    ['a script', `sh -c 'git switch feature; true'`, 'not-typed'],
    ['a function in the background', '(git switch feature; true) & wait', 'not-typed'],
  ])('only a hint through %s', async (_, line, reason) => {
    const { repository, directory } = recorded();
    offerOn(repository, 'feature');
    const shown = await typed(repository, line);
    expect(shown).toContain(`${someHint.join('\n')}\n`);
    expect(runsIn(directory)).toEqual([]);
    expect(lastDecision(repository)).toBe(`hinted ${reason}`);
  });

  it.each([
    ['CLAUDECODE', '1', 'agent'],
    ['CODEX_THREAD_ID', 'x', 'agent'],
    ['GEMINI_CLI', '1', 'agent'],
    ['COPILOT_CLI', '1', 'agent'],
    ['OPENCODE', '1', 'agent'],
    ['CURSOR_AGENT', '1', 'agent'],
    ['AI_AGENT', 'x', 'agent'],
    ['VIMRUNTIME', '/usr/share/vim', 'editor'],
    ['NVIM', '/tmp/socket', 'editor'],
    ['INSIDE_EMACS', '29', 'editor'],
    ['TERM', 'dumb', 'dumb-terminal'],
    ['GIT_TERMINAL_PROMPT', '0', 'prompts-off'],
  ])('only a hint with %s=%s', async (name, value, reason) => {
    const { repository, directory } = recorded();
    offerOn(repository, 'feature');
    const shown = await typed(repository, `${name}=${value} git switch feature`);
    expect(shown).toContain(`${someHint.join('\n')}\n`);
    expect(runsIn(directory)).toEqual([]);
    expect(lastDecision(repository)).toBe(`hinted ${reason}`);
  });

  it('only a hint when offers are to be hints, and when nothing is installed', async () => {
    const { repository, directory } = recorded();
    offerOn(repository, 'feature', { kind: 'hint' });
    expect(await typed(repository, 'git switch feature')).toContain(someHint[0]);
    expect(lastDecision(repository)).toBe('hinted mode-hint');

    installScripts(repository, { program: '' });
    offerOn(repository, 'same');
    expect(await typed(repository, 'git switch same')).toContain(someHint[0]);
    expect(lastDecision(repository)).toBe('hinted not-installed');
    expect(runsIn(directory)).toEqual([]);
  });

  it('a Node that is gone is looked for on PATH, but not in the work tree', async () => {
    const directory = temporaryDirectory();
    const header = { ...recordingProgram(directory, 0), node: '/nowhere/node' };
    const repository = hookRepository({}, { header });
    offerOn(repository, 'feature');
    const planted = path.join(repository.path, 'node_modules/.bin');
    mkdirSync(planted, { recursive: true });
    const evil = `#!/bin/sh\necho ran >'${directory}/planted'\n`;
    writeFileSync(path.join(planted, 'node'), evil, { mode: 0o755 });
    const good = path.join(temporaryDirectory(), 'bin');
    mkdirSync(good);

    // As husky does.
    const PATH = `${planted}:node_modules/.bin:${good}:/usr/bin:/bin`;
    const before = `PATH='${PATH}'\nexport PATH\n`;
    installHook(repository, 'post-checkout', { before });
    symlinkSync(process.execPath, path.join(good, 'node'));
    await typed(repository, 'git switch feature');
    expect(runsIn(directory)).toHaveLength(1);
    expect(() => readFileSync(path.join(directory, 'planted'))).toThrow('ENOENT');
  });

  it('git is never one that lies first on PATH in the work tree', async () => {
    const { repository, directory } = recorded();
    offerOn(repository, 'same');
    const planted = path.join(repository.path, 'node_modules/.bin');
    mkdirSync(planted, { recursive: true });
    const evil = `#!/bin/sh\necho ran >'${directory}/planted'\n`;
    for (const name of ['git', 'node', 'printf', 'stty', 'print', 'emulate', 'test', 'true']) {
      writeFileSync(path.join(planted, name), evil, { mode: 0o755 });
    }
    const before = `PATH='${planted}':$PATH\nexport PATH\n`;
    installHook(repository, 'post-checkout', { before });
    await typed(repository, 'git switch same');
    expect(runsIn(directory)).toHaveLength(1);
    expect(() => readFileSync(path.join(directory, 'planted'))).toThrow('ENOENT');
  });
});

describe.skipIf(!onLinux)('a program that lies in the work tree (needs /proc: Linux)', () => {
  function inWorkTree(): { repository: HookRepository; directory: string } {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    repository.write('.git/info/exclude', 'node_modules\n');
    repository.write('node_modules/mpm-session/x', '');
    const directory = path.join(repository.path, 'node_modules/mpm-session');
    installScripts(repository, recordingProgram(directory, 0));
    return { repository, directory };
  }

  it('is run when git tracks nothing there', async () => {
    const { repository, directory } = inWorkTree();
    await typed(repository, 'git switch feature');
    expect(runsIn(directory)).toHaveLength(1);
  });

  it.each(['node_modules/another/file', 'Node_Modules/file'])(
    'is not when the branch has brought %s',
    async (file) => {
      const { repository, directory } = inWorkTree();
      repository.git('switch', '--quiet', 'feature');
      repository.write(file, 'x');
      repository.git('add', '--force', file);
      repository.git('commit', '--quiet', '-m', 'hostile');
      repository.git('switch', '--quiet', 'main');
      const shown = await typed(repository, 'git switch feature');
      expect(shown).toContain(someHint[0]);
      expect(runsIn(directory)).toEqual([]);
      expect(lastDecision(repository)).toBe('hinted program-not-trusted');
    },
  );

  it('is not either when git takes pathspecs literally', async () => {
    const set = { GIT_LITERAL_PATHSPECS: '1' };
    const { repository, directory } = inWorkTree();
    repository.git('add', '--force', 'node_modules/mpm-session/x');
    await typed(repository, 'git switch feature', set);
    expect(runsIn(directory)).toEqual([]);
    expect(lastDecision(repository)).toBe('hinted program-not-trusted');
  });

  it('is not when git was told of an index, whatever that tracks', async () => {
    const { repository, directory } = inWorkTree();
    const index = path.join(temporaryDirectory(), 'index');
    copyFileSync(path.join(repository.path, '.git/index'), index);
    const shown = await typed(repository, 'git switch feature', { GIT_INDEX_FILE: index });
    expect(shown).toContain(someHint[0]);
    expect(runsIn(directory)).toEqual([]);
    expect(lastDecision(repository)).toBe('hinted program-not-trusted');
  });

  it('is not when it lies in a linked work tree inside, and a branch tracks its files', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    repository.write('.git/info/exclude', 'node_modules\nlinked\n');
    repository.git('worktree', 'add', '--quiet', 'linked', 'same');
    repository.write('linked/node_modules/mpm-session/x', '');
    const directory = path.join(repository.path, 'linked/node_modules/mpm-session');
    installScripts(repository, recordingProgram(directory, 0));
    await typed(repository, 'git switch feature');
    expect(runsIn(directory)).toHaveLength(1);

    await git(repository, ['switch', 'main']);
    const blob = repository.git('hash-object', '-w', '--', 'first.txt').trim();
    const tracked = `100644,${blob},linked/node_modules/mpm-session/y`;
    repository.git('update-index', '--add', '--cacheinfo', tracked);
    await typed(repository, 'git switch feature');
    expect(runsIn(directory)).toHaveLength(1);
    expect(lastDecision(repository)).toBe('hinted program-not-trusted');
  });

  it('is not when that is in the main work tree, and git runs in a linked one', async () => {
    const { repository, directory } = inWorkTree();
    const linked = path.join(temporaryDirectory(), 'linked');
    repository.git('worktree', 'add', '--quiet', linked, 'same');
    const there = { ...repositoryAt(linked, repository.home), vault: repository.vault };
    await typed(there, 'git switch feature');
    expect(runsIn(directory)).toHaveLength(1);

    await git(there, ['switch', 'same']);
    repository.write('node_modules/evil', '');
    repository.git('add', '--force', 'node_modules/evil');
    await typed(there, 'git switch feature');
    expect(runsIn(directory)).toHaveLength(1);
    expect(lastDecision(repository)).toBe('hinted program-not-trusted');
  });

  it('nor when a link from elsewhere leads there', async () => {
    const { repository, directory } = inWorkTree();
    const away = path.join(temporaryDirectory(), 'link');
    symlinkSync(directory, away);
    installScripts(repository, {
      ...recordingProgram(directory, 0),
      program: path.join(away, 'program.mjs'),
    });
    repository.git('add', '--force', 'node_modules/mpm-session/x');
    await typed(repository, 'git switch feature');
    expect(runsIn(directory)).toEqual([]);
    expect(lastDecision(repository)).toBe('hinted program-not-trusted');
  });
});

describe('with autoPause', () => {
  function pausing(exit = 0): { repository: HookRepository; directory: string } {
    const scene = recorded(exit);
    mkdirSync(path.join(scene.repository.vault, 'offers'));
    writeFileSync(path.join(scene.repository.vault, 'auto-pause'), '');
    return scene;
  }

  it('Node is started for every change of branch, and once for each', async () => {
    const { repository, directory } = pausing();
    const [main, feature] = ['main', 'feature'].map((at) => repository.git('rev-parse', at).trim());
    for (const args of [
      ['switch', 'feature'],
      ['switch', 'feature'],
      ['checkout'],
      ['checkout', '--', '.'],
      ['switch', 'main'],
      ['switch', 'same'],
      ['switch', 'same'],
      ['checkout', '--detach', 'feature'],
      ['switch', '-c', 'new', 'main'],
    ]) {
      expect((await git(repository, args)).code).toBe(0);
    }
    expect(runsIn(directory)).toEqual(
      [
        [main, feature],
        [feature, main],
        [main, main],
        [main, feature],
        [feature, main],
      ].map(([from, to]) => `hook post-checkout ${from} ${to} 1 --key  --pause`),
    );
  });

  it('and for nothing else: rebase, bisect, worktree add, CI, switched off', async () => {
    const { repository, directory } = pausing();
    repository.commit('third');
    await git(repository, ['rebase', 'main', 'feature']);
    await git(repository, ['bisect', 'start', 'HEAD', 'HEAD~2']);
    await git(repository, ['bisect', 'reset']);
    await git(repository, ['worktree', 'add', path.join(temporaryDirectory(), 'tree'), 'same']);
    await git(repository, ['switch', 'main'], { set: { CI: '1' } });
    await git(repository, ['switch', 'feature'], { set: { MPM_SESSION_HOOKS: '0' } });
    expect(runsIn(directory)).toEqual([]);
  });

  it.each([0, 10])('the hint is printed after it (status %i)', async (exit) => {
    const { repository, directory } = pausing(exit);
    const key = offerOn(repository, 'feature');
    const run = await git(repository, ['switch', '-q', 'feature']);
    expect(run).toMatchObject({ code: 0, stderr: `${someHint.join('\n')}\n` });
    expect(runsIn(directory)).toEqual([expect.stringContaining(` 1 --key ${key} --pause`)]);
    expect(logged(repository).map((line) => line.reason)).toEqual(['not-a-terminal']);
  });

  it('the hint is printed also when it fails', async () => {
    const { repository } = pausing(1);
    offerOn(repository, 'feature');
    const run = await git(repository, ['switch', '-q', 'feature']);
    expect(run).toMatchObject({ code: 0, stderr: `${someHint.join('\n')}\n` });
    const reasons = logged(repository).map((line) => `${line.outcome} ${line.reason}`);
    expect(reasons).toEqual(['failed node-failed', 'hinted not-a-terminal']);
  });

  it('Node takes no options from the environment, which could name files of a branch', async () => {
    const { repository, directory } = pausing();
    const branchs = "require('node:fs').writeFileSync('branchs-code-ran', '');";
    repository.git('switch', '--quiet', 'feature');
    repository.commit('brings code', { 'hook.cjs': branchs });
    repository.git('switch', '--quiet', 'main');
    const before = runsIn(directory).length;
    const set = { NODE_OPTIONS: '--require ./hook.cjs', NODE_V8_COVERAGE: 'coverage' };
    expect((await git(repository, ['switch', 'feature'], { set })).code).toBe(0);
    expect(runsIn(directory)).toHaveLength(before + 1);
    const made = ['branchs-code-ran', 'coverage'].map((name) => path.join(repository.path, name));
    expect(made.filter((file) => existsSync(file))).toEqual([]);
  });

  it('hook-error holds what Node said the last time', async () => {
    const { repository } = recorded(1, 'console.error(process.argv[4].slice(0, 8));');
    mkdirSync(path.join(repository.vault, 'offers'));
    writeFileSync(path.join(repository.vault, 'auto-pause'), '');
    await git(repository, ['switch', 'feature']);
    await git(repository, ['switch', 'main']);
    const left = repository.git('rev-parse', 'feature').slice(0, 8);
    expect(readFileSync(path.join(repository.vault, 'hook-error'), 'utf8')).toBe(`${left}\n`);
  });

  describe('a hook-error that is no file is not opened', () => {
    function standing(make: (file: string, directory: string) => void) {
      const directory = temporaryDirectory();
      const header = recordingProgram(directory, 0, "console.error('x');");
      const repository = hookRepository({}, { header });
      mkdirSync(path.join(repository.vault, 'offers'));
      writeFileSync(path.join(repository.vault, 'auto-pause'), '');
      const file = path.join(repository.vault, 'hook-error');
      make(file, directory);
      return { repository, directory, file };
    }

    async function expectRun({ repository, directory }: ReturnType<typeof standing>) {
      const run = await git(repository, ['switch', '-q', 'feature'], { timeout: 10_000 });
      expect(run).toMatchObject({ code: 0, stdout: '', stderr: '' });
      expect(runsIn(directory)).toHaveLength(1);
    }

    it('a FIFO', async () => {
      const scene = standing((file) => execFileSync('mkfifo', [file]));
      await expectRun(scene);
      expect(lstatSync(scene.file).isFIFO()).toBe(true);
    });

    it('a directory', async () => {
      await expectRun(standing((file) => mkdirSync(file)));
    });

    it.each(['', 'what stood there\n'])('a link (to %j)', async (content) => {
      const scene = standing((file, directory) => {
        symlinkSync(path.join(directory, 'away'), file);
        if (content !== '') writeFileSync(path.join(directory, 'away'), content);
      });
      await expectRun(scene);
      const away = path.join(scene.directory, 'away');
      expect(existsSync(away) ? readFileSync(away, 'utf8') : '').toBe(content);
      expect(existsSync(away)).toBe(content !== '');
    });
  });

  it.skipIf(!onLinux)('one Node pauses and asks (needs /proc: Linux)', async () => {
    const { repository, directory } = pausing();
    offerOn(repository, 'feature');
    await typed(repository, 'git switch feature');
    expect(runsIn(directory)).toEqual([expect.stringMatching(/ --ask --pause$/)]);
  });
});

it('a repository that was moved says what it said before', async () => {
  const { repository, directory } = recorded();
  offerOn(repository, 'feature');
  const moved = path.join(temporaryDirectory(), 'moved');
  renameSync(repository.path, moved);
  const there = repositoryAt(moved, repository.home);
  const run = await git(there, ['switch', '-q', 'feature']);
  expect(run).toMatchObject({ code: 0, stderr: `${someHint.join('\n')}\n` });
  expect(runsIn(directory)).toEqual([]);
});
