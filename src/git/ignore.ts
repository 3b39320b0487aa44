import { ignoresCase, readIndex } from './layout.ts';
import { ask, type Repository } from './repository.ts';

/** A line of gitignore(5). */
export interface IgnoreRule {
  /** The file it stands in, as git names it, and its line. */
  readonly source: string;
  readonly pattern: string;
}

export type IgnoreProof =
  | { readonly state: 'ignored' }
  /** `rule` is undefined when no rule ignores the path, rather than one that negates it. */
  | { readonly state: 'exposed'; readonly rule: IgnoreRule | undefined }
  /** git cannot tell, for instance because the path is behind a symbolic link. */
  | { readonly state: 'unknown'; readonly reason: string };

/**
 * Asks git whether `path` would be ignored. `--no-index`, because a tracked path would otherwise
 * count as not ignored whatever the rules say.
 *
 * @param path below the top level, with `/`; need not exist
 */
export async function proveIgnored(repository: Repository, path: string): Promise<IgnoreProof> {
  const question = ['check-ignore', '--no-index', '--quiet', '--', path];
  const answer = await ask(repository, question, { answers: [1, 128] });
  if (answer.exit === 0) return { state: 'ignored' };
  if (answer.exit === 128) return { state: 'unknown', reason: answer.stderr };
  return { state: 'exposed', rule: await exposingRule(repository, path) };
}

/** A directory that is seen again exposes what is in it, and is then the one that the rule is about. */
async function exposingRule(repository: Repository, path: string): Promise<IgnoreRule | undefined> {
  return (await negationsOver(repository, path))[0];
}

/**
 * The rules that make git see `path`, or a directory above it, again; outermost first. Others may
 * hide it all the same, as a directory's own `.gitignore` does.
 *
 * @param path below the top level, with `/`; need not exist
 */
export async function negationsOver(
  repository: Repository,
  path: string,
): Promise<readonly IgnoreRule[]> {
  return (await decidingRules(repository, path)).filter(({ pattern }) => pattern.startsWith('!'));
}

/** Whether a rule of the `.gitignore` at the top level has git ignore `path`, for the whole team. */
export async function isIgnoredByTeam(repository: Repository, path: string): Promise<boolean> {
  return (await decidingRules(repository, path)).some(
    ({ source, pattern }) => source.startsWith('.gitignore:') && !pattern.startsWith('!'),
  );
}

/** The rule that decides about each directory above `path`, and about `path`, where there is one. */
async function decidingRules(repository: Repository, path: string): Promise<readonly IgnoreRule[]> {
  const parts = path.split('/');
  const parents = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
  const answer = await ask(
    repository,
    ['check-ignore', '--no-index', '--verbose', '--non-matching', '-z', '--stdin'],
    // 128: it cannot be told, for instance behind a symbolic link.
    { answers: [1, 128], input: `${[...parents, path].join('\0')}\0` },
  );
  // `<source> NUL <line> NUL <pattern> NUL <path> NUL`, the first three empty when nothing matches.
  const fields = answer.stdout.toString('utf8').split('\0');
  const rules: IgnoreRule[] = [];
  for (let at = 0; at + fieldsPerMatch < fields.length; at += fieldsPerMatch) {
    const [file = '', line = '', pattern = ''] = fields.slice(at);
    if (file !== '') rules.push({ source: `${file}:${line}`, pattern });
  }
  return rules;
}

const fieldsPerMatch = 4;

/**
 * The paths that git tracks below `directory`, in whatever letters where the repository does not
 * tell them apart. Costs no process when the index shows at a glance that there are none.
 */
export async function trackedBelow(
  repository: Repository,
  directory: string,
): Promise<readonly string[]> {
  const index = readIndex(repository.layout);
  const isCaseBlind = ignoresCase(repository.layout);
  if (index === undefined || (!isCaseBlind && cannotTrack(index, directory))) return [];
  const pathspec = `:(top,${isCaseBlind ? 'icase' : 'literal'})${directory}`;
  const answer = await ask(repository, ['ls-files', '-z', '--cached', '--', pathspec]);
  return answer.stdout
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
}

/**
 * Those paths below `directory`, in whatever letters, that the next commit would add or change. Not
 * those that are only meant to be added (`git add -N`): a commit leaves them out.
 */
export async function stagedBelow(
  repository: Repository,
  directory: string,
): Promise<readonly string[]> {
  const answer = await ask(repository, [
    'diff',
    '--cached',
    '-z',
    '--name-only',
    '--no-renames',
    '--no-ext-diff',
    '--diff-filter=ACMRT',
    '--ignore-submodules=none',
    '-O/dev/null',
    '--',
    `:(top,icase)${directory}`,
  ]);
  return answer.stdout
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '');
}

/**
 * Whether an index surely holds nothing below `directory` (gitformat-index(5)). Versions 2 and 3
 * spell every path out, so a search of the bytes is enough; version 4 shares prefixes between
 * entries, a split index (`link`) leaves entries to another file, and a sparse one (`sdir`)
 * collapses directories: none of those can be judged so.
 */
function cannotTrack(index: Buffer, directory: string): boolean {
  const version = index.length < 12 ? 0 : index.readUInt32BE(4);
  if (version !== 2 && version !== 3) return false;
  return !['link', 'sdir', `${directory}/`].some((needle) => index.includes(needle));
}
