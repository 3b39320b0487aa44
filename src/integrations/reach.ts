import path from 'node:path';
import { isNullDevice } from '../git/hooks-path.ts';
import { runsConfiguredHooks } from '../git/version.ts';
import { commandStart, configCommand } from '../hooks/blocks.ts';
import type { HookEvent } from '../hooks/events.ts';
import type { ConfiguredHook, ConfiguredHooks } from './configured-hooks.ts';
import { follow } from './hook-managers/follow-links.ts';
import { dead, isOursIn, judgeFile, missing } from './hook-managers/hook-text.ts';
import { hookManagers } from './index.ts';
import type { FileScene, Reach } from './integration.ts';

/** What decides whether a hook is reached. */
export interface HookScene extends FileScene {
  readonly configured: ConfiguredHooks;
  /** Absolute path of the vault. */
  readonly vault: string;
}

/**
 * Where the answer to `event` is, or why there is none, as far as files and configuration tell:
 * nothing is run. git's own configuration counts before files, and each hook manager knows its own.
 */
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
  const { surroundings, configured } = scene;
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
  if (hook.command !== configCommand(event)) {
    return dead({ code: 'configuration-hook-edited', key: `${key}.command` });
  }
  return { state: 'reached', through: { kind: 'configuration', name: hook.name } };
}

/** By what it does: a name can be anybody's. */
function isOurs(hook: ConfiguredHook): boolean {
  return hook.command.startsWith(commandStart);
}

/** Enabled hooks of others for an event, which git would run besides ours. */
export function otherConfiguredHooks(event: HookEvent, scene: HookScene): readonly string[] {
  if (!runsConfiguredHooks(scene.surroundings.gitVersion)) return [];
  return scene.configured.hooks
    .filter((hook) => hook.isEnabled && hook.events.includes(event) && !isOurs(hook))
    .map(({ name }) => name);
}

function throughFile(event: HookEvent, scene: HookScene): Reach {
  const { hooksPath } = scene.surroundings;
  if (hooksPath !== undefined && isNullDevice(hooksPath.value)) {
    return dead({ code: 'hooks-switched-off', ...hooksPath });
  }
  for (const { reach } of hookManagers) {
    const reached = reach?.(event, scene);
    if (reached !== undefined) return reached;
  }
  return throughPlainHook(event, scene);
}

function throughPlainHook(event: HookEvent, scene: HookScene): Reach {
  const file = path.join(scene.surroundings.hooksDirectory, event);
  const found = follow(scene.surroundings, file);
  if (found === undefined) return missing(event, scene);
  const runner = isOfLfs(found.text) ? { name: 'git-lfs' } : undefined;
  if (runner === undefined && !isOursIn(event, found)) return missing(event, scene, file);
  return judgeFile(event, { scene, file, found, runner });
}

/** git-lfs is no manager: it has hook files of its own, which are plain ones. */
function isOfLfs(text: string): boolean {
  return /\bgit[ -]lfs\b/.test(text);
}
