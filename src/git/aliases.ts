import { ask, type Repository } from './repository.ts';

/** A value in git's configuration, and the scope that sets it (`local`, `global`, …). */
export interface ScopedValue {
  readonly scope: string;
  readonly value: string;
}

/** Every alias as git knows it here, from all scopes: key (`alias.<name>`) to its values. */
export async function readAliases(
  repository: Repository,
): Promise<ReadonlyMap<string, readonly ScopedValue[]>> {
  const answer = await ask(
    repository,
    ['config', '--null', '--show-scope', '--get-regexp', '^alias\\.'],
    { answers: [1] },
  );
  const found = new Map<string, ScopedValue[]>();
  // `<scope> NUL <key> LF <value> NUL`, repeated.
  const fields = answer.stdout.toString('utf8').split('\0');
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [scope = '', entry = ''] = fields.slice(at, at + 2);
    const [key = '', ...value] = entry.split('\n');
    found.set(key, [...(found.get(key) ?? []), { scope, value: value.join('\n') }]);
  }
  return found;
}
