import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { fail } from '../errors.ts';
import { runGit } from '../git/spawn.ts';
import type { Io } from '../io.ts';
import { findProgram } from '../programs.ts';
import type { Project } from '../project.ts';
import { type Notes, noteFields } from '../session/notes.ts';
import { shellQuote } from '../session/shell-quote.ts';
import { removeFile, writeNewFile } from '../store/durable-files.ts';
import { prepareToWrite } from '../store/save-session.ts';
import { describeError } from '../store/system-errors.ts';
import { notesFrom, notesLimit } from './read-notes.ts';
import { readTextFile } from './read-text.ts';

/**
 * Has the user write the notes in the editor that git would open.
 *
 * @throws Failure `editor-failed`, `invalid-edit`; what was written is kept then, and named.
 *   `emptied-edit`; then nothing was
 */
export async function editNotes(io: Io, project: Project, notes: Notes): Promise<Notes> {
  const { vault, sessions } = prepareToWrite(project.sessions);
  const directory = vault?.directory ?? sessions.directory.path;
  const file = path.join(directory, `pause-notes-${randomBytes(4).toString('hex')}.yaml`);
  const editor = await gitsEditor(io, project.root);
  writeNewFile(file, template(notes));
  const problem = await openEditor(editor, file, io);
  if (problem !== undefined) throw fail('editor-failed', { editor, kept: file, reason: problem });
  const text = readTextFile(file, file, notesLimit);
  if (isEmpty(text)) {
    removeFile(file);
    throw fail('emptied-edit');
  }
  const parsed = notesFrom(text);
  if (!parsed.ok) {
    const { line, problem } = parsed;
    throw fail('invalid-edit', { file, argument: shellQuote(file), line, problem });
  }
  removeFile(file);
  return parsed.notes;
}

const singleFields: readonly string[] = ['message', 'task', 'phase'];

const explanation = [
  '# What to remember of this pause. Fields left empty are left out.',
  '# A list has one entry a line:',
  '#   next:',
  '#     - test the expiry',
];

/** JSON's strings are YAML's, so whatever the notes hold comes back as it was. */
function template(notes: Notes): string {
  const fields = noteFields.flatMap((field) => {
    const value = notes[field as keyof Notes];
    if (value === undefined || value.length === 0) return [emptyField(field)];
    if (typeof value === 'string') return [`${field}: ${JSON.stringify(value)}`];
    return [`${field}:`, ...value.map((entry) => `  - ${JSON.stringify(entry)}`)];
  });
  return `${[...explanation, '', ...fields].join('\n')}\n`;
}

function emptyField(field: string): string {
  return singleFields.includes(field) ? `${field}: ` : `${field}:`;
}

/** Whether not even a field is left: who empties the file wants no pause, as with git's own. */
function isEmpty(text: string): boolean {
  return text.split('\n').every((line) => line.trim() === '' || line.startsWith('#'));
}

/** `git var GIT_EDITOR` (git-var(1)) in the user's own environment, which names the editor. */
async function gitsEditor(io: Io, root: string): Promise<string> {
  const git = findProgram('git', io.env, root);
  if (git === undefined) throw fail('git-missing');
  const program = { path: git, env: io.env };
  const answer = await runGit(program, { directory: root, args: ['var', 'GIT_EDITOR'] });
  const editor = answer.stdout.toString('utf8').trim();
  if (answer.exit === 0 && editor !== '') return editor;
  throw fail('git-failed', { command: 'var GIT_EDITOR', exit: answer.exit, stderr: answer.stderr });
}

/**
 * Through a shell, since the setting may hold arguments; as git itself does it. What an editor says
 * is no result of ours: where standard output is no terminal, it goes to standard error.
 */
function openEditor(editor: string, file: string, io: Io): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn('sh', ['-c', `${editor} "$@"`, editor, file], {
      cwd: io.cwd,
      env: io.env,
      stdio: ['inherit', io.stdout.isTerminal ? 'inherit' : 2, 'inherit'],
    });
    child.on('error', (error) => resolve(`could not be started (${describeError(error)})`));
    child.on('close', (exit, signal) => {
      if (exit === 0) resolve(undefined);
      else resolve(exit === null ? `was ended by ${signal}` : `failed (exit ${exit})`);
    });
  });
}
