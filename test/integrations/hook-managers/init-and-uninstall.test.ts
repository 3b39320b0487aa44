/** The built program in repositories whose hooks the real managers run. */
import { describe, expect, it } from 'vitest';
import { type RunResult, runProgram } from '../../helpers/run.ts';
import { filesOf, managedRepository, said, tryGit } from './managed.ts';
import { managerCases } from './manager-table.ts';

for (const { name, manager, skipped, setUp, dropOurs } of managerCases) {
  describe.skipIf(skipped !== '')(`with ${name}${skipped}`, () => {
    it('init offers at a switch what was paused, and uninstall leaves nothing behind', async () => {
      const repository = managedRepository();
      setUp(repository);
      repository.git('branch', '--force', 'other');
      said(repository);
      const before = filesOf(repository);
      const place = { cwd: repository.path, env: repository.env };
      const run = (...args: string[]) => runProgram(args, place);

      const init = await run('init', '--yes', '--hooks', manager.name);
      expect(init.stderr).not.toContain('error:');
      expect(init.code).toBe(0);
      expect((await run('pause', 'half of the login')).code).toBe(0);
      await tryGit(repository, ['switch', 'other']);
      expect(said(repository)).toEqual(['theirs post-checkout']);
      const back = await tryGit(repository, ['switch', 'main']);
      expect(back.stdout + back.stderr).toContain('half of the login');
      expect(back.code).toBe(0);

      repository.git('add', '--force', '.claude-mpm');
      const refused = await tryGit(repository, ['commit', '-m', 'by accident']);
      expect(refused.code).not.toBe(0);
      expect(refused.stdout + refused.stderr).toContain('.claude-mpm/sessions');
      repository.git('rm', '-r', '--quiet', '--cached', '.claude-mpm');

      expect((await run('uninstall', '--yes', '--purge')).code).toBe(0);
      expect(filesOf(repository)).toEqual(before);
      said(repository);
      await tryGit(repository, ['switch', 'other']);
      expect(said(repository)).toEqual(['theirs post-checkout']);
    });

    it('what puts ours out of use is seen by status and doctor, and mended by init', async () => {
      const repository = managedRepository();
      setUp(repository);
      const place = { cwd: repository.path, env: repository.env };
      const run = (...args: string[]) => runProgram(args, place);
      expect((await run('init', '--yes', '--hooks', manager.name)).code).toBe(0);
      expect(hooksIn(await run('status', '--json'))).toBe(true);
      dropOurs(repository);
      expect(hooksIn(await run('status', '--json'))).toBe(false);
      const doctor = await run('doctor', '--json');
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toMatch(/"code":"hook-[^}]*"state":"problem"/);
      expect((await run('init', '--yes', '--hooks', manager.name)).code).toBe(0);
      expect(hooksIn(await run('status', '--json'))).toBe(true);
    });
  });
}

function hooksIn({ stdout }: RunResult): unknown {
  const { data } = JSON.parse(stdout) as { data: { hooks: { firing: unknown } } };
  return data.hooks.firing;
}
