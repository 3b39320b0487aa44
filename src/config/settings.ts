import { agentNames } from '../session/record.ts';
import {
  alwaysWith,
  between,
  count,
  duration,
  either,
  globs,
  type Kind,
  oneOf,
  size,
  someOf,
  trueOrFalse,
} from './values.ts';

interface Description {
  /** As one would write it in `.mpmrc`. */
  readonly default: unknown;
  /**
   * What a file of the repository may do: write the setting, add entries to its list, or neither,
   * because a branch that is checked out must not weaken a protection. The user may always write.
   */
  readonly repository: 'sets' | 'adds' | 'never';
  /** Whether this version has what it switches. A setting that would do nothing is refused. */
  readonly supported: boolean;
  /** One line for people. */
  readonly about: string;
}

export interface Setting<T> extends Description {
  readonly kind: Kind<T>;
}

const setting = <T>(kind: Kind<T>, description: Description): Setting<T> => ({
  kind,
  ...description,
});

/**
 * Every setting by its dotted name. `.mpmrc.example` says the same to people, and a test compares
 * the two.
 */
export const settings = {
  'offer.mode': setting(oneOf('auto', 'hint', 'off'), {
    default: 'auto',
    repository: 'sets',
    supported: true,
    about: 'how a session is offered when its branch is checked out',
  }),
  'offer.timeout': setting(between('1s', '10m', duration), {
    default: '30s',
    repository: 'sets',
    supported: true,
    about: 'how long the question waits for an answer',
  }),
  'offer.ignoreBranches': setting(globs, {
    default: [],
    repository: 'sets',
    supported: true,
    about: 'branches on which nothing is offered',
  }),
  autoPause: setting(oneOf('off', 'switch'), {
    default: 'off',
    repository: 'sets',
    supported: true,
    about: 'whether the branch being left is paused by itself',
  }),
  formats: setting(alwaysWith('json', someOf('md', 'json', 'yaml')), {
    default: ['md', 'json', 'yaml'],
    repository: 'sets',
    supported: true,
    about: 'which files are written for each session',
  }),
  'work.save': setting(trueOrFalse, {
    default: true,
    repository: 'never',
    supported: false,
    about: 'whether uncommitted changes are saved with a session',
  }),
  'work.untracked': setting(trueOrFalse, {
    default: true,
    repository: 'never',
    supported: false,
    about: 'whether untracked files are saved too',
  }),
  'work.ignored': setting(trueOrFalse, {
    default: false,
    repository: 'never',
    supported: false,
    about: 'whether ignored files are saved too',
  }),
  'work.maxFileSize': setting(size, {
    default: '10MB',
    repository: 'never',
    supported: false,
    about: 'the largest untracked file that is saved',
  }),
  'work.maxTotalSize': setting(size, {
    default: '200MB',
    repository: 'never',
    supported: false,
    about: 'the most that is saved with one session',
  }),
  'work.exclude': setting(globs, {
    default: [
      ...['.env*', '*.pem', '*.key', 'id_*', '*.p12', '*.pfx', '*.jks', '*.keystore'],
      ...['.npmrc', '.pypirc', '.netrc', '.aws/', '.kube/', 'credentials*'],
      ...['*.tfstate', '*.sqlite', '*.db'],
    ],
    repository: 'adds',
    supported: false,
    about: 'untracked files that are never saved',
  }),
  'ignore.gitignore': setting(trueOrFalse, {
    default: true,
    repository: 'sets',
    supported: true,
    about: "whether 'init' adds a line for the sessions directory to .gitignore",
  }),
  guard: setting(oneOf('block', 'off'), {
    default: 'block',
    repository: 'never',
    supported: true,
    about: 'what is done about a commit that would add session files',
  }),
  'retention.keep': setting(either(oneOf('all'), count), {
    default: 'all',
    repository: 'never',
    supported: false,
    about: "how many sessions 'prune' keeps",
  }),
  'retention.maxAge': setting(either(oneOf('forever'), duration), {
    default: 'forever',
    repository: 'never',
    supported: false,
    about: "how old a session may be that 'prune' keeps",
  }),
  agents: setting(either(oneOf('auto', 'off'), someOf(...agentNames)), {
    default: 'auto',
    repository: 'never',
    supported: false,
    about: 'the agents whose conversation is recorded',
  }),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type ConfigKey = keyof typeof settings;

/** In the order in which people are shown them. */
export const configKeys = Object.keys(settings) as readonly ConfigKey[];

export function isConfigKey(name: string): name is ConfigKey {
  return Object.hasOwn(settings, name);
}
