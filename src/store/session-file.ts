import type { Decoded } from '../formats/decoded.ts';
import type { SessionProblem } from '../session/entry.ts';
import type { SessionId, SessionRecord } from '../session/record.ts';

/** A file that anybody may have put there; reading more of it could take minutes. */
export const copyLimit = 8 * 1024 * 1024;

/** Of our own writing: a record with every path of a very large tree fits. */
export const recordLimit = 256 * 1024 * 1024;

/** What reading one session came to. */
export type SessionRead =
  | { readonly kind: 'record'; readonly record: SessionRecord }
  | { readonly kind: 'problem'; readonly problem: SessionProblem }
  | { readonly kind: 'absent' };

export function problemWith(what: string): SessionRead {
  return { kind: 'problem', problem: { kind: 'unreadable', what } };
}

/** A decoded file as the session it was asked for. */
export function sessionFrom(decoded: Decoded, id: SessionId): SessionRead {
  if (!decoded.ok) return { kind: 'problem', problem: decoded.problem };
  if (decoded.record.session_id === id) return { kind: 'record', record: decoded.record };
  return problemWith(`the file holds the session ${decoded.record.session_id}`);
}
