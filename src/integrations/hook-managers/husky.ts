import path from 'node:path';
import { type HookEvent, hookEvents } from '../../hooks/events.ts';
import { isInside } from '../../paths.ts';
import { shellQuote } from '../../session/shell-quote.ts';
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
import { blockEdit, blockRemoval, branchNotes, trackedNote } from './hook-file.ts';
import { runsNoHooksHere } from './hook-names.ts';
import { dead, judgeText, missing, type Runner } from './hook-text.ts';

/**
 * husky 9: git looks in `<directory>/_`, which husky writes anew at every installation, and where each
 * hook is a stub that runs `<directory>/<event>` by `sh -e`, if there is one.
 */
export const husky: HookManager = {
  name: 'husky',
  about: 'husky',
  detect: (surroundings) => huskyDirectory(surroundings) !== undefined,
  install,
  remove,
  reach,
};

const runner: Runner = { name: 'husky', off: { variable: 'HUSKY', values: ['0'] } };

/** Where the hooks that husky runs are; undefined when husky is not what git runs here. */
export function huskyDirectory(surroundings: HookSurroundings): string | undefined {
  const generated = generatedDirectory(surroundings);
  if (generated === undefined) return undefined;
  const directory = path.dirname(generated);
  if (!isInside(surroundings.topLevel, directory)) return undefined;
  if (surroundings.read(path.join(generated, 'h')) !== undefined) return directory;
  // Another manager may have gone on in a directory that husky has left.
  const isUsed = hookEvents.some((event) => {
    return surroundings.read(path.join(surroundings.hooksDirectory, event)) !== undefined;
  });
  return !isUsed && /husky$/.test(directory) ? directory : undefined;
}

/** `<directory>/_`, or `<directory>/_/h`, as `core.hooksPath` has it. */
function generatedDirectory({ hooksPath, hooksDirectory }: HookSurroundings): string | undefined {
  if (hooksPath === undefined) return undefined;
  const above = path.dirname(hooksDirectory);
  if (path.basename(hooksDirectory) === '_') return hooksDirectory;
  return path.basename(hooksDirectory) === 'h' && path.basename(above) === '_' ? above : undefined;
}

function install(surroundings: HookSurroundings): EditPlan {
  const directory = huskyDirectory(surroundings);
  if (directory === undefined) throw runsNoHooksHere('husky', 'npx husky');
  const hooks = hookEvents.map((event) => path.join(directory, event));
  const edits = hookEvents.flatMap((event) => {
    const about = `is run by husky on ${event}`;
    const file = path.join(directory, event);
    return blockEdit(surroundings, { file, event, mode: 0o644, about }) ?? [];
  });
  const created = hooks.filter((file) => {
    return !surroundings.isTracked(file) && isNobodyElses(surroundings, file);
  });
  const exclude = excludeFiles(surroundings, created);
  return {
    edits: exclude === undefined ? edits : [...edits, exclude],
    notes: [
      ...sharingNotes(surroundings, { edits, created }),
      ...reachNotes(surroundings, { directory, isUnchanged: edits.length === 0 }),
    ],
  };
}

/** Whether nothing is in a file but what we have put there, or will put there. */
function isNobodyElses(surroundings: HookSurroundings, file: string): boolean {
  if (surroundings.read(file) === undefined) return true;
  const removal = blockRemoval(surroundings, file);
  return removal !== undefined && removal.after === undefined;
}

interface Changed {
  readonly edits: readonly FileEdit[];
  readonly created: readonly string[];
}

function sharingNotes(surroundings: HookSurroundings, { edits, created }: Changed): string[] {
  const relative = (file: string) => path.relative(surroundings.topLevel, file);
  const tracked = edits.filter((edit) => edit.tracked).map(({ target }) => relative(target));
  const own = created.map(relative);
  const notes: string[] = [];
  if (tracked.length > 0) {
    notes.push(trackedNote(tracked), ...branchNotes(edits));
  }
  if (edits.some((edit) => created.includes(edit.target))) {
    notes.push(
      `${own.join(', ')}: kept to yourself by .git/info/exclude. To share them with the team: git add -f ${own.map(shellQuote).join(' ')}`,
    );
  }
  return notes;
}

/** husky's stubs are in no clone and in no other work tree until husky itself has run there. */
function reachNotes(
  surroundings: HookSurroundings,
  { directory, isUnchanged }: { readonly directory: string; readonly isUnchanged: boolean },
): string[] {
  const isAbsent = surroundings.read(path.join(directory, '_', 'h')) === undefined;
  const argument = path.relative(surroundings.topLevel, directory);
  const run = argument === '.husky' ? 'npx husky' : `npx husky ${shellQuote(argument)}`;
  if (isAbsent) {
    return [
      `core.hooksPath names ${argument}/_, which is not there, so git runs no hooks here until you run: ${run}`,
    ];
  }
  const isRelative = !path.isAbsolute(surroundings.hooksPath?.value ?? '');
  if (!isRelative || (isUnchanged && !surroundings.hasLinkedWorktrees)) return [];
  return [
    `Every other work tree, a new one as well, runs no hooks of ours until both have been run in it: ${run}; mpm-session init`,
  ];
}

function remove(surroundings: HookSurroundings): readonly FileEdit[] {
  const directory = huskyDirectory(surroundings);
  if (directory === undefined) return [];
  const hooks = hookEvents.map((event) => path.join(directory, event));
  const edits = hooks.flatMap((file) => blockRemoval(surroundings, file) ?? []);
  const isGone = (file: string) =>
    surroundings.read(file) === undefined ||
    edits.some((edit) => edit.target === file && edit.after === undefined);
  const exclude = includeFiles(surroundings, hooks.filter(isGone));
  return exclude === undefined ? edits : [...edits, exclude];
}

function reach(event: HookEvent, scene: FileScene): Reach | undefined {
  const { surroundings } = scene;
  const directory = huskyDirectory(surroundings);
  if (directory === undefined) return undefined;
  const started = follow(surroundings, path.join(surroundings.hooksDirectory, event));
  if (started === undefined || follow(surroundings, path.join(directory, '_/h')) === undefined) {
    return dead({ code: 'husky-not-installed', directory });
  }
  if (!isStub(started.text)) return undefined;
  const file = path.join(directory, event);
  const found = follow(surroundings, file);
  if (found === undefined) return missing(event, scene, file);
  return judgeText(event, { scene, file, found, runner });
}

/**
 * What husky has git start, the same for every hook. Before the hook it sources
 * `~/.config/husky/init.sh`, which is there to set up the environment and is no hook.
 */
function isStub(text: string): boolean {
  return /^\. "\$\(dirname (?:-- )?"\$0"\)\/h"$/m.test(text);
}
