import path from 'node:path';
import { fail } from '../../errors.ts';
import { type HookEvent, hookEvents } from '../../hooks/events.ts';
import type { HookSurroundings } from '../integration.ts';
import { type JsonObject, jsonValue, memberOf, readJsonSource } from './json-source.ts';
import { utf8Text } from './utf8-text.ts';

/** The configuration that simple-git-hooks uses; its settings are those of `root`. */
export type SimpleGitHooksConfig =
  | {
      readonly kind: 'json';
      readonly file: string;
      readonly text: string;
      /** Where the settings are in the text; the text can be read anew after an edit. */
      readonly find: (text: string) => JsonObject;
    }
  /** Never loaded: to load it is to run it. */
  | { readonly kind: 'program'; readonly file: string; readonly text: string };

/**
 * Finds what simple-git-hooks 2 reads when it is run in the top level: the file that a script of
 * package.json gives it, then programs, then JSON files, then package.json.
 *
 * @returns undefined when there is none there
 * @throws Failure `cannot-edit` when a file is no JSON, or not what it should be
 */
export function findConfig(
  surroundings: HookSurroundings,
  directory: string = surroundings.topLevel,
): SimpleGitHooksConfig | undefined {
  const manifest = path.join(directory, 'package.json');
  const [given] = directory === surroundings.topLevel ? namedInScripts(surroundings, manifest) : [];
  const names = given === undefined ? ownNames : [given, ...ownNames];
  for (const name of names) {
    const file = path.resolve(directory, name);
    const text = textOf(surroundings, file);
    if (text === undefined) continue;
    if (!name.endsWith('.json')) return { kind: 'program', file, text };
    return jsonConfig({ surroundings, file }, text, []);
  }
  return inManifest(surroundings, manifest);
}

const ownNames = [
  '.simple-git-hooks.cjs',
  '.simple-git-hooks.js',
  '.simple-git-hooks.mjs',
  'simple-git-hooks.cjs',
  'simple-git-hooks.js',
  'simple-git-hooks.mjs',
  '.simple-git-hooks.json',
  'simple-git-hooks.json',
] as const;

/** What has to be added by hand for the hooks to be left alone that it does not write itself. */
export function preserveByHand(surroundings: HookSurroundings): string {
  const others = hookEvents.filter((event) => !isWritten(surroundings, event));
  return `"preserveUnused": ${JSON.stringify(others).replaceAll(',', ', ')}`;
}

/** Whether git runs a hook file for the event that it has written. */
export function isWritten(surroundings: HookSurroundings, event: HookEvent): boolean {
  const found = surroundings.read(path.join(surroundings.hooksDirectory, event));
  return found?.kind === 'file' && found.content.includes(inEveryHook);
}

export const inEveryHook = 'SKIP_SIMPLE_GIT_HOOKS';

/** What is a link is not edited: what it leads to may be anybody's. */
function textOf(surroundings: HookSurroundings, file: string): string | undefined {
  const found = surroundings.read(file);
  if (found === undefined) return undefined;
  const text = found.kind === 'link' ? undefined : utf8Text(found.content);
  if (text !== undefined) return text;
  const problem = found.kind === 'link' ? 'it is a symbolic link.' : 'it is not UTF-8.';
  throw cannotEdit({ surroundings, file }, problem);
}

/** `simple-git-hooks <file>` in a script. */
function namedInScripts(surroundings: HookSurroundings, manifest: string): readonly string[] {
  const text = textOf(surroundings, manifest);
  if (text === undefined) return [];
  const scripts = memberOf(objectIn({ surroundings, file: manifest }, text, []), 'scripts')?.value;
  if (scripts?.kind !== 'object') return [];
  return scripts.members.flatMap(({ value }) => {
    const script = value.kind === 'scalar' ? String(value.value) : '';
    return /\bsimple-git-hooks +([^\s;&|'"]+\.(?:json|[cm]?js))\b/.exec(script)?.[1] ?? [];
  });
}

/** A text there is a directory, which has a configuration of its own. */
function inManifest(
  surroundings: HookSurroundings,
  manifest: string,
): SimpleGitHooksConfig | undefined {
  const text = textOf(surroundings, manifest);
  if (text === undefined) return undefined;
  const settings = memberOf(objectIn({ surroundings, file: manifest }, text, []), key)?.value;
  if (settings === undefined) return undefined;
  if (settings.kind !== 'scalar') return jsonConfig({ surroundings, file: manifest }, text, [key]);
  const directory = path.resolve(surroundings.topLevel, String(settings.value));
  const isOther =
    path.dirname(manifest) === surroundings.topLevel && directory !== surroundings.topLevel;
  return isOther && jsonValue(settings) !== null ? findConfig(surroundings, directory) : undefined;
}

const key = 'simple-git-hooks';

interface Place {
  readonly surroundings: HookSurroundings;
  readonly file: string;
}

function jsonConfig(place: Place, text: string, keys: readonly string[]): SimpleGitHooksConfig {
  const find = (current: string) => objectIn(place, current, keys);
  find(text);
  return { kind: 'json', file: place.file, text, find };
}

function objectIn(place: Place, text: string, keys: readonly string[]): JsonObject {
  const source = readJsonSource(text);
  if (!source.ok) throw cannotEdit(place, 'not valid JSON.', source.line);
  let node = source.root;
  for (const each of keys) node = memberOf(node, each)?.value ?? node;
  if (node.kind === 'object') return node;
  const line = text.slice(0, node.start).split('\n').length;
  throw cannotEdit(place, 'it is no mapping of hooks.', line);
}

function cannotEdit({ surroundings, file }: Place, problem: string, line?: number) {
  return fail('cannot-edit', { file, line, problem, add: preserveByHand(surroundings) });
}
