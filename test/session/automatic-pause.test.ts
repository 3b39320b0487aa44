import { describe, expect, it } from 'vitest';
import {
  type AutomaticPause,
  decideAutomaticPause,
  withNotesOf,
} from '../../src/session/automatic-pause.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { emptyRecord, fullRecord, someOid } from '../helpers/records.ts';

type Lifecycle = SessionRecord['lifecycle']['status'];

/** On a branch, with a changed file; or with that name none. */
function moment(file: string, changes: Partial<SessionRecord> = {}): SessionRecord {
  const base = emptyRecord();
  const files = file === '' ? [] : [file];
  return emptyRecord({
    trigger: 'switch',
    git_context: {
      ...base.git_context,
      is_git_repo: true,
      branch: 'feature',
      head: someOid,
      status: {
        clean: file === '',
        modified_files: files,
        untracked_files: [],
        changes: files.map((path) => ({ path, index: '.', worktree: 'M', kind: 'unstaged' })),
      },
    },
    ...changes,
  });
}

const session = (file: string, trigger: SessionRecord['trigger'], status: Lifecycle) =>
  moment(file, { trigger, lifecycle: { status } });

describe('an automatic pause of the branch left', () => {
  const rows: readonly [string, SessionRecord | undefined, string, AutomaticPause][] = [
    ['the first, with work', undefined, 'a', 'new'],
    ['the first, with none', undefined, '', 'left-clean'],
    ['as when it was paused', session('a', 'switch', 'paused'), 'a', 'left-unchanged'],
    ['as when a person paused it', session('a', 'manual', 'paused'), 'a', 'left-unchanged'],
    ['as when it was dismissed', session('a', 'switch', 'dismissed'), 'a', 'left-unchanged'],
    ['resumed, in the same files', session('a', 'switch', 'resumed'), 'a', 'update'],
    ["a person's resumed, in the same files", session('a', 'manual', 'resumed'), 'a', 'new'],
    ['another file', session('a', 'switch', 'paused'), 'b', 'update'],
    ["another file than a person's session", session('a', 'manual', 'paused'), 'b', 'new'],
    ['another file than a dismissed one', session('a', 'switch', 'dismissed'), 'b', 'new'],
    ['work done', session('a', 'switch', 'paused'), '', 'update'],
    ['work done, after it was resumed', session('a', 'switch', 'resumed'), '', 'left-clean'],
    ["work done, of a person's session", session('a', 'manual', 'paused'), '', 'left-clean'],
  ];

  it.each(rows)('%s', (_, newest, file, expected) => {
    expect(decideAutomaticPause(newest, moment(file))).toBe(expected);
  });

  it('leaves the session of another work tree alone', () => {
    const elsewhere = { ...session('a', 'switch', 'paused'), project_path: '/elsewhere' };
    expect(decideAutomaticPause(elsewhere, moment('b'))).toBe('new');
  });
});

describe('its notes', () => {
  it('are those that were there before, at the new moment', () => {
    const said = fullRecord();
    const kept = withNotesOf(moment('a'), said);
    expect(kept.conversation).toEqual(said.conversation);
    expect(kept.todos).toEqual(said.todos);
    expect(kept.git_context).toEqual(moment('a').git_context);
  });

  it('are none after a session that was dismissed', () => {
    const said = fullRecord({ lifecycle: { status: 'dismissed' } });
    expect(withNotesOf(moment('a'), said)).toEqual(moment('a'));
  });
});
