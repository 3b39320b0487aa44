import path from 'node:path';
import { errorCode } from '../errors.ts';
import { lookAt, mentions } from '../store/read-files.ts';
import { aboutFile, type ConfigIssue } from './issue.ts';

export interface ConfigPlaces {
  /** Top level of the work tree; undefined outside git. What lies there may come from anybody. */
  readonly topLevel: string | undefined;
  /** `$XDG_CONFIG_HOME` or `~/.config`. */
  readonly userDirectory: string;
  /** Where the program itself is, and nothing that a checkout brought. */
  readonly packageDirectory: string;
}

/** One of the two that may configure us, and what of its files is there. */
export interface Source {
  readonly from: 'repository' | 'user';
  readonly directory: string;
  /** Relative to the directory; in cosmiconfig's order, in which the first that says anything wins. */
  readonly files: readonly string[];
  readonly issues: readonly ConfigIssue[];
}

/** Looks for configuration files, the repository's first. Reads none but `package.json`. */
export function findSources({ topLevel, userDirectory }: ConfigPlaces): readonly Source[] {
  const user = look({ from: 'user', directory: userDirectory, shelves: [userShelf] });
  if (topLevel === undefined) return [user];
  // A work tree that is the home directory: one file is not also what a repository brought.
  const isUsers = path.resolve(topLevel, '.config') === path.resolve(userDirectory);
  const shelves = isUsers ? [topShelf] : [topShelf, configShelf];
  return [look({ from: 'repository', directory: topLevel, shelves }), user];
}

/** A file's name as people are shown it. */
export function shownName({ from, directory }: Omit<Source, 'files' | 'issues'>, file: string) {
  return from === 'user' ? path.join(directory, file) : file;
}

/** A directory, relative to the source's, and the names that mean something in it. */
interface Shelf {
  readonly under: string;
  readonly data: readonly string[];
  readonly code: readonly string[];
}

const dataEndings = ['', '.json', '.yaml', '.yml'];
const codeEndings = ['.js', '.ts', '.cjs', '.mjs', '.cts', '.mts'];

const topShelf: Shelf = {
  under: '',
  data: ['package.json', ...dataEndings.map((ending) => `.mpmrc${ending}`)],
  code: codeEndings.flatMap((ending) => [`.mpmrc${ending}`, `mpm.config${ending}`]),
};

/** `config.*` are cosmiconfig's own: it would run them before it looked at any other file. */
const configShelf: Shelf = {
  under: '.config',
  data: dataEndings.map((ending) => `.config/mpmrc${ending}`),
  code: codeEndings.flatMap((ending) => [`.config/mpmrc${ending}`, `.config/config${ending}`]),
};

const userShelf: Shelf = {
  under: '',
  data: dataEndings.map((ending) => `mpmrc${ending}`),
  code: codeEndings.map((ending) => `mpmrc${ending}`),
};

interface Wanted {
  readonly from: Source['from'];
  readonly directory: string;
  readonly shelves: readonly Shelf[];
}

function look(wanted: Wanted): Source {
  const files: string[] = [];
  const issues: ConfigIssue[] = [];
  for (const shelf of wanted.shelves) {
    try {
      const seen = lookThrough(shelf, wanted);
      files.push(...seen.files);
      issues.push(...seen.issues);
    } catch (error) {
      const code = errorCode(error);
      if (code === undefined) throw error;
      const what = `not searched for a configuration (${code})`;
      issues.push(aboutFile('warning', path.join(wanted.directory, shelf.under), what));
    }
  }
  return { ...wanted, files, issues };
}

function lookThrough(
  shelf: Shelf,
  wanted: Wanted,
): { readonly files: readonly string[]; readonly issues: readonly ConfigIssue[] } {
  const kind = lookAt(path.join(wanted.directory, shelf.under));
  if (kind === undefined) return { files: [], issues: [] };
  const inSource = (file: string) => path.join(wanted.directory, file);
  const files = shelf.data.filter((file) => concernsUs(inSource(file)));
  const code = shelf.code.filter((file) => lookAt(inSource(file))?.isDirectory() === false);
  const issues = code.map((file) =>
    aboutFile('warning', shownName(wanted, file), 'code, which is never loaded'),
  );
  if (shelf.under === '' || !kind.isSymbolicLink()) return { files, issues };
  const refused = files.map((file) =>
    aboutFile('error', file, `not read, because ${shelf.under} is a symbolic link`),
  );
  return { files: [], issues: [...issues, ...refused] };
}

/** How far a `package.json` is searched for our name, in bytes. */
const largestSearched = 4 * 1024 * 1024;

/** Most `package.json` are not about us, and then it does not matter what they are. */
function concernsUs(file: string): boolean {
  if (path.basename(file) === 'package.json') return mentions(file, '"mpm"', largestSearched);
  return lookAt(file) !== undefined;
}
