import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { formats } from '../../src/formats/index.ts';
import type { SessionId, SessionRecord } from '../../src/session/record.ts';
import { removeSessions } from '../../src/store/change-session.ts';
import { prepareToWrite } from '../../src/store/save-session.ts';
import { readFromVault, vaultIn } from '../../src/store/vault.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';
import { hermeticEnv, temporaryDirectory, temporaryHome } from '../helpers/temporary.ts';
import { save, saveTo, sessionsAt, told } from './sessions-at.ts';

const directoryOf = (root: string) => path.join(root, '.claude-mpm/sessions');
const vaultOf = (root: string) => path.join(root, '.git/mpm-session/sessions');

/** Runs the program at `root`; its `data` when it ends well, and an error with its output if not. */
async function run(repository: Pick<TestRepository, 'path' | 'env'>, ...args: string[]) {
  const { path: cwd, env } = repository;
  const { code, stdout, stderr } = await runProgram([...args, '--json'], { cwd, env });
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
  return (JSON.parse(stdout) as { data: unknown }).data;
}

async function pause(repository: Pick<TestRepository, 'path' | 'env'>, message: string) {
  const data = await run(repository, 'pause', message);
  return (data as { session: SessionRecord }).session;
}

interface Row {
  readonly id: string;
  readonly message: string | null;
  readonly where: string;
  readonly problem: string | null;
}

async function list(repository: Pick<TestRepository, 'path' | 'env'>): Promise<readonly Row[]> {
  return ((await run(repository, 'list')) as { sessions: Row[] }).sessions;
}

/** The files of a session, as they are and as they must be. */
function filesOf(root: string, record: SessionRecord) {
  const names = (['md', 'json', 'yaml'] as const).map((format) => ({
    name: path.join(directoryOf(root), `${record.session_id}${formats[format].extension}`),
    wanted: formats[format].encode(record),
  }));
  const found = names.map(({ name }) => (existsSync(name) ? readFileSync(name, 'utf8') : 'absent'));
  return { names: names.map(({ name }) => name), found, wanted: names.map(({ wanted }) => wanted) };
}

function expectWhole(root: string, record: SessionRecord): void {
  const { found, wanted } = filesOf(root, record);
  expect(found).toEqual(wanted);
}

function repositoryWithCommit(): TestRepository {
  const repository = createRepository();
  repository.commit('start', { file: '1' });
  return repository;
}

describe('the id of a session', () => {
  it('is the next free second when two are paused in one', async () => {
    const sessions = sessionsAt(temporaryDirectory());
    const ids = ['first', 'second', 'third'].map((message) => save(sessions, message));
    expect(ids.map(({ record }) => record.session_id)).toEqual([
      'session-20261122-120000',
      'session-20261122-120001',
      'session-20261122-120002',
    ]);
    expect(ids.map(({ record }) => record.paused_at)).toEqual(
      Array(3).fill('2026-11-22T12:00:00.500Z'),
    );
    expect(Object.values(await told(sessions)).sort()).toEqual(['first', 'second', 'third']);
  });

  it.each(['json', 'yaml', 'md'])('is not one that a .%s file of the directory has', (ending) => {
    const sessions = sessionsAt(temporaryDirectory());
    mkdirSync(sessions.directory.path, { recursive: true });
    const taken = path.join(sessions.directory.path, `session-20261122-120000.${ending}`);
    writeFileSync(taken, 'of claude-mpm');
    const { record, warnings } = save(sessions, 'mine');
    expect([record.session_id, warnings]).toEqual(['session-20261122-120001', []]);
    expect(readFileSync(taken, 'utf8')).toBe('of claude-mpm');
  });

  it('is not one of the vault when only the files can be written', async () => {
    const sessions = sessionsAt(temporaryDirectory());
    const other = sessionsAt(temporaryDirectory(), { vault: sessions.vault });
    const elsewhere = save(other, 'paused in another work tree');
    const here = saveTo({ ...prepareToWrite(sessions), vault: undefined }, 'paused here');
    expect(await told(sessions)).toEqual({
      [elsewhere.record.session_id]: 'paused in another work tree',
      [here.record.session_id]: 'paused here',
    });
  });

  it('is never shared by pauses at once, from all work trees', { timeout: 90_000 }, async () => {
    const main = repositoryWithCommit();
    const linked = path.join(temporaryDirectory(), 'linked');
    main.git('worktree', 'add', '--quiet', linked);
    const places = [main, repositoryAt(linked, main.home)];
    const pauses = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const place = places[index % 2] ?? main;
        return { place, message: `pause ${index}`, record: await pause(place, `pause ${index}`) };
      }),
    );
    expect(new Set(pauses.map(({ record }) => record.session_id)).size).toBe(20);
    const vault = vaultIn(path.join(main.path, '.git'));
    for (const { place, message, record } of pauses) {
      expect(record.conversation.summary).toBe(message);
      expect(readFromVault(vault, record.session_id)).toEqual({ kind: 'record', record });
      expectWhole(place.path, record);
    }
    // One identity for each branch, whoever came first.
    const identities = pauses.map(({ place, record }) => [
      place.path,
      record.git_context.branch_id,
    ]);
    expect(new Set(identities.map((pair) => pair.join(' '))).size).toBe(2);
    const rows = await list(main);
    expect(rows.map(({ message }) => message).sort()).toEqual(
      pauses.map(({ message }) => message).sort(),
    );
    for (const place of [vaultOf(main.path), directoryOf(main.path), directoryOf(linked)]) {
      expect(readdirSync(place).filter((name) => /tmp|lock/.test(name))).toEqual([]);
    }
  });

  it('is never shared outside git, where only the files are', { timeout: 90_000 }, async () => {
    const place = { path: temporaryDirectory(), env: hermeticEnv(temporaryHome()) };
    const records = await Promise.all(
      Array.from({ length: 12 }, (_, index) => pause(place, `pause ${index}`)),
    );
    expect(new Set(records.map((record) => record.session_id)).size).toBe(12);
    for (const record of records) expectWhole(place.path, record);
    expect(await list(place)).toHaveLength(12);
  });
});

describe('files that have gone', { timeout: 60_000 }, () => {
  const destroyed: Readonly<Record<string, (repository: TestRepository, id: string) => void>> = {
    'one of them': ({ path: root }, id) => rmSync(path.join(directoryOf(root), `${id}.md`)),
    'the JSON': ({ path: root }, id) => rmSync(path.join(directoryOf(root), `${id}.json`)),
    'emptied by a power cut': ({ path: root }) => {
      const names = readdirSync(directoryOf(root)).filter((name) => name.startsWith('session-'));
      for (const name of names) truncateSync(path.join(directoryOf(root), name));
    },
    'all by git clean': (repository) => void repository.git('clean', '-fdqx'),
    'all by git stash --all': (repository) => void repository.git('stash', '--all', '--quiet'),
  };

  it.each(Object.entries(destroyed))('are written anew: %s', async (_, destroy) => {
    const repository = repositoryWithCommit();
    const records = [await pause(repository, 'one'), await pause(repository, 'two')];
    destroy(repository, records[0]?.session_id ?? '');
    expect(await list(repository)).toHaveLength(2);
    for (const record of records) {
      expectWhole(repository.path, record);
      for (const name of filesOf(repository.path, record).names) {
        const stat = statSync(name);
        expect([stat.mode & 0o777, stat.mtime]).toEqual([0o600, new Date(record.paused_at)]);
      }
    }
    const names = readdirSync(directoryOf(repository.path));
    expect(names).toEqual(expect.arrayContaining(['.gitignore', 'LATEST-SESSION.txt']));
    expect(names).toHaveLength(8);
  });

  it('are written anew when a branch tracked the directory', async () => {
    const repository = repositoryWithCommit();
    repository.git('switch', '--quiet', '-c', 'tracking');
    repository.commit('tracks it', {
      '.claude-mpm/sessions/LATEST-SESSION.txt': 'of the branch',
      '.claude-mpm/sessions/session-20200101-000000.json': '{}',
    });
    repository.git('switch', '--quiet', 'main');
    const record = await pause(repository, 'kept');
    repository.git('switch', '--quiet', 'tracking');
    rmSync(directoryOf(repository.path), { recursive: true });
    repository.git('switch', '--quiet', '--force', 'main');
    const rows = await list(repository);
    expect(rows.map(({ message }) => message)).toContain('kept');
    expectWhole(repository.path, record);
  });

  it('are left as they are when somebody wrote them since', async () => {
    const repository = repositoryWithCommit();
    const record = await pause(repository, 'mine');
    const [markdown = ''] = filesOf(repository.path, record).names;
    writeFileSync(markdown, 'edited');
    rmSync(path.join(directoryOf(repository.path), `${record.session_id}.yaml`));
    await list(repository);
    expect(readFileSync(markdown, 'utf8')).toBe('edited');
    expect(filesOf(repository.path, record).found[2]).toBe(formats.yaml.encode(record));
  });

  it('of a removed work tree are written in the main one, and in no other', async () => {
    const main = repositoryWithCommit();
    const [gone, other] = ['gone', 'other'].map((name) => {
      const place = path.join(temporaryDirectory(), name);
      main.git('worktree', 'add', '--quiet', place);
      return repositoryAt(place, main.home);
    });
    if (gone === undefined || other === undefined) throw new Error('no work trees');
    const record = await pause(gone, 'paused in the work tree');
    main.git('worktree', 'remove', '--force', gone.path);
    await list(other);
    expect(existsSync(directoryOf(other.path))).toBe(false);
    const rows = await list(main);
    expect(rows).toMatchObject([{ id: record.session_id, problem: null }]);
    expectWhole(main.path, record);
  });

  it('of a work tree that still stands stay there', async () => {
    const main = repositoryWithCommit();
    const place = path.join(temporaryDirectory(), 'linked');
    main.git('worktree', 'add', '--quiet', place);
    const record = await pause(repositoryAt(place, main.home), 'there');
    expect(await list(main)).toMatchObject([{ id: record.session_id }]);
    expect(existsSync(directoryOf(main.path))).toBe(false);
  });
});

describe('a session that only the directory has', { timeout: 60_000 }, () => {
  /** As if the git directory had not been writable when it was paused. */
  async function pausedWithoutVault(repository: TestRepository): Promise<SessionRecord> {
    const record = await pause(repository, 'without the vault');
    rmSync(path.join(repository.path, '.git/mpm-session'), { recursive: true });
    return record;
  }

  it.each(['list', 'pause', 'resume'])('is adopted by %s', async (command) => {
    const repository = repositoryWithCommit();
    const record = await pausedWithoutVault(repository);
    await run(repository, command);
    const adopted = readFromVault(vaultIn(path.join(repository.path, '.git')), record.session_id);
    expect(adopted).toMatchObject({
      kind: 'record',
      record: { session_id: record.session_id, conversation: { summary: 'without the vault' } },
    });
    repository.git('clean', '-fdqx');
    expect(await list(repository)).toContainEqual(
      expect.objectContaining({ id: record.session_id, where: 'vault', problem: null }),
    );
  });

  it('is not adopted when git tracks it', async () => {
    const repository = repositoryWithCommit();
    const record = await pausedWithoutVault(repository);
    repository.git('add', '--force', '.claude-mpm/sessions');
    expect(await list(repository)).toMatchObject([
      { id: record.session_id, where: 'directory', foreign: true },
    ]);
    expect(existsSync(path.join(vaultOf(repository.path), `${record.session_id}.json`))).toBe(
      false,
    );
  });
});

describe('a session that is removed', { timeout: 60_000 }, () => {
  it('is gone from every work tree, and stays gone', async () => {
    const main = repositoryWithCommit();
    const linked = path.join(temporaryDirectory(), 'linked');
    main.git('worktree', 'add', '--quiet', linked);
    const there = repositoryAt(linked, main.home);
    const [removed, kept] = [await pause(there, 'removed'), await pause(there, 'kept')];
    await run(main, 'rm', removed.session_id);
    expect(
      readdirSync(directoryOf(linked)).filter((name) => name.startsWith(removed.session_id)),
    ).toEqual([]);
    for (const place of [main, there, main]) {
      expect(await list(place)).toMatchObject([{ id: kept.session_id }]);
    }
    expectWhole(linked, kept);
  });

  it('is whole again when its removal was interrupted', async () => {
    const repository = repositoryWithCommit();
    const record = await pause(repository, 'half removed');
    // The files go first: this is the longest way there is.
    for (const name of [...filesOf(repository.path, record).names]) rmSync(name);
    rmSync(path.join(directoryOf(repository.path), 'LATEST-SESSION.txt'));
    expect(await list(repository)).toMatchObject([{ id: record.session_id, problem: null }]);
    expectWhole(repository.path, record);
  });

  it('may be one that nobody can read', async () => {
    const repository = repositoryWithCommit();
    const record = await pause(repository, 'damaged');
    writeFileSync(path.join(vaultOf(repository.path), `${record.session_id}.json`), 'damaged');
    expect(await list(repository)).toMatchObject([{ problem: expect.stringContaining('damaged') }]);
    await run(repository, 'rm', '1');
    expect(await list(repository)).toEqual([]);
  });

  it('leaves the file that git tracks, and says so', async () => {
    const repository = repositoryWithCommit();
    const record = await pause(repository, 'tracked');
    const file = `.claude-mpm/sessions/${record.session_id}.md`;
    repository.git('add', '--force', file);
    const { path: cwd, env } = repository;
    const removing = await runProgram(['rm', '1'], { cwd, env });
    expect(removing).toMatchObject({ code: 0, stderr: expect.stringContaining(file) });
    expect(existsSync(path.join(repository.path, file))).toBe(true);
    expect(repository.git('status', '--porcelain', file)).toBe(`A  ${file}\n`);
  });

  it('leaves the file that git tracks in another work tree, and says where', async () => {
    const main = repositoryWithCommit();
    const linked = path.join(temporaryDirectory(), 'a linked one');
    main.git('worktree', 'add', '--quiet', '-b', 'linked', linked);
    const there = repositoryAt(linked, main.home);
    const record = await pause(there, 'tracked there');
    const file = `.claude-mpm/sessions/${record.session_id}.md`;
    there.git('add', '--force', file);
    there.git('commit', '--quiet', '-m', 'tracked');
    const { path: cwd, env } = main;
    const removing = await runProgram(['rm', '1'], { cwd, env });
    expect(removing).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(`git -C '${linked}' rm ${file}`),
    });
    expect(there.git('status', '--porcelain')).toBe('');
    expect(existsSync(path.join(linked, file.replace('.md', '.json')))).toBe(false);
    expect(await list(there)).toEqual([]);
  });

  it('leaves what lies in the place of a work tree that is gone', async () => {
    const main = repositoryWithCommit();
    const linked = path.join(temporaryDirectory(), 'linked');
    main.git('worktree', 'add', '--quiet', linked);
    const record = await pause(repositoryAt(linked, main.home), 'paused');
    rmSync(path.join(linked, '.git'));
    main.git('init', '--quiet', linked);
    await run(main, 'rm', record.session_id);
    expect(filesOf(linked, record).found).not.toContain('absent');
  });

  it('is blamed on the directory that cannot be written', async () => {
    const sessions = sessionsAt(temporaryDirectory());
    const { record } = save(sessions, 'kept');
    const json = path.join(sessions.directory.path, `${record.session_id}.json`);
    rmSync(json);
    mkdirSync(json);
    const held = [{ directory: sessions.directory, isKept: () => false }];
    await expect(removeSessions(sessions, [record.session_id as SessionId], held)).rejects.toThrow(
      `Cannot write ${sessions.directory.path}: `,
    );
    expect(await told(sessions)).toEqual({ [record.session_id]: 'kept' });
  });

  it('does not come back from a list that runs at the same time', async () => {
    const repository = repositoryWithCommit();
    const records: SessionRecord[] = [];
    for (const message of ['a', 'b', 'c', 'd']) records.push(await pause(repository, message));
    const ids = records.map(({ session_id: id }) => id as SessionId);
    await Promise.all([
      run(repository, 'rm', ...ids),
      ...Array.from({ length: 6 }, () => list(repository)),
    ]);
    await list(repository);
    expect(await list(repository)).toEqual([]);
  });
});
