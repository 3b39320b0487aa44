/** What destroys files in a work tree does not destroy sessions. */
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import {
  failureOf,
  filesOf,
  inSessions,
  list,
  mpm,
  pause,
  readText,
  repositoryWithCommit,
  resume,
  sessionFiles,
} from './program.ts';

/** Names, contents, modes and times of all session files; the pointer's time means nothing. */
function snapshot(repository: TestRepository): readonly unknown[] {
  return sessionFiles(repository).map((name) => {
    const file = inSessions(repository, name);
    const time = name.startsWith('session-') ? statSync(file).mtime.toISOString() : '';
    return [name, readText(file), statSync(file).mode, time];
  });
}

async function pausedTwice() {
  const repository = repositoryWithCommit();
  const older = (await pause(repository, ['older'])).session.session_id;
  const newer = (await pause(repository, ['newer'])).session.session_id;
  return { repository, older, newer };
}

describe('files that are gone', () => {
  const destroyers: Readonly<Record<string, (repository: TestRepository) => void>> = {
    'git clean -fdx': (repository) => {
      repository.git('clean', '--quiet', '-fdx');
    },
    'git clean -fdX': (repository) => {
      repository.git('clean', '--quiet', '-fdX');
    },
    'git stash --all': (repository) => {
      repository.git('stash', 'push', '--quiet', '--all');
    },
    'rm -r .claude-mpm': (repository) => {
      rmSync(path.join(repository.path, '.claude-mpm'), { recursive: true });
    },
  };

  it.each(Object.keys(destroyers))('by %s are written anew, exactly as they were', async (name) => {
    const { repository, older, newer } = await pausedTwice();
    const before = snapshot(repository);
    destroyers[name]?.(repository);
    expect(sessionFiles(repository)).not.toContain(`${newer}.json`);
    expect((await list(repository)).map(({ id }) => id)).toEqual([newer, older]);
    expect(snapshot(repository)).toEqual(before);
    expect(repository.git('status', '--porcelain')).toBe('');
    expect((await resume(repository)).session.session_id).toBe(newer);
  });

  it.each(['resume', 'show 1', 'dismiss 1', 'pause x'])('are written anew by %s', async (line) => {
    const { repository, older } = await pausedTwice();
    repository.git('clean', '--quiet', '-fdx');
    expect((await mpm(repository, line.split(' '))).code).toBe(0);
    await list(repository);
    expect(sessionFiles(repository)).toEqual(expect.arrayContaining([...filesOf(older)]));
  });

  it('one by one are written anew; one edited by hand is left alone', async () => {
    const { repository, newer } = await pausedTwice();
    rmSync(inSessions(repository, `${newer}.json`));
    rmSync(inSessions(repository, 'LATEST-SESSION.txt'));
    writeFileSync(inSessions(repository, `${newer}.md`), 'my own words\n');
    await resume(repository);
    expect(readText(inSessions(repository, `${newer}.md`))).toBe('my own words\n');
    const json = JSON.parse(readText(inSessions(repository, `${newer}.json`)));
    expect(json.lifecycle.status).toBe('resumed');
    expect(readText(inSessions(repository, 'LATEST-SESSION.txt'))).toContain(newer);
    expect(readText(inSessions(repository, `${newer}.yaml`))).toContain('status: "resumed"');
  });

  it('while nothing can be written there do not stop the list', async () => {
    const { repository, newer } = await pausedTwice();
    rmSync(path.join(repository.path, '.claude-mpm'), { recursive: true });
    repository.write('.claude-mpm', 'a file in the way');
    expect((await list(repository))[0]?.id).toBe(newer);
    expect((await resume(repository)).session.session_id).toBe(newer);
  });
});

describe('a checkout of history that once tracked the path', () => {
  it('leaves the sessions what they were, there and back', async () => {
    const { repository, older, newer } = await pausedTwice();
    const before = snapshot(repository);
    const json = path.relative(repository.path, inSessions(repository, `${newer}.json`));
    // A branch made long ago, on which somebody committed a session of that very name.
    repository.write('.git/blob', '{"forged": true}\n');
    const oid = repository.git('hash-object', '-w', '.git/blob').trim();
    repository.git('switch', '--quiet', '-c', 'tracking');
    repository.git('update-index', '--add', '--cacheinfo', `100644,${oid},${json}`);
    repository.git('commit', '--quiet', '-m', 'tracks a session');
    repository.git('switch', '--quiet', '--force', 'main');
    await list(repository);
    expect(snapshot(repository)).toEqual(before);

    repository.git('switch', '--quiet', 'tracking');
    expect(readText(repository.path, json)).toContain('forged');
    const listed = await list(repository);
    expect(listed.map(({ id, message, problem }) => [id, message, problem])).toEqual([
      [newer, 'newer', null],
      [older, 'older', null],
    ]);
    // What git tracks is git's: it is not overwritten.
    expect(repository.git('status', '--porcelain')).toBe('');
    await mpm(repository, ['resume', newer]);
    expect(repository.git('status', '--porcelain')).toBe('');

    repository.git('switch', '--quiet', 'main');
    expect(existsSync(path.join(repository.path, json))).toBe(false);
    await list(repository);
    expect(JSON.parse(readText(repository.path, json))).toMatchObject({
      session_id: newer,
      lifecycle: { status: 'resumed' },
    });
  });
});

describe('a work tree that was removed', () => {
  it('leaves its sessions, whose files are written in the main one', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    const { session } = await pause(linked, ['in the linked one']);
    const id = session.session_id;
    main.git('worktree', 'remove', linked.path);
    expect(existsSync(linked.path)).toBe(false);
    expect(await list(main)).toMatchObject([
      { id, branch: 'linked', message: 'in the linked one', where: 'vault' },
    ]);
    expect(sessionFiles(main)).toEqual(expect.arrayContaining([...filesOf(id)]));
    main.git('switch', '--quiet', 'linked');
    expect((await resume(main)).session.session_id).toBe(id);
  });

  it('leaves them to the other linked ones as well, without files there', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    const other = path.join(linked.home, 'other');
    main.git('worktree', 'add', '--quiet', '-b', 'other', other);
    const { session } = await pause(linked, ['in the linked one']);
    main.git('worktree', 'remove', '--force', linked.path);
    const place = { ...main, path: other };
    expect((await list(place)).map(({ id }) => id)).toEqual([session.session_id]);
    expect(sessionFiles(place)).toEqual([]);
  });
});

describe('a vault that is gone', () => {
  it('is filled again from the files, as from those of claude-mpm', async () => {
    const { repository, older, newer } = await pausedTwice();
    rmSync(path.join(repository.path, '.git/mpm-session'), { recursive: true });
    expect((await list(repository)).map(({ id }) => id)).toEqual([newer, older]);
    expect((await resume(repository)).session.session_id).toBe(newer);
    repository.git('clean', '--quiet', '-fdx');
    expect((await list(repository)).map(({ id }) => id)).toContain(newer);
  });
});

describe('deleted for good', () => {
  it('several go at once, files, record and all', async () => {
    const { repository, older, newer } = await pausedTwice();
    const kept = (await pause(repository, ['kept'])).session.session_id;
    const run = await mpm(repository, ['rm', '2', older]);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(run.stdout).toBe(`Deleted ${newer}\nDeleted ${older}\n`);
    expect((await list(repository)).map(({ id }) => id)).toEqual([kept]);
    expect(sessionFiles(repository)).toEqual([
      '.gitignore',
      'LATEST-SESSION.txt',
      ...filesOf(kept),
    ]);
    expect(existsSync(path.join(repository.path, `.git/mpm-session/sessions/${older}.json`))).toBe(
      false,
    );
    expect((await failureOf(repository, ['show', older])).code).toBe('no-match');
  });

  it('a mistyped one deletes nothing, in whatever place it stands', async () => {
    const { repository, older, newer } = await pausedTwice();
    for (const args of [
      ['1', 'nope'],
      ['nope', '1'],
      ['1', '2', '3'],
    ]) {
      expect((await failureOf(repository, ['rm', ...args])).exit).toBe(3);
    }
    expect((await list(repository)).map(({ id }) => id)).toEqual([newer, older]);
  });

  it('one named twice is deleted once, and numbers are those of before', async () => {
    const { repository, older, newer } = await pausedTwice();
    const run = await mpm(repository, ['rm', '1', newer, '--json']);
    expect(JSON.parse(run.stdout)).toEqual({ ok: true, data: { removed: [newer] } });
    expect((await list(repository)).map(({ id }) => id)).toEqual([older]);
  });

  it('the pointer goes to the newest that is left', async () => {
    const { repository, older } = await pausedTwice();
    await mpm(repository, ['rm', '1']);
    await list(repository);
    expect(readText(inSessions(repository, 'LATEST-SESSION.txt'))).toContain(older);
    await mpm(repository, ['rm', '1']);
    await list(repository);
    expect(sessionFiles(repository)).toEqual(['.gitignore']);
  });

  it('its files in other work trees go too', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    const { session } = await pause(linked, ['in the linked one']);
    const own = (await pause(main, ['in main'])).session.session_id;
    await mpm(main, ['rm', session.session_id]);
    expect(sessionFiles(linked)).toEqual(['.gitignore']);
    for (const place of [linked, main]) {
      expect((await list(place)).map(({ id }) => id)).toEqual([own]);
    }
  });

  it('a name that is a link in another work tree is not followed', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    const main = repositoryAt(linked.outer, linked.home);
    const { session } = await pause(linked, ['x']);
    const precious = path.join(linked.home, 'precious');
    linked.git(
      '-c',
      `alias.m=!mv .claude-mpm '${precious}' && ln -s '${precious}' .claude-mpm`,
      'm',
    );
    await mpm(main, ['rm', session.session_id]);
    expect(
      readFileSync(path.join(precious, 'sessions', `${session.session_id}.md`)).length,
    ).toBeGreaterThan(0);
  });

  it('needs a name', async () => {
    expect(await failureOf(repositoryWithCommit(), ['rm'])).toMatchObject({
      exit: 2,
      code: 'wrong-usage',
    });
  });
});
