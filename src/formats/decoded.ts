import type { SessionProblem } from '../session/entry.ts';
import type { SessionRecord } from '../session/record.ts';

/** What a session's file held. Reading one never throws. */
export type Decoded =
  | { readonly ok: true; readonly record: SessionRecord }
  | { readonly ok: false; readonly problem: SessionProblem };

/** A record needs five levels; the rest is room for what other tools add to it. */
export const deepest = 64;

/**
 * Whether a parsed value has more than so many levels. `JSON.parse` accepts what `JSON.stringify`
 * cannot write again for want of stack.
 */
export function isDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  return Object.values(value).some((child) => isDeeperThan(levels - 1, child));
}
