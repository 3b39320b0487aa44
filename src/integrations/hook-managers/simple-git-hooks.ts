import { Buffer } from 'node:buffer';
import path from 'node:path';
import { fail } from '../../errors.ts';
import {
  type FileEdit,
  type HookEvent,
  type HookManager,
  type HookSurroundings,
  hookEvents,
  type Installation,
} from '../integration.ts';
import { findBlock, insertBlock, removeBlock } from '../managed-block.ts';
import { byHand } from './hook-file.ts';
import { hasHookWith, runsNoHooksHere } from './hook-names.ts';
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
};

const inEveryHook = 'SKIP_SIMPLE_GIT_HOOKS';

type JsonConfig = Extract<SimpleGitHooksConfig, { kind: 'json' }>;

function install(surroundings: HookSurroundings): Installation {
  if (!simpleGitHooks.detect(surroundings))
    throw runsNoHooksHere('simple-git-hooks', 'npx simple-git-hooks');
  const config = findConfig(surroundings);
  if (config === undefined) {
    const plain = installHookFiles(surroundings, hookEvents);
    return { ...plain, notes: [...plain.notes, unknownConfiguration] };
  }
  if (config.kind === 'program') return besideProgram(surroundings, config);
  const settings = config.find(config.text);
  const configured = hookEvents.filter((event) => memberOf(settings, event) !== undefined);
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
  return {
    edits: [...configEdits(surroundings, config, text), ...written, ...hooks.edits],
    notes: hooks.notes,
  };
}

const unknownConfiguration = `Where simple-git-hooks is configured was not found. Add to it, or its next run deletes our hooks: ${preserveByHand}`;

/** Whether the program says what is needed cannot be known for sure; that it says nothing can. */
function besideProgram(
  surroundings: HookSurroundings,
  { file, text }: SimpleGitHooksConfig,
): Installation {
  const problem = 'it is a program, which mpm-session neither runs nor edits.';
  const events = hookEvents.filter((event) => isWritten(surroundings, event));
  const [event] = events;
  if (!text.includes('preserveUnused')) {
    throw fail('cannot-edit', { file, line: undefined, problem, add: preserveByHand });
  }
  if (event !== undefined && !text.includes('mpm-session')) {
    const add = `at the beginning of its command for ${events.join(', ')}: ${byHand(event)}`;
    throw fail('cannot-edit', { file, line: undefined, problem, add });
  }
  return installHookFiles(
    surroundings,
    hookEvents.filter((each) => !events.includes(each)),
  );
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
  const about = `simple-git-hooks runs it on ${event}`;
  return { kind: 'file', target, tracked: surroundings.isTracked(target), before, after, about };
}

function commandFor(settings: JsonObject, event: HookEvent): string | undefined {
  const node = memberOf(settings, event)?.value;
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

function fileOf({ hooksDirectory }: HookSurroundings, event: HookEvent): string {
  return path.join(hooksDirectory, event);
}

function isWritten(surroundings: HookSurroundings, event: HookEvent): boolean {
  const found = surroundings.read(fileOf(surroundings, event));
  return found?.kind === 'file' && found.content.includes(inEveryHook);
}

/** Our block above the user's own command, which may end the hook. */
function withBlocks(config: JsonConfig, configured: readonly HookEvent[]): string {
  let text = config.text;
  for (const event of configured) {
    const node = memberOf(config.find(text), event)?.value;
    if (node === undefined) continue;
    const command = node.kind === 'scalar' ? node.value : undefined;
    const content = typeof command === 'string' ? Buffer.from(command) : undefined;
    const isEdited = content !== undefined && findBlock(content).kind === 'edited';
    const changed = content === undefined || isEdited ? undefined : insertBlock(content, event);
    if (changed === undefined) {
      const line = text.slice(0, node.start).split('\n').length;
      const problem = `the command for ${event} is not one that can be added to.`;
      throw fail('cannot-edit', { file: config.file, line, problem, add: byHand(event) });
    }
    if (content?.equals(changed) === false) {
      text = replaceValue(text, node, changed.toString('utf8'));
    }
  }
  return text;
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
  text: string,
): readonly FileEdit[] {
  const before = surroundings.read(file);
  if (text === old || before?.kind !== 'file') return [];
  const after = { ...before, content: Buffer.from(text) };
  const about = 'simple-git-hooks leaves our hooks alone, and runs them';
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
  return [...configEdits(surroundings, config, text), ...hooks];
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
