import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { removeAbandonedLock, withLock } from '../../src/store/lock.ts';
import { hermeticEnv, temporaryDirectory } from '../helpers/temporary.ts';
import { bundleDriver } from './driver.ts';

const now = () => new Date();
const machine = { now, processes: { pid: process.pid, isAlive } };

let directory: string;
const lock = () => path.join(directory, 'lock');
const log = () => path.join(directory, 'log');

beforeEach(() => {
  directory = temporaryDirectory();
});

describe('the lock', () => {
  it('gives what the action gives, and is gone afterwards', async () => {
    const during = await withLock(directory, machine, async () => existsSync(lock()));
    expect([during, readdirSync(directory)]).toEqual([true, []]);
  });

  it('is gone when the action fails', async () => {
    const failing = withLock(directory, machine, async () => {
      throw new Error('of the action');
    });
    await expect(failing).rejects.toThrow('of the action');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('tells the system’s error where none can be made', async () => {
    const nowhere = path.join(directory, 'nowhere');
    const failing = withLock(nowhere, machine, async () => undefined);
    await expect(failing).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is waited for while its owner lives', { timeout: 15_000 }, async () => {
    await startOwner(500);
    const acquired = await withLock(directory, machine, async () => {
      appendFileSync(log(), 'second in\n');
      return true;
    });
    expect(acquired).toBe(true);
    expect(readFileSync(log(), 'utf8')).toBe('first in\nfirst out\nsecond in\n');
  });

  it('is refused after ten seconds, naming the owner', { timeout: 30_000 }, async () => {
    const owner = await startOwner(60_000);
    const started = performance.now();
    const refused = await withLock(directory, machine, async () => undefined).catch(
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: 'store-locked', exit: 1 });
    expect(String(refused)).toContain(`process ${owner.pid}`);
    expect(performance.now() - started).toBeGreaterThan(8_000);
    expect(existsSync(lock())).toBe(true);
  });

  it('is taken over at once when its owner was killed', async () => {
    const owner = await startOwner(60_000);
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(existsSync(lock())).toBe(true);
    const started = performance.now();
    await withLock(directory, machine, async () => undefined);
    expect(performance.now() - started).toBeLessThan(1000);
    expect(readdirSync(directory).filter((name) => name.startsWith('lock'))).toEqual([]);
  });

  it('stays with whoever took over first', async () => {
    writeFileSync(lock(), await signed(deadPid(), '0'));
    const first = await signed(process.pid, '1');
    // Between a dead owner's being seen and its lock's being taken, another process was quicker.
    const isAliveAfterwards = (pid: number) => {
      if (pid === process.pid) return true;
      writeFileSync(lock(), first);
      return false;
    };
    const late = { now, processes: { pid: process.pid, isAlive: isAliveAfterwards } };
    const second = withLock(directory, late, async () => 'in');
    await delay(200);
    expect(readFileSync(lock(), 'utf8')).toBe(first);
    unlinkSync(lock());
    expect(await second).toBe('in');
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is left to whoever took it over from an owner that was suspended', async () => {
    const next = await signed(process.pid, '1');
    await withLock(directory, machine, async () => writeFileSync(lock(), next));
    expect(readFileSync(lock(), 'utf8')).toBe(next);
  });

  it('fails with the error of the action, whatever has become of the lock', async () => {
    const failing = withLock(directory, machine, async () => {
      unlinkSync(lock());
      mkdirSync(lock());
      throw new Error('of the action');
    });
    await expect(failing).rejects.toThrow('of the action');
  });

  // A directory on a network share, or one that a container sees.
  it.each([
    ['machine', (place: string) => place.replace(/^/, 'other-')],
    ['container', (place: string) => place.replace(/\]$/, '0]')],
  ])(
    'of another %s is not judged by a number of this one',
    { timeout: 30_000 },
    async (_, move) => {
      const [pid, random, place = ''] = (await signed(deadPid(), '0')).trimEnd().split(' ');
      expect(move(place)).not.toBe(place);
      const theirs = `${pid} ${random} ${move(place)}\n`;
      writeFileSync(lock(), theirs);
      removeAbandonedLock(directory, machine);
      expect(readFileSync(lock(), 'utf8')).toBe(theirs);
      utimesSync(lock(), new Date(0), new Date(0));
      removeAbandonedLock(directory, machine);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  it('is taken over past the guard of one that died while it took over', async () => {
    writeFileSync(lock(), await signed(deadPid(), '0'));
    writeFileSync(`${lock()}.takeover`, await signed(deadPid(), '1'));
    expect(await withLock(directory, machine, async () => 'in')).toBe('in');
    expect(readdirSync(directory)).toEqual([]);
  });

  // Its owner was killed, or the disk was full, before the number was in it.
  it('is taken over when it is empty and old', { timeout: 15_000 }, async () => {
    writeFileSync(lock(), '');
    utimesSync(lock(), new Date(0), new Date(0));
    await withLock(directory, machine, async () => undefined);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe('between many processes', { timeout: 60_000 }, () => {
  /** Makes a file longer by one byte, `rounds` times; fails when another does so meanwhile. */
  const counting = `
    import fs from 'node:fs';
    import { setTimeout as delay } from 'node:timers/promises';
    import { withLock } from './src/store/lock.ts';
    const [directory, rounds] = process.argv.slice(2);
    const counter = directory + '/counter';
    const size = () => fs.statSync(counter).size;
    ${isAlive.toString()}
    const machine = { now: () => new Date(), processes: { pid: process.pid, isAlive } };
    for (let round = 0; round < Number(rounds); round += 1) {
      await withLock(directory, machine, async () => {
        const before = size();
        await delay(Math.random() * 3);
        fs.appendFileSync(counter, '.');
        if (size() !== before + 1) throw new Error('somebody else was inside');
      });
    }`;
  const countIn = (driver: string, rounds: number) =>
    spawn(process.execPath, [driver, directory, String(rounds)], {
      env: hermeticEnv(directory),
      stdio: ['ignore', 'inherit', 'inherit'],
    });
  const exitOf = async (child: ChildProcess) => {
    const [code] = await once(child, 'exit');
    return code as number | null;
  };
  const count = () => statSync(path.join(directory, 'counter')).size;

  it('only one is ever inside', async () => {
    writeFileSync(path.join(directory, 'counter'), '');
    const driver = bundleDriver(counting);
    const codes = await Promise.all(Array.from({ length: 6 }, () => exitOf(countIn(driver, 25))));
    expect(codes).toEqual(Array(6).fill(0));
    expect(count()).toBe(150);
    expect(readdirSync(directory)).toEqual(['counter']);
  });

  it('only one takes over what a dead owner left', async () => {
    writeFileSync(path.join(directory, 'counter'), '');
    const driver = bundleDriver(counting);
    const dead = deadPid();
    const rounds = 8;
    for (let round = 0; round < rounds; round += 1) {
      writeFileSync(lock(), await signed(dead, '0'));
      await Promise.all(Array.from({ length: 4 }, () => exitOf(countIn(driver, 3))));
    }
    expect(count()).toBe(rounds * 4 * 3);
    expect(readdirSync(directory)).toEqual(['counter']);
  });

  it('those killed inside hold nobody up', async () => {
    writeFileSync(path.join(directory, 'counter'), '');
    const driver = bundleDriver(counting);
    const victims = Array.from({ length: 3 }, () => countIn(driver, 10_000));
    const survivors = Array.from({ length: 2 }, () => exitOf(countIn(driver, 10)));
    for (const victim of victims) {
      await delay(250);
      victim.kill('SIGKILL');
    }
    expect(await Promise.all(survivors)).toEqual([0, 0]);
    expect(count()).toBeGreaterThanOrEqual(20);
    expect(await withLock(directory, machine, async () => 'free')).toBe('free');
  });
});

/** A process that holds the lock for a time; returns once it does. */
async function startOwner(milliseconds: number): Promise<ChildProcess> {
  const driver = bundleDriver(`
    import fs from 'node:fs';
    import { setTimeout as delay } from 'node:timers/promises';
    import { withLock } from './src/store/lock.ts';
    const [directory, milliseconds] = process.argv.slice(2);
    const say = (text) => fs.appendFileSync(directory + '/log', text + '\\n');
    const machine = { now: () => new Date(), processes: { pid: process.pid, isAlive: () => true } };
    await withLock(directory, machine, async () => {
      say('first in');
      await delay(Number(milliseconds));
      say('first out');
    });`);
  const owner = spawn(process.execPath, [driver, directory, String(milliseconds)], {
    env: hermeticEnv(directory),
    stdio: 'ignore',
  });
  onTestFinished(() => void owner.kill('SIGKILL'));
  await expect.poll(() => existsSync(log()), { timeout: 10_000, interval: 10 }).toBe(true);
  return owner;
}

/** What the lock of a process on this machine holds. */
async function signed(pid: number, digit: string): Promise<string> {
  const elsewhere = temporaryDirectory();
  const read = async () => readFileSync(path.join(elsewhere, 'lock'), 'utf8');
  const own = await withLock(elsewhere, machine, read);
  return own.replace(/^\d+ [0-9a-f]{16} /, `${pid} ${digit.repeat(16)} `);
}

function deadPid(): number {
  return spawnSync('true').pid;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
