import { appendFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { errorCode } from '../errors.ts';

/**
 * Adds a line to `info/exclude` (gitignore(5)), git's own list of what this repository ignores on
 * every branch and in every work tree, unless it is there. Nothing else in the file changes. It may
 * be a link: to whom the git directory belongs, that file does, too.
 *
 * @throws the system's error when the file cannot be written
 */
export function excludeFromGit(commonDir: string, pattern: string): void {
  const directory = path.join(commonDir, 'info');
  const file = path.join(directory, 'exclude');
  const content = contentOf(file);
  if (content.split(/\r?\n/).includes(pattern)) return;
  // `git init --template=` makes no such directory.
  mkdirSync(directory, { recursive: true });
  const separator = content === '' || content.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${separator}${pattern}\n`);
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  }
}
