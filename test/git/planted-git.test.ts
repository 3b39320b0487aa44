import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findProgram } from '../../src/programs.ts';
import { createRepository, type TestRepository } from '../helpers/repository.ts';
import { runProgram } from '../helpers/run.ts';
import { hermeticEnv, temporaryDirectory, temporaryHome } from '../helpers/temporary.ts';
import { canary } from './canary.ts';

/** A directory with a program called `git` in it that nobody runs here. */
function directoryWithGit(mode = 0o755): string {
  const directory = temporaryDirectory();
  writeFileSync(path.join(directory, 'git'), '#!/bin/sh\n', { mode });
  return directory;
}

function find(directories: readonly string[], workTree?: string): string | undefined {
  return findProgram('git', { PATH: directories.join(path.delimiter) }, workTree);
}

describe('git is the first of PATH that', () => {
  it('can be run', () => {
    const [first, second] = [directoryWithGit(), directoryWithGit()];
    expect(find([temporaryDirectory(), first, second])).toBe(path.join(first, 'git'));
    expect(find([directoryWithGit(0o644), second])).toBe(path.join(second, 'git'));
  });

  it('is a program, not a directory of that name', () => {
    const directory = temporaryDirectory();
    mkdirSync(path.join(directory, 'git'));
    const good = directoryWithGit();
    expect(find([directory, good])).toBe(path.join(good, 'git'));
  });

  it('has an absolute path: no «.», no empty entry, no relative one', () => {
    const good = directoryWithGit();
    const relative = path.relative(process.cwd(), directoryWithGit());
    expect(find(['.', '', './', relative, 'node_modules/.bin', good])).toBe(path.join(good, 'git'));
    expect(find(['.', '', relative])).toBeUndefined();
  });

  it('is not in the work tree, nor below it, nor linked into it', () => {
    const workTree = directoryWithGit();
    const below = path.join(workTree, 'node_modules/.bin');
    mkdirSync(below, { recursive: true });
    writeFileSync(path.join(below, 'git'), '', { mode: 0o755 });
    const link = path.join(temporaryDirectory(), 'innocent');
    symlinkSync(below, link);
    expect(find([workTree, below, `${below}/../.bin/`, link], workTree)).toBeUndefined();
    expect(find([below])).toBe(path.join(below, 'git'));
  });

  it('is beside a work tree whose name it continues, or whose name begins with two dots', () => {
    const parent = temporaryDirectory();
    for (const name of ['work', 'work tools', '..work']) {
      mkdirSync(path.join(parent, name));
      writeFileSync(path.join(parent, name, 'git'), '', { mode: 0o755 });
    }
    const at = (name: string) => path.join(parent, name, 'git');
    expect(find([path.join(parent, 'work tools')], path.join(parent, 'work'))).toBe(
      at('work tools'),
    );
    expect(find([path.join(parent, '..work')], parent)).toBeUndefined();
  });

  it('is a link out of the work tree’s reach: what a link points to is not judged', () => {
    const directory = temporaryDirectory();
    symlinkSync(path.join(directoryWithGit(), 'git'), path.join(directory, 'git'));
    expect(find([directory])).toBe(path.join(directory, 'git'));
  });

  it('is not behind a directory that cannot be looked into', () => {
    const closed = temporaryDirectory();
    chmodSync(closed, 0);
    const good = directoryWithGit();
    expect(find([path.join(closed, 'bin'), '/dev/null', good], '/some/work tree')).toBe(
      path.join(good, 'git'),
    );
  });

  it('is none at all', () => {
    expect(findProgram('git', {}, undefined)).toBeUndefined();
    expect(findProgram('git', { PATH: '' }, undefined)).toBeUndefined();
  });
});

describe('a git that the checkout brought along is never run', () => {
  function planted(): { repository: TestRepository; places: string[]; hasRun: () => boolean } {
    const repository = createRepository();
    const trap = canary('git');
    const places = [repository.path, path.join(repository.path, 'node_modules/.bin')];
    for (const place of places) {
      mkdirSync(place, { recursive: true });
      symlinkSync(trap.program, path.join(place, 'git'));
    }
    repository.commit('first');
    return { repository, places, hasRun: trap.hasRun };
  }

  it.each(['pause x', 'list', 'resume', 'status', 'config'])('by %s', async (line) => {
    const { repository, places, hasRun } = planted();
    const machine = repository.env['PATH'] ?? '';
    const entries = ['.', '', 'node_modules/.bin', './node_modules/.bin', ...places, machine];
    const env = { ...repository.env, PATH: entries.join(path.delimiter) };
    await runProgram(['pause', 'before'], { cwd: repository.path, env });
    const run = await runProgram(line.split(' '), { cwd: repository.path, env });
    expect(run.code, run.stderr).toBe(0);
    expect(hasRun()).toBe(false);
  });

  it('also when the repository has to be asked for, from a directory below it', async () => {
    const { repository, places, hasRun } = planted();
    repository.git('config', 'core.bare', 'no');
    repository.write('below/file', '');
    const PATH = [...places, repository.env['PATH']].join(path.delimiter);
    const run = await runProgram(['pause', 'x'], {
      cwd: path.join(repository.path, 'below'),
      env: { ...repository.env, PATH },
    });
    expect(run.code, run.stderr).toBe(0);
    expect(hasRun()).toBe(false);
  });

  it('and when there is no other, that is said', async () => {
    const { repository, places, hasRun } = planted();
    const env = { ...repository.env, PATH: places.join(path.delimiter) };
    const run = await runProgram(['--json', 'pause', 'x'], { cwd: repository.path, env });
    expect(run.code).toBe(1);
    expect(JSON.parse(run.stdout)).toMatchObject({ ok: false, error: { code: 'git-missing' } });
    expect(hasRun()).toBe(false);
  });
});

describe('without git', () => {
  it('a directory outside any repository can still be paused', async () => {
    const env = { ...hermeticEnv(temporaryHome()), PATH: '/nowhere' };
    const run = await runProgram(['pause', 'x'], { cwd: temporaryDirectory(), env });
    expect(run.code, run.stderr).toBe(0);
  });
});
