/** `mpm-session doctor`, as values. */
import { expect } from 'vitest';
import { mpm, onlyDocument, type Place } from './program.ts';

export interface Check {
  readonly code: string;
  readonly state: 'ok' | 'problem' | 'unknown';
  readonly message: string;
  readonly fix: string | null;
}

export interface Diagnosis {
  readonly ok: boolean;
  readonly checks: readonly Check[];
  readonly fixed: readonly { readonly done: boolean; readonly message: string }[];
}

/** What `doctor` finds; its exit code says the same as its `ok`. */
export async function doctor(place: Place, ...args: readonly string[]): Promise<Diagnosis> {
  const run = await mpm(place, ['doctor', '--json', ...args], { timeout: 60_000 });
  const document = onlyDocument(run) as { ok: boolean; data: Diagnosis };
  if (!document.ok) throw new Error(run.stdout);
  const { data } = document;
  expect(data.ok).toBe(data.checks.every(({ state }) => state === 'ok'));
  expect(run.code).toBe(data.ok ? 0 : 1);
  return data;
}

export function problems({ checks }: Diagnosis): readonly Check[] {
  return checks.filter(({ state }) => state === 'problem');
}

export function codesOf(checks: readonly Check[]): readonly string[] {
  return checks.map(({ code }) => code);
}
