import { describe, expect, test } from 'vitest';
import { type Evidence, measureDrift } from '../../src/session/drift.ts';
import { describeDrift } from '../../src/session/drift-text.ts';
import type { BranchName, Oid } from '../../src/session/git-state.ts';
import type { GitContext, SessionRecord } from '../../src/session/record.ts';
import { emptyRecord, fullRecord, someOid } from '../helpers/records.ts';

/** Nothing moved since {@link fullRecord}. */
const asThen: Evidence = {
  branch: 'feature/login' as BranchName,
  tip: someOid as Oid,
  divergence: { onlyFrom: 0, onlyTo: 0 },
  commits: [],
  upstream: { name: 'origin/feature/login', ahead: 2, behind: 1 },
  stashCount: 1,
};

const nothingMeasured: Evidence = {
  branch: undefined,
  tip: undefined,
  divergence: undefined,
  commits: [],
  upstream: undefined,
  stashCount: undefined,
};

const inGit = (changes: Partial<GitContext>): SessionRecord =>
  fullRecord({ git_context: { ...fullRecord().git_context, ...changes } });

const linesOf = (record: SessionRecord, evidence: Evidence) =>
  describeDrift(record, measureDrift(record, evidence));

const said = (record: SessionRecord, evidence: Partial<Evidence>) =>
  linesOf(record, { ...asThen, ...evidence }).map(({ state, text }) => `${state}: ${text}`);

const sameHistory = 'verified: No commit since.';

test('only that there is no commit is said when nothing moved', () => {
  expect(said(fullRecord(), {})).toEqual([sameHistory]);
});

test('nothing is said of a session from outside git', () => {
  expect(linesOf(emptyRecord(), nothingMeasured)).toEqual([]);
  expect(linesOf(emptyRecord(), asThen)).toEqual([]);
});

test('everything that was known then is said to be unknown where git is no more', () => {
  expect(linesOf(fullRecord(), nothingMeasured).map(({ state }) => state)).toEqual([
    'unknown',
    'unknown',
    'unknown',
    'unknown',
  ]);
});

test('what was not known then is not compared', () => {
  const record = inGit({ upstream: null, stash_count: null });
  expect(said(record, { upstream: undefined, stashCount: 4 })).toEqual([sameHistory]);
});

test('of a detached session, history that is unknown is not a branch’s', () => {
  const record = inGit({ branch: null, detached: true, upstream: null });
  const texts = said(record, { ...nothingMeasured, stashCount: 1 });
  expect(texts).toEqual([
    'unknown: The session was on no branch, so whether there are commits since cannot be told.',
  ]);
});

describe('the upstream', () => {
  test('that could not be checked is said so', () => {
    expect(said(fullRecord(), { upstream: undefined })).toEqual([
      sameHistory,
      'unknown: How far the branch is from its upstream could not be checked.',
    ]);
  });

  test('of a branch that is gone is not mentioned', () => {
    const texts = said(fullRecord(), { branch: 'gone', tip: undefined, upstream: undefined });
    expect(texts.join('\n')).toContain('The branch feature/login is gone.');
    expect(texts.join('\n')).not.toContain('upstream');
  });

  test.each([
    [null, 'The branch has an upstream now, and is 0 ahead of o/m and 3 behind.'],
    ['o/m', 'The branch is 0 ahead of o/m and 3 behind.'],
    ['o/x', 'The branch has another upstream now, and is 0 ahead of o/m and 3 behind.'],
  ])('was %s then', (then, text) => {
    const record = inGit({ upstream: then === null ? null : { name: then, ahead: 0, behind: 0 } });
    expect(said(record, { upstream: { name: 'o/m', ahead: 0, behind: 3 } })).toEqual([
      sameHistory,
      `changed: ${text}`,
    ]);
  });

  test.each([
    [null, 'The branch has no upstream any more.'],
    [{ name: 'o/m', ahead: null, behind: null }, 'The upstream o/m is gone.'],
  ])('is %j now', (upstream, text) => {
    expect(said(fullRecord(), { upstream })).toEqual([sameHistory, `changed: ${text}`]);
  });
});

describe('the stash', () => {
  test.each([
    [0, 1, 'The stash has 1 entry now, and had 0.'],
    [1, 2, 'The stash has 2 entries now, and had 1.'],
  ])('had %i and has %i', (then, stashCount, text) => {
    expect(said(inGit({ stash_count: then }), { stashCount })).toEqual([
      sameHistory,
      `changed: ${text}`,
    ]);
  });
});

test('commits are clean, and without what they do not have', () => {
  const commit = { sha: someOid, timestamp: '2026-11-22T10:00:00+01:00' };
  const [history] = linesOf(fullRecord(), {
    ...asThen,
    tip: undefined,
    divergence: { onlyFrom: 0, onlyTo: 3 },
    commits: [
      { ...commit, message: 'a\u001b]0;t\u0007\u202eb', author: 'E\u001b[31mve\u200b' },
      { ...commit, message: '', author: '' },
    ],
  });
  expect(history).toEqual({
    state: 'changed',
    text: '3 commits since.',
    commits: [
      { sha: someOid, subject: 'a]0;tb', author: 'E[31mve', date: '2026-11-22' },
      { sha: someOid, date: '2026-11-22' },
    ],
    more: 1,
  });
});
