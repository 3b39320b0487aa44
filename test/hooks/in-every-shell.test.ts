import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { repositoryAt } from '../helpers/repository.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import {
  git,
  gitAtLeast,
  type HookRepository,
  hintIn,
  hookRepository,
  installHook,
  lastDecision,
  offerOn,
  shells,
  someHint,
  writeOffer,
  writeOfferFile,
} from './hook-repository.ts';

/** What a user's hook sees after our block, and how it ends. */
const usersCode = `
[ -z "\${mpm_vault+set}\${mpm_git_dir+set}\${mpm_line+set}" ] || echo leaked >>user-saw
if [ "$IFS" = : ]; then mine=ok; else mine=changed; fi
case $- in *e*u* | *u*e*) mine=$mine-eu ;; esac
echo "$# $1 $2 $3 $mine $(echo *.txt)" >>user-saw
(exit 7) && echo unreachable >>user-saw
exit 7
`;

for (const { name, interpreter } of shells) {
  const what = interpreter === undefined ? `${name} (SKIPPED: it is not installed)` : name;
  describe.skipIf(interpreter === undefined)(`in ${what}`, () => {
    const scene = (setUp: { before?: string; after?: string } = {}) =>
      hookRepository({}, { interpreter: interpreter ?? '', ...setUp });

    it("the hint is printed, and the user's hook goes on as if we were not there", async () => {
      const repository = scene({ before: 'set -eu\nIFS=:\n', after: usersCode });
      offerOn(repository, 'feature');
      const [from, to] = ['main', 'feature'].map((branch) => oid(repository, branch));

      const entering = await git(repository, ['switch', 'feature']);
      expect(entering.stderr.trim().split('\n').slice(-2)).toEqual(someHint);
      // git's own way to say that the hook failed.
      expect(entering.code).toBe(1);
      expect((await git(repository, ['switch', 'main'])).code).toBe(1);
      expect((await git(repository, ['checkout', 'main', '--', '.'])).code).toBe(7);
      expect(userSaw(repository)).toEqual([
        `3 ${from} ${to} 1 ok-eu first.txt second.txt`,
        `3 ${to} ${from} 1 ok-eu first.txt`,
        `3 ${from} ${from} 0 ok-eu first.txt`,
      ]);
    });

    it('nothing is printed but the hint, and the status is 0', async () => {
      const repository = scene({ before: 'set -eu\n' });
      offerOn(repository, 'feature', { at: '20260108080808' });
      offerOn(repository, 'feature', {
        at: '20260108080809',
        lines: ['one', '-n two', '%s \\t 3'],
      });
      const entering = await git(repository, ['switch', '-q', 'feature']);
      expect(entering).toMatchObject({ code: 0, stderr: 'one\n-n two\n%s \\t 3\n' });
      const leaving = await git(repository, ['switch', '-q', 'main']);
      expect(leaving).toMatchObject({ code: 0, stdout: '', stderr: '' });
    });

    it('two branches on one commit are told apart, and the same branch is known', async () => {
      const repository = scene();
      offerOn(repository, 'same');
      expect(hintIn(await git(repository, ['switch', 'same']))).toEqual(someHint);
      expect(hintIn(await git(repository, ['switch', 'same']))).toEqual([]);
      expect(hintIn(await git(repository, ['checkout']))).toEqual([]);
      expect(hintIn(await git(repository, ['switch', 'main']))).toEqual([]);
      expect(hintIn(await git(repository, ['switch', 'same']))).toEqual(someHint);
      expect(lastDecision(repository)).toBe('hinted not-a-terminal');
    });

    it('a detached HEAD and a linked work tree', async () => {
      const repository = scene();
      writeOffer(repository, oid(repository, 'feature'));
      const checkout = ['checkout', '-q', '--detach', 'feature'];
      expect(hintIn(await git(repository, checkout))).toEqual(someHint);

      const linked = path.join(temporaryDirectory(), "it's linked");
      repository.git('worktree', 'add', '--quiet', linked, 'same');
      const run = await git(repositoryAt(linked, repository.home), checkout);
      expect(run).toMatchObject({ code: 0, stderr: `${someHint.join('\n')}\n` });
    });

    it('an offer that is forged is not printed', async () => {
      const repository = scene();
      const key = offerOn(repository, 'feature', false);
      const line = '1 20260101000000 session-20260101-000000 ask -';
      const forged = [
        '\x1b[2Jcleared',
        'bell\x07',
        'tab\there',
        'back\x7f',
        'a\rb',
        'x'.repeat(5000),
      ];
      for (const text of forged) {
        writeOfferFile(repository, key, `${line}\nfine\n${text}\n`);
        expect(await git(repository, ['switch', '-q', 'feature'])).toMatchObject({
          code: 0,
          stderr: '',
        });
        expect(lastDecision(repository)).toBe('quiet unreadable-offer');
        await git(repository, ['switch', '-q', 'main']);
      }
      writeOfferFile(repository, key, `${line}\nünïcode – «fine» 名前\n`);
      const run = await git(repository, ['switch', '-q', 'feature']);
      expect(run.stderr).toBe('ünïcode – «fine» 名前\n');
    });

    it.skipIf(!gitAtLeast(2, 54))(
      'as a command of the configuration beside it (needs git 2.54: MPM_TEST_GIT), one hint',
      async () => {
        const repository = scene();
        installHook(repository, 'post-checkout', { through: 'configuration' });
        offerOn(repository, 'feature');
        const run = await git(repository, ['switch', '-q', 'feature']);
        expect(run).toMatchObject({ code: 0, stderr: `${someHint.join('\n')}\n` });
        expect(lastDecision(repository)).toBe('quiet already-handled');
      },
    );

    it("the canary is answered, and the user's hook does not run", async () => {
      const repository = scene({ after: usersCode });
      writeFileSync(path.join(repository.vault, 'canary'), '');
      const set = { MPM_SESSION_CANARY: '1' };
      const run = await git(repository, ['hook', 'run', 'post-checkout'], { set });
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(readFileSync(path.join(repository.vault, 'canary'), 'utf8')).toBe('post-checkout\n');
      expect(userSaw(repository)).toEqual([]);
    });
  });
}

describe('as a command of the configuration alone (needs git 2.54: MPM_TEST_GIT)', () => {
  it.skipIf(!gitAtLeast(2, 54))('it hints, is quiet, and answers the canary', async () => {
    const repository = hookRepository({}, { through: 'configuration' });
    offerOn(repository, 'feature');
    offerOn(repository, 'same');
    expect(hintIn(await git(repository, ['switch', 'feature']))).toEqual(someHint);
    const leaving = await git(repository, ['switch', '-q', 'main']);
    expect(leaving).toMatchObject({ code: 0, stderr: '' });
    expect(hintIn(await git(repository, ['switch', 'same']))).toEqual(someHint);
    expect(hintIn(await git(repository, ['switch', 'same']))).toEqual([]);

    const linked = path.join(temporaryDirectory(), "it's linked");
    expect(hintIn(await git(repository, ['worktree', 'add', linked, 'feature']))).toEqual([]);
    const there = repositoryAt(linked, repository.home);
    await git(there, ['switch', '--detach']);
    expect(hintIn(await git(there, ['switch', 'feature']))).toEqual(someHint);

    writeFileSync(path.join(repository.vault, 'canary'), '');
    const set = { MPM_SESSION_CANARY: '1' };
    const run = await git(repository, ['hook', 'run', 'post-checkout'], { set });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(path.join(repository.vault, 'canary'), 'utf8')).toBe('post-checkout\n');
  });
});

function oid(repository: HookRepository, branch: string): string {
  return repository.git('rev-parse', branch).trim();
}

function userSaw(repository: HookRepository): readonly string[] {
  const file = path.join(repository.path, 'user-saw');
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
}
