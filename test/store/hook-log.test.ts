import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { appendDecision, readDecisions, trimLog } from '../../src/store/hook-log.ts';
import { isSystemError } from '../../src/store/system-errors.ts';
import { type Vault, vaultIn } from '../../src/store/vault.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const io = {
  now: () => new Date('2026-11-22T19:13:00.123Z'),
  processes: { pid: process.pid, isAlive: () => true },
};

let vault: Vault;
let log: string;

beforeEach(() => {
  vault = vaultIn(temporaryDirectory());
  mkdirSync(vault.directory);
  log = path.join(vault.directory, 'log');
});

const hinted = { event: 'post-checkout', args: ['a', 'b', '1'], outcome: 'hinted', reason: 'ci' };

/** Nobody waits for the other end to be opened. */
function openPipe(): number {
  execFileSync('mkfifo', [log]);
  return openSync(log, constants.O_RDONLY | constants.O_NONBLOCK);
}

describe('the log', () => {
  it('gives what was appended, newest first', () => {
    appendDecision(vault, hinted, io);
    appendDecision(vault, { ...hinted, outcome: 'failed', detail: 'exit 3' }, io);
    expect(readFileSync(log, 'utf8').split('\n')[0]).toBe(
      '2026-11-22T19:13:00.123Z\tpost-checkout\ta b 1\thinted\tci',
    );
    const time = '2026-11-22T19:13:00.123Z';
    expect(readDecisions(vault)).toEqual([
      { ...hinted, time, outcome: 'failed', detail: 'exit 3' },
      { ...hinted, time },
    ]);
    expect(statSync(log).mode & 0o777).toBe(0o600);
  });

  it('takes no field for another, and no line for two', () => {
    appendDecision(vault, { ...hinted, detail: 'a\tb\nc\td\te\tf\tg\u001b[2J' }, io);
    expect(readDecisions(vault)).toMatchObject([{ ...hinted, detail: 'a b c d e f g[2J' }]);
  });

  it('reads what sh wrote, which had no clock', () => {
    appendFileSync(log, '\tpost-checkout\t1f0b 5c2e 1\tquiet\tresumed\n');
    expect(readDecisions(vault)).toEqual([
      {
        ...{ time: null, event: 'post-checkout', args: ['1f0b', '5c2e', '1'] },
        ...{ outcome: 'quiet', reason: 'resumed' },
      },
    ]);
  });

  it('passes over what is no decision', () => {
    const lines = ['', 'nonsense', '\t\t\t\t', 'x\ty', '\0\xff\t\t', '\tpre-push\t\tpassed\t'];
    writeFileSync(log, `${lines.join('\n')}\n\tpre-push\t\tpassed\tok\n\tcut off\t\tpas`);
    expect(readDecisions(vault)).toMatchObject([{ event: 'pre-push', args: [], reason: 'ok' }]);
  });

  it.each([
    ['nothing', () => undefined],
    ['a directory', () => mkdirSync(log)],
    ['a link', () => symlinkSync(path.join(vault.directory, 'elsewhere'), log)],
    ['an empty file', () => writeFileSync(log, '')],
  ])('is read where there is %s in its place', (_, put) => {
    writeFileSync(path.join(vault.directory, 'elsewhere'), '\tpre-push\t\tpassed\tok\n');
    put();
    expect(readDecisions(vault)).toEqual([]);
    expect(() => trimLog(vault, io)).not.toThrow();
  });

  it.each([
    ['a pipe that somebody reads', openPipe],
    ['a link to a file', () => symlinkSync(path.join(vault.directory, 'elsewhere'), log)],
    ['a directory', () => mkdirSync(log)],
  ])('is not written to %s', (_, put) => {
    const elsewhere = path.join(vault.directory, 'elsewhere');
    writeFileSync(elsewhere, '');
    const reader = put();
    try {
      appendDecision(vault, hinted, io);
    } catch (error) {
      expect(isSystemError(error)).toBe(true);
    }
    expect(readFileSync(elsewhere, 'utf8')).toBe('');
    if (typeof reader !== 'number') return;
    expect(readSync(reader, Buffer.alloc(10))).toBe(0);
    closeSync(reader);
  });

  it('is cut to its last 200 lines over 64 KiB, by whoever appends', () => {
    const line = (number: number) => `\tpost-checkout\t${'x'.repeat(60)} ${number}\tquiet\tci\n`;
    const all = Array.from({ length: 700 }, (_, number) => line(number)).join('');
    writeFileSync(log, all);
    expect(all.length).toBeLessThan(64 * 1024);
    trimLog(vault, io);
    expect(readFileSync(log, 'utf8')).toBe(all);
    writeFileSync(log, all + all);
    appendDecision(vault, hinted, io);
    const left = readDecisions(vault);
    expect(left).toHaveLength(200);
    expect(left[0]).toMatchObject(hinted);
    expect(left[1]?.args.at(-1)).toBe('699');
    expect(readdirSync(vault.directory)).toEqual(['log']);
  });

  it('is read from its end, however long it has become', () => {
    const first = '\tpost-checkout\tfirst\tquiet\tci\n';
    writeFileSync(log, first + `\tpost-checkout\t${'é'.repeat(500)}\tquiet\tci\n`.repeat(2000));
    appendFileSync(log, '\tpost-checkout\tlast\tquiet\tci\n');
    const read = readDecisions(vault);
    expect(read.length).toBeLessThan(400);
    expect(read[0]?.args).toEqual(['last']);
    for (const { event } of read) expect(event).toBe('post-checkout');
  });
});
