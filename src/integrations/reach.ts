import path from 'node:path';
import { Failure } from '../errors.ts';
import { realDirectory } from '../git/layout.ts';
import { blockStart, configCommand } from '../hooks/blocks.ts';
import type { Environment } from '../io.ts';
import { shellQuote } from '../session/shell-quote.ts';
import { whatIsAt } from '../store/read-files.ts';
import type { ConfiguredHook, ConfiguredHooks } from './configured-hooks.ts';
import { isNullDevice, runsConfiguredHooks } from './hook-managers/hooks-path.ts';
import { huskyDirectory } from './hook-managers/husky.ts';
import { lefthookJobFile } from './hook-managers/lefthook.ts';
import type { FileState, HookEvent, HookSurroundings } from './integration.ts';
import { findBlock, hasCarriageReturnInShebang } from './managed-block.ts';
import { physicalPath } from './surroundings.ts';

/**
 * Whether git would get to our hook, as far as files and configuration tell: nothing is run. How a
 * hook comes to be dead without a word is in `Dead`, one code for each way.
 */
export type Reach =
  | { readonly state: 'reached'; readonly through: Through }
  /**
   * In place; but `others` of the user's run too. `behind`: they come before, and may end the hook.
   */
  | {
      readonly state: 'shared';
      readonly through: Through;
      readonly others: string;
      readonly order: 'behind' | 'beside';
    }
  | { readonly state: 'dead'; readonly cause: Dead };

export type Through =
  | { readonly kind: 'configuration'; readonly name: string }
  /** `by`: what runs the file; undefined when git itself does. */
  | { readonly kind: 'file'; readonly file: string; readonly by: string | undefined };

export type Dead =
  /** `by`: whose file stands there instead, if that can be seen; undefined when there is no file. */
  | { readonly code: 'hook-missing'; readonly file: string; readonly by: string | undefined }
  | { readonly code: 'hooks-switched-off'; readonly scope: string; readonly origin: string }
  | {
      readonly code: 'hooks-path-elsewhere';
      readonly value: string;
      readonly scope: string;
      readonly origin: string;
      /** Where our block is, and git does not look. */
      readonly block: string;
    }
  | {
      readonly code: 'hooks-directory-missing';
      readonly directory: string;
      readonly value: string;
      readonly scope: string;
      /** Where a relative path leads to in the main work tree, if there is such a directory. */
      readonly elsewhere: string | undefined;
    }
  | { readonly code: 'husky-not-installed'; readonly directory: string }
  | { readonly code: 'hook-manager-off'; readonly by: string; readonly variable: string }
  | { readonly code: 'hook-taken-over'; readonly by: string; readonly block: string }
  | { readonly code: 'hook-not-executable'; readonly file: string }
  | { readonly code: 'hook-carriage-returns'; readonly file: string }
  | { readonly code: 'hook-interpreter-missing'; readonly file: string; readonly program: string }
  | { readonly code: 'block-edited'; readonly file: string }
  | { readonly code: 'configuration-hook-ignored'; readonly version: string }
  | { readonly code: 'configuration-hook-disabled'; readonly key: string; readonly scope: string }
  | { readonly code: 'configuration-hook-stranded'; readonly key: string; readonly vault: string }
  | { readonly code: 'configuration-hook-edited'; readonly key: string };

/** What decides whether a hook is reached. */
export interface HookScene {
  readonly surroundings: HookSurroundings;
  readonly configured: ConfiguredHooks;
  /** Absolute path of the vault. */
  readonly vault: string;
  readonly env: Environment;
}

/** Where the answer to `event` is, or why there is none. */
export function reachOf(event: HookEvent, scene: HookScene): Reach {
  const configured = throughConfiguration(event, scene);
  if (configured?.state === 'reached') return configured;
  const file = throughFile(event, scene);
  return file.state === 'dead' ? (configured ?? file) : file;
}

/** Undefined when the configuration names no hook of ours for the event. */
function throughConfiguration(event: HookEvent, scene: HookScene): Reach | undefined {
  const judged = scene.configured.hooks
    .filter((hook) => hook.events.includes(event) && isOurs(hook))
    .map((hook) => judgeConfigured(event, hook, scene));
  return judged.find(({ state }) => state === 'reached') ?? judged[0];
}

function judgeConfigured(event: HookEvent, hook: ConfiguredHook, scene: HookScene): Reach {
  const { surroundings, configured, vault } = scene;
  const key = `hook.${hook.name}`;
  if (!runsConfiguredHooks(surroundings.gitVersion)) {
    const version = surroundings.gitVersion.join('.');
    return dead({ code: 'configuration-hook-ignored', version });
  }
  const { scope } = hook;
  if (!hook.isEnabled) {
    return dead({ code: 'configuration-hook-disabled', key: `${key}.enabled`, scope });
  }
  if (configured.disabledEvents.has(event)) {
    return dead({ code: 'configuration-hook-disabled', key: `hook.${event}.enabled`, scope });
  }
  if (hook.command === configCommand(event, shellQuote(vault))) {
    return { state: 'reached', through: { kind: 'configuration', name: hook.name } };
  }
  // All but the path is the same everywhere.
  const rest = configCommand(event, '').slice(ourStart.length);
  if (!hook.command.endsWith(rest)) {
    return dead({ code: 'configuration-hook-edited', key: `${key}.command` });
  }
  const named = hook.command.slice(ourStart.length, -rest.length);
  return dead({ code: 'configuration-hook-stranded', key: `${key}.command`, vault: named });
}

const ourStart = 'mpm_vault=';

/** By what it does: a name can be anybody's. */
function isOurs(hook: ConfiguredHook): boolean {
  return hook.command.startsWith(ourStart);
}

/** Enabled hooks of others for an event, which git would run besides ours. */
export function otherConfiguredHooks(event: HookEvent, scene: HookScene): readonly string[] {
  if (!runsConfiguredHooks(scene.surroundings.gitVersion)) return [];
  return scene.configured.hooks
    .filter((hook) => hook.isEnabled && hook.events.includes(event) && !isOurs(hook))
    .map(({ name }) => name);
}

function throughFile(event: HookEvent, scene: HookScene): Reach {
  const { hooksDirectory, hooksPath } = scene.surroundings;
  if (hooksPath !== undefined && isNullDevice(hooksPath.value)) {
    return dead({ code: 'hooks-switched-off', ...hooksPath });
  }
  const file = path.join(hooksDirectory, event);
  const husky = huskyDirectory(scene.surroundings);
  const found = follow(scene.surroundings, file);
  if (husky !== undefined && (found === undefined || !isThere(scene, husky, '_/h'))) {
    return dead({ code: 'husky-not-installed', directory: husky });
  }
  if (husky !== undefined && found !== undefined && isHuskyStub(found.text)) {
    return throughHusky(event, husky, scene);
  }
  if (found === undefined) return missing(event, scene);
  return judgeFile(event, { scene, file, found });
}

function isThere({ surroundings }: HookScene, directory: string, name: string): boolean {
  return follow(surroundings, path.join(directory, name)) !== undefined;
}

/**
 * husky 9 has git look in `<directory>/_`, where every hook is the same stub. Before the hook it
 * sources `~/.config/husky/init.sh`, which is there to set up the environment and is no hook.
 */
function isHuskyStub(text: string): boolean {
  return /^\. "\$\(dirname (?:-- )?"\$0"\)\/h"$/m.test(text);
}

function throughHusky(event: HookEvent, directory: string, scene: HookScene): Reach {
  const file = path.join(directory, event);
  const found = follow(scene.surroundings, file);
  if (found === undefined) return missing(event, scene, file);
  return judgeText(event, { scene, file, content: found.content, by: 'husky' });
}

interface Found {
  readonly content: Buffer;
  /** The same, byte for byte: what stands around our text need not be UTF-8. */
  readonly text: string;
  readonly isExecutable: boolean;
}

const mostLinks = 8;

/** The file that has a name, or that links lead to; undefined when there is none. */
function follow(surroundings: HookSurroundings, file: string): Found | undefined {
  let place = file;
  for (let links = 0; links <= mostLinks; links += 1) {
    const state = stateOf(surroundings, place);
    if (state === undefined) return undefined;
    if (state.kind === 'file') {
      return {
        content: state.content,
        text: state.content.toString('latin1'),
        isExecutable: isWindows || (state.mode & 0o111) !== 0,
      };
    }
    place = path.resolve(path.dirname(place), state.target);
  }
  return undefined;
}

/** What cannot be read (a directory, another user's) is no hook of ours. */
function stateOf(surroundings: HookSurroundings, file: string): FileState {
  try {
    return surroundings.read(file);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

const isWindows = path.sep === '\\';

interface Judged {
  readonly scene: HookScene;
  readonly file: string;
  readonly found: Found;
}

function judgeFile(event: HookEvent, { scene, file, found }: Judged): Reach {
  const owner = ownerOf(found.text);
  const isHere = placeOfBlock(event, found.content) !== 'nowhere';
  if (!isHere && owner !== undefined) return throughOwner(event, { scene, file, owner });
  if (!isHere) return missing(event, scene, file);
  if (!found.isExecutable) return dead({ code: 'hook-not-executable', file });
  const program = interpreterOf(found.text);
  if (program !== undefined && whatIsAt(physicalPath(program)) === 'nothing') {
    return dead({ code: 'hook-interpreter-missing', file, program });
  }
  return judgeText(event, { scene, file, content: found.content, by: owner });
}

/** The interpreter that the first line names by its absolute path (execve(2)). */
function interpreterOf(text: string): string | undefined {
  return /^#! ?(\/[^ \t\r\n]+)/.exec(text)?.[1];
}

interface HookText {
  readonly scene: HookScene;
  readonly file: string;
  readonly content: Buffer;
  /** What runs the file; undefined when git itself does. */
  readonly by: string | undefined;
}

function judgeText(event: HookEvent, { scene, file, content, by }: HookText): Reach {
  const through: Through = { kind: 'file', file, by };
  const off = switches.find(
    (one) => one.by === by && one.values.includes(scene.env[one.variable] ?? ''),
  );
  const place = placeOfBlock(event, content);
  if (off !== undefined && place !== 'nowhere') {
    return dead({ code: 'hook-manager-off', by: off.by, variable: off.variable });
  }
  switch (place) {
    case 'nowhere':
      return dead({ code: 'hook-missing', file, by });
    case 'edited':
      return dead({ code: 'block-edited', file });
    case 'carriage-returns':
      return dead({ code: 'hook-carriage-returns', file });
    case 'late':
      return { state: 'shared', through, others: 'what stands above our block', order: 'behind' };
    case 'first':
      return { state: 'reached', through };
  }
}

interface Switch {
  readonly by: string;
  readonly variable: string;
  readonly values: readonly string[];
}

/** Variables by which a user has a manager run no hook. */
const switches: readonly Switch[] = [
  { by: 'husky', variable: 'HUSKY', values: ['0'] },
  { by: 'lefthook', variable: 'LEFTHOOK', values: ['0', 'false'] },
  { by: 'simple-git-hooks', variable: 'SKIP_SIMPLE_GIT_HOOKS', values: ['1'] },
];

type Place = 'first' | 'late' | 'edited' | 'carriage-returns' | 'nowhere';

/** `first`: above it are only the interpreter's line, comments, blank lines and options of the shell. */
function placeOfBlock(event: HookEvent, content: Buffer): Place {
  const found = findBlock(content);
  if (found.kind === 'none') return 'nowhere';
  if (found.kind !== 'ours' || found.event !== event) return 'edited';
  if (hasCarriageReturnInShebang(content)) return 'carriage-returns';
  const at = content.indexOf(blockStart);
  const above = content.subarray(0, at).toString('latin1').replace(simpleGitHooksStart, '');
  if (!found.isCurrent && content.subarray(at).includes('\r\n')) return 'carriage-returns';
  return onlyHarmless.test(above) ? 'first' : 'late';
}

/** What simple-git-hooks writes before the command; of the user's it runs one file, if it is named. */
const simpleGitHooksStart =
  /^if \[ "\$SKIP_SIMPLE_GIT_HOOKS"[\s\S]*?^fi\n[\s]*if \[ -f "\$SIMPLE_GIT_HOOKS_RC"[\s\S]*?^fi\n/m;

const onlyHarmless = /^(?:[ \t]*(?:#[^\n]*|set [-+][a-z]+[a-z ]*)?\n)*$/;

/** Whose file it is, by what the manager writes into every one of its own. */
function ownerOf(text: string): string | undefined {
  if (text.includes('call_lefthook')) return 'lefthook';
  if (text.includes('File generated by pre-commit')) return 'pre-commit';
  if (text.includes('SKIP_SIMPLE_GIT_HOOKS')) return 'simple-git-hooks';
  if (/\bgit[ -]lfs\b/.test(text)) return 'git-lfs';
  return undefined;
}

interface Owned {
  readonly scene: HookScene;
  readonly file: string;
  readonly owner: string;
}

/** A manager's own file, without our block in it. */
function throughOwner(event: HookEvent, owned: Owned): Reach {
  const { file, owner } = owned;
  if (owner === 'pre-commit') return throughPreCommit(event, owned);
  if (owner === 'lefthook') return throughLefthook(event, owned);
  return dead({ code: 'hook-missing', file, by: owner });
}

/** The file that stood there before pre-commit came is run first by it. */
function throughPreCommit(event: HookEvent, { scene, file, owner }: Owned): Reach {
  const legacy = `${file}.legacy`;
  const found = follow(scene.surroundings, legacy);
  if (found === undefined || placeOfBlock(event, found.content) === 'nowhere') {
    return dead({ code: 'hook-missing', file, by: owner });
  }
  if (!found.isExecutable) return dead({ code: 'hook-not-executable', file: legacy });
  const judged = judgeText(event, {
    scene,
    file: legacy,
    content: found.content,
    by: owner,
  });
  if (judged.state !== 'reached') return judged;
  return {
    state: 'shared',
    through: judged.through,
    others: 'the hooks of pre-commit',
    order: 'beside',
  };
}

/** The file that stood there before lefthook came is renamed by it, and not run. */
function throughLefthook(event: HookEvent, { scene, file, owner }: Owned): Reach {
  const job = lefthookJob(event, scene);
  const variable = scene.env['LEFTHOOK'] ?? '';
  if (job !== undefined && ['0', 'false'].includes(variable)) {
    return dead({ code: 'hook-manager-off', by: owner, variable: 'LEFTHOOK' });
  }
  if (job !== undefined) {
    const through: Through = { kind: 'file', file: job, by: owner };
    return { state: 'shared', through, others: "lefthook's other jobs", order: 'beside' };
  }
  const old = `${file}.old`;
  const found = follow(scene.surroundings, old);
  const isOld = found !== undefined && placeOfBlock(event, found.content) !== 'nowhere';
  return dead(
    isOld
      ? { code: 'hook-taken-over', by: owner, block: old }
      : { code: 'hook-missing', file, by: owner },
  );
}

/** The configuration of lefthook that has our job; one that cannot be read has none. */
function lefthookJob(event: HookEvent, { surroundings }: HookScene): string | undefined {
  try {
    return lefthookJobFile(surroundings, event);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** No block where git looks: perhaps it is where git looked once. */
function missing(event: HookEvent, { surroundings }: HookScene, file?: string): Reach {
  const { hooksDirectory, hooksPath, commonDir, topLevel } = surroundings;
  const here = file ?? path.join(hooksDirectory, event);
  const elsewhere = [
    path.join(commonDir, 'hooks', event),
    path.join(topLevel, '.husky', event),
  ].find((other) => {
    const found = follow(surroundings, other);
    return (
      other !== here && found !== undefined && placeOfBlock(event, found.content) !== 'nowhere'
    );
  });
  if (hooksPath !== undefined && realDirectory(hooksDirectory) === undefined) {
    const { value, scope } = hooksPath;
    const elsewhere = realDirectory(path.resolve(path.dirname(commonDir), value));
    const directory = hooksDirectory;
    return dead({ code: 'hooks-directory-missing', directory, value, scope, elsewhere });
  }
  if (elsewhere !== undefined && hooksPath !== undefined) {
    return dead({ code: 'hooks-path-elsewhere', ...hooksPath, block: elsewhere });
  }
  return dead({ code: 'hook-missing', file: here, by: undefined });
}

function dead(cause: Dead): Reach {
  return { state: 'dead', cause };
}
