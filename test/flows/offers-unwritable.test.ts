import { beforeEach, describe, expect, it } from 'vitest';
import { canBeRefused, type OrdinaryUser, ordinaryUserOf } from '../faults/other-user.ts';
import { dataOf, type Paused } from '../faults/scene.ts';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { offersOf } from './offers.ts';

let repository: TestRepository;
let user: OrdinaryUser;

const offered = () => Object.values(offersOf(repository) ?? {});

describe.skipIf(!canBeRefused())(
  'a git directory that may not be written',
  { timeout: 60_000 },
  () => {
    beforeEach(async () => {
      repository = createRepository();
      repository.commit('start');
      user = ordinaryUserOf(repository);
      await user.run('pause', 'before');
    });

    it.each([
      ['list', ['list']],
      ['the next pause', ['pause', 'after']],
    ])('gets the offer of what was paused then with %s', async (_, args) => {
      user.chmod('a-w', '.git');
      const { session, warnings } = dataOf(
        await user.run('pause', '--json', 'sandboxed'),
      ) as Paused;
      expect(warnings).toHaveLength(1);
      expect(offered()[0]?.lines[0]).toContain('"before"');
      user.chmod('u+w', '.git');
      const run = await user.run(...args);
      expect(run).toMatchObject({ code: 0, stderr: '' });
      expect(offered()).toHaveLength(1);
      const [offer] = offered();
      if (args[0] === 'list') expect(offer?.id).toBe(session.session_id);
      else expect(offer?.lines[0]).toContain('"after"');
    });

    it('gets the offer of a detached HEAD that was paused then, also when another is paused', async () => {
      repository.git('-c', 'safe.directory=*', 'switch', '--quiet', '--detach');
      user.chmod('a-w', '.git');
      await user.run('pause', 'sandboxed');
      user.chmod('u+w', '.git');
      repository.git('-c', 'safe.directory=*', 'switch', '--quiet', 'main');
      await user.run('pause', 'after');
      const told = offered().map(({ lines }) => /"(.*)"/.exec(lines[0] ?? '')?.[1]);
      expect(told.toSorted()).toEqual(['after', 'sandboxed']);
    });

    it('says nothing of offers that cannot be brought up to date to who only reads', async () => {
      repository.write('.mpmrc', 'offer: {mode: hint}\n');
      user.chmod('a-w', '.git');
      for (const args of [['list'], ['show', '1']]) {
        expect(await user.run(...args)).toMatchObject({ code: 0, stderr: '' });
      }
      expect(offered()[0]?.manner).toBe('ask');
      const resumed = await user.run('resume', '--json', '1');
      expect(resumed).toMatchObject({ code: 0 });
      expect(resumed.stderr.trim().split('\n')).toHaveLength(1);
      user.chmod('u+w', '.git');
      await user.run('list');
      expect(offered()[0]?.manner).toBe('hint');
    });
  },
);
