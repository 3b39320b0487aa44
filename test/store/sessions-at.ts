import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { SessionEntry } from '../../src/session/entry.ts';
import type { SessionId, SessionRecord } from '../../src/session/record.ts';
import { sessionsDirectoryIn } from '../../src/store/directory.ts';
import {
  prepareToWrite,
  type Saved,
  saveSession,
  type Writable,
} from '../../src/store/save-session.ts';
import { listSessions, type Sessions } from '../../src/store/sessions.ts';
import { vaultIn } from '../../src/store/vault.ts';
import { fullRecord } from '../helpers/records.ts';

/** A clock that stands still: every pause comes in the same second. */
export const noon = new Date('2026-11-22T12:00:00.500Z');

/**
 * The sessions of the work tree `root`, with the vault in `<root>/.git` unless told otherwise. No
 * git is asked: nothing is tracked.
 */
export function sessionsAt(root: string, changes: Partial<Sessions> = {}): Sessions {
  const commonDir = path.join(root, '.git');
  mkdirSync(commonDir, { recursive: true });
  return {
    directory: sessionsDirectoryIn(root),
    vault: vaultIn(commonDir),
    formats: ['md', 'json', 'yaml'],
    isMainWorkTree: true,
    trackedNames: async () => new Set(),
    io: { now: () => noon, processes: { pid: process.pid, isAlive: () => true } },
    ...changes,
  };
}

/** Pauses with a message, as `pause` does once it has measured everything. */
export function save(sessions: Sessions, message: string): Saved {
  return saveTo(prepareToWrite(sessions), message);
}

export function saveTo(writable: Writable, message: string): Saved {
  return saveSession(writable, (id, pausedAt) =>
    paused(writable.sessions, { id, pausedAt, message }),
  );
}

function paused(
  sessions: Sessions,
  pause: { readonly id: SessionId; readonly pausedAt: Date; readonly message: string },
): SessionRecord {
  const record = fullRecord();
  return {
    ...record,
    session_id: pause.id,
    paused_at: pause.pausedAt.toISOString(),
    project_path: sessions.directory.root,
    conversation: { ...record.conversation, summary: pause.message },
  };
}

/** What `list` says: id and message, or the problem. */
export async function told(sessions: Sessions): Promise<Readonly<Record<string, string>>> {
  const { entries } = await listSessions(sessions);
  return Object.fromEntries(entries.map((entry) => [entry.id, tell(entry)]));
}

function tell({ record, problem }: SessionEntry): string {
  return record === undefined ? `problem: ${problem.kind}` : record.conversation.summary;
}
