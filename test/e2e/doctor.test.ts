/** What `doctor` finds besides dead hooks, and what `--fix` does about it. */
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeJournal } from '../../src/integrations/edits/journal.ts';
import { vaultIn } from '../../src/store/vault.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { hasConfiguredHooks } from '../integrations/configured-hooks.ts';
import { codesOf, type Diagnosis, doctor, problems } from './doctor-command.ts';
import {
  dataOf,
  failureOf,
  hasOrdinaryUser,
  inSessions,
  mpm,
  mpmAsOrdinaryUser,
  onlyDocument,
  outsideGit,
  pause,
  repositoryWithCommit,
  sessionFiles,
  shell,
  shown,
} from './program.ts';

/** With hooks, and one session on `main`. */
async function setUp(): Promise<TestRepository> {
  const repository = repositoryWithCommit();
  await dataOf(repository, ['init', '--yes']);
  await pause(repository, ['about to test login']);
  // What `init` and `pause` leave in the work tree is not this test's matter.
  return repository;
}

const vaultOf = ({ path: top }: TestRepository, ...names: readonly string[]) =>
  path.join(top, '.git/mpm-session', ...names);

const failed = '\tpost-checkout\ta b 1\tfailed\tnode-failed\t137';
const asked = '2026-11-22T20:00:00.000Z\tpost-checkout\ta b 1\tasked\tnot-now';
const quiet = '\tpost-checkout\ta b 1\tquiet\tresumed';

function logged(repository: TestRepository, ...lines: readonly string[]): void {
  const log = lines.map((line) => `${line}\n`).join('');
  writeFileSync(vaultOf(repository, 'log'), log, { mode: 0o600 });
}

/** That a problem is found, that `--fix` mends it, and that all is well then. */
async function isMended(repository: TestRepository, code: string): Promise<void> {
  const before = problems(await doctor(repository));
  expect(codesOf(before)).toContain(code);
  expect(before.find((check) => check.code === code)?.fix).toContain('doctor --fix');
  const fixed = await doctor(repository, '--fix');
  expect(fixed.fixed.every(({ done }) => done)).toBe(true);
  expect(problems(fixed)).toEqual([]);
  expect((await doctor(repository)).ok).toBe(true);
}

describe('what is said', () => {
  it('is that all is well, right after init', async () => {
    const repository = await setUp();
    expect(problems(await doctor(repository))).toEqual([]);
    const run = await mpm(repository, ['doctor']);
    expect(run.code).toBe(0);
    expect(shown(run).at(-1)).toBe('All is well.');
    expect(run.stdout).toContain(
      'post-checkout, pre-commit, pre-merge-commit, pre-push: fire, through',
    );
  });

  it('is that nothing is set up, where nothing is', async () => {
    const found = problems(await doctor(repositoryWithCommit()));
    const [first] = found;
    expect(first).toMatchObject({ code: 'not-set-up', fix: 'mpm-session init' });
    expect(codesOf(found)).toEqual(['not-set-up']);
  });

  it('changes nothing in a repository that was never paused in, also with --fix', async () => {
    const repository = repositoryWithCommit();
    await doctor(repository);
    expect(existsSync(vaultOf(repository))).toBe(false);
    expect(repository.git('status', '--porcelain', '--ignored')).toBe('');
  });

  it('is an error outside git', async () => {
    expect(await failureOf(outsideGit(), ['doctor'])).toMatchObject({
      exit: 1,
      code: 'not-a-repository',
    });
  });

  it('names what is wrong in the configuration, and goes on', async () => {
    const repository = await setUp();
    repository.write('.mpmrc', 'ofer:\n  mode: hint\n');
    const [first] = problems(await doctor(repository));
    expect(first).toMatchObject({ code: 'configuration' });
    expect(first?.message).toContain('.mpmrc line 1');
  });

  it.skipIf(!hasOrdinaryUser)('is not that of a vault nobody may look into', async () => {
    const repository = await setUp();
    chmodSync(vaultOf(repository), 0o000);
    const run = await mpmAsOrdinaryUser(repository, ['doctor', '--json']);
    chmodSync(vaultOf(repository), 0o700);
    expect(run.code).toBe(1);
    const { data } = onlyDocument(run) as { data: Diagnosis };
    expect(data.ok).toBe(false);
    expect(codesOf(data.checks)).toContain('not-examined');
    expect(codesOf(data.checks)).toContain('vault-closed');
    expect(codesOf(data.checks)).not.toContain('scripts-missing');
  });

  it('is well in linked work trees, submodules and before the first commit', async () => {
    for (const layout of ['linked-worktree', 'submodule', 'plain'] as const) {
      const repository = createRepository({ layout });
      await dataOf(repository, ['init', '--yes']);
      expect(problems(await doctor(repository)), layout).toEqual([]);
    }
  });
});

describe('sessions', () => {
  it('that lost their files get them back', async () => {
    const repository = await setUp();
    for (const name of sessionFiles(repository)) {
      if (name.endsWith('.md')) rmSync(inSessions(repository, name));
    }
    await isMended(repository, 'files-missing');
  });

  it('whose files say something else are named', async () => {
    const repository = await setUp();
    const [name = ''] = sessionFiles(repository).filter((one) => one.endsWith('.yaml'));
    appendFileSync(inSessions(repository, name), '# more\n');
    const [first] = problems(await doctor(repository));
    expect(first).toMatchObject({ code: 'files-differ' });
    expect(first?.message).toContain('yaml');
  });

  it('whose record is damaged are named', async () => {
    const repository = await setUp();
    const [name = ''] = readdirSync(vaultOf(repository, 'sessions'));
    const file = vaultOf(repository, 'sessions', name);
    writeFileSync(file, readFileSync(file, 'utf8').replace('login', 'logout'));
    const [first] = problems(await doctor(repository));
    expect(first).toMatchObject({ code: 'record-damaged' });
    expect(first?.message).toContain('checksum');
  });

  it('that were resumed in another work tree have their files follow', async () => {
    const repository = await setUp();
    await dataOf(repository, ['resume']);
    const other = path.join(temporaryDirectory(), 'other');
    repository.git('worktree', 'add', '--quiet', '--detach', other);
    const there = repositoryAt(other, repository.home, repository.path);
    await dataOf(there, ['dismiss', '1']);
    expect(problems(await doctor(repository))).toEqual([]);
    const [json = ''] = sessionFiles(repository).filter((one) => one.endsWith('.json'));
    expect(readFileSync(inSessions(repository, json), 'utf8')).toContain('"dismissed"');
  });

  it('whose files are older than the record, and unedited, have them written anew', async () => {
    const repository = await setUp();
    const files = sessionFiles(repository).filter((one) => one.startsWith('session-'));
    const before = files.map((one) => readFileSync(inSessions(repository, one)));
    await dataOf(repository, ['dismiss', '1']);
    for (const [at, one] of files.entries()) {
      writeFileSync(inSessions(repository, one), before[at] ?? '');
    }
    await isMended(repository, 'files-older');
    for (const [at, one] of files.entries()) {
      expect(readFileSync(inSessions(repository, one)), one).not.toEqual(before[at]);
    }
  });

  it('that others can read are closed', async () => {
    const repository = await setUp();
    const [name = ''] = readdirSync(vaultOf(repository, 'sessions'));
    const file = vaultOf(repository, 'sessions', name);
    chmodSync(file, 0o644);
    chmodSync(inSessions(repository, ''), 0o755);
    await isMended(repository, 'permissions');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(inSessions(repository, '')).mode & 0o777).toBe(0o700);
  });

  it('whose offers are not theirs any more get new ones', async () => {
    const repository = await setUp();
    const [key = ''] = readdirSync(vaultOf(repository, 'offers'));
    const before = readFileSync(vaultOf(repository, 'offers', key), 'utf8');
    writeFileSync(vaultOf(repository, 'offers', key), before.replace('login', 'logout'));
    writeFileSync(vaultOf(repository, 'offers', 'a'.repeat(20)), before, { mode: 0o600 });
    await isMended(repository, 'offers-stale');
    expect(readdirSync(vaultOf(repository, 'offers'))).toEqual([key]);
    expect(readFileSync(vaultOf(repository, 'offers', key), 'utf8')).toBe(before);
  });

  it('of a branch with an identity that is none are pointed out', async () => {
    const repository = await setUp();
    repository.git('config', 'branch.other.mpm-session', '../../etc');
    const [first] = problems(await doctor(repository));
    expect(first?.code).toBe('identity-unreadable');
    expect((await shell(repository, first?.fix ?? 'false')).code).toBe(0);
    expect((await doctor(repository)).ok).toBe(true);
  });
});

describe('what keeps sessions out of commits', () => {
  it('is put back: the line in info/exclude and the directory that ignores itself', async () => {
    const repository = await setUp();
    rmSync(path.join(repository.path, '.git/info/exclude'));
    rmSync(inSessions(repository, '.gitignore'));
    rmSync(path.join(repository.path, '.gitignore'), { force: true });
    await isMended(repository, 'not-ignored');
  });

  it('is reported where a rule of the repository undoes it', async () => {
    const repository = await setUp();
    rmSync(inSessions(repository, '.gitignore'));
    repository.write('.gitignore', '!/.claude-mpm/**\n');
    const found = problems(await doctor(repository)).find(({ code }) => code === 'ignore-negated');
    expect(found?.message).toContain('.gitignore:1');
  });

  it('did not hold for what is tracked or staged: the command named mends that', async () => {
    const repository = await setUp();
    const [json = ''] = sessionFiles(repository).filter((one) => one.endsWith('.json'));
    repository.git('add', '--force', inSessions(repository, json));
    const staged = problems(await doctor(repository)).find(({ code }) => code === 'staged');
    expect((await shell(repository, staged?.fix ?? 'false')).code).toBe(0);
    expect((await doctor(repository)).ok).toBe(true);

    repository.git('add', '--force', inSessions(repository, json));
    repository.git('commit', '--quiet', '--no-verify', '-m', 'oops');
    const found = codesOf(problems(await doctor(repository)));
    expect(found).toEqual(expect.arrayContaining(['tracked', 'session-commits']));
  });

  it('did not hold for commits: the command named takes the files out of the last one', async () => {
    const repository = await setUp();
    repository.git(
      'add',
      '--force',
      ...sessionFiles(repository).map((one) => inSessions(repository, one)),
    );
    repository.git('commit', '--quiet', '--no-verify', '-m', 'oops');
    const found = problems(await doctor(repository));
    const commit = found.find(({ code }) => code === 'session-commits');
    expect(commit?.message).toMatch(/ adds \d+ session files\.$/);
    expect(commit?.fix).toContain('git commit --amend');
    expect(await shell(repository, commit?.fix ?? 'false')).toMatchObject({ code: 0 });
    expect(problems(await doctor(repository))).toEqual([]);
    expect(repository.git('log', '--format=%s')).toBe('oops\nfirst\n');
  });

  it.each([
    ['of one branch', ['main']],
    ['of several branches, one of them not checked out', ['main', 'it$s-other']],
    ['of a detached HEAD', []],
  ])('did not hold for commits %s: the command named rewrites them all', async (_, branches) => {
    const repository = repositoryWithCommit();
    const leak = (name: string) => {
      repository.commit(name, { [`.claude-mpm/sessions/${name}`]: '' });
      repository.commit(`after ${name}`, { [name]: '' });
    };
    if (branches.length === 0) repository.git('switch', '--quiet', '--detach');
    leak('a');
    for (const branch of branches.slice(1)) {
      repository.git('branch', branch, 'HEAD~2');
      repository.git('switch', '--quiet', branch);
      leak('b');
      repository.git('switch', '--quiet', 'main');
    }
    const commits = problems(await doctor(repository)).filter(
      ({ code }) => code === 'session-commits',
    );
    expect(commits).toHaveLength(Math.max(1, branches.length));
    const env = { ...repository.env, FILTER_BRANCH_SQUELCH_WARNING: '1' };
    const run = await shell({ ...repository, env }, commits[0]?.fix ?? 'false');
    expect(run).toMatchObject({ code: 0 });
    expect(codesOf(problems(await doctor(repository)))).not.toContain('session-commits');
    expect(repository.git('log', '--format=%s')).toBe('after a\na\nfirst\n');
  });
});

describe('interrupted runs', () => {
  it('leave temporary files and a lock, which are removed', async () => {
    const repository = await setUp();
    const long = new Date(Date.now() - 3_600_000);
    const left = vaultOf(repository, '.tmp-999999999-0123456789abcdef');
    const lock = vaultOf(repository, 'lock');
    for (const file of [left, lock]) {
      writeFileSync(file, 'x', { mode: 0o600 });
      utimesSync(file, long, long);
    }
    expect(codesOf(problems(await doctor(repository)))).toEqual([
      'leftover-files',
      'leftover-lock',
    ]);
    await isMended(repository, 'leftover-files');
    expect([left, lock].map((file) => existsSync(file))).toEqual([false, false]);
  });

  it('of init whose notes are damaged are not said to be mended', async () => {
    const repository = await setUp();
    const journal = vaultOf(repository, 'installing.json');
    writeFileSync(journal, '{"x":1}', { mode: 0o600 });
    const { fixed, checks } = await doctor(repository, '--fix');
    expect(fixed.filter(({ done }) => done)).toEqual([]);
    const [first] = problems({ ok: false, checks, fixed });
    expect(first).toMatchObject({ code: 'damaged-journal' });
    expect(first?.message).toContain('installing.json');
    expect(readFileSync(journal, 'utf8')).toBe('{"x":1}');
  });

  it('of init are ended', async () => {
    const repository = await setUp();
    const vault = vaultIn(path.join(repository.path, '.git'));
    const manifest = readFileSync(vaultOf(repository, 'installed.json'), 'utf8');
    const processes = { pid: process.pid, isAlive: () => true };
    writeJournal({ phase: 'applied', manifest, directories: [] }, vault, processes);
    await isMended(repository, 'interrupted-init');
    expect(existsSync(vaultOf(repository, 'installing.json'))).toBe(false);
  });
});

describe('what init did', () => {
  it.each([
    ['lost', (file: string) => rmSync(file)],
    ['damaged', (file: string) => appendFileSync(file, 'x')],
  ])('when its notes are %s, is found out anew by the command named', async (_, harm) => {
    const repository = await setUp();
    harm(vaultOf(repository, 'installed.json'));
    const [first] = problems(await doctor(repository, '--fix'));
    expect(first?.code).toBe('manifest-lost');
    expect((await shell(repository, first?.fix ?? 'false')).code).toBe(0);
    expect((await doctor(repository)).ok).toBe(true);
  });
});

describe('hooks', () => {
  it('that failed are told of once, without what a terminal would obey', async () => {
    const repository = await setUp();
    const said = 'error: no \u001b[31mluck\n';
    writeFileSync(vaultOf(repository, 'hook-error'), said, { mode: 0o600 });
    logged(repository, failed);
    const [first] = problems(await doctor(repository));
    expect(first?.code).toBe('hook-error');
    expect(first?.message).toContain('luck');
    expect(first?.message).not.toContain('\u001b');
    await isMended(repository, 'hook-error');
    // Forgotten: what Node says now is of a run that did not fail.
    writeFileSync(vaultOf(repository, 'hook-error'), 'Debugger attached.\n', { mode: 0o600 });
    logged(repository, asked);
    expect((await doctor(repository)).ok).toBe(true);
  });

  it.each([
    ['the program ran, and Node only spoke, as a debugger has it do', [asked], true],
    ['it failed, and ran again since', [failed, asked], true],
    ['it failed, and was not needed since', [asked, failed, quiet], false],
  ])('are judged by the log: %s', async (_, lines, isWell) => {
    const repository = await setUp();
    writeFileSync(vaultOf(repository, 'hook-error'), 'Debugger attached.\n', { mode: 0o600 });
    logged(repository, ...lines);
    expect((await doctor(repository)).ok).toBe(isWell);
  });

  it('that failed without a word are told of by how the program ended', async () => {
    const repository = await setUp();
    writeFileSync(vaultOf(repository, 'hook-error'), '', { mode: 0o600 });
    logged(repository, failed);
    expect(problems(await doctor(repository))[0]?.message).toBe('A hook failed: exit 137');
  });

  it('are not known to fire where lines of the user stand above ours, unless those may run', async () => {
    const repository = repositoryWithCommit();
    await dataOf(repository, ['init', '--yes', '--hooks', 'hooks-directory']);
    const file = path.join(repository.path, '.git/hooks/pre-push');
    const block = readFileSync(file, 'utf8').replace('#!/bin/sh\n', '');
    const mark = path.join(repository.home, 'ran');
    writeFileSync(file, `#!/bin/sh\necho ran >"${mark}"\n${block}`);
    const found = await doctor(repository);
    expect(found.ok).toBe(false);
    expect(shown(await mpm(repository, ['doctor'])).at(-1)).toBe(
      'No problem; 1 not known. To find out: mpm-session doctor --run-hooks',
    );
    const asked = found.checks.find(({ state }) => state === 'unknown');
    expect(asked).toMatchObject({
      code: 'hook-not-tried',
      fix: 'mpm-session doctor --run-hooks',
    });
    expect(existsSync(mark)).toBe(false);
    expect((await doctor(repository, '--run-hooks')).ok).toBe(true);
    expect(existsSync(mark)).toBe(true);

    writeFileSync(file, `#!/bin/sh\nexit 0\n${block}`);
    const out = problems(await doctor(repository, '--run-hooks'));
    expect(codesOf(out)).toEqual(['hook-kept-out']);
  });

  it('of our own that cannot be executed are made so, and not those with lines of the user', async () => {
    const repository = repositoryWithCommit();
    repository.write('.git/hooks/pre-push', '#!/bin/sh\necho theirs\n', 0o755);
    await dataOf(repository, ['init', '--yes', '--hooks', 'hooks-directory']);
    const hook = (event: string) => path.join(repository.path, '.git/hooks', event);
    chmodSync(hook('post-checkout'), 0o644);
    await isMended(repository, 'hook-not-executable');
    expect(statSync(hook('post-checkout')).mode & 0o777).toBe(0o755);
    chmodSync(hook('pre-push'), 0o644);
    const [first] = problems(await doctor(repository, '--fix'));
    expect(first).toMatchObject({ code: 'hook-not-executable' });
    expect(first?.fix).toMatch(/^chmod \+x /);
    expect(statSync(hook('pre-push')).mode & 0o777).toBe(0o644);
  });

  it('guard nothing where the configuration says so, and that is said', async () => {
    const repository = await setUp();
    const user = path.join(repository.home, '.config/mpmrc');
    mkdirSync(path.dirname(user), { recursive: true });
    writeFileSync(user, 'guard: "off"\n');
    const found = await doctor(repository);
    const guard = found.checks.find(({ code }) => code === 'guard-off');
    expect(guard?.message).toMatch(/guard is off \(user: .*mpmrc\)/);
    const { hooks } = await dataOf<{ hooks: { how: string } }>(repository, ['status']);
    expect(hooks.how).toMatch(/; commits are not guarded \(guard: off in \/.*mpmrc\)$/);
    rmSync(user);
    expect(codesOf((await doctor(repository)).checks)).toContain('guard');
    expect(
      (await dataOf<{ hooks: { how: string } }>(repository, ['status'])).hooks.how,
    ).not.toContain('guarded');
  });

  it('do not run a program that a link leads to from where git tracks nothing', async () => {
    const repository = await setUp();
    const program = 'packages/mpm/dist/bin/mpm-session.js';
    const mark = path.join(repository.home, 'ran');
    repository.commit('vendored', {
      [program]: `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); console.log('mpm-session 9');`,
    });
    mkdirSync(path.join(repository.path, 'node_modules'));
    symlinkSync('../packages/mpm', path.join(repository.path, 'node_modules/mpm-session'));
    const linked = path.join(repository.path, 'node_modules/mpm-session/dist/bin/mpm-session.js');
    for (const name of ['post-checkout', 'guard']) {
      const file = vaultOf(repository, name);
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/^mpm_program=.*$/m, `mpm_program='${linked}'`));
    }
    expect(codesOf(problems(await doctor(repository)))).toContain('program-tracked');
    expect(existsSync(mark)).toBe(false);
  });

  const notChosen = hasConfiguredHooks ? ' (skipped: this git needs no hook files)' : '';
  it.skipIf(notChosen !== '')(
    `that init would not set up are not for --fix${notChosen}`,
    async () => {
      const repository = await setUp();
      repository.git('config', 'core.hooksPath', '');
      const [first] = problems(await doctor(repository));
      expect(first?.message).toContain("core.hooksPath is ''");
      expect(first?.fix).not.toContain('--fix');
      expect(first?.fix).toContain('core.hooksPath');
      rmSync(vaultOf(repository, 'guard'));
      const scripts = problems(await doctor(repository)).find(
        ({ code }) => code === 'scripts-missing',
      );
      expect(scripts?.fix).toBe('mpm-session doctor --fix');
    },
  );

  it('in a linked work tree need a path that leads to them from there', async () => {
    const main = repositoryWithCommit();
    mkdirSync(path.join(main.path, 'own hooks'));
    main.git('config', 'core.hooksPath', 'own hooks');
    await dataOf(main, ['init', '--yes', '--hooks', 'hooks-directory']);
    expect((await doctor(main)).ok).toBe(true);
    const linked = path.join(temporaryDirectory(), 'linked');
    main.git('worktree', 'add', '--quiet', linked);
    const there = repositoryAt(linked, main.home, main.path);
    const [first] = problems(await doctor(there));
    expect(first?.code).toBe('hooks-directory-missing');
    expect((await shell(there, first?.fix ?? 'false')).code).toBe(0);
    expect((await doctor(there)).ok).toBe(true);
  });

  it('do not run a program below a directory that git tracks', async () => {
    const repository = await setUp();
    const program = 'node_modules/mpm-session/dist/bin/mpm-session.js';
    repository.commit('vendored', { [program]: '' });
    for (const name of ['post-checkout', 'guard']) {
      const file = vaultOf(repository, name);
      const baked = `mpm_program='${path.join(repository.path, program)}'`;
      writeFileSync(file, readFileSync(file, 'utf8').replace(/^mpm_program=.*$/m, baked));
    }
    expect(codesOf(problems(await doctor(repository)))).toContain('program-tracked');
  });

  it.skipIf(!hasConfiguredHooks)(
    "of git's configuration: switched off (needs git 2.54)",
    async () => {
      const repository = await setUp();
      repository.git('config', 'hook.pre-push.enabled', 'false');
      const [off] = problems(await doctor(repository));
      expect(off?.code).toBe('configuration-hook-disabled');
      expect((await shell(repository, off?.fix ?? 'false')).code).toBe(0);
      expect((await doctor(repository)).ok).toBe(true);
    },
  );
});

describe('doctor --ci', () => {
  it('needs no vault, and fails when a commit of the range adds a session', async () => {
    const repository = repositoryWithCommit();
    repository.commit('more');
    expect((await doctor(repository, '--ci', 'HEAD~1..HEAD')).ok).toBe(true);
    repository.commit('oops', { '.claude-mpm/sessions/session-20260101-000000.json': '{}' });
    const found = await doctor(repository, '--ci', 'HEAD~1..HEAD');
    expect(codesOf(found.checks)).toEqual(['session-commits']);
    expect(found.checks[0]?.message).toContain('session-20260101-000000.json');
    expect((await doctor(repository, '--ci', 'HEAD~2..HEAD~1')).ok).toBe(true);
    expect(existsSync(vaultOf(repository))).toBe(false);
  });

  it('says what cannot be read or meant', async () => {
    const repository = repositoryWithCommit();
    expect(await failureOf(repository, ['doctor', '--ci', 'no..such'])).toMatchObject({
      exit: 2,
      code: 'unknown-range',
    });
    expect(await failureOf(repository, ['doctor', '--ci', 'HEAD', '--fix'])).toMatchObject({
      exit: 2,
      code: 'wrong-usage',
    });
    const { checks } = await doctor(repository, '--ci', 'HEAD..HEAD');
    expect(checks[0]?.message).toBe('There is no commit in HEAD..HEAD.');
  });

  it('is not sure in a shallow clone', async () => {
    const repository = repositoryWithCommit();
    repository.commit('more');
    const clone = path.join(temporaryDirectory(), 'clone');
    repository.git('clone', '--quiet', '--depth', '1', `file://${repository.path}`, clone);
    const found = await doctor(repositoryAt(clone, repository.home), '--ci', 'HEAD');
    expect(codesOf(found.checks)).toContain('history-cut-off');
    expect(found.ok).toBe(false);
  });
});
