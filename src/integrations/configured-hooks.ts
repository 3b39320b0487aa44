import { type ConfigurationEntry, readConfiguration } from '../git/configuration.ts';
import type { Repository } from '../git/repository.ts';

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
  const found = new Map<string, Unfinished>();
  for (const entry of await readConfiguration(repository, { keys: '^hook\\.' })) {
    const [, name, key] = /^hook\.(.*)\.([a-z-]+)$/s.exec(entry.key) ?? [];
    if (name === undefined || key === undefined) continue;
    const hook = found.get(name) ?? nothing(entry.scope);
    found.set(name, { ...hook, ...changeBy(hook, { ...entry, key }) });
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

type Unfinished = Omit<ConfiguredHook, 'name' | 'command'> & {
  readonly command: string | undefined;
};

function nothing(scope: string): Unfinished {
  return { command: undefined, scope, events: [], isEnabled: true };
}

function changeBy(
  hook: Unfinished,
  { scope, key, value }: Pick<ConfigurationEntry, 'scope' | 'key' | 'value'>,
): Partial<Unfinished> {
  switch (key) {
    case 'command':
      return { command: value, scope };
    // An empty event takes back those before it.
    case 'event':
      return { events: value === '' ? [] : [...hook.events, value] };
    case 'enabled':
      return { isEnabled: !['false', 'no', 'off', '0', ''].includes(value.toLowerCase()) };
    default:
      return {};
  }
}
