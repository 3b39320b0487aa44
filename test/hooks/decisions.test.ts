import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { decisions, explainDecision } from '../../src/hooks/decisions.ts';
import { projectRoot } from './hook-repository.ts';

const script = (name: string) => readFileSync(path.join(projectRoot, 'src/hooks', name), 'utf8');

/** The codes that a script may write into the log. */
const written = {
  'post-checkout.sh': [
    ...script('post-checkout.sh').matchAll(
      /mpm_(?:reason|unchanged|hinting|why|offer_reason)=(?:\$\{mpm_\w+:-)?([a-z][a-z-]+)/g,
    ),
    ...script('post-checkout.sh').matchAll(/mpm_log \w+ ([a-z][a-z-]+)/g),
  ].map(([, code]) => code ?? ''),
  'guard.sh': [
    ...script('guard.sh').matchAll(/\bnote (?:refused|failed|passed|quiet) ([a-z][a-z-]+)/g),
  ].map(([, code]) => code ?? ''),
};

describe.each(Object.entries(written))('every reason that %s logs', (_, codes) => {
  it('is known', () => {
    expect(codes.length).toBeGreaterThan(3);
    expect(codes.filter((code) => explainDecision(code) === undefined)).toEqual([]);
  });
});

it.each(decisions)('%s is explained in one sentence', (code) => {
  expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
  expect(explainDecision(code)).toMatch(/^\S.*\.$/);
});

it('every reason that is explained is one that something gives', () => {
  const sources = readdirSync(path.join(projectRoot, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|sh)$/.test(name) && !name.endsWith('decisions.ts'))
    .map((name) => readFileSync(path.join(projectRoot, 'src', name), 'utf8'));
  const isGiven = (code: string) =>
    sources.some((text) =>
      new RegExp(`(?:'|=|:-|mpm_log \\w+ |note \\w+ )${code}(?![\\w-])`).test(text),
    );
  expect(decisions.filter((code) => !isGiven(code))).toEqual([]);
});

it('a reason that nobody wrote is not explained', () => {
  expect(explainDecision('made-up')).toBeUndefined();
  expect(explainDecision('toString')).toBeUndefined();
  expect(explainDecision('')).toBeUndefined();
});
