import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  createWhole,
  makePrivateDirectory,
  removeFile,
  removeLeftovers,
  replaceWhole,
  writeNewFile,
} from '../../src/store/durable-files.ts';
import { namesIn, readRegularFile, whatIsAt } from '../../src/store/read-files.ts';
import { hermeticEnv, temporaryDirectory } from '../helpers/temporary.ts';
import { bundleDriver } from './driver.ts';

const processes = { pid: process.pid, isAlive: (pid: number) => pid === process.pid };

let directory: string;
const at = (name: string) => path.join(directory, name);
const contentOf = (name: string) => readFileSync(at(name), 'utf8');
const newFile = (name: string, content = 'new') => ({ directory, name, content });

beforeEach(() => {
  directory = temporaryDirectory();
});

/** What may stand where a file is to be written, and how to tell that it is untouched. */
const inTheWay: Readonly<Record<string, () => () => unknown>> = {
  'a file': () => {
    writeFileSync(at('name'), 'old');
    return () => contentOf('name');
  },
  'a link to a file': () => {
    writeFileSync(at('victim'), 'old');
    symlinkSync('victim', at('name'));
    return () => [lstatSync(at('name')).isSymbolicLink(), contentOf('victim')];
  },
  'a link to nothing': () => {
    symlinkSync('nowhere', at('name'));
    return () => [lstatSync(at('name')).isSymbolicLink(), existsSync(at('nowhere'))];
  },
  'a directory': () => {
    mkdirSync(at('name'));
    writeFileSync(at('name/inner'), 'old');
    return () => contentOf('name/inner');
  },
  'a FIFO': () => {
    execFileSync('mkfifo', [at('name')]);
    return () => lstatSync(at('name')).isFIFO();
  },
};

describe('creating a file', () => {
  it('writes the whole content, for the owner alone, with the time asked for', () => {
    const content = `${'läng lines\n'.repeat(200_000)}`;
    const modifiedAt = new Date('2026-01-02T03:04:05Z');
    expect(createWhole({ ...newFile('name', content), modifiedAt }, processes)).toBe(true);
    expect(contentOf('name')).toBe(content);
    const stat = statSync(at('name'));
    expect([stat.mode & 0o777, stat.mtime]).toEqual([0o600, modifiedAt]);
    expect(readdirSync(directory)).toEqual(['name']);
  });

  it.each(['000', '277', '777'])('is not led by the umask (%s)', (mask) => {
    const before = process.umask(mask);
    try {
      makePrivateDirectory(at('dir'));
      createWhole({ directory: at('dir'), name: 'name', content: '' }, processes);
      replaceWhole({ directory: at('dir'), name: 'other', content: '' }, processes);
    } finally {
      process.umask(before);
    }
    const modes = ['dir', 'dir/name', 'dir/other'].map((name) => statSync(at(name)).mode & 0o777);
    expect(modes).toEqual([0o700, 0o600, 0o600]);
  });

  it.each(Object.entries(inTheWay))('leaves what is there: %s', (_, put) => {
    const untouched = put();
    const before = untouched();
    const names = readdirSync(directory);
    expect(createWhole(newFile('name'), processes)).toBe(false);
    expect(untouched()).toEqual(before);
    expect(readdirSync(directory)).toEqual(names);
  });

  it('tells the system’s error, and leaves nothing', () => {
    const nowhere = { ...newFile('name'), directory: at('nowhere') };
    expect(() => createWhole(nowhere, processes)).toThrow(/ENOENT/);
    const tooLong = newFile('n'.repeat(300));
    expect(() => createWhole(tooLong, processes)).toThrow(/ENAMETOOLONG/);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('replacing a file', () => {
  it.each(['a file', 'a link to a file', 'a link to nothing', 'a FIFO'])(
    'takes its place: %s',
    (what) => {
      inTheWay[what]?.();
      replaceWhole(newFile('name'), processes);
      expect(whatIsAt(at('name'))).toBe('file');
      expect(contentOf('name')).toBe('new');
      expect(statSync(at('name')).mode & 0o777).toBe(0o600);
      expect(existsSync(at('nowhere'))).toBe(false);
      if (what === 'a link to a file') expect(contentOf('victim')).toBe('old');
      expect(readdirSync(directory).filter((name) => name.startsWith('.tmp-'))).toEqual([]);
    },
  );

  it('does not stop a reader of the old one', () => {
    writeFileSync(at('name'), 'old');
    const inode = statSync(at('name')).ino;
    replaceWhole(newFile('name'), processes);
    expect(statSync(at('name')).ino).not.toBe(inode);
  });

  it('cannot take the place of a directory, and leaves nothing', () => {
    inTheWay['a directory']?.();
    expect(() => replaceWhole(newFile('name'), processes)).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect(contentOf('name/inner')).toBe('old');
    expect(readdirSync(directory)).toEqual(['name']);
  });
});

describe('writing a file outside the store', () => {
  it('writes it for the owner alone', () => {
    writeNewFile(at('name'), 'content');
    expect([contentOf('name'), statSync(at('name')).mode & 0o777]).toEqual(['content', 0o600]);
  });

  it.each(Object.entries(inTheWay))('is refused when the name is taken: %s', (_, put) => {
    const untouched = put();
    const before = untouched();
    expect(() => writeNewFile(at('name'), 'new')).toThrow(
      expect.objectContaining({ code: 'EEXIST' }),
    );
    expect(untouched()).toEqual(before);
  });
});

describe('removing a file', () => {
  it('removes it, and does not mind when it has gone', () => {
    writeFileSync(at('name'), '');
    removeFile(at('name'));
    removeFile(at('name'));
    expect(readdirSync(directory)).toEqual([]);
  });

  it('removes a link, not what it leads to', () => {
    inTheWay['a link to a file']?.();
    removeFile(at('name'));
    expect(readdirSync(directory)).toEqual(['victim']);
  });

  it('does not remove a directory', () => {
    mkdirSync(at('name'));
    expect(() => removeFile(at('name'))).toThrow(/EISDIR|EPERM/);
  });
});

describe('reading a file', () => {
  it.each([
    ['as large as allowed', 10, 'read'],
    ['one byte larger', 11, 'refused'],
  ])('keeps to the limit: %s', (_, size, kind) => {
    writeFileSync(at('name'), 'x'.repeat(size));
    expect(readRegularFile(at('name'), 10).kind).toBe(kind);
  });

  it('does not read what is far too large', () => {
    writeFileSync(at('name'), '');
    truncateSync(at('name'), 1024 ** 4);
    expect(readRegularFile(at('name'), 10)).toMatchObject({ kind: 'refused' });
  });

  const others: readonly (readonly [string, () => void, 'absent' | 'refused'])[] = [
    ['nothing', () => undefined, 'absent'],
    ['a file where its directory should be', () => writeFileSync(at('dir'), ''), 'absent'],
    ['a directory', () => makeDirectory(), 'refused'],
    ['a link to a file', () => linkTo('../secret'), 'refused'],
    ['a link to itself', () => linkTo('name'), 'refused'],
  ];

  it.each(others)('says what it is not: %s', (_, put, kind) => {
    put();
    expect(readRegularFile(at('dir/name'), 10).kind).toBe(kind);
  });

  function makeDirectory(): void {
    mkdirSync(at('dir/name'), { recursive: true });
  }

  function linkTo(target: string): void {
    mkdirSync(at('dir'));
    writeFileSync(at('secret'), 'secret');
    symlinkSync(target, at('dir/name'));
  }

  it('says that a path cannot be followed, instead of failing', () => {
    symlinkSync('loop', at('loop'));
    for (const place of [at('loop/name'), at('x'.repeat(300))]) {
      expect(whatIsAt(place)).toBe('hidden');
      expect(readRegularFile(place, 10).kind).toBe('refused');
    }
  });

  it('never reads a device', () => {
    expect(readRegularFile('/dev/zero', 10)).toMatchObject({ kind: 'refused' });
  });

  it('never waits for a FIFO’s writer', async () => {
    execFileSync('mkfifo', [at('name')]);
    // Waiting would end after these two seconds, so that the test fails rather than hangs.
    const writer = spawn('sh', ['-c', 'sleep 2; : <>"$0"', at('name')], { stdio: 'ignore' });
    const started = performance.now();
    expect(readRegularFile(at('name'), 10)).toMatchObject({ kind: 'refused' });
    expect(performance.now() - started).toBeLessThan(1000);
    writer.kill();
  });
});

describe('what writers that died have left', () => {
  const now = new Date('2026-11-22T12:00:00Z');
  const dead = 4_000_000; // above the kernel's largest pid_max on most machines; never asked for here
  const put = (name: string, seconds: number) => {
    writeFileSync(at(name), '');
    const time = new Date(now.getTime() - seconds * 1000);
    utimesSync(at(name), time, time);
  };

  it('is removed after a minute', () => {
    put(`.tmp-${dead}-0123456789abcdef`, 61);
    removeLeftovers(directory, now, processes);
    expect(namesIn(directory)).toEqual([]);
  });

  it.each([
    ['of a live writer', `.tmp-${process.pid}-0123456789abcdef`, 86_400],
    ['younger than a minute', `.tmp-${dead}-0123456789abcdef`, 59],
    ['from the future, by the clock of another machine', `.tmp-${dead}-0123456789abcdef`, -600],
    ['of another shape', `.tmp-${dead}-notes`, 86_400],
    ['of the user', `my.tmp-${dead}-0123456789abcdef`, 86_400],
    ['a session', 'session-20261122-120000.json', 86_400],
  ])('is left: %s', (_, name, seconds) => {
    put(name, seconds);
    removeLeftovers(directory, now, processes);
    expect(namesIn(directory)).toEqual([name]);
  });

  it('does not stop anybody when it cannot be removed', () => {
    const name = `.tmp-${dead}-0123456789abcdef`;
    mkdirSync(at(name));
    utimesSync(at(name), new Date(0), new Date(0));
    put(`.tmp-${dead}-fedcba9876543210`, 61);
    removeLeftovers(directory, now, processes);
    expect(namesIn(directory)).toEqual([name]);
  });

  it('is nothing where there is no directory', () => {
    expect(() => removeLeftovers(at('nowhere'), now, processes)).not.toThrow();
  });
});

describe.skipIf(!compilerAvailable())('on a file system without hard links', () => {
  /** As exFAT and many network shares answer; with `DISK_FILLS`, no space is left after that. */
  const withoutLinks = (errno: string) => {
    const source = path.join(temporaryDirectory(), 'no-links.c');
    const library = source.replace('.c', '.so');
    writeFileSync(
      source,
      `#include <errno.h>
       #include <stdlib.h>
       #include <sys/syscall.h>
       #include <unistd.h>
       static int refused, filling;
       int link(const char *from, const char *to) { refused = 1; errno = ${errno}; return -1; }
       ssize_t write(int file, const void *bytes, size_t count) {
         if (!refused || getenv("DISK_FILLS") == NULL || count < 100) {
           return syscall(SYS_write, file, bytes, count);
         }
         if (filling++ == 0) return syscall(SYS_write, file, bytes, 50);
         errno = ENOSPC;
         return -1;
       }`,
    );
    execFileSync('cc', ['-shared', '-fPIC', '-o', library, source]);
    return { ...hermeticEnv(directory), LD_PRELOAD: library };
  };
  const create = (env: Readonly<Record<string, string>>, name: string, content: string) => {
    const driver = bundleDriver(`
      import { createWhole } from './src/store/durable-files.ts';
      const [directory, name, content] = process.argv.slice(2);
      const processes = { pid: process.pid, isAlive: () => true };
      console.log(createWhole({ directory, name, content }, processes));`);
    const args = [driver, directory, name, content];
    return spawnSync(process.execPath, args, { env, encoding: 'utf8' });
  };

  it.each(['EPERM', 'EOPNOTSUPP', 'ENOSYS'])('still writes the whole file (%s)', (errno) => {
    const run = create(withoutLinks(errno), 'name', 'whole');
    expect(run).toMatchObject({ stdout: 'true\n', stderr: '' });
    expect([contentOf('name'), statSync(at('name')).mode & 0o777]).toEqual(['whole', 0o600]);
    expect(readdirSync(directory)).toEqual(['name']);
  });

  it.each(Object.entries(inTheWay))('still leaves what is there: %s', (_, put) => {
    const untouched = put();
    const before = untouched();
    const run = create(withoutLinks('EPERM'), 'name', 'new');
    expect(run).toMatchObject({ stdout: 'false\n', stderr: '' });
    expect(untouched()).toEqual(before);
  });

  it('leaves nothing of a file that could not be finished', () => {
    const run = create({ ...withoutLinks('EPERM'), DISK_FILLS: '1' }, 'name', 'x'.repeat(1000));
    expect(run.stderr).toContain('ENOSPC');
    expect(readdirSync(directory)).toEqual([]);
  });
});

function compilerAvailable(): boolean {
  const found = spawnSync('cc', ['--version']).status === 0;
  if (!found) process.stderr.write('Tests without hard links are SKIPPED: there is no cc.\n');
  return found;
}
