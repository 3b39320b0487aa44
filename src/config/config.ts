import { aboutFile, type ConfigIssue, quoteKey } from './issue.ts';
import { type ConfigKey, configKeys, isConfigKey, settings } from './settings.ts';
import { type Kind, nearestName, type Reading } from './values.ts';

/** Effective values by dotted name: durations in milliseconds, sizes in bytes. */
export type Config = {
  readonly [Key in ConfigKey]: (typeof settings)[Key]['kind'] extends Kind<infer Value>
    ? Value
    : never;
};

export const defaultConfig: Config = readDefaults();

/** Keys and list indices from the top of a file's value down. */
export type ValuePath = readonly (string | number)[];

/** The 1-based line of the key or list entry at a path; undefined where there is none. */
export type LineOf = (path: ValuePath) => number | undefined;

/** What one file says. */
export interface ConfigLayer {
  readonly from: 'repository' | 'user';
  /** As people are shown it. */
  readonly file: string;
  /** Anything that JSON or YAML can hold; null or undefined when the file says nothing. */
  readonly value: unknown;
  readonly lineOf: LineOf;
}

export interface ResolvedConfig {
  readonly config: Config;
  readonly issues: readonly ConfigIssue[];
  /** `default`, `repository: <file>` or `user: <file>`, joined by ` + ` where a repository added. */
  readonly sources: Readonly<Record<ConfigKey, string>>;
}

const supportedKeys: ReadonlySet<ConfigKey> = new Set(
  configKeys.filter((key) => settings[key].supported),
);

/**
 * Puts the effective configuration together, key by key: the default, the repository's, the user's;
 * the later replaces the earlier. What a repository adds to a list stays when the user replaces the
 * list. What is wrong is left out and reported. Never throws, whatever the layers hold.
 *
 * @param layers the repository's before the user's
 */
export function resolveConfig(
  layers: readonly ConfigLayer[],
  supported: ReadonlySet<ConfigKey> = supportedKeys,
): ResolvedConfig {
  const effective = new Map(configKeys.map((key) => [key, initial(key)]));
  const readings = layers.map((layer) => ({ layer, ...readLayer(layer, supported) }));
  const written = readings.flatMap(({ layer, accepted }) =>
    accepted.map(({ key, value }) => ({
      key,
      value,
      source: `${layer.from}: ${layer.file}`,
      adds: layer.from === 'repository' && settings[key].repository === 'adds',
    })),
  );
  for (const { key, value, source } of written.filter(({ adds }) => !adds)) {
    effective.set(key, { value, source });
  }
  for (const { key, value, source } of written.filter(({ adds }) => adds)) {
    const before = effective.get(key) ?? initial(key);
    effective.set(key, {
      value: [...new Set([...listOf(before.value), ...listOf(value)])],
      source: `${before.source} + ${source}`,
    });
  }
  return {
    config: configFrom((key) => effective.get(key)?.value),
    issues: readings.flatMap(({ issues }) => issues),
    sources: recordOf((key) => effective.get(key)?.source ?? 'default'),
  };
}

function initial(key: ConfigKey): { readonly value: unknown; readonly source: string } {
  return { value: defaultConfig[key], source: 'default' };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A key whose written value is right and may have an effect. */
interface Accepted {
  readonly key: ConfigKey;
  readonly value: unknown;
}

interface Complaint {
  readonly severity: 'error' | 'warning';
  readonly path: ValuePath;
  readonly what: string;
  readonly nearest?: string | undefined;
}

interface Judgement {
  readonly accepted?: Accepted;
  readonly complaint?: Complaint;
}

/** More would hide what matters, and a file of 64 KiB can hold ten thousand. */
const mostIssues = 20;

function readLayer(
  layer: ConfigLayer,
  supported: ReadonlySet<ConfigKey>,
): { readonly accepted: readonly Accepted[]; readonly issues: readonly ConfigIssue[] } {
  const accepted: Accepted[] = [];
  const issues: ConfigIssue[] = [];
  for (const judgement of judgeFile(layer, supported)) {
    if (judgement.accepted !== undefined) accepted.push(judgement.accepted);
    if (judgement.complaint !== undefined) issues.push(issueIn(layer, judgement.complaint));
    if (issues.length < mostIssues) continue;
    issues.push(aboutFile('error', layer.file, 'too much is wrong; what follows was not judged'));
    break;
  }
  return { accepted, issues };
}

function issueIn(layer: ConfigLayer, { severity, path, what, nearest }: Complaint): ConfigIssue {
  const keys = path.filter((part) => typeof part === 'string');
  return {
    severity,
    file: layer.file,
    line: layer.lineOf(path),
    key: keys.length === 0 ? undefined : keys.join('.'),
    what,
    ...(nearest === undefined ? {} : { nearest }),
  };
}

/** The names before the dot. */
const groups = [...new Set(configKeys.flatMap((key) => key.split('.').slice(0, -1)))];

/** Keys are written nested, one level deep: `offer: {mode: hint}`. */
function* judgeFile(layer: ConfigLayer, supported: ReadonlySet<ConfigKey>): Generator<Judgement> {
  if (layer.value === null || layer.value === undefined) return;
  if (!isMapping(layer.value)) {
    yield { complaint: { severity: 'error', path: [], what: 'must hold keys with their values' } };
    return;
  }
  for (const [name, value] of Object.entries(layer.value)) {
    if (!groups.includes(name)) {
      yield judge({ path: [name], value, from: layer.from }, supported);
      continue;
    }
    // A group whose every line is commented out.
    if (value === null) continue;
    if (!isMapping(value)) {
      const what = `'${name}' must hold keys with their values`;
      yield { complaint: { severity: 'error', path: [name], what } };
      continue;
    }
    for (const [member, memberValue] of Object.entries(value)) {
      yield judge({ path: [name, member], value: memberValue, from: layer.from }, supported);
    }
  }
}

interface Written {
  readonly path: readonly string[];
  readonly value: unknown;
  readonly from: ConfigLayer['from'];
}

function judge(written: Written, supported: ReadonlySet<ConfigKey>): Judgement {
  const { path, value, from } = written;
  const key = keyAt(path);
  if (key === undefined) return { complaint: { severity: 'error', path, ...unknown(path) } };
  const { kind, repository } = settings[key];
  if (from === 'repository' && repository === 'never') {
    const what = `'${key}' has no effect here: only the user's own configuration can set it`;
    return { complaint: { severity: 'warning', path, what } };
  }
  const reading: Reading<unknown> = kind.read(value);
  if (!reading.ok) {
    const { item, nearest } = reading;
    const at = item === undefined ? path : [...path, item];
    const what = `'${key}' must be ${kind.expects}`;
    return { complaint: { severity: 'error', path: at, what, nearest } };
  }
  if (!supported.has(key)) {
    const what = `'${key}' is not supported by this version yet`;
    return { complaint: { severity: 'error', path, what } };
  }
  const accepted = { key, value: reading.value };
  if (reading.remark === undefined) return { accepted };
  return { accepted, complaint: { severity: 'error', path, what: `'${key}': ${reading.remark}` } };
}

/** A dotted name in one piece is no key, so that there is one way to write each. */
function keyAt(path: readonly string[]): ConfigKey | undefined {
  const name = path.join('.');
  return isConfigKey(name) && name.split('.').length === path.length ? name : undefined;
}

function unknown(path: readonly string[]): { readonly what: string; readonly nearest?: string } {
  const name = path.join('.');
  if (isConfigKey(name)) {
    const nested = `${name.replace('.', ': {')}: …}`;
    return { what: `${quoteKey(name)} must be written nested`, nearest: nested };
  }
  if (path.at(-1) === '$import') {
    return { what: `${quoteKey(name)}: a configuration file cannot import another` };
  }
  const names = path.length === 1 ? [...configKeys, ...groups] : configKeys;
  const last = path.at(-1) ?? '';
  const moved = configKeys.find((key) => key === last || key.endsWith(`.${last}`));
  const nearest = moved ?? nearestName(name, names);
  const what = `unknown key ${quoteKey(name)}`;
  return nearest === undefined ? { what } : { what, nearest };
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readDefaults(): Config {
  return configFrom((key) => {
    const reading: Reading<unknown> = settings[key].kind.read(settings[key].default);
    if (!reading.ok) throw new Error(`the default of ${key} is none of its values`);
    return reading.value;
  });
}

/** The one place where values that their own kinds have read become a `Config`. */
function configFrom(value: (key: ConfigKey) => unknown): Config {
  return recordOf(value) as Config;
}

function recordOf<T>(value: (key: ConfigKey) => T): Readonly<Record<ConfigKey, T>> {
  return Object.fromEntries(configKeys.map((key) => [key, value(key)])) as Record<ConfigKey, T>;
}
