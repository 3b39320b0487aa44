import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../src/errors.ts';
import { encodeJson } from '../../src/formats/json.ts';
import type { ReadableEntry } from '../../src/session/entry.ts';
import type { SessionId, SessionRecord } from '../../src/session/record.ts';
import { changeSession } from '../../src/store/change-session.ts';
import {
  addToVault,
  idsInVault,
  prepareVault,
  readFromVault,
  removeFromVault,
  replaceInVault,
  type Vault,
  vaultIn,
} from '../../src/store/vault.ts';
import { fullRecord } from '../helpers/records.ts';
import { createRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { noon, save, sessionsAt, told } from './sessions-at.ts';

const processes = { pid: process.pid, isAlive: () => true };
const machine = { now: () => noon, processes };
const record = fullRecord();
const id = record.session_id;

let vault: Vault;
const file = (name: string = id) => path.join(vault.sessions, `${name}.json`);

beforeEach(() => {
  vault = vaultIn(temporaryDirectory());
  prepareVault(vault, machine);
});

describe('a record in the vault', () => {
  it('comes back as it was given', () => {
    expect(addToVault(vault, record, processes)).toBe(true);
    expect(readFromVault(vault, id)).toEqual({ kind: 'record', record });
    expect(readdirSync(vault.sessions)).toEqual([`${id}.json`]);
  });

  it('keeps its id against a second one', () => {
    addToVault(vault, record, processes);
    const other = { ...record, project_path: '/elsewhere' };
    expect(addToVault(vault, other, processes)).toBe(false);
    expect(readFromVault(vault, id)).toEqual({ kind: 'record', record });
    expect(readdirSync(vault.sessions)).toEqual([`${id}.json`]);
  });

  it('is changed and removed only when asked', () => {
    addToVault(vault, record, processes);
    const after = { ...record, lifecycle: { status: 'dismissed' as const } };
    replaceInVault(vault, after, processes);
    expect(readFromVault(vault, id)).toEqual({ kind: 'record', record: after });
    removeFromVault(vault, id);
    removeFromVault(vault, id);
    expect(readFromVault(vault, id)).toEqual({ kind: 'absent' });
  });

  it('is not any file that happens to be there', () => {
    addToVault(vault, record, processes);
    const others = [
      '.tmp-1-0123456789abcdef',
      'session-1.json',
      `${id}.md`,
      `x${id}.json`,
      'notes',
    ];
    for (const name of others) writeFileSync(path.join(vault.sessions, name), '{}');
    expect(idsInVault(vault)).toEqual([id]);
  });
});

// As a pause leaves it that was killed where files cannot be linked.
describe('an empty record', () => {
  it('is no session, and its id is not given away', async () => {
    const sessions = sessionsAt(temporaryDirectory());
    const { record: first } = save(sessions, 'never was');
    rmSync(sessions.directory.path, { recursive: true });
    const place = path.join(sessions.directory.root, '.git/mpm-session/sessions');
    writeFileSync(path.join(place, `${first.session_id}.json`), '');
    expect(await told(sessions)).toEqual({});
    const { record } = save(sessions, 'next');
    expect(record.session_id).not.toBe(first.session_id);
    expect(await told(sessions)).toEqual({ [record.session_id]: 'next' });
  });
});

describe('a damaged record', () => {
  const text = encodeJson(record);

  it('is found whichever byte of it has changed', () => {
    const bytes = Buffer.from(text);
    const flip = fc.record({
      at: fc.nat(bytes.length - 1),
      bits: fc.integer({ min: 1, max: 255 }),
    });
    fc.assert(
      fc.property(flip, ({ at, bits }) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ bits, at);
        writeFileSync(file(), changed);
        expect(readFromVault(vault, id)).toMatchObject({ kind: 'problem' });
      }),
      { numRuns: 1000 },
    );
  });

  it('is found wherever it was cut off, or goes on', () => {
    const lengths = fc.nat(text.length - 1);
    fc.assert(
      fc.property(lengths, (length) => {
        writeFileSync(file(), text.slice(0, length));
        expect(readFromVault(vault, id)).toMatchObject({ kind: 'problem' });
      }),
      { numRuns: 200 },
    );
    for (const more of ['\n', ' ', '\0', text]) {
      writeFileSync(file(), text + more);
      expect(readFromVault(vault, id)).toMatchObject({ kind: 'problem' });
    }
  });

  it('is one without a checksum, however well it reads', () => {
    writeFileSync(file(), JSON.stringify(record));
    expect(readFromVault(vault, id)).toMatchObject({
      kind: 'problem',
      problem: { what: expect.stringContaining('checksum') },
    });
  });

  it('is one that another session was copied over', () => {
    addToVault(vault, record, processes);
    const other = 'session-20200101-000000' as SessionId;
    renameSync(file(), file(other));
    expect(readFromVault(vault, other)).toMatchObject({
      kind: 'problem',
      problem: { what: expect.stringContaining(id) },
    });
  });

  it.each([
    ['a link', () => symlinkSync('/etc/passwd', file())],
    ['a FIFO', () => execFileSync('mkfifo', [file()])],
    ['a directory', () => mkdirSync(file())],
  ])('is %s in its place', (_, put) => {
    put();
    expect(readFromVault(vault, id)).toMatchObject({ kind: 'problem' });
  });

  it('is a line of the list beside those that are whole', async () => {
    const sessions = sessionsAt(temporaryDirectory());
    const [whole, damaged] = [save(sessions, 'whole'), save(sessions, 'damaged')];
    const place = path.join(sessions.directory.root, '.git/mpm-session/sessions');
    writeFileSync(path.join(place, `${damaged.record.session_id}.json`), text.slice(0, 100));
    expect(await told(sessions)).toEqual({
      [whole.record.session_id]: 'whole',
      [damaged.record.session_id]: 'problem: unreadable',
    });
  });
});

describe('a record of a newer version of the program', () => {
  it('is refused and not touched by any command', { timeout: 60_000 }, async () => {
    const repository = createRepository();
    repository.commit('start');
    const run = (...args: string[]) =>
      runProgram(args, { cwd: repository.path, env: repository.env });
    await run('pause', 'old');
    const sessions = path.join(repository.path, '.git/mpm-session/sessions');
    const [name = ''] = readdirSync(sessions);
    const place = path.join(sessions, name);
    const text = newer(readFileSync(place, 'utf8'));
    writeFileSync(place, text);

    const selector = path.basename(name, '.json');
    for (const args of [
      ['resume'],
      ['resume', selector],
      ['show', selector],
      ['dismiss', selector],
    ]) {
      const refused = await run(...args);
      expect(refused.code, args.join(' ')).toBeGreaterThan(0);
      expect(refused.code, args.join(' ')).toBeLessThan(70);
    }
    expect(await run('resume', selector)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/schema version 2.*\n.*[Uu]pdate/),
    });
    expect((await run('list')).stdout).toContain('schema version 2');
    expect(await run('pause', 'new')).toMatchObject({ code: 0 });
    expect(readFileSync(place, 'utf8')).toBe(text);
  });
});

describe('a change of a session', () => {
  it('does not write over a newer version’s record that has come since it was listed', async () => {
    const { sessions, entry, place } = listed();
    const text = newer(readFileSync(place, 'utf8'));
    writeFileSync(place, text);
    await settled(changeSession(sessions, entry, resumed));
    expect(readFileSync(place, 'utf8')).toBe(text);
  });

  it('does not bring back one deleted since it was listed', async () => {
    const { sessions, entry, place } = listed();
    if (sessions.vault !== undefined) removeFromVault(sessions.vault, entry.id);
    await settled(changeSession(sessions, entry, resumed));
    expect(existsSync(place)).toBe(false);
  });

  it('is made when nothing has come between', async () => {
    const { sessions, entry, place } = listed();
    await settled(changeSession(sessions, entry, resumed));
    expect(readFileSync(place, 'utf8')).toContain('"status": "resumed"');
  });

  const resumed = (before: SessionRecord): SessionRecord => ({
    ...before,
    lifecycle: { status: 'resumed' },
  });

  /** Whether it goes on with a warning or refuses is not the point here; a bug would be. */
  async function settled(changing: Promise<unknown>): Promise<void> {
    await changing.catch((error: unknown) => expect(error).toBeInstanceOf(Failure));
  }

  function listed() {
    const sessions = sessionsAt(temporaryDirectory());
    const { record: saved } = save(sessions, 'listed');
    const entry: ReadableEntry = {
      id: saved.session_id,
      where: 'vault',
      foreign: false,
      record: saved,
    };
    const directory = path.join(sessions.directory.root, '.git/mpm-session/sessions');
    return { sessions, entry, place: path.join(directory, `${saved.session_id}.json`) };
  }
});

/** Whole, with a checksum, and a schema nobody knows yet. */
function newer(text: string): string {
  return text.replace('"schema_version": 1,', '"schema_version": 2,');
}

describe('what stands in the vault’s place', () => {
  it.each([
    ['a link', (place: string) => symlinkSync(temporaryDirectory(), place)],
    ['a file', (place: string) => writeFileSync(place, 'mine')],
    ['a FIFO', (place: string) => execFileSync('mkfifo', [place])],
  ])('is not written through or over: %s', (_, put) => {
    for (const below of ['', 'sessions']) {
      const blocked = vaultIn(temporaryDirectory());
      if (below !== '') mkdirSync(blocked.directory);
      put(path.join(blocked.directory, below));
      expect(() => prepareVault(blocked, machine)).toThrow(
        expect.objectContaining({ code: 'vault-unusable' }),
      );
    }
  });
});
