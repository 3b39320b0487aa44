import { fail } from '../../errors.ts';
import { isNullDevice } from '../../git/hooks-path.ts';
import { runsConfiguredHooks } from '../../git/version.ts';
import { configCommand } from '../../hooks/blocks.ts';
import { type HookEvent, hookEvents } from '../../hooks/events.ts';
import type { ConfigEdit, EditPlan, HookManager, HookSurroundings } from '../integration.ts';
import { aboutHook } from './hook-file.ts';

/**
 * Hooks of git's own configuration (git-hook(1)), which git has run since 2.54, before the one in the
 * hooks directory and whatever `core.hooksPath` says. No file is touched, and nothing that writes
 * hook files can take them away.
 */
export const gitConfig: HookManager = {
  name: 'git-config',
  about: "git's own configuration (hook.mpm-session.*)",
  // Whoever points git at the null device wants no hooks; that git would run these is no reason.
  detect: ({ gitVersion, hooksPath }) =>
    runsConfiguredHooks(gitVersion) && !isNullDevice(hooksPath?.value),
  install,
  remove,
};

function install(surroundings: HookSurroundings): EditPlan {
  const { gitVersion } = surroundings;
  if (!runsConfiguredHooks(gitVersion)) {
    throw fail('hooks-unavailable', {
      reason: `git ${gitVersion.join('.')} runs no hooks of its configuration.`,
      advice: 'Install git 2.54 or newer, or leave out --hooks git-config.',
    });
  }
  const edits = hookEvents.flatMap((event) => installed(surroundings, event));
  const note = 'git older than 2.54, such as one that an editor brings along, does not run them.';
  return { edits, notes: edits.length === 0 ? [] : [note] };
}

/** An event without a command is an error to git, at which it refuses to switch: the command first. */
function installed(surroundings: HookSurroundings, event: HookEvent): readonly ConfigEdit[] {
  const about = aboutHook(event);
  const edits = [
    edit(surroundings, keysOf(event).command, [configCommand(event)]),
    edit(surroundings, keysOf(event).event, [event]),
  ];
  return edits
    .filter(({ before, after }) => before.join('\n') !== after.join('\n'))
    .map((each) => ({ ...each, about }));
}

/** Only the repository's own configuration; the event first, for the same reason. */
function remove(surroundings: HookSurroundings): readonly ConfigEdit[] {
  return hookEvents
    .flatMap((event) => [keysOf(event).event, keysOf(event).command])
    .map((key) => edit(surroundings, key, []))
    .filter(({ before }) => before.length > 0);
}

function edit(surroundings: HookSurroundings, key: string, after: readonly string[]): ConfigEdit {
  const before = surroundings.configured(key);
  return {
    kind: 'config',
    target: key,
    tracked: false,
    before,
    after,
    about: 'takes out our hook',
  };
}

/** A hook that is called as an event is makes every git command fail. */
function keysOf(event: HookEvent): { readonly command: string; readonly event: string } {
  const section = event === 'post-checkout' ? 'hook.mpm-session' : `hook.mpm-session-${event}`;
  return { command: `${section}.command`, event: `${section}.event` };
}
