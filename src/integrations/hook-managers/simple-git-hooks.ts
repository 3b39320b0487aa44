import { Buffer } from 'node:buffer';
import path from 'node:path';
import { fail } from '../../errors.ts';
import { type HookEvent, hookEvents } from '../../hooks/events.ts';
import type {
  EditPlan,
  FileEdit,
  FileScene,
  HookManager,
  HookSurroundings,
  Reach,
} from '../integration.ts';
import { findBlock, insertBlock, removeBlock } from '../managed-block.ts';
import { follow } from './follow-links.ts';
import { byHand, isByHand, trackedNote } from './hook-file.ts';
import { hasHookWith, runsNoHooksHere } from './hook-names.ts';
import { judgeFile, type Runner } from './hook-text.ts';
import { installHookFiles, removeHookFiles } from './hooks-directory.ts';
import {
  addItem,
  addMember,
  type JsonObject,
  memberOf,
  removeAt,
  replaceValue,
} from './json-source.ts';
import {
  findConfig,
  inEveryHook,
  isWritten,
  preserveByHand,
  type SimpleGitHooksConfig,
} from './simple-git-hooks-config.ts';

/**
 * simple-git-hooks 2: whenever it is run, it writes a file for each hook that is configured, and
 * deletes all other hooks but those named in `preserveUnused`.
 */
export const simpleGitHooks: HookManager = {
  name: 'simple-git-hooks',
  about: 'simple-git-hooks',
  detect: (surroundings) => hasHookWith(surroundings, inEveryHook),
  install,
  remove,
  reach,
};

const runner: Runner = {
  name: 'simple-git-hooks',
  off: { variable: inEveryHook, values: ['1'] },
  // It runs one file of the user's, if that is named.
  preamble:
    /^if \[ "\$SKIP_SIMPLE_GIT_HOOKS"[\s\S]*?^fi\n[\s]*if \[ -f "\$SIMPLE_GIT_HOOKS_RC"[\s\S]*?^fi\n/m,
};

type JsonConfig = Extract<SimpleGitHooksConfig, { kind: 'json' }>;

function install(surroundings: HookSurroundings): EditPlan {
  if (!simpleGitHooks.detect(surroundings))
    throw runsNoHooksHere('simple-git-hooks', 'npx simple-git-hooks');
  const config = findConfig(surroundings);
  if (config === undefined) {
    const plain = installHookFiles(surroundings, hookEvents);
    return { ...plain, notes: [...plain.notes, unknownConfiguration(surroundings)] };
  }
  if (config.kind === 'program') return besideProgram(surroundings, config);
  const known = config.find(config.text);
  const configured = hookEvents.filter((event) => memberOf(known, event) !== undefined);
  const others = hookEvents.filter((event) => !configured.includes(event));
  const text = preserving(withBlocks(config, configured), config, others);
  const written = configured.flatMap((event) => {
    return rewritten(surroundings, { event, config, text }) ?? [];
  });
  const asWritten = written.map(({ target }) => target);
  const hooks = installHookFiles(
    surroundings,
    hookEvents.filter((event) => !asWritten.includes(fileOf(surroundings, event))),
  );
  const settings = configEdits(surroundings, config, { text, isRemoval: false });
  return {
    edits: [...settings, ...written, ...hooks.edits],
    notes: [...hooks.notes, ...sharingNotes(surroundings, settings)],
  };
}

function sharingNotes(
  { topLevel }: HookSurroundings,
  edits: readonly FileEdit[],
): readonly string[] {
  const tracked = edits.filter((edit) => edit.tracked);
  if (tracked.length === 0) return [];
  return [
    trackedNote(tracked.map(({ target }) => path.relative(topLevel, target))),
    "Where simple-git-hooks is run on a branch that does not have this change yet, it takes our hooks away; 'mpm-session init' brings them back.",
  ];
}

function unknownConfiguration(surroundings: HookSurroundings): string {
  return `Where simple-git-hooks is configured was not found. Add to it, or its next run deletes our hooks: ${preserveByHand(surroundings)}`;
}

/** Whether the program says what is needed cannot be known for sure; that it says nothing can. */
function besideProgram(
  surroundings: HookSurroundings,
  { file, text }: SimpleGitHooksConfig,
): EditPlan {
  const problem = 'it is a program, which mpm-session neither runs nor edits.';
  const events = hookEvents.filter((event) => isWritten(surroundings, event));
  const others = hookEvents.filter((event) => !events.includes(event));
  if (others.length > 0 && !text.includes('preserveUnused')) {
    throw fail('cannot-edit', {
      file,
      line: undefined,
      problem,
      add: preserveByHand(surroundings),
    });
  }
  const missing = events.find((event) => !isNamedIn(text, event));
  if (missing !== undefined) {
    const add = `at the beginning of its command for ${missing}: ${byHand(missing)}`;
    throw fail('cannot-edit', { file, line: undefined, problem, add });
  }
  return installHookFiles(surroundings, others);
}

/** Whether the line to be added by hand is in a program's text, in whatever quotes. */
function isNamedIn(text: string, event: HookEvent): boolean {
  const script = event === 'post-checkout' ? 'post-checkout' : `guard\\\\*" ${event}`;
  return new RegExp(`mpm_vault/${script}\\b`).test(text);
}

interface Rewriting {
  readonly event: HookEvent;
  readonly config: JsonConfig;
  /** Of the configuration, with our blocks in it. */
  readonly text: string;
}

/** The hook file as the next run of simple-git-hooks will write it: a preamble, then the command. */
function rewritten(
  surroundings: HookSurroundings,
  { event, config, text }: Rewriting,
): FileEdit | undefined {
  const target = fileOf(surroundings, event);
  const before = surroundings.read(target);
  const old = commandFor(config.find(config.text), event);
  const command = commandFor(config.find(text), event);
  if (before?.kind !== 'file' || old === undefined || command === undefined) return undefined;
  const content = before.content.toString('utf8');
  const preamble = content.slice(0, content.length - old.length);
  if (command === old || preamble + old !== content) return undefined;
  if (!preamble.includes(inEveryHook)) return undefined;
  const after = { ...before, content: Buffer.from(preamble + command) };
  const about = `is run by simple-git-hooks on ${event}`;
  return { kind: 'file', target, tracked: surroundings.isTracked(target), before, after, about };
}

function commandFor(settings: JsonObject, event: HookEvent): string | undefined {
  const node = memberOf(settings, event)?.value;
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

function fileOf({ hooksDirectory }: HookSurroundings, event: HookEvent): string {
  return path.join(hooksDirectory, event);
}

/** Our block above the user's own command, which may end the hook. */
function withBlocks(config: JsonConfig, configured: readonly HookEvent[]): string {
  let text = config.text;
  for (const event of configured) {
    const node = memberOf(config.find(text), event)?.value;
    if (node === undefined) continue;
    const command = node.kind === 'scalar' ? node.value : undefined;
    const changed = typeof command === 'string' ? withBlock(command, event) : undefined;
    if (changed === undefined) {
      const line = text.slice(0, node.start).split('\n').length;
      const problem = `the command for ${event} is not one that can be added to.`;
      throw fail('cannot-edit', { file: config.file, line, problem, add: byHand(event) });
    }
    if (changed !== command) text = replaceValue(text, node, changed);
  }
  return text;
}

/** Undefined when it is not one that can be added to. */
function withBlock(command: string, event: HookEvent): string | undefined {
  const content = Buffer.from(command);
  if (isByHand(event, content)) return command;
  if (findBlock(content).kind === 'edited') return undefined;
  return insertBlock(content, event)?.toString('utf8');
}

/** `preserveUnused` is a list, or anything else that JavaScript takes for true: all hooks. */
function preserving(text: string, config: JsonConfig, events: readonly HookEvent[]): string {
  if (events.length === 0) return text;
  const settings = config.find(text);
  const node = memberOf(settings, option)?.value;
  if (node === undefined) return addMember(text, settings, { key: option, value: events });
  if (node.kind === 'object') return text;
  if (node.kind === 'scalar') return node.value ? text : replaceValue(text, node, events);
  let changed = text;
  for (const event of events) {
    const list = preserved(config.find(changed));
    if (list === undefined || list.items.some((item) => isText(item, event))) continue;
    changed = addItem(changed, list, event);
  }
  return changed;
}

const option = 'preserveUnused';

function preserved(settings: JsonObject) {
  const node = memberOf(settings, option)?.value;
  return node?.kind === 'array' ? node : undefined;
}

function isText(node: { readonly kind: string; readonly value?: unknown }, text: string): boolean {
  return node.kind === 'scalar' && node.value === text;
}

function configEdits(
  surroundings: HookSurroundings,
  { file, text: old }: JsonConfig,
  { text, isRemoval }: { readonly text: string; readonly isRemoval: boolean },
): readonly FileEdit[] {
  const before = surroundings.read(file);
  if (text === old || before?.kind !== 'file') return [];
  const after = { ...before, content: Buffer.from(text) };
  const about = isRemoval
    ? 'takes out what was there for our hooks'
    : 'has simple-git-hooks run our hooks, and leave them alone';
  return [
    { kind: 'file', target: file, tracked: surroundings.isTracked(file), before, after, about },
  ];
}

function remove(surroundings: HookSurroundings): readonly FileEdit[] {
  const hooks = removeHookFiles(surroundings);
  if (!simpleGitHooks.detect(surroundings)) return hooks;
  const config = findConfig(surroundings);
  if (config?.kind !== 'json') return hooks;
  // A hook of the user's that is to be preserved is there, and stays.
  const gone = hookEvents.filter((event) => {
    const file = fileOf(surroundings, event);
    const isRemoved = hooks.some((edit) => edit.target === file && edit.after === undefined);
    return isRemoved || surroundings.read(file) === undefined;
  });
  const text = notPreserving(withoutBlocks(config), config, gone);
  return [...configEdits(surroundings, config, { text, isRemoval: true }), ...hooks];
}

function withoutBlocks(config: JsonConfig): string {
  let text = config.text;
  for (const event of hookEvents) {
    const node = memberOf(config.find(text), event)?.value;
    if (node?.kind !== 'scalar' || typeof node.value !== 'string') continue;
    const content = Buffer.from(node.value);
    const without = removeBlock(content);
    const command = without === 'empty' ? '' : without.toString('utf8');
    if (command !== node.value) text = replaceValue(text, node, command);
  }
  return text;
}

function notPreserving(text: string, config: JsonConfig, events: readonly HookEvent[]): string {
  let changed = text;
  for (const event of events) {
    const list = preserved(config.find(changed));
    const position = list?.items.findIndex((item) => isText(item, event)) ?? -1;
    if (list !== undefined && position >= 0) changed = removeAt(changed, list, position);
  }
  const settings = config.find(changed);
  if (changed === text || preserved(settings)?.items.length !== 0) return changed;
  const position = settings.members.findLastIndex((member) => member.key === option);
  return removeAt(changed, settings, position);
}

function reach(event: HookEvent, scene: FileScene): Reach | undefined {
  const file = fileOf(scene.surroundings, event);
  const found = follow(scene.surroundings, file);
  if (found?.text.includes(inEveryHook) !== true) return undefined;
  return judgeFile(event, { scene, file, found, runner });
}
