/** Whatever is in the vault, and whatever HEAD is: git's work is done, its status is its own. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type RunResult, runCommand } from '../helpers/run.ts';
import {
  git,
  gitOk,
  type HookRepository,
  hintIn,
  hookRepository,
  installHook,
  lastDecision,
  offerOn,
  shells,
  someHint,
  trust,
  writeOfferFile,
} from './hook-repository.ts';

const silent = { code: 0, stdout: '', stderr: '' };
const line = '1 20260101000000 session-20260101-000000 ask -';

function switched(repository: HookRepository, to = 'feature'): Promise<RunResult> {
  return git(repository, ['switch', '--quiet', to]);
}

describe('an offer that is not one of ours says nothing:', () => {
  it.each([
    ['empty', ''],
    ['without a line end', line],
    ['without text', `${line}\n`],
    ['of another version', `${line.replace('1', '2')}\nhello\n`],
    ['without a time', `${line.replace('20260101000000', '-')}\nhello\n`],
    ['with a longer time', `${line.replace('20260101000000', '202601010000001')}\nhello\n`],
    ['with a time that is no number', `${line.replace('20260101000000', '2026010100000a')}\nhi\n`],
    ['of something that is no session', `${line.replace('session-20260101-000000', 'x')}\nhello\n`],
    ['of an unknown kind', `${line.replace('ask', 'shout')}\nhello\n`],
    ['with an odd reason', `${line.replace('-\n', '')}$(id)\nhello\n`],
    ['with words too many', `${line} and more\nhello\n`],
    ['with shell in its first line', '1 $(touch evil) `touch evil` ask -\nhello\n'],
    ['of random bytes', Buffer.from(Array.from({ length: 4096 }, (_, at) => (at * 131) % 256))],
    ['of null bytes', Buffer.alloc(10_000)],
    ['of one long line', 'x'.repeat(300_000)],
    ['of many lines', 'x\n'.repeat(500_000)],
  ])('%s', async (_, content) => {
    const repository = hookRepository();
    writeOfferFile(repository, offerOn(repository, 'feature', false), content);
    expect(await switched(repository)).toMatchObject(silent);
    expect(lastDecision(repository)).toBe('quiet unreadable-offer');
    expect(existsSync(path.join(repository.path, 'evil'))).toBe(false);
  });

  it('and does not hide a sound one', async () => {
    const repository = hookRepository();
    writeOfferFile(repository, offerOn(repository, 'feature', false), 'garbage\n');
    offerOn(repository, 'feature');
    writeOfferFile(repository, offerOn(repository, 'feature', false), '');
    expect(hintIn(await switched(repository))).toEqual(someHint);
  });

  it('only its first three lines are ever printed, of however many', async () => {
    const repository = hookRepository();
    const text = `${line}\none\ntwo\nthree\n${'more\n'.repeat(1_000_000)}`;
    writeOfferFile(repository, offerOn(repository, 'feature', false), text);
    expect(await switched(repository)).toMatchObject({ code: 0, stderr: 'one\ntwo\nthree\n' });
  });

  it('a directory or a pipe in its place', async () => {
    const repository = hookRepository();
    const offers = path.join(repository.vault, 'offers');
    mkdirSync(path.join(offers, offerOn(repository, 'feature', false)), { recursive: true });
    expect(await switched(repository)).toMatchObject(silent);
    const pipe = path.join(offers, offerOn(repository, 'same', false));
    execFileSync('mkfifo', [pipe]);
    expect(await switched(repository, 'same')).toMatchObject(silent);
  });

  it('an identity that is none, or a path', async () => {
    const repository = hookRepository();
    writeOfferFile(repository, 'x', `${line}\nhello\n`);
    for (const value of ['', '../offers/x', '../../../../../../..', '*', 'a b', '-n']) {
      repository.git('config', '--add', 'branch.feature.mpm-session', value);
    }
    expect(await switched(repository)).toMatchObject(silent);
    expect(lastDecision(repository)).toBe('quiet no-session');
  });
});

for (const { name, interpreter } of shells) {
  const what = interpreter === undefined ? `${name} (SKIPPED: it is not installed)` : name;
  describe.skipIf(interpreter === undefined)(`in ${what}, with set -eu, git succeeds and`, () => {
    const scene = () =>
      hookRepository(
        {},
        { interpreter: interpreter ?? '', before: 'set -eu\n', after: 'exit 0\n' },
      );

    it.each(['offers', 'log', 'entered-.git'])(
      'a hint is printed, or none, when %s is something else',
      async (file) => {
        const repository = scene();
        offerOn(repository, 'feature');
        const target = path.join(repository.vault, file);
        rmSync(target, { recursive: true, force: true });
        if (file === 'offers') writeFileSync(target, 'a file\n');
        else mkdirSync(target);
        const run = await switched(repository);
        expect(run).toMatchObject({ code: 0, stdout: '' });
        expect(run.stderr).toBe(file === 'offers' ? '' : `${someHint.join('\n')}\n`);
      },
    );

    it('nothing is printed when a script in the vault is empty, garbage or ends with 3', async () => {
      const repository = scene();
      offerOn(repository, 'feature');
      const script = path.join(repository.vault, 'post-checkout');
      for (const text of [
        '',
        'if then ((\n',
        '\0\x01\xff',
        'exit 3\n',
        'return 4\n',
        'set -e; false\n',
      ]) {
        writeFileSync(script, text, 'latin1');
        expect(await switched(repository)).toMatchObject(silent);
        expect(await switched(repository, 'main')).toMatchObject(silent);
      }
    });

    it('nothing is printed when the stamp or the log holds garbage, but the hint', async () => {
      const repository = scene();
      offerOn(repository, 'feature');
      writeFileSync(path.join(repository.vault, 'entered-.git'), Buffer.from([0, 255, 10, 13, 39]));
      writeFileSync(path.join(repository.vault, 'log'), Buffer.from([0, 255, 39]));
      const run = await switched(repository);
      expect(run).toMatchObject({ code: 0, stderr: `${someHint.join('\n')}\n` });
    });

    it('the hint is printed, and nothing else, when nothing in the vault can be written', async () => {
      const repository = scene();
      offerOn(repository, 'feature');
      const run = await asOrdinaryUser(repository, () => chmodSync(repository.vault, 0o500));
      expect(run).toMatchObject({ code: 0, stderr: `${someHint.join('\n')}\n` });
      expect(existsSync(path.join(repository.vault, 'log'))).toBe(false);
    });

    it.each(['post-checkout', 'offers', 'identity', 'log', 'entered-.git', '.'])(
      'no word about it when %s of the vault cannot be read',
      async (what) => {
        const repository = scene();
        const identity = offerOn(repository, 'feature');
        writeFileSync(path.join(repository.vault, 'log'), '');
        writeFileSync(path.join(repository.vault, 'entered-.git'), 'x\n');
        const file = what === 'identity' ? `offers/${identity}` : what;
        const run = await asOrdinaryUser(repository, () =>
          chmodSync(path.join(repository.vault, file), 0),
        );
        const isHinted = what === 'log' || what === 'entered-.git';
        expect(run).toMatchObject({ code: 0, stderr: isHinted ? `${someHint.join('\n')}\n` : '' });
      },
    );
  });
}

describe('a HEAD that is odd says nothing:', () => {
  it.each([
    ['missing', undefined],
    ['empty', ''],
    ['garbage', 'garbage\n'],
    ['of some other ref', 'ref: refs/remotes/origin/main\n'],
    ['with shell in it', 'ref: refs/heads/$(touch evil)`touch evil`\n'],
    ['long', `ref: refs/heads/${'x'.repeat(200_000)}\n`],
  ])('%s', async (_, content) => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    const [old, entered] = ['same', 'feature'].map((at) => repository.git('rev-parse', at).trim());
    const env = { ...repository.env, GIT_EXEC_PATH: repository.git('--exec-path').trim() };
    const head = path.join(repository.path, '.git/HEAD');
    rmSync(head);
    if (content !== undefined) writeFileSync(head, content);
    const run = await runCommand({
      program: path.join(repository.path, '.git/hooks/post-checkout'),
      args: [old ?? '', entered ?? '', '1'],
      cwd: repository.path,
      env,
    });
    expect(run).toMatchObject(silent);
    expect(existsSync(path.join(repository.path, 'evil'))).toBe(false);
  });
});

describe('an odd environment changes nothing:', () => {
  it.each([
    [{ IFS: 'abc0123456789' }],
    [{ CDPATH: '/', LC_ALL: 'tr_TR.UTF-8', LANG: 'xx' }],
    [{ mpm_git: '/bin/false', mpm_reason: 'x', mpm_git_dir: '/nowhere', mpm_hinting: '' }],
    [{ POSIXLY_CORRECT: '1', ENV: '/nowhere', BASH_ENV: '/nowhere' }],
    [{ GIT_TRACE: '1', GIT_TRACE_SETUP: '1' }],
    [{ TERM: '', HOME: '/nowhere' }],
  ])('%j', async (set) => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    const run = await git(repository, ['switch', '--quiet', 'feature'], { set });
    expect(run.code).toBe(0);
    expect(hintIn(run)).toEqual(someHint);
  });

  it('and arguments that git does not give', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    for (const args of [[], ['1'], ['x', 'y', '1'], ['', '', '1'], ['a\nb', '$(id)', '1', '4']]) {
      const run = await runCommand({
        program: path.join(repository.path, '.git/hooks/post-checkout'),
        args,
        cwd: repository.path,
        env: repository.env,
      });
      expect(run).toMatchObject(silent);
    }
  });

  it('and a reader of the output who has left', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    const line = 'git switch -q feature 2>&1 | true; echo "$PIPESTATUS"';
    const run = await runCommand({
      program: 'bash',
      args: ['-c', line],
      cwd: repository.path,
      env: repository.env,
    });
    expect(run.stdout).toBe('0\n');
  });

  it('and a configuration that git cannot read', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    await gitOk(repository, 'switch', '--quiet', 'same');
    installHook(repository, 'post-checkout', { before: 'echo "[broken" >>.git/config\n' });
    expect(await switched(repository)).toMatchObject(silent);
    expect(lastDecision(repository)).toBe('failed git-failed');
  });

  it('and a link in the place of the vault', async () => {
    const repository = hookRepository();
    offerOn(repository, 'feature');
    execFileSync('mv', [repository.vault, `${repository.vault}.away`]);
    symlinkSync(`${repository.vault}.away`, repository.vault);
    expect(hintIn(await switched(repository))).toEqual(someHint);
  });
});

/** Switches to `feature` as somebody whom permissions bind. */
function asOrdinaryUser(repository: HookRepository, change: () => void): Promise<RunResult> {
  const { path: cwd, env } = repository;
  const args = ['switch', '--quiet', 'feature'];
  if (process.getuid?.() !== 0) {
    change();
    return runCommand({ program: 'git', args, cwd, env });
  }
  trust(repository);
  execFileSync('chown', ['-R', '65534', repository.home, path.dirname(cwd)]);
  change();
  const become = ['--reuid=65534', '--regid=65534', '--clear-groups', 'git', ...args];
  return runCommand({ program: 'setpriv', args: become, cwd, env });
}
