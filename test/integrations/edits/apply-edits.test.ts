import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hookEvents } from '../../../src/hooks/events.ts';
import { applyEdits, applyReversal } from '../../../src/integrations/edits/apply-edits.ts';
import { writeJournal } from '../../../src/integrations/edits/journal.ts';
import { hooksDirectory } from '../../../src/integrations/hook-managers/hooks-directory.ts';
import type {
  ConfigEdit,
  Edit,
  FileEdit,
  FileState,
} from '../../../src/integrations/integration.ts';
import { findBlock } from '../../../src/integrations/managed-block.ts';
import { readState } from '../../../src/integrations/surroundings.ts';
import { createRepository, type TestRepository } from '../../helpers/repository.ts';
import { anyHook } from '../hook-contents.ts';
import {
  install,
  manifestOf,
  placeOf,
  recover,
  snapshotOf,
  surroundingsOf,
  uninstall,
} from '../installation.ts';

const text = (content: string, mode = 0o644): FileState => {
  return { kind: 'file', content: Buffer.from(content), mode };
};

function fileEdit(target: string, after: FileState, before = readState(target)): FileEdit {
  return { kind: 'file', target, tracked: false, before, after, about: 'a test' };
}

function keyEdit(
  target: string,
  after: readonly string[],
  before: readonly string[] = [],
): ConfigEdit {
  return { kind: 'config', target, tracked: false, before, after, about: 'a test' };
}

const configOf = ({ git }: TestRepository) => git('config', '--local', '--list');

/** All but the vault and the configuration, whose keys count rather than its bytes. */
function stateOf(repository: TestRepository): readonly string[] {
  const others = snapshotOf(repository.path).filter(
    (line) => !/^\.git\/(?:mpm-session|config|$)/.test(line) && !line.startsWith('.git/ '),
  );
  return [...others, configOf(repository)];
}

describe('whatever hooks there are', () => {
  const mode = fc.constantFrom(0o755, 0o644, 0o700, 0o555);
  const state = fc.oneof(
    { weight: 1, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom('../../one', 'gone', '/dev/null') },
    { weight: 6, arbitrary: fc.record({ content: anyHook, mode }) },
  );

  test('installing and uninstalling gives back every byte, mode and link', async () => {
    const repository = createRepository();
    repository.commit('start', { one: 'one\n' });
    const hooks = path.join(repository.path, '.git/hooks');
    await fc.assert(
      fc.asyncProperty(fc.array(state, { maxLength: 4 }), async (states) => {
        rmSync(hooks, { recursive: true, force: true });
        for (const [at, one] of states.entries())
          makeHook(path.join(hooks, hookEvents[at] ?? ''), one);
        const before = stateOf(repository);
        await install(repository, hooksDirectory);
        expect(hookEvents.every((event) => isOurs(path.join(hooks, event)))).toBe(true);
        expect((await install(repository, hooksDirectory)).edits).toEqual([]);
        await uninstall(repository);
        expect(stateOf(repository)).toEqual(before);
        expect(await manifestOf(repository)).toBeUndefined();
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  test('the same when the manifest is lost', async () => {
    const repository = createRepository();
    repository.commit('start');
    await fc.assert(
      fc.asyncProperty(anyHook, async (content) => {
        fc.pre(findBlock(content).kind === 'none');
        repository.write('.git/hooks/post-checkout', content, 0o755);
        const before = stateOf(repository);
        await install(repository, hooksDirectory);
        rmSync(path.join(repository.path, '.git/mpm-session/installed.json'));
        await uninstall(repository);
        rmSync(path.join(repository.path, '.git/hooks/mpm-chained'), {
          recursive: true,
          force: true,
        });
        expect(stateOf(repository)).toEqual(before);
      }),
      { numRuns: 25 },
    );
  }, 60_000);
});

type MadeHook = string | { readonly content: Buffer; readonly mode: number } | undefined;

function makeHook(file: string, hook: MadeHook): void {
  if (hook === undefined) return;
  mkdirSync(path.dirname(file), { recursive: true });
  if (typeof hook === 'string') {
    symlinkSync(hook, file);
    return;
  }
  fc.pre(findBlock(hook.content).kind === 'none');
  writeFileSync(file, hook.content);
  chmodSync(file, hook.mode);
}

function isOurs(file: string): boolean {
  return findBlock(readFileSync(file)).kind === 'ours' && (lstatSync(file).mode & 0o111) !== 0;
}

describe('edits', () => {
  test('make files, modes, links and directories, and several values of a key', async () => {
    const repository = createRepository();
    const at = (name: string) => path.join(repository.path, name);
    repository.write('old', 'old\n', 0o600);
    repository.git('config', 'a.b.c', 'one');
    const before = stateOf(repository);
    await applyEdits(await placeOf(repository), [
      fileEdit(at('deep/er/new'), text('new\n', 0o750)),
      fileEdit(at('deep/link'), { kind: 'link', target: '../old' }),
      fileEdit(at('old'), text('changed\n', 0o604)),
      keyEdit('a.b.c', ['-x', 'two\nlines', ''], ['one']),
      keyEdit('new.key', ['#;"\\ \t']),
    ]);
    expect(readState(at('deep/er/new'))).toEqual(text('new\n', 0o750));
    expect(readlinkSync(at('deep/link'))).toBe('../old');
    expect(readState(at('old'))).toEqual(text('changed\n', 0o604));
    expect(repository.git('config', '--get-all', '-z', 'a.b.c')).toBe('-x\0two\nlines\0\0');
    expect(repository.git('config', '-z', 'new.key')).toBe('#;"\\ \t\0');
    await uninstall(repository);
    expect(stateOf(repository)).toEqual(before);
  });

  test('are not begun when something has changed since the plan', async () => {
    const repository = createRepository();
    const at = (name: string) => path.join(repository.path, name);
    repository.write('one', 'one\n');
    const edits = [fileEdit(at('new'), text('new\n')), fileEdit(at('one'), text('two\n'))];
    repository.write('one', 'meanwhile\n');
    const before = stateOf(repository);
    await expect(applyEdits(await placeOf(repository), edits)).rejects.toThrow(/one has changed/);
    await expect(
      applyEdits(await placeOf(repository), [keyEdit('user.name', ['x'], ['y'])]),
    ).rejects.toThrow(/user.name has changed/);
    expect(stateOf(repository)).toEqual(before);
  });

  test('never go through a link, at the end of a path or above it', async () => {
    const repository = createRepository();
    const at = (name: string) => path.join(repository.path, name);
    repository.write('real/file', 'real\n');
    symlinkSync('real', at('linked'));
    symlinkSync('real/file', at('link'));
    await applyEdits(await placeOf(repository), [fileEdit(at('link'), text('ours\n'))]);
    expect(readFileSync(at('real/file'), 'utf8')).toBe('real\n');
    await expect(
      applyEdits(await placeOf(repository), [fileEdit(at('linked/new'), text('ours\n'))]),
    ).rejects.toThrow(/symbolic link/);
    await uninstall(repository);
    expect(readlinkSync(at('link'))).toBe('real/file');
    expect(existsSync(at('real/new'))).toBe(false);
  });

  test('that cannot all be made leave nothing', async () => {
    const repository = createRepository();
    repository.write('file', 'in the way\n');
    const before = stateOf(repository);
    const edits = [
      fileEdit(path.join(repository.path, 'new/one'), text('new\n')),
      keyEdit('a.b', ['c']),
      fileEdit(path.join(repository.path, 'file/below'), text('never\n')),
    ];
    await expect(applyEdits(await placeOf(repository), edits)).rejects.toMatchObject({
      code: 'cannot-write',
      message: expect.stringContaining('Nothing was changed.'),
    });
    expect(stateOf(repository)).toEqual(before);
    expect(await manifestOf(repository)).toBeUndefined();
    expect(await recover(repository)).toEqual({ kind: 'nothing' });
  });

  test('wait for git to finish with its configuration, and leave nothing when it does not', async () => {
    const repository = createRepository();
    const lock = path.join(repository.path, '.git/config.lock');
    writeFileSync(lock, '');
    setTimeout(() => rmSync(lock), 400);
    await applyEdits(await placeOf(repository), [keyEdit('a.b', ['c'])]);
    expect(configOf(repository)).toContain('a.b=c');

    writeFileSync(lock, '');
    const before = stateOf(repository);
    const edits = [
      fileEdit(path.join(repository.path, 'new'), text('new\n')),
      keyEdit('a.b', ['d'], ['c']),
    ];
    await expect(applyEdits(await placeOf(repository), edits)).rejects.toThrow(/could not lock/);
    expect(stateOf(repository)).toEqual(before);
  });
});

describe('what is remembered', () => {
  test('the first state of a target that is changed again and again', async () => {
    const repository = createRepository();
    const file = path.join(repository.path, 'file');
    repository.write('file', 'first\n');
    for (const content of ['second\n', 'third\n']) {
      await applyEdits(await placeOf(repository), [fileEdit(file, text(content))]);
    }
    const manifest = await manifestOf(repository);
    expect(manifest?.applied).toHaveLength(1);
    expect(Date.now() - (manifest?.installedAt.getTime() ?? 0)).toBeLessThan(60_000);
    await uninstall(repository);
    expect(readFileSync(file, 'utf8')).toBe('first\n');
  });

  test('nothing of a target that is as it was again', async () => {
    const repository = createRepository();
    const file = path.join(repository.path, 'file');
    const place = await placeOf(repository);
    await applyEdits(place, [fileEdit(file, text('one\n'))]);
    await applyEdits(place, [fileEdit(file, undefined)]);
    expect((await manifestOf(repository))?.applied).toEqual([]);
  });

  test("a user's change between two of ours is not undone", async () => {
    const repository = createRepository();
    const file = path.join(repository.path, '.git/hooks/post-checkout');
    repository.write('.git/hooks/post-checkout', '#!/bin/sh\necho one\n', 0o755);
    await install(repository, hooksDirectory);
    const ours = readFileSync(file, 'utf8').replace('echo one', 'echo two');
    writeFileSync(file, ours);
    const place = await placeOf(repository);
    await applyEdits(place, [fileEdit(file, text(`${ours}# again\n`, 0o755))]);
    await uninstall(repository);
    expect(readFileSync(file, 'utf8')).toBe('#!/bin/sh\necho two\n');
  });

  test('a permission that was changed since stays changed', async () => {
    const repository = createRepository();
    const file = path.join(repository.path, '.git/hooks/pre-push');
    repository.write('.git/hooks/pre-push', 'exit 0\n', 0o755);
    await install(repository, hooksDirectory);
    chmodSync(file, 0o700);
    await uninstall(repository);
    expect(readState(file)).toEqual(text('exit 0\n', 0o700));
  });

  test('a key that was added to only loses what is ours', async () => {
    const repository = createRepository();
    repository.git('config', 'a.b', 'first');
    const edit = keyEdit('a.b', ['first', 'ours'], ['first']);
    await applyEdits(await placeOf(repository), [edit]);
    repository.git('config', '--add', 'a.b', 'later');
    await uninstall(repository);
    expect(repository.git('config', '--get-all', 'a.b')).toBe('first\nlater\n');
  });

  test('a repository that was moved is restored where it is', async () => {
    const repository = createRepository();
    repository.write('.git/hooks/pre-commit', '#!/usr/bin/python3\n', 0o755);
    const before = stateOf(repository);
    await install(repository, hooksDirectory);
    const moved = `${repository.path} moved`;
    repository.git('config', 'x.y', 'z');
    renameSync(repository.path, moved);
    const there = { ...repository, path: moved };
    await uninstall(there);
    expect(snapshotOf(path.join(moved, '.git/hooks'))).toEqual(
      before.filter((line) => line.startsWith('.git/hooks')).map(withoutPrefix),
    );
  });

  test.each([
    ['cut off', (content: string) => content.slice(0, -20)],
    ['of another checksum', (content: string) => content.replace('"mode": 493', '"mode": 511')],
    [
      'of a later version',
      (content: string) => content.replace('"schema_version": 1', '"schema_version": 2'),
    ],
  ])('nothing of a manifest that is %s', async (_, damage) => {
    const repository = createRepository();
    await install(repository, hooksDirectory);
    const file = path.join(repository.path, '.git/mpm-session/installed.json');
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    expect(await manifestOf(repository)).toBeUndefined();
    await uninstall(repository);
    expect(existsSync(path.join(repository.path, '.git/hooks/post-checkout'))).toBe(false);
    expect(existsSync(file)).toBe(false);
  });
});

function withoutPrefix(line: string): string {
  return line.startsWith('.git/hooks/ ')
    ? `.${line.slice('.git/hooks'.length)}`
    : line.slice('.git/hooks/'.length);
}

describe('a run that was killed', () => {
  interface Left {
    readonly repository: TestRepository;
    readonly edits: readonly Edit[];
    readonly before: readonly string[];
  }

  /** As after a kill when the first `done` edits were made. */
  async function killedAfter(done: number): Promise<Left> {
    const repository = createRepository();
    repository.write('one', 'one\n');
    const before = stateOf(repository);
    const at = (name: string) => path.join(repository.path, name);
    const edits = [
      fileEdit(at('new/two'), text('two\n')),
      fileEdit(at('one'), text('changed\n')),
      keyEdit('a.b', ['one', 'two', 'three']),
    ];
    const place = await placeOf(repository);
    await applyEdits(place, edits.slice(0, done));
    rmSync(path.join(place.vault.directory, 'installed.json'), { force: true });
    const id = '0123456789abcdef';
    writeJournal(
      { phase: 'applying', id, edits, directories: [at('new')] },
      place.vault,
      place.machine.processes,
    );
    writeFileSync(at(`.mpm-session-${id}`), 'half of i');
    return { repository, edits, before };
  }

  test.each([0, 1, 2, 3])('after %i edits: all is put back', async (done) => {
    const { repository, before } = await killedAfter(done);
    expect(await recover(repository)).toEqual({ kind: 'put-back', untouched: [] });
    expect(stateOf(repository)).toEqual(before);
    expect(await recover(repository)).toEqual({ kind: 'nothing' });
  });

  test('between two values of a key', async () => {
    const { repository, before } = await killedAfter(2);
    repository.git('config', 'a.b', 'one');
    await recover(repository);
    expect(stateOf(repository)).toEqual(before);
  });

  test('what somebody has written meanwhile is left to them', async () => {
    const { repository } = await killedAfter(2);
    repository.write('one', 'theirs\n');
    const file = path.join(repository.path, 'one');
    expect(await recover(repository)).toEqual({ kind: 'put-back', untouched: [file] });
    expect(readFileSync(file, 'utf8')).toBe('theirs\n');
    expect(existsSync(path.join(repository.path, 'new'))).toBe(false);
  });

  test('the next run puts it back by itself, then does what it is for', async () => {
    const { repository, edits } = await killedAfter(2);
    await applyEdits(await placeOf(repository), edits);
    expect(readFileSync(path.join(repository.path, 'new/two'), 'utf8')).toBe('two\n');
    expect((await manifestOf(repository))?.applied).toHaveLength(3);
  });

  test('when only the notes about it were missing, they are written', async () => {
    const { repository } = await killedAfter(3);
    const place = await placeOf(repository);
    const done = { phase: 'applied', manifest: 'the text', directories: [] } as const;
    writeJournal(done, place.vault, place.machine.processes);
    expect(await recover(repository)).toEqual({ kind: 'completed' });
    expect(readFileSync(path.join(place.vault.directory, 'installed.json'), 'utf8')).toBe(
      'the text',
    );
  });

  test('a journal that is damaged is not believed, nor written over', async () => {
    const { repository } = await killedAfter(1);
    const file = path.join(repository.path, '.git/mpm-session/installing.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('dHdvCg==', 'dHdvCh=='));
    const before = snapshotOf(repository.path);
    const failure = { code: 'damaged-journal', message: expect.stringContaining(file) as string };
    await expect(recover(repository)).rejects.toMatchObject(failure);
    const place = await placeOf(repository);
    const edit = fileEdit(path.join(repository.path, 'another'), text('x\n'));
    await expect(applyEdits(place, [edit])).rejects.toMatchObject(failure);
    await expect(applyReversal(place, [edit])).rejects.toMatchObject(failure);
    expect(snapshotOf(repository.path)).toEqual(before);
  });
});

describe('reversing', () => {
  test('forgets the manifest, and removes directories that were made and are empty', async () => {
    const repository = createRepository();
    const file = path.join(repository.path, 'a/b/file');
    const place = await placeOf(repository);
    await applyEdits(place, [fileEdit(file, text('x\n'))]);
    repository.write('a/mine', 'mine\n');
    await applyReversal(place, [fileEdit(file, undefined)]);
    expect(snapshotOf(path.join(repository.path, 'a'))).toEqual(['./ 755', 'mine 644 "mine\\n"']);
    expect(await manifestOf(repository)).toBeUndefined();
  });

  test('surroundings say where things are, and what is set where', async () => {
    const repository = createRepository();
    repository.write('tracked', 'x\n');
    repository.commit('start', { tracked: 'x\n' });
    repository.git('config', 'Hook.Some-Name.Event', 'one');
    repository.git('config', '--add', 'hook.Some-Name.event', 'two');
    const now = await surroundingsOf(repository);
    expect(now.configured('HOOK.Some-Name.EVENT')).toEqual(['one', 'two']);
    expect(now.isTracked(path.join(repository.path, 'tracked'))).toBe(true);
    expect(now.isTracked(path.join(repository.path, 'other'))).toBe(false);
    expect(now.hooksPath).toBeUndefined();
    expect(now.gitVersion[0]).toBe(2);
    expect(now.hasLinkedWorktrees).toBe(false);
  });
});
