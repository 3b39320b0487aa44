import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encodeLatestPointer } from '../../src/formats/latest-pointer.ts';
import { emptyRecord, fullRecord } from '../helpers/records.ts';

const id = 'session-20261122-141852';
const directory = '/home/dev/shop/.claude-mpm/sessions';
const files = {
  json: `${directory}/${id}.json`,
  yaml: `${directory}/${id}.yaml`,
  md: `${directory}/${id}.md`,
};

test('names the session, its files and the way back', () => {
  expect(encodeLatestPointer(fullRecord(), files)).toBe(`Latest Session: ${id}
Paused At: 2026-11-22 14:18:52 UTC
Project: /home/dev/shop

Files:
- ${id}.json (the record, for programs)
- ${id}.yaml (the record with comments)
- ${id}.md (the brief, for people)

Quick Resume:
  git mpm-resume

Full Context:
  cat ${directory}/${id}.md

Validation:
  git status && git log -1 --stat
`);
});

test("has the headings of claude-mpm's, in its order", () => {
  const headings = (text: string) => text.match(/^[A-Z][A-Za-z ]+:/gm);
  const theirs = readFileSync(
    new URL('../fixtures/claude-mpm/dirty-repo.LATEST-SESSION.txt', import.meta.url),
    'utf8',
  );
  expect(headings(encodeLatestPointer(fullRecord(), files))).toEqual(headings(theirs));
});

test('names only the files that are there', () => {
  const text = encodeLatestPointer(fullRecord(), { json: files.json });
  expect(text).toContain('.json');
  expect(text).not.toMatch(/\.yaml|\.md/);
  expect(text).toContain(`  mpm-session show ${id}\n`);
});

test('outside git names no git command', () => {
  expect(encodeLatestPointer(emptyRecord(), files)).not.toContain('git ');
});

test('gives the path so that a shell finds the file', () => {
  const md = `/tmp/it's $(a) "b"/${id}.md`;
  const command = /Full Context:\n {2}cat (.*)\n/.exec(
    encodeLatestPointer(fullRecord(), { ...files, md }),
  )?.[1];
  expect(execFileSync('sh', ['-c', `printf %s ${command}`], { encoding: 'utf8' })).toBe(md);
});

test('shows what is hidden in the name of a directory, and no command with it', () => {
  const text = encodeLatestPointer(fullRecord({ project_path: '/tmp/a\x1b[2J\nProject: b' }), {
    ...files,
    md: `/tmp/a\x1b[2J\nProject: b/${id}.md`,
  });
  expect(text.match(/^Project: .*$/gm)).toEqual(['Project: "/tmp/a\\u001b[2J\\nProject: b"']);
  expect(text).toContain(`  mpm-session show ${id}\n`);
});

test('gives the time in UTC, whatever offset the record has', () => {
  const text = encodeLatestPointer(
    fullRecord({ paused_at: '2026-11-23T01:00:00.500+02:00' }),
    files,
  );
  expect(text).toContain('\nPaused At: 2026-11-22 23:00:00 UTC\n');
});
