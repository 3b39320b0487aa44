import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TestRepository } from '../helpers/repository.ts';
import { runGit } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { hasConfiguredHooks } from '../integrations/configured-hooks.ts';
import { dataOf, failureOf, mpm, pause, readText, repositoryWithCommit } from './program.ts';
import type { SetUp } from './set-up.ts';

/** Where git looks for hooks in a directory that is not the repository's, which init does not edit. */
function withHooksElsewhere(): { repository: TestRepository; hooks: string } {
  const repository = repositoryWithCommit();
  const hooks = path.join(temporaryDirectory(), 'hooks of all');
  mkdirSync(hooks);
  repository.git('config', '--global', 'core.hooksPath', hooks);
  return { repository, hooks };
}

/** The line for each hook file, as init gives them. */
function linesIn(notes: readonly string[]): readonly (readonly [string, string])[] {
  return notes.flatMap((note) => {
    const [, file, line] = /^Or add to (.*?): (mpm_vault=.*)$/.exec(note) ?? [];
    return file === undefined || line === undefined ? [] : [[file, line] as const];
  });
}

describe.skipIf(hasConfiguredHooks)(
  'where no hooks can be installed (needs git before 2.54)',
  () => {
    it('init sets up all else, says so, and the lines that it gives then work', async () => {
      const { repository, hooks } = withHooksElsewhere();
      const first = await mpm(repository, ['init', '--yes']);
      expect(first).toMatchObject({ code: 1 });
      expect(first.stdout).toMatch(/^Set up in .*: hooks are not installed\.$/m);
      expect(first.stdout).toMatch(/^note: No hooks can be installed: .*outside this work tree/m);
      expect(readText(repository.path, '.gitignore')).toContain('.claude-mpm');
      expect(readText(repository.path, '.git/mpm-session/guard')).toContain('mpm_program');

      const notes = first.stdout.replaceAll(/^note: /gm, '').split('\n');
      const lines = linesIn(notes);
      expect(lines.map(([file]) => path.relative(hooks, file))).toEqual([
        'post-checkout',
        'pre-commit',
        'pre-merge-commit',
        'pre-push',
      ]);
      for (const [file, line] of lines)
        writeFileSync(file, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
      const second = await dataOf<SetUp>(repository, ['init', '--yes']);
      expect(second).toMatchObject({ edits: [], hooks: 'hooks-directory' });
      // Whether it fires is not tried: what comes after the line is the user's.
      expect(second.firing).not.toBe(false);

      await pause(repository, ['by hand']);
      repository.git('switch', '-qc', 'other');
      const back = await runGit(repository, ['switch', '-q', 'main']);
      expect(back.code).toBe(0);
      expect(back.stderr).toMatch(/^mpm-session: paused on main.*by hand/);
      repository.git('add', '-f', '.claude-mpm');
      expect((await runGit(repository, ['commit', '-qm', 'sessions'])).code).toBe(1);
    });

    it('a line in the file that a hook links to counts', async () => {
      const { repository, hooks } = withHooksElsewhere();
      const { notes } = await dataOfAnyExit(repository);
      for (const [file, line] of linesIn(notes)) {
        const script = `${file}.sh`;
        writeFileSync(script, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
        symlinkSync(path.basename(script), file);
      }
      expect(await dataOf<SetUp>(repository, ['init', '--yes'])).toMatchObject({ edits: [] });
      rmSync(path.join(hooks, 'pre-push'));
      const again = await dataOfAnyExit(repository);
      expect(linesIn(again.notes).map(([file]) => path.basename(file))).toEqual(['pre-push']);
    });

    it('a way that was asked for by name fails, with nothing done', async () => {
      const { repository } = withHooksElsewhere();
      const before = repository.git('status', '--porcelain');
      const failure = await failureOf(repository, ['init', '--yes', '--hooks', 'hooks-directory']);
      expect(failure).toMatchObject({ exit: 1, code: 'hooks-unavailable' });
      expect(repository.git('status', '--porcelain')).toBe(before);
    });

    it('a block that was edited leaves the others out as well, and doctor does not claim to mend it', async () => {
      const repository = repositoryWithCommit();
      const text = '#!/bin/sh\n# >>> mpm-session 1 >>> mine\n';
      writeFileSync(path.join(repository.path, '.git/hooks/pre-push'), text, { mode: 0o755 });
      const { notes, hooks } = await dataOfAnyExit(repository);
      expect(hooks).toBeNull();
      expect(notes.join('\n')).toMatch(/pre-push, line 2: .* was edited\. It is left as it is\.$/m);
      const fixed = await mpm(repository, ['doctor', '--fix']);
      expect(fixed.stdout).not.toMatch(/^fixed/m);
      expect(fixed.stdout).toMatch(/pre-push: our block .* was edited/);
    });
  },
);

async function dataOfAnyExit(repository: TestRepository): Promise<SetUp> {
  const run = await mpm(repository, ['init', '--yes', '--json']);
  return (JSON.parse(run.stdout) as { data: SetUp }).data;
}
