import { ask, type Repository } from '../git/repository.ts';

/** Hooks of git's configuration (git-hook(1)), from every scope, in git's own reading. */
export interface ConfiguredHooks {
  readonly hooks: readonly ConfiguredHook[];
  /** Events of which `hook.<event>.enabled` is false. */
  readonly disabledEvents: ReadonlySet<string>;
}

export interface ConfiguredHook {
  readonly name: string;
  readonly command: string;
  readonly events: readonly string[];
  readonly isEnabled: boolean;
  /** `local`, `worktree`, `global`, `system` or `command`: of the command. */
  readonly scope: string;
}

/** Also with a git that ignores the keys: whether it does is for the caller to know. */
export async function readConfiguredHooks(repository: Repository): Promise<ConfiguredHooks> {
  const args = ['config', '--null', '--show-scope', '--get-regexp', '^hook\\.'];
  const answer = await ask(repository, args, { answers: [1], hooks: 'as-configured' });
  return parseConfiguredHooks(answer.stdout.toString('utf8'));
}

type Unfinished = Omit<ConfiguredHook, 'name' | 'command'> & {
  readonly command: string | undefined;
};

/** `<scope> NUL <key> LF <value> NUL`, repeated; a key alone, without LF, is true (git-config(1)). */
function parseConfiguredHooks(output: string): ConfiguredHooks {
  const found = new Map<string, Unfinished>();
  const fields = output.split('\0');
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [scope = '', entry = ''] = fields.slice(at, at + 2);
    const [, name, key, value] = /^hook\.(.*)\.([a-z-]+)(?:\n(.*))?$/s.exec(entry) ?? [];
    if (name === undefined || key === undefined) continue;
    const hook = found.get(name) ?? nothing(scope);
    found.set(name, { ...hook, ...changeBy(hook, { scope, key, value }) });
  }
  return {
    hooks: [...found].flatMap(([name, { command, ...rest }]) =>
      command === undefined ? [] : [{ name, command, ...rest }],
    ),
    disabledEvents: new Set(
      [...found].filter(([, { isEnabled }]) => !isEnabled).map(([name]) => name),
    ),
  };
}

function nothing(scope: string): Unfinished {
  return { command: undefined, scope, events: [], isEnabled: true };
}

interface Entry {
  readonly scope: string;
  readonly key: string;
  readonly value: string | undefined;
}

function changeBy(hook: Unfinished, { scope, key, value }: Entry): Partial<Unfinished> {
  switch (key) {
    case 'command':
      return { command: value ?? '', scope };
    // An empty event takes back those before it.
    case 'event':
      return { events: value === '' ? [] : [...hook.events, value ?? ''] };
    case 'enabled':
      return { isEnabled: isTrue(value) };
    default:
      return {};
  }
}

function isTrue(value: string | undefined): boolean {
  return value === undefined || !['false', 'no', 'off', '0', ''].includes(value.toLowerCase());
}
