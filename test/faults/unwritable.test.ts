import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { type RunResult, runProgram } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { canMount, mountReadOnly } from './mount.ts';
import { canBeRefused, type OrdinaryUser, ordinaryUserOf } from './other-user.ts';
import { contentsOf, dataOf, directoryOf, type Paused, type Row, vaultOf } from './scene.ts';

let repository: TestRepository;
let user: OrdinaryUser;

beforeEach(() => {
  repository = createRepository();
  repository.commit('start', { file: 'tracked' });
});

async function list(): Promise<readonly Row[]> {
  return rowsOf(await user.run('list', '--json'));
}

function rowsOf(run: RunResult): readonly Row[] {
  return (dataOf(run) as { sessions: readonly Row[] }).sessions;
}

/** Warned that only the files are there, and all of them are. */
function expectFilesAlone(run: RunResult): string {
  const { session, warnings } = dataOf(run) as Paused;
  expect(warnings.join('\n')).toMatch(/mpm-session.* cannot be written/);
  const [record, ...files] = contentsOf(repository, session.session_id);
  expect(record).toBe('absent');
  expect(files).not.toContain('absent');
  expect(files[0]).toContain(session.session_id);
  const pointer = path.join(directoryOf(repository), 'LATEST-SESSION.txt');
  expect(readFileSync(pointer, 'utf8')).toContain(session.session_id);
  return session.session_id;
}

const slow = { timeout: 60_000 };

describe.skipIf(!canBeRefused())('a git directory that may not be written', slow, () => {
  beforeEach(() => {
    user = ordinaryUserOf(repository);
  });

  const before: Readonly<Record<string, () => Promise<unknown>>> = {
    'never paused in': async () => undefined,
    'paused in before': () => user.run('pause', 'before'),
    'paused in before, on another branch': async () => {
      await user.run('pause', 'before');
      repository.git('-c', 'safe.directory=*', 'switch', '--quiet', '-c', 'other');
    },
    'in which a vault is that only root can write': async () => {
      mkdirSync(path.join(vaultOf(repository), 'sessions'), { recursive: true });
    },
  };

  it.each(Object.entries(before))(
    '%s: pause writes the files, and list adopts them',
    async (_, prepare) => {
      await prepare();
      user.chmod('a-w', '.git');
      const paused = await user.run('pause', '--json', 'sandboxed');
      const id = expectFilesAlone(paused);
      expect((await list()).map(({ message }) => message)).toContain('sandboxed');
      user.chmod('u+w', '.git');
      await list();
      expect(await list()).toContainEqual(
        expect.objectContaining({ id, message: 'sandboxed', where: 'vault', problem: null }),
      );
      rmSync(path.join(repository.path, '.claude-mpm'), { recursive: true });
      expect((await list()).map(({ message }) => message)).toContain('sandboxed');
      expect(contentsOf(repository, id)).not.toContain('absent');
    },
  );

  it('is adopted from by the next pause too', async () => {
    user.chmod('a-w', '.git');
    const id = expectFilesAlone(await user.run('pause', '--json', 'sandboxed'));
    user.chmod('u+w', '.git');
    const { warnings } = dataOf(await user.run('pause', '--json', 'free')) as Paused;
    expect(warnings).toEqual([]);
    expect(contentsOf(repository, id)).not.toContain('absent');
    const all = await list();
    expect(all.map(({ message, where }) => [message, where])).toEqual([
      ['free', 'vault'],
      ['sandboxed', 'vault'],
    ]);
  });

  // Two at the very same moment could still take one id: neither can reserve it in the vault.
  it('gives no id twice to work trees paused one after the other', async () => {
    const linked = path.join(path.dirname(repository.path), 'linked');
    repository.git('-c', 'safe.directory=*', 'worktree', 'add', '--quiet', linked);
    user.chmod('a-w', '.git');
    const ids: string[] = [];
    for (const place of [repository.path, linked, repository.path, linked]) {
      const { session } = dataOf(await user.run('-C', place, 'pause', '--json', place)) as Paused;
      ids.push(session.session_id);
    }
    expect(new Set(ids).size).toBe(4);
    user.chmod('u+w', '.git');
    await list();
    await user.run('-C', linked, 'list');
    expect((await list()).map(({ id, where }) => [id, where]).sort()).toEqual(
      ids.toSorted().map((id) => [id, 'vault']),
    );
  });

  it('does not stop what only reads', async () => {
    await user.run('pause', 'before');
    user.chmod('a-w', '.git');
    for (const args of [['list'], ['show', '1'], ['status'], ['config'], ['resume']]) {
      const run = await user.run(...args);
      expect(run, args.join(' ')).toMatchObject({ code: 0 });
    }
    expect(await list()).toMatchObject([{ message: 'before', problem: null }]);
  });

  it('is said when a session is to be removed from it, and the session is whole', async () => {
    await user.run('pause', 'before');
    const [row] = await list();
    user.chmod('a-w', '.git');
    const removing = await user.run('rm', '1');
    expect(removing).toMatchObject({ code: 1, stderr: expect.stringMatching(/permission denied/) });
    user.chmod('u+w', '.git');
    expect(await list()).toEqual([row]);
    expect(contentsOf(repository, row?.id ?? '')).not.toContain('absent');
  });
});

describe.skipIf(!canMount())('a git directory on a read-only file system', slow, () => {
  it.each([false, true])('pause writes the files (paused in before: %s)', async (isPausedIn) => {
    const run = (...args: string[]) =>
      runProgram(args, { cwd: repository.path, env: repository.env });
    if (isPausedIn) await run('pause', 'before');
    const end = mountReadOnly(path.join(repository.path, '.git'));
    const id = expectFilesAlone(await run('pause', '--json', 'sandboxed'));
    expect(rowsOf(await run('list', '--json'))[0]).toMatchObject({ id, message: 'sandboxed' });
    expect(await run('resume', id)).toMatchObject({ code: 0 });
    end();
    await run('list');
    expect(rowsOf(await run('list', '--json'))[0]).toMatchObject({ id, where: 'vault' });
  });
});

describe.skipIf(!canBeRefused())('a work tree that may not be written', slow, () => {
  beforeEach(() => {
    user = ordinaryUserOf(repository);
  });

  it.each(['.', '.claude-mpm', '.claude-mpm/sessions'])(
    '%s: pause says so and saves nothing',
    async (place) => {
      if (place !== '.') mkdirSync(path.join(repository.path, place), { recursive: true });
      await user.run('list');
      chmodSync(path.join(repository.path, place), 0o555);
      const { code, stdout, stderr } = await user.run('pause', 'nowhere to write');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/Cannot write .*\.claude-mpm.*permission denied.*\n.+\n/);
      chmodSync(path.join(repository.path, place), 0o755);
      expect(await list()).toEqual([]);
    },
  );

  it('does not stop list, show and resume, with its files gone', async () => {
    await user.run('pause', 'before');
    rmSync(path.join(repository.path, '.claude-mpm'), { recursive: true });
    chmodSync(repository.path, 0o555);
    expect(await list()).toMatchObject([{ message: 'before', where: 'vault', problem: null }]);
    expect(await user.run('show', '1')).toMatchObject({ code: 0 });
    expect(await user.run('resume')).toMatchObject({ code: 0 });
    expect(existsSync(path.join(repository.path, '.claude-mpm'))).toBe(false);
    chmodSync(repository.path, 0o755);
  });
});

describe.skipIf(!canBeRefused())('what may not be read', slow, () => {
  let ids: string[];

  beforeEach(async () => {
    user = ordinaryUserOf(repository);
    ids = [];
    for (const message of ['first', 'second']) {
      ids.push((dataOf(await user.run('pause', '--json', message)) as Paused).session.session_id);
    }
  });

  it('a record: is a line of the list beside the others', async () => {
    const [first = '', second = ''] = ids;
    chmodSync(path.join(vaultOf(repository), 'sessions', `${first}.json`), 0);
    expect(await list()).toMatchObject([
      { id: second, message: 'second', problem: null },
      { id: first, problem: expect.stringContaining('permission denied') },
    ]);
    expect(await user.run('show', first)).toMatchObject({ code: 1 });
    expect(await user.run('resume', second)).toMatchObject({ code: 0 });
    expect(await user.run('pause', 'third')).toMatchObject({ code: 0 });
  });

  it('a session’s file: costs nothing, the vault has it', async () => {
    for (const ending of ['json', 'yaml', 'md']) {
      chmodSync(path.join(directoryOf(repository), `${ids[0]}.${ending}`), 0);
    }
    expect(await list()).toMatchObject([{ problem: null }, { problem: null }]);
    expect(await user.run('resume', ids[0] ?? '')).toMatchObject({ code: 0 });
    expect(await user.run('rm', ids[0] ?? '')).toMatchObject({ code: 0 });
    expect(await list()).toHaveLength(1);
  });

  it('a file that is the only copy: is a line of the list', async () => {
    const file = path.join(directoryOf(repository), 'session-20260101-000000.json');
    writeFileSync(file, '{}');
    await list();
    chmodSync(file, 0);
    expect(await list()).toContainEqual(
      expect.objectContaining({ problem: expect.stringContaining('permission denied') }),
    );
  });

  it.each(['.claude-mpm', '.claude-mpm/sessions'])(
    '%s: the vault is still listed',
    async (place) => {
      chmodSync(path.join(repository.path, place), 0);
      expect((await list()).map(({ message }) => message)).toEqual(['second', 'first']);
      for (const args of [
        ['pause', 'x'],
        ['resume'],
        ['show', '1'],
        ['rm', '1'],
        ['status'],
        ['dismiss'],
      ]) {
        expect((await user.run(...args)).code, args.join(' ')).toBeLessThan(5);
      }
      expect((await user.run('pause', 'x')).stderr).toContain('.claude-mpm');
      chmodSync(path.join(repository.path, place), 0o755);
      expect(readdirSync(directoryOf(repository))).not.toEqual([]);
    },
  );

  it.each(['.git/mpm-session', '.git/mpm-session/sessions'])(
    '%s: said, and no bug',
    async (place) => {
      chmodSync(path.join(repository.path, place), 0);
      const listed = await user.run('list');
      expect(listed.code).toBeLessThan(2);
      expect(listed.stderr).toMatch(/mpm-session.*(?:cannot be read|permission denied)/);
      for (const args of [['resume'], ['show', '1'], ['status'], ['dismiss']]) {
        expect((await user.run(...args)).code, args.join(' ')).toBeLessThan(5);
      }
      // What ids there are nobody can know now, so that this one needs a second of its own.
      await delay(2100);
      expectFilesAlone(await user.run('pause', '--json', 'without the vault'));
      const removing = await user.run('rm', ids[0] ?? '');
      expect(removing).toMatchObject({ code: 1, stdout: '' });
      chmodSync(path.join(repository.path, place), 0o700);
      expect((await list()).map(({ message }) => message).sort()).toEqual([
        'first',
        'second',
        'without the vault',
      ]);
    },
  );

  it('a directory on PATH: is passed over', async () => {
    const closed = temporaryDirectory();
    mkdirSync(path.join(closed, 'inner/bin'), { recursive: true });
    chmodSync(path.join(closed, 'inner'), 0);
    const PATH = `${closed}/inner/bin:${closed}/inner:${repository.env['PATH']}`;
    const elsewhere = ordinaryUserOf({ ...repository, env: { ...repository.env, PATH } });
    expect(await elsewhere.run('list')).toMatchObject({ code: 0 });
  });
});
