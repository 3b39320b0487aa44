import path from 'node:path';
import { askWhetherHooksFire, type Firing } from '../../integrations/canary.ts';
import type { Through } from '../../integrations/integration.ts';
import { findBlock, removeBlock } from '../../integrations/managed-block.ts';
import { isInside } from '../../paths.ts';
import { readRegularFile } from '../../store/read-files.ts';
import { type Check, mendable, problem, unknown, well } from './check.ts';
import { explainDead } from './dead-hooks.ts';
import type { Examined } from './examined.ts';

/** Whether git gets to our hooks: each event asked of git itself, and why where it does not. */
export async function checkFiring(examined: Examined): Promise<readonly Check[]> {
  const { repository, scene, io, run } = examined;
  const firings = await askWhetherHooksFire({ repository, scene, machine: io, run });
  const { topLevel } = repository.layout;
  return together(firings.map((firing) => ({ firing, said: say(firing, topLevel) })));
}

/** How git gets to a hook, for people: `git's own configuration`, `husky (.husky/pre-push)`. */
export function describeThrough(through: Through, topLevel: string): string {
  if (through.kind === 'configuration') return "git's own configuration";
  const file = isInside(topLevel, through.file)
    ? path.relative(topLevel, through.file).split(path.sep).join('/')
    : through.file;
  return through.by === undefined ? file : `${through.by} (${file})`;
}

/** A check whose message is still without the events it is about. */
function say({ event, state, reach, obstacle }: Firing, topLevel: string): Check {
  if (state === 'fires') {
    const through = reach.state === 'dead' ? 'git' : describeThrough(reach.through, topLevel);
    return well('hook-fires', `fires, through ${through}.`);
  }
  if (reach.state === 'dead') {
    const { why, fix, repair } = explainDead(reach.cause);
    // Of one with lines of the user's, the user may have taken the bit away.
    const isOwn = reach.cause.code === 'hook-not-executable' && isOwnFile(reach.cause.file);
    if (isOwn) return mendable(reach.cause.code, why, 'executable');
    const check = problem(reach.cause.code, why, fix);
    return repair === undefined ? check : { ...check, repair };
  }
  const through = describeThrough(reach.through, topLevel);
  if (state === 'silent') {
    const answer = `git ran ${through}, and ours did not answer`;
    if (reach.state === 'shared' && reach.order === 'behind') {
      const message = `${answer}: ${reach.others} ends the hook first.`;
      return problem('hook-kept-out', message, `Move our block to the top of ${through}`);
    }
    const fix = `See what it says: git hook run ${event}`;
    return problem('hook-silent', `${answer}.`, fix);
  }
  if (obstacle !== undefined) {
    const { reason, fix } = obstacle;
    return unknown('hook-not-tried', `in place, through ${through}; not tried. ${reason}`, fix);
  }
  const others = reach.state === 'shared' ? reach.others : "other hooks of git's configuration";
  const message = `in place, through ${through}; not tried, since ${others} would run too.`;
  return unknown('hook-not-tried', message, 'mpm-session doctor --run-hooks');
}

interface Said {
  readonly firing: Firing;
  readonly said: Check;
}

/** What is said of several events in the same words is said once. */
function together(all: readonly Said[]): readonly Check[] {
  const groups = new Map<string, readonly Said[]>();
  for (const one of all) {
    const words = withoutEvent(one.said.message, one.firing.event);
    const key = `${one.said.code} ${words}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { said, firing } = first;
    const count = group.length;
    if (count === 1) return [{ ...said, message: `${firing.event}: ${said.message}` }];
    const events = group.map((one) => one.firing.event).join(', ');
    const words = withoutEvent(said.message, firing.event).replace(/^fires/, 'fire');
    return [{ ...said, message: `${events}: ${words}`, count }];
  });
}

/** Files of one directory differ by the event alone. */
function withoutEvent(words: string, event: string): string {
  return words.replaceAll(event, '<event>');
}

/** A hook is not larger; what is has more in it than our block. */
const largestOwn = 64 * 1024;

/** Whether a hook file has nothing but our block in it. */
export function isOwnFile(file: string): boolean {
  const read = readRegularFile(file, largestOwn);
  if (read.kind !== 'read' || findBlock(read.content).kind !== 'ours') return false;
  return removeBlock(read.content) === 'empty';
}
