/** The three files, the pointer and the vault: what is in them, and who may read them. */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readMarkdown } from '../helpers/markdown.ts';
import type { TestRepository } from '../helpers/repository.ts';
import {
  dataOf,
  filesOf,
  inSessions,
  list,
  mpm,
  outsideGit,
  type Paused,
  pause,
  readText,
  repositoryWithCommit,
  sessionFiles,
  shell,
} from './program.ts';

const vaultRecord = (repository: TestRepository, { session }: Paused) =>
  path.join(repository.path, '.git/mpm-session/sessions', `${session.session_id}.json`);

describe('a pause', () => {
  it('writes one session in three formats, the pointer and the record in the vault', async () => {
    const repository = repositoryWithCommit();
    repository.write('first.txt', 'changed\n');
    const paused = await pause(repository, ['about to test', '--next', 'expiry']);
    const { session, files } = paused;
    const id = session.session_id;
    expect(id).toMatch(/^session-\d{8}-\d{6}$/);
    expect(sessionFiles(repository)).toEqual(['.gitignore', 'LATEST-SESSION.txt', ...filesOf(id)]);
    expect(files).toEqual({
      json: inSessions(repository, `${id}.json`),
      yaml: inSessions(repository, `${id}.yaml`),
      md: inSessions(repository, `${id}.md`),
    });

    const { checksum, ...record } = JSON.parse(readText(files.json));
    expect(record).toEqual(session);
    expect(checksum).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(parse(readText(files.yaml))).toEqual(session);
    expect(readText(vaultRecord(repository, paused))).toBe(readText(files.json));
    expect(readMarkdown(readText(files.md)).headings).toEqual(
      expect.arrayContaining(['## Next Steps', '## Git State', '## How to Resume']),
    );
  });

  it('is told in UTC, to the second in the id', async () => {
    const before = Math.floor(Date.now() / 1000) * 1000;
    const { session } = await pause(repositoryWithCommit(), [], {});
    const paused = Date.parse(session.paused_at);
    expect(session.paused_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(paused).toBeGreaterThanOrEqual(before);
    expect(paused).toBeLessThanOrEqual(Date.now());
    const digits = session.paused_at.replace(/[-:]/g, '');
    expect(session.session_id).toBe(`session-${digits.slice(0, 8)}-${digits.slice(9, 15)}`);
  });

  it('has the same id and time in every time zone', async () => {
    const repository = repositoryWithCommit();
    const env = { ...repository.env, TZ: 'Pacific/Kiritimati' };
    const { session } = await pause({ ...repository, env });
    expect(Math.abs(Date.parse(session.paused_at) - Date.now())).toBeLessThan(60_000);
    expect(session.session_id.slice(8, 16)).toBe(session.paused_at.slice(0, 10).replace(/-/g, ''));
  });

  it('never takes an id that another one in the same second has taken', async () => {
    const repository = repositoryWithCommit();
    const runs = await Promise.all(['a', 'b', 'c', 'd'].map((word) => pause(repository, [word])));
    expect(new Set(runs.map(({ session }) => session.session_id)).size).toBe(4);
    const listed = await list(repository);
    expect(listed.map(({ message }) => message).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(new Set(runs.map(({ session }) => session.git_context.branch_id)).size).toBe(1);
  });
});

describe('the pointer', () => {
  it('names the newest session and its files, in claude-mpm’s layout', async () => {
    const repository = repositoryWithCommit();
    await pause(repository, ['older']);
    const { session, files } = await pause(repository, ['newer']);
    const id = session.session_id;
    const time = new Date(session.paused_at).toISOString().replace('T', ' ').slice(0, 19);
    const pointer = readText(inSessions(repository, 'LATEST-SESSION.txt'));
    expect(pointer.split('\n').slice(0, 3)).toEqual([
      `Latest Session: ${id}`,
      `Paused At: ${time} UTC`,
      `Project: ${repository.path}`,
    ]);
    const blocks = pointer
      .trimEnd()
      .split('\n\n')
      .map((block) => block.split('\n'));
    const titled = Object.fromEntries(blocks.slice(1).map(([title, ...rest]) => [title, rest]));
    expect(Object.keys(titled)).toEqual([
      'Files:',
      'Quick Resume:',
      'Full Context:',
      'Validation:',
    ]);
    expect(titled['Files:']?.map((line: string) => line.split(' ')[1])).toEqual([
      `${id}.json`,
      `${id}.yaml`,
      `${id}.md`,
    ]);
    expect(titled['Quick Resume:']).toEqual(['  git mpm-resume']);
    // The directory has a blank in its name: the line must work when it is typed.
    const typed = await shell(repository, titled['Full Context:']?.[0] ?? 'false');
    expect(typed.stdout).toBe(readText(files.md));
  });

  it('that is lost, or lies, changes nothing', async () => {
    const repository = repositoryWithCommit();
    const { session } = await pause(repository, ['x']);
    const pointer = path.relative(repository.path, inSessions(repository, 'LATEST-SESSION.txt'));
    repository.write(pointer, 'Latest Session: session-20000101-000000\n');
    const resumed = await mpm(repository, ['resume', '--json']);
    expect(JSON.parse(resumed.stdout).data.session.session_id).toBe(session.session_id);
  });
});

describe('who may read', () => {
  const modes = (directory: string): Record<string, string> => {
    const own = [directory, ...readdirSync(directory).map((name) => path.join(directory, name))];
    return Object.fromEntries(
      own.map((file) => [
        path.basename(file),
        `${statSync(file).isDirectory() ? 'd' : '-'}${(statSync(file).mode & 0o777).toString(8)}`,
      ]),
    );
  };
  const directories = ['.claude-mpm/sessions', '.git/mpm-session/sessions'];

  it.each(['000', '022', '077', '277'])('the owner alone, with umask %s', async (umask) => {
    const repository = repositoryWithCommit();
    const run = await shell(repository, `umask ${umask}; mpm-session pause x`);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    await shell(repository, `umask ${umask}; mpm-session resume && mpm-session dismiss`);
    for (const directory of directories) {
      const found = modes(path.join(repository.path, directory));
      const parent = statSync(path.join(repository.path, directory, '..')).mode & 0o777;
      expect(parent).toBe(0o700);
      expect(Object.keys(found).length).toBeGreaterThan(1);
      for (const [name, mode] of Object.entries(found)) {
        expect([name, mode]).toEqual([name, name === 'sessions' ? 'd700' : '-600']);
      }
    }
  });

  it('keeps the mode of a directory that was there', async () => {
    const repository = repositoryWithCommit();
    repository.write('.claude-mpm/sessions/notes.txt', 'mine', 0o644);
    await pause(repository);
    expect(modes(path.join(repository.path, '.claude-mpm/sessions'))).toMatchObject({
      'notes.txt': '-644',
      'LATEST-SESSION.txt': '-600',
    });
  });
});

describe('other programs', () => {
  it('sort the files by the time of the pause', async () => {
    const repository = repositoryWithCommit();
    const { session, files } = await pause(repository, ['x']);
    for (const file of Object.values(files)) {
      expect(statSync(file).mtime.toISOString()).toBe(session.paused_at);
    }
  });

  it('find that time also after the session was resumed', async () => {
    const repository = repositoryWithCommit();
    const { session, files } = await pause(repository, ['x']);
    await mpm(repository, ['resume']);
    expect(readText(files.json)).toContain('"status": "resumed"');
    expect(statSync(files.json).mtime.toISOString()).toBe(session.paused_at);
  });

  it('read the JSON in any locale: it is ASCII, without byte order mark', async () => {
    const repository = repositoryWithCommit();
    repository.write('naïve 日本.txt', '');
    const env = { ...repository.env, LANG: 'C', LC_ALL: 'C' };
    const { files, session } = await pause({ ...repository, env }, ['grüße 😀 \u2028 \u007f']);
    expect(session.git_context.status?.untracked_files).toEqual(['naïve 日本.txt']);
    const bytes = readFileSync(files.json);
    expect(bytes.every((byte) => byte < 0x7f)).toBe(true);
    expect(bytes.toString('latin1')).toContain('\\ud83d\\ude00');
    expect(session.conversation.summary).toBe('grüße 😀 \u2028 \u007f');
    expect(JSON.parse(bytes.toString('utf8')).conversation).toEqual(session.conversation);
  });

  it('find strings where YAML would read something else', async () => {
    const repository = repositoryWithCommit();
    const odd = ['12e4567', '0123489', 'no', '2026-11-22', '~', 'null'];
    const { files } = await pause(
      repository,
      odd.flatMap((text) => ['--todo', text]),
    );
    const byOldRules = parse(readText(files.yaml), { version: '1.1' });
    expect(byOldRules.todos.active.map(({ content }: { content: unknown }) => content)).toEqual(
      odd,
    );
  });
});

describe('formats left out by configuration', () => {
  it('are not written, then or later', async () => {
    const repository = repositoryWithCommit();
    repository.write('.mpmrc', 'formats: [json]\n');
    const { session, files } = await pause(repository, ['x']);
    const id = session.session_id;
    expect(Object.keys(files)).toEqual(['json']);
    await mpm(repository, ['resume']);
    await list(repository);
    expect(sessionFiles(repository)).toEqual(['.gitignore', 'LATEST-SESSION.txt', `${id}.json`]);
    const pointer = readText(inSessions(repository, 'LATEST-SESSION.txt'));
    expect(pointer).not.toContain('.md');
    expect(pointer).not.toContain('.yaml');
  });
});

describe('outside git', () => {
  it('the three files are the session', async () => {
    const place = outsideGit();
    const { session, files } = await pause(place, ['out here']);
    expect(sessionFiles(place)).toEqual([
      '.gitignore',
      'LATEST-SESSION.txt',
      ...filesOf(session.session_id),
    ]);
    expect(session.git_context).toMatchObject({
      is_git_repo: false,
      branch: null,
      head: null,
      status: null,
    });
    expect(readText(files.md)).not.toContain('git mpm-resume');
    expect(readText(files.md)).toContain(`mpm-session resume ${session.session_id}`);
  });

  it('a session whose files were edited is dismissed, and keeps what was written', async () => {
    const place = outsideGit();
    const { session, files } = await pause(place, ['out here']);
    writeFileSync(files.json, readText(files.json).replace('out here', 'edited'));
    writeFileSync(files.md, `${readText(files.md)}my own line\n`);
    await dataOf(place, ['dismiss', '1']);
    expect(await list(place)).toMatchObject([
      { id: session.session_id, message: 'edited', status: 'dismissed', problem: null },
    ]);
    expect(readText(files.md)).toContain('my own line');
  });
});
