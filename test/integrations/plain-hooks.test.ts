import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import type { HookEvent } from '../../src/hooks/events.ts';
import { hooksDirectory } from '../../src/integrations/hook-managers/hooks-directory.ts';
import { canBeRefused, ordinaryUserOf } from '../faults/other-user.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { type RunResult, runGit } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { answerHooks, install, ranFile, snapshotOf, uninstall, whatRan } from './installation.ts';

/**
 * A hook that was there before: it runs after ours, with its arguments, its standard input and its
 * exit status; and everything is as it was, to the byte, once ours is taken out.
 */
interface Kind {
  /** What it needs, where a machine may not have it. */
  readonly needs?: string;
  /** Writes `user <arguments>`, and what standard input holds, to `log`; exits with 7. */
  readonly content: (log: string) => string;
  /** Whether it stays where it is. */
  readonly inPlace: boolean;
}

const sh = (first: string, log: string) =>
  `${first}echo "user $*" >>"${log}"\nsed 's/^/stdin: /' >>"${log}"\n`;

const kinds: Readonly<Record<string, Kind>> = {
  sh: { inPlace: true, content: (log) => `${sh('#!/bin/sh\n', log)}exit 7\n` },
  'bash with set -euo pipefail': {
    inPlace: true,
    needs: '/bin/bash',
    content: (log) => `${sh('#!/usr/bin/env bash\nset -euo pipefail\n', log)}exit 7\n`,
  },
  'sh -eu': { inPlace: true, content: (log) => `${sh('#!/bin/sh -eu\n', log)}(exit 7)\n` },
  zsh: {
    inPlace: true,
    needs: '/usr/bin/zsh',
    content: (log) => `${sh('#!/usr/bin/zsh -f\n', log)}exit 7\n`,
  },
  'zsh with set -eu': {
    inPlace: true,
    needs: '/usr/bin/zsh',
    content: (log) => `${sh('#!/usr/bin/env zsh\nset -eu\n', log)}return 7\n`,
  },
  mksh: {
    inPlace: true,
    needs: '/usr/bin/mksh',
    content: (log) => `${sh('#!/usr/bin/mksh\n', log)}exit 7\n`,
  },
  ksh: {
    inPlace: true,
    needs: '/usr/bin/ksh',
    content: (log) => `${sh('#!/usr/bin/ksh\n', log)}exit 7\n`,
  },
  'an early exit': {
    inPlace: true,
    content: (log) => `${sh('#!/bin/sh\n', log)}exit 7\necho late >>"${log}"\nexit 0`,
  },
  'a trailing exec': {
    inPlace: true,
    content: (log) =>
      `#!/bin/sh\nexec sh -c 'echo "user $*"; sed "s/^/stdin: /"; exit 7' name "$@" >>"${log}"`,
  },
  'carriage returns in its body': {
    inPlace: true,
    content: (log) => `#!/bin/sh\n${sh('', log).replaceAll('\n', ' #\r\n')}exit 7 #\r\n`,
  },
  'no shebang': { inPlace: true, content: (log) => `${sh('', log)}exit 7\n` },
  'text that is not UTF-8': {
    inPlace: true,
    content: (log) => `#!/bin/sh\n# caf\xe9 \xff\n${sh('', log)}exit 7`,
  },
  Python: {
    inPlace: false,
    content: (log) =>
      [
        '#!/usr/bin/env python3',
        'import os, sys',
        'assert os.path.basename(sys.argv[0]) in ("post-checkout", "pre-commit", "pre-push")',
        `with open(${JSON.stringify(log)}, "a") as log:`,
        '  log.write("user " + " ".join(sys.argv[1:]) + "\\n")',
        '  for line in sys.stdin: log.write("stdin: " + line)',
        'sys.exit(7)',
        '',
      ].join('\n'),
    needs: 'python3',
  },
  Perl: {
    inPlace: false,
    needs: '/usr/bin/perl',
    content: (log) =>
      `#!/usr/bin/perl\nopen L, ">>", "${log}"; print L "user @ARGV\n";` +
      'print L "stdin: $_" while <STDIN>; close L; exit 7;\n',
  },
};

function isThere(program: string | undefined): boolean {
  if (program === undefined || program.startsWith('/')) return existsSync(program ?? '/');
  const directories = (process.env['PATH'] ?? '').split(path.delimiter);
  return directories.some((directory) => existsSync(path.join(directory, program)));
}

describe.each(Object.entries(kinds))('a hook: %s', (_, { needs, content, inPlace }) => {
  const skipped = needs !== undefined && !isThere(needs);

  it.skipIf(skipped)(`runs after ours at a switch (needs ${needs ?? 'sh'})`, async () => {
    const { repository, before } = await withHook('post-checkout', content);
    const [old, entered] = ['main', 'other'].map((name) =>
      repository.git('rev-parse', name).trim(),
    );
    const run = await runGit(repository, ['switch', '--quiet', 'other']);
    // git's own exit status, whatever the hook's.
    expect(run).toMatchObject({ code: 1, stderr: '' });
    expect(whatRan(repository)).toEqual([`ours ${old} ${entered} 1`, `user ${old} ${entered} 1`]);
    expect(existsSync(asideIn(repository, 'post-checkout'))).toBe(!inPlace);
    await isAsBefore(repository, before);
  });

  it.skipIf(skipped)(`keeps its exit status and arguments (needs ${needs ?? 'sh'})`, async () => {
    const { repository } = await withHook('pre-commit', content);
    const run = await runGit(repository, ['hook', 'run', 'pre-commit', '--', 'a b', '*']);
    expect(run).toMatchObject({ code: 7, stderr: '' });
    expect(whatRan(repository)).toEqual(['guard pre-commit', 'user a b *']);
  });

  it.skipIf(skipped)(`reads what git says at a push (needs ${needs ?? 'sh'})`, async () => {
    const { repository, before } = await withHook('pre-push', content);
    const remote = path.join(temporaryDirectory(), 'remote.git');
    repository.git('init', '--quiet', '--bare', remote);
    const run = await runGit(repository, ['push', '--quiet', remote, 'main', 'other']);
    expect(run.code).toBe(1);
    const lines = ['main', 'other'].map((name) => {
      const oid = repository.git('rev-parse', name).trim();
      return `refs/heads/${name} ${oid} refs/heads/${name} ${'0'.repeat(40)}`;
    });
    expect(whatRan(repository)).toEqual([
      `guard pre-push ${remote} ${remote}`,
      ...lines.map((line) => `guard: ${line}`),
      `user ${remote} ${remote}`,
      ...lines.map((line) => `stdin: ${line}`),
    ]);
    await isAsBefore(repository, before);
  });
});

interface Scene {
  readonly repository: TestRepository;
  readonly before: readonly string[];
}

/** A repository with two branches, a hook of its user's, and ours installed. */
async function withHook(
  event: HookEvent,
  content: (log: string) => string,
  mode = 0o755,
): Promise<Scene> {
  return installedOver((repository) => {
    const text = Buffer.from(content(ranFile(repository)), 'latin1');
    repository.write(`.git/hooks/${event}`, text, mode);
  });
}

async function installedOver(prepare: (repository: TestRepository) => void): Promise<Scene> {
  const repository = createRepository();
  repository.commit('start', { file: 'one' });
  repository.git('branch', 'other');
  repository.git('commit', '--quiet', '--allow-empty', '-m', 'second');
  prepare(repository);
  const before = stateOf(repository);
  await install(repository, hooksDirectory);
  const again = await install(repository, hooksDirectory);
  expect(again.edits).toEqual([]);
  answerHooks(repository);
  return { repository, before };
}

/** Hooks and work tree, without what git keeps for itself. */
function stateOf(repository: TestRepository): readonly string[] {
  const isGits = /^\.git\/(?!hooks\b)/;
  return snapshotOf(repository.path).filter((line) => !isGits.test(line));
}

async function isAsBefore(repository: TestRepository, before: readonly string[]): Promise<void> {
  repository.git('-c', 'core.hooksPath=/dev/null', 'switch', '--quiet', 'main');
  await uninstall(repository);
  expect(stateOf(repository)).toEqual(before);
}

function asideIn(repository: TestRepository, event: HookEvent): string {
  return path.join(repository.path, '.git/hooks', `${event}.mpm-chained`);
}

function switchTo(repository: TestRepository, branch: string): Promise<RunResult> {
  return runGit(repository, ['switch', '--quiet', branch]);
}

describe('hooks that are no scripts', () => {
  it.skipIf(!existsSync('/bin/false'))(
    'a program keeps its exit status (needs /bin/false)',
    async () => {
      const { repository, before } = await installedOver(({ path: root }) => {
        copyFileSync('/bin/false', path.join(root, '.git/hooks/pre-commit'));
      });
      const run = await runGit(repository, ['hook', 'run', 'pre-commit']);
      expect(run.code).toBe(1);
      expect(whatRan(repository)).toEqual(['guard pre-commit']);
      await isAsBefore(repository, before);
    },
  );

  test.each(['../../scripts/dispatch', 'absolute'])(
    'a link (%s) is never written through, and keeps its name',
    async (target) => {
      const { repository, before } = await installedOver((one) => {
        const log = ranFile(one);
        const script = `#!/bin/sh\necho "\${0##*/} of $(basename "$(readlink -f "$0")") $3" >>"${log}"\n`;
        one.write('scripts/dispatch', script, 0o755);
        const absolute = path.join(one.path, 'scripts/dispatch');
        const link = path.join(one.path, '.git/hooks/post-checkout');
        symlinkSync(target === 'absolute' ? absolute : target, link);
      });
      expect((await switchTo(repository, 'other')).code).toBe(0);
      const [ours, users] = whatRan(repository);
      expect(ours).toMatch(/^ours /);
      expect(users).toBe('post-checkout of dispatch 1');
      await isAsBefore(repository, before);
    },
  );

  test('a link that leads nowhere stays that, and nothing is run for it', async () => {
    const { repository, before } = await installedOver(({ path: root }) => {
      symlinkSync('gone', path.join(root, '.git/hooks/post-checkout'));
    });
    expect(await switchTo(repository, 'other')).toMatchObject({ code: 0, stderr: '' });
    expect(whatRan(repository)).toHaveLength(1);
    await isAsBefore(repository, before);
  });

  test.each([
    ['shell', '#!/bin/sh\n'],
    ['Python', '#!/usr/bin/env python3\n'],
  ])('a %s hook without permission to run is not run, and ours is', async (_, shebang) => {
    const { repository, before } = await withHook(
      'post-checkout',
      (log) => `${shebang}echo user >>"${log}"\n`,
      0o644,
    );
    expect(await switchTo(repository, 'other')).toMatchObject({ code: 0, stderr: '' });
    expect(whatRan(repository)).toEqual([expect.stringMatching(/^ours /)]);
    await isAsBefore(repository, before);
  });
});

describe('a hook that is put aside finds what it found before', () => {
  const hasPython = isThere('python3');

  it.skipIf(!hasPython)('a module beside it (needs python3)', async () => {
    const { repository, before } = await installedOver((one) => {
      one.write('.git/hooks/helper.py', 'status = 7\n');
      const script = '#!/usr/bin/env python3\nimport sys, helper\nsys.exit(helper.status)\n';
      one.write('.git/hooks/pre-commit', script, 0o755);
    });
    const run = await runGit(repository, ['hook', 'run', 'pre-commit']);
    expect(run).toMatchObject({ code: 7, stderr: '' });
    rmSync(path.join(repository.path, '.git/hooks/__pycache__'), { recursive: true, force: true });
    await isAsBefore(repository, before);
  });

  it.skipIf(!hasPython)('its name and a module beside it (needs python3)', async () => {
    const { repository, before } = await installedOver((one) => {
      one.write('.git/hooks/helper.py', 'status = {"pre-commit": 7}\n');
      const script =
        '#!/usr/bin/env python3\nimport os, sys, helper\n' +
        'sys.exit(helper.status[os.path.basename(sys.argv[0])])\n';
      one.write('.git/hooks/pre-commit', script, 0o755);
    });
    const run = await runGit(repository, ['hook', 'run', 'pre-commit']);
    expect(run).toMatchObject({ code: 7, stderr: '' });
    rmSync(path.join(repository.path, '.git/hooks/__pycache__'), { recursive: true, force: true });
    await isAsBefore(repository, before);
  });

  const linkedTo = (script: (log: string) => string) =>
    installedOver((one) => {
      one.write('.git/hooks/lib.sh', 'status=7\n');
      one.write('tools/pre-commit', script(ranFile(one)), 0o755);
      symlinkSync('../../tools/pre-commit', path.join(one.path, '.git/hooks/pre-commit'));
    });

  test.each([
    ['what lies beside it', '#!/bin/sh\n', '. "$(dirname "$0")/lib.sh"; echo "user $*" >>"LOG"'],
    [
      'the top level, going up from it',
      '#!/bin/sh\n',
      'status=7; cd "$(dirname "$0")/../.." && [ -d .git ] && echo "user $*" >>"LOG"',
    ],
    [
      'what lies beside it and its name',
      '#!/bin/sh -e\n',
      `. "\${0%/*}/lib.sh"; [ "$(basename "$0")" = pre-commit ]; echo "user $*" >>"LOG"`,
    ],
    [
      'what lies beside it and its name, in bash',
      '#!/usr/bin/env bash\n',
      `. "\${BASH_SOURCE[0]%/*}/lib.sh"; cd "$(dirname "$0")/.."; [ "\${0##*/}" = pre-commit ] && echo "user $*" >>"LOG"`,
    ],
  ])('a link to a script: %s', async (_, shebang, line) => {
    const { repository, before } = await linkedTo(
      (log) => `${shebang}${line.replace('LOG', log)}\nexit "$status"\n`,
    );
    const run = await runGit(repository, ['hook', 'run', 'pre-commit', '--', 'a b']);
    expect(run).toMatchObject({ code: 7, stderr: '' });
    expect(whatRan(repository)).toEqual(['guard pre-commit', 'user a b']);
    await isAsBefore(repository, before);
  });

  it.skipIf(!hasPython)('a script that another branch has replaced (needs python3)', async () => {
    const { repository } = await linkedTo(
      () => '#!/bin/sh\nexit "$(dirname "$0" | wc -l)$(basename "$0" | wc -l)"\n',
    );
    repository.write('tools/pre-commit', '#!/usr/bin/env python3\nimport sys\nsys.exit(5)\n');
    const run = await runGit(repository, ['hook', 'run', 'pre-commit']);
    expect(run).toMatchObject({ code: 5, stderr: '' });
  });

  test('one file for several events, each by its name', async () => {
    const { repository, before } = await installedOver((one) => {
      one.write('tools/all', `#!/bin/sh\nexec >>"${ranFile(one)}"; echo "user $0"\n`, 0o755);
      for (const event of ['pre-commit', 'pre-push']) {
        symlinkSync('../../tools/all', path.join(one.path, '.git/hooks', event));
      }
    });
    await runGit(repository, ['hook', 'run', 'pre-commit']);
    expect(whatRan(repository)[1]).toMatch(/^user .*\/pre-commit$/);
    await isAsBefore(repository, before);
  });
});

describe('what is there besides', () => {
  test('no hooks directory at all', async () => {
    const { repository, before } = await installedOver(({ path: root }) => {
      rmSync(path.join(root, '.git/hooks'), { recursive: true });
    });
    expect((await switchTo(repository, 'other')).code).toBe(0);
    expect(whatRan(repository)).toHaveLength(1);
    await isAsBefore(repository, before);
  });

  test('linked work trees share the hooks', async () => {
    const { repository } = await withHook('post-checkout', (log) =>
      sh('#!/usr/bin/python3\n', log),
    );
    const linked = path.join(temporaryDirectory(), 'linked');
    repository.write(
      '.git/hooks/post-checkout.mpm-chained',
      sh('#!/bin/sh\n', ranFile(repository)),
    );
    repository.git('worktree', 'add', '--quiet', '--detach', linked, 'other');
    whatRan(repository);
    const there = repositoryAt(linked, repository.home);
    expect((await switchTo(there, 'other')).stderr).toBe('');
    expect(whatRan(repository).map((line) => line.slice(0, 5))).toEqual(['ours ', 'user ']);
  });

  test.each(['linked-worktree', 'submodule'] as const)('a %s', async (layout) => {
    const repository = createRepository({ layout });
    const hooks = repository
      .git('rev-parse', '--path-format=absolute', '--git-path', 'hooks')
      .trim();
    writeFileSync(path.join(hooks, 'post-checkout'), sh('', ranFile(repository)), { mode: 0o755 });
    const before = snapshotOf(hooks);
    await install(repository, hooksDirectory);
    answerHooks(repository, path.join(hooks, '../mpm-session'));
    const run = await runGit(repository, ['switch', '--quiet', '-c', 'new']);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(whatRan(repository).map((line) => line.slice(0, 5))).toEqual(['ours ', 'user ']);
    await uninstall(repository);
    expect(snapshotOf(hooks)).toEqual(before);
  });

  test('a hook with our block that lost its permission to run is not run by a second init', async () => {
    const { repository, before } = await withHook('post-checkout', (log) => sh('', log));
    chmodSync(path.join(repository.path, '.git/hooks/post-checkout'), 0o644);
    chmodSync(path.join(repository.path, '.git/hooks/pre-push'), 0o644);
    await install(repository, hooksDirectory);
    expect((await install(repository, hooksDirectory)).edits).toEqual([]);
    expect(await switchTo(repository, 'other')).toMatchObject({ code: 0, stderr: '' });
    expect(whatRan(repository)).toEqual([expect.stringMatching(/^ours /)]);
    await isAsBefore(
      repository,
      before.map((line) => line.replace('post-checkout 755', 'post-checkout 644')),
    );
  });

  test('what the user adds to our own file stays when ours goes', async () => {
    const { repository } = await installedOver(() => undefined);
    const file = path.join(repository.path, '.git/hooks/post-checkout');
    writeFileSync(file, 'echo added\n', { flag: 'a' });
    await uninstall(repository);
    expect(snapshotOf(path.dirname(file))).toContain(
      `post-checkout 755 ${JSON.stringify('#!/bin/sh\necho added\n')}`,
    );
  });

  test('a hook that was edited where it was put aside comes back as it is now', async () => {
    const { repository } = await withHook('pre-push', () => '#!/usr/bin/python3\nprint(1)\n');
    const edited = '#!/usr/bin/python3\nprint(2)\n';
    repository.write('.git/hooks/pre-push.mpm-chained', edited, 0o700);
    await uninstall(repository);
    const left = snapshotOf(path.join(repository.path, '.git/hooks'));
    expect(left).toEqual([expect.any(String), `pre-push 700 ${JSON.stringify(edited)}`]);
  });

  test('a hook that was put aside survives when its place was taken meanwhile', async () => {
    const { repository } = await withHook('pre-push', () => '#!/usr/bin/python3\nprint(1)\n');
    const taken = '#!/bin/sh\n# another tool\n';
    repository.write('.git/hooks/pre-push', taken, 0o755);
    const { notes } = await uninstall(repository);
    expect(notes).toEqual([expect.stringContaining('pre-push.mpm-chained is kept')]);
    const left = snapshotOf(path.join(repository.path, '.git/hooks')).join('\n');
    expect(left).toContain('print(1)');
    expect(left).toContain(`pre-push 755 ${JSON.stringify(taken)}`);
  });
});

describe('what is refused, with nothing done', () => {
  const refused = async (prepare: (repository: TestRepository) => void, message: RegExp) => {
    const repository = createRepository();
    repository.commit('start');
    prepare(repository);
    const before = snapshotOf(repository.path);
    await expect(install(repository, hooksDirectory)).rejects.toThrow(message);
    expect(snapshotOf(repository.path)).toEqual(before);
  };

  test('a place for the hook that was put aside that is taken', () =>
    refused((repository) => {
      repository.write('.git/hooks/post-checkout', '#!/usr/bin/python3\n', 0o755);
      repository.write('.git/hooks/post-checkout.mpm-chained', 'whose?\n');
    }, /post-checkout\.mpm-chained is there already/));

  test('a hook that is no shell script and looks at its name and at its directory', () =>
    refused((repository) => {
      const script =
        '#!/usr/bin/perl\nuse File::Basename; require dirname($0) . "/" . basename($0);\n';
      repository.write('.git/hooks/pre-commit', script, 0o755);
    }, /pre-commit has to be put aside, and looks both at its name and at its directory/));

  test('our block with somebody’s changes in it', () =>
    refused((repository) => {
      const text = '#!/bin/sh\n# >>> mpm-session 1 >>> mine\n';
      repository.write('.git/hooks/pre-push', text, 0o755);
    }, /pre-push, line 2: .* was edited/));

  test('a hooks path outside the repository', () => {
    const elsewhere = temporaryDirectory();
    return refused((repository) => {
      repository.git('config', '--global', 'core.hooksPath', elsewhere);
    }, /outside this work tree .* \(set in global, file:.*\.gitconfig\)/);
  });

  test('a hooks directory that is a link to elsewhere', () => {
    const elsewhere = temporaryDirectory();
    return refused(({ path: root }) => {
      rmSync(path.join(root, '.git/hooks'), { recursive: true });
      symlinkSync(elsewhere, path.join(root, '.git/hooks'));
    }, /outside this work tree/);
  });

  test('hooks that are switched off', () =>
    refused((repository) => {
      repository.git('config', 'core.hooksPath', '/dev/null');
    }, /core.hooksPath is \/dev\/null: they are switched off \(set in local, file:\.git\/config\)/));

  test('an empty hooks path', () =>
    refused((repository) => {
      repository.git('config', 'core.hooksPath', '');
    }, /core.hooksPath is empty/));

  test('a hooks path that is a file', () =>
    refused((repository) => {
      repository.write('hooks', 'no directory\n');
      repository.git('config', 'core.hooksPath', 'hooks');
    }, /hooks is no directory that can be written/));

  test('a hook that is a directory', () =>
    refused(({ path: root }) => {
      mkdirSync(path.join(root, '.git/hooks/post-checkout'));
    }, /post-checkout: it is a directory/));
});

it.skipIf(!canBeRefused())(
  'a hooks directory that cannot be written is refused before anything is done (needs somebody who is not root)',
  { timeout: 60_000 },
  async () => {
    const repository = createRepository();
    repository.commit('start');
    const user = ordinaryUserOf(repository);
    user.chmod('a-w', '.git/hooks');
    const before = snapshotOf(repository.path);
    const run = await user.run('init', '--yes', '--hooks', 'hooks-directory');
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('hooks is no directory that can be written');
    expect(snapshotOf(repository.path)).toEqual(before);
  },
);

describe('a hooks path in the work tree', () => {
  test('hooks go there; what git tracks is marked; nothing is left of it afterwards', async () => {
    const repository = createRepository();
    repository.write('.githooks/pre-commit', '#!/bin/sh\nexit 0\n', 0o755);
    repository.commit('start', { file: 'one' });
    repository.git('add', '.githooks');
    repository.git('commit', '--quiet', '-m', 'hooks');
    repository.git('config', 'core.hooksPath', '.githooks');
    const before = stateOf(repository);
    const { edits, notes } = await install(repository, hooksDirectory);
    const name = (file: string) => path.relative(repository.path, file);
    expect(edits.map(({ target, tracked }) => [name(target), tracked])).toEqual([
      ['.githooks/post-checkout', false],
      ['.githooks/pre-commit', true],
      ['.githooks/pre-merge-commit', false],
      ['.githooks/pre-push', false],
    ]);
    expect(notes.join()).toContain('.githooks is in the work tree');
    await uninstall(repository);
    expect(stateOf(repository)).toEqual(before);
    expect(repository.git('status', '--porcelain')).toBe('');
  });

  test('in a linked work tree, a relative one is of that tree alone, and is said to be', async () => {
    const repository = createRepository({ layout: 'linked-worktree' });
    repository.git('config', 'core.hooksPath', '.githooks');
    const { edits, notes } = await install(repository, hooksDirectory);
    expect(edits.map(({ target }) => path.dirname(target))).toContain(
      path.join(repository.path, '.githooks'),
    );
    expect(notes.join()).toContain('another directory in each work tree');
  });
});

describe('what has to be known besides', () => {
  test('a shebang with a carriage return cannot be run, before as after', async () => {
    const repository = createRepository();
    repository.commit('start');
    repository.write('.git/hooks/post-checkout', '#!/bin/sh\r\nexit 0\r\n', 0o755);
    const { notes } = await install(repository, hooksDirectory);
    expect(notes).toEqual([expect.stringContaining('carriage return')]);
  });

  test('the hooks of git-lfs keep their lines, and what it will do is said', async () => {
    const repository = createRepository();
    repository.commit('start');
    const lfs = '#!/bin/sh\ngit lfs post-checkout "$@"\n';
    repository.write('.git/hooks/post-checkout', lfs, 0o755);
    const { notes } = await install(repository, hooksDirectory);
    expect(notes).toEqual([expect.stringContaining('git lfs update')]);
    await uninstall(repository);
    expect(snapshotOf(path.join(repository.path, '.git/hooks')).join('\n')).toContain(
      `post-checkout 755 ${JSON.stringify(lfs)}`,
    );
  });
});
