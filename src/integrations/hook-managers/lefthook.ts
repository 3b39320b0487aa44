import { Buffer } from 'node:buffer';
import path from 'node:path';
import { Failure, fail } from '../../errors.ts';
import { decodeYaml } from '../../formats/yaml.ts';
import { type HookEvent, hookEvents } from '../../hooks/events.ts';
import { excludeFiles, includeFiles } from '../ignoring/exclude-lines.ts';
import type {
  EditPlan,
  FileEdit,
  FileScene,
  HookManager,
  HookSurroundings,
  Reach,
} from '../integration.ts';
import { follow } from './follow-links.ts';
import { blockRemoval } from './hook-file.ts';
import { hasHookWith, runsNoHooksHere } from './hook-names.ts';
import { dead, isOff, isOursIn, judgeFile, off, type Runner } from './hook-text.ts';
import { installHookFiles, removeHookFiles } from './hooks-directory.ts';
import {
  hasJob,
  hasJobByHand,
  jobByHand,
  type LefthookFormat,
  ourName,
  withJob,
  withoutJob,
} from './lefthook-jobs.ts';
import type { EditedText } from './lefthook-yaml.ts';
import { utf8Text } from './utf8-text.ts';

/**
 * lefthook 2 has a hook file of its own for each event that its configuration names, and moves away
 * what stands there. The personal part of that configuration is `lefthook-local.*`; it is read at
 * every run, so that nothing needs to be installed for a job in it.
 */
export const lefthook: HookManager = {
  name: 'lefthook',
  about: 'lefthook',
  detect: (surroundings) => hasHookWith(surroundings, inEveryHook),
  install,
  remove,
  reach,
};

const inEveryHook = 'call_lefthook';

const runner: Runner = {
  name: 'lefthook',
  off: { variable: 'LEFTHOOK', values: ['0', 'false'] },
};

/** The configuration that has our job for an event, as it is written now; undefined without one. */
export function lefthookJobFile(
  surroundings: HookSurroundings,
  event: HookEvent,
): string | undefined {
  const local = localConfiguration(surroundings);
  if (local === undefined) return undefined;
  const { file, format, text } = local;
  const isThere = (format === 'yaml' && hasJob(text, event)) || hasJobByHand(text, event);
  return isThere ? file : undefined;
}

function install(surroundings: HookSurroundings): EditPlan {
  if (!lefthook.detect(surroundings)) throw runsNoHooksHere('lefthook', 'lefthook install');
  const owned = hookEvents.filter((event) => isOwned(surroundings, event));
  const others = hookEvents.filter((event) => !owned.includes(event));
  const plain = installHookFiles(surroundings, others);
  const jobs = owned.length === 0 ? [] : jobEdits(surroundings, owned);
  return {
    edits: [...plain.edits, ...jobs],
    notes: [...plain.notes, ...jobNotes(surroundings, owned)],
  };
}

function remove(surroundings: HookSurroundings): readonly FileEdit[] {
  const plain = removeHookFiles(surroundings);
  const moved = hookEvents.flatMap(
    (event) => blockRemoval(surroundings, `${hookFile(surroundings, event)}.old`) ?? [],
  );
  const local = localConfiguration(surroundings);
  if (local === undefined || local.refusal !== undefined || !local.text.includes(ourName)) {
    return [...plain, ...moved];
  }
  const text = changed(local, hookEvents, withoutJob);
  if (text === local.text) return [...plain, ...moved];
  const isEmpty = text.trim() === '';
  const edit = configurationEdit(surroundings, local, isEmpty ? undefined : text);
  const exclude = isEmpty ? includeFiles(surroundings, [local.file]) : undefined;
  return [...plain, ...moved, edit, ...(exclude === undefined ? [] : [exclude])];
}

function hookFile({ hooksDirectory }: HookSurroundings, event: HookEvent): string {
  return path.join(hooksDirectory, event);
}

/** Whether lefthook has the hook's file, by the rule by which it knows its own, or will take it. */
function isOwned(surroundings: HookSurroundings, event: HookEvent): boolean {
  return isInstalled(surroundings, event) || isConfigured(surroundings, event);
}

function isInstalled(surroundings: HookSurroundings, event: HookEvent): boolean {
  const found = surroundings.read(hookFile(surroundings, event));
  return found?.kind === 'file' && found.content.includes('LEFTHOOK');
}

function isConfigured(surroundings: HookSurroundings, event: HookEvent): boolean {
  return [mainNames, localNames].some((names) => {
    const file = firstOf(surroundings, names);
    const found = file === undefined ? undefined : surroundings.read(file);
    return found?.kind === 'file' && isNamedIn(found.content.toString('utf8'), event);
  });
}

/** What cannot be parsed is looked at line by line. TOML always is. */
function isNamedIn(text: string, event: HookEvent): boolean {
  const decoded = decodeYaml(text);
  if (decoded.ok && typeof decoded.value === 'object' && decoded.value !== null) {
    return Object.hasOwn(decoded.value, event);
  }
  return new RegExp(`^(?:${event}\\s*[.=:]|\\[+\\s*"?${event}\\b)`, 'm').test(text);
}

const mainNames = ['lefthook', '.lefthook', '.config/lefthook'] as const;
const localNames = ['lefthook-local', '.lefthook-local', '.config/lefthook-local'] as const;
const extensions = ['.yml', '.yaml', '.json', '.jsonc', '.toml'] as const;

/** The first that exists is the only one that lefthook reads; endings count before places. */
function firstOf(surroundings: HookSurroundings, names: readonly string[]): string | undefined {
  return extensions
    .flatMap((extension) => names.map((name) => name + extension))
    .map((name) => path.join(surroundings.topLevel, name))
    .find((file) => surroundings.read(file) !== undefined);
}

interface Configuration {
  readonly file: string;
  readonly format: LefthookFormat;
  readonly text: string;
  readonly isThere: boolean;
  /** Why it is not edited, whatever is in it. */
  readonly refusal: string | undefined;
}

/** Undefined when there is none. */
function localConfiguration(surroundings: HookSurroundings): Configuration | undefined {
  const file = firstOf(surroundings, localNames);
  const found = file === undefined ? undefined : surroundings.read(file);
  if (file === undefined || found === undefined) return undefined;
  const format = formatOf(file);
  if (found.kind === 'link') {
    const target = surroundings.read(path.resolve(path.dirname(file), found.target));
    const text = target?.kind === 'file' ? target.content.toString('utf8') : '';
    return { file, format, text, isThere: true, refusal: 'it is a symbolic link.' };
  }
  const text = utf8Text(found.content);
  if (text !== undefined) {
    const refusal = format === 'yaml' ? undefined : 'mpm-session edits YAML only there.';
    return { file, format, text, isThere: true, refusal };
  }
  const near = found.content.toString('latin1');
  return { file, format, text: near, isThere: true, refusal: 'it is not UTF-8.' };
}

/** lefthook reads it beside a main file of whatever name and format. */
function newConfiguration({ topLevel }: HookSurroundings): Configuration {
  const file = path.join(topLevel, 'lefthook-local.yml');
  return { file, format: 'yaml', text: '', isThere: false, refusal: undefined };
}

function formatOf(file: string): LefthookFormat {
  const ending = path.extname(file);
  if (ending === '.json' || ending === '.jsonc') return 'json';
  return ending === '.toml' ? 'toml' : 'yaml';
}

function jobEdits(
  surroundings: HookSurroundings,
  events: readonly HookEvent[],
): readonly FileEdit[] {
  const local = localConfiguration(surroundings) ?? newConfiguration(surroundings);
  const text = changed(local, events, withJob);
  const edits = text === local.text ? [] : [configurationEdit(surroundings, local, text)];
  if (surroundings.isTracked(local.file)) return edits;
  const exclude = excludeFiles(surroundings, [local.file]);
  return exclude === undefined ? edits : [...edits, exclude];
}

function jobNotes(surroundings: HookSurroundings, owned: readonly HookEvent[]): string[] {
  const notes: string[] = [];
  if (owned.length > 0 && surroundings.hasLinkedWorktrees) {
    notes.push(
      "lefthook's local configuration belongs to one work tree: run 'mpm-session init' in the others as well.",
    );
  }
  const waiting = owned.filter((event) => !isInstalled(surroundings, event));
  if (waiting.length > 0) {
    notes.push(
      `lefthook is configured for ${waiting.join(', ')} but has not installed it yet. Run: lefthook install`,
    );
  }
  return notes;
}

/**
 * The configuration's text after a change for each event.
 *
 * @throws Failure `cannot-edit`
 */
function changed(
  local: Configuration,
  events: readonly HookEvent[],
  change: (text: string, event: HookEvent) => EditedText,
): string {
  let text = local.text;
  for (const event of events) {
    if (hasJobByHand(text, event)) continue;
    const result = refused(local) ?? change(text, event);
    if (!result.ok) throw cannotEdit(local, event, result);
    text = result.text;
  }
  return text;
}

function refused({ refusal }: Configuration): EditedText | undefined {
  return refusal === undefined ? undefined : { ok: false, problem: refusal, line: undefined };
}

function configurationEdit(
  surroundings: HookSurroundings,
  { file, isThere }: Configuration,
  text: string | undefined,
): FileEdit {
  const before = surroundings.read(file);
  const mode = before?.kind === 'file' ? before.mode : 0o644;
  return {
    kind: 'file',
    target: file,
    tracked: surroundings.isTracked(file),
    before: isThere ? before : undefined,
    after: text === undefined ? undefined : { kind: 'file', content: Buffer.from(text), mode },
    about:
      text === undefined ? 'takes out our jobs' : 'adds jobs that lefthook runs beside its others',
  };
}

function cannotEdit(
  { file, format }: Pick<Configuration, 'file' | 'format'>,
  event: HookEvent,
  { problem, line }: { readonly problem: string; readonly line: number | undefined },
): Failure {
  return fail('cannot-edit', { file, line, problem, add: jobByHand(format, event) });
}

/** Through its own file, or as a job. What stood there before it came is renamed by it, and not run. */
function reach(event: HookEvent, scene: FileScene): Reach | undefined {
  const { surroundings } = scene;
  const file = hookFile(surroundings, event);
  const own = follow(surroundings, file);
  if (own?.text.includes(inEveryHook) !== true) return undefined;
  if (isOursIn(event, own)) return judgeFile(event, { scene, file, found: own, runner });
  const job = readableJobFile(surroundings, event);
  if (job !== undefined && isOff(runner, scene)) return off(runner);
  if (job !== undefined) {
    const through = { kind: 'file', file: job, by: runner.name } as const;
    return { state: 'shared', through, others: "lefthook's other jobs", order: 'beside' };
  }
  const block = `${file}.old`;
  const old = follow(surroundings, block);
  return dead(
    old !== undefined && isOursIn(event, old)
      ? { code: 'hook-taken-over', by: runner.name, block }
      : { code: 'hook-missing', file, by: runner.name },
  );
}

/** A configuration that cannot be read has no job. */
function readableJobFile(surroundings: HookSurroundings, event: HookEvent): string | undefined {
  try {
    return lefthookJobFile(surroundings, event);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
