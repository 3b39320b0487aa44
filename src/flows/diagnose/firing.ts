import path from 'node:path';
import { askWhetherHooksFire, type Firing } from '../../integrations/canary.ts';
import type { Through } from '../../integrations/reach.ts';
import { type Check, problem, unknown, well } from './check.ts';
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
  const inside = path.relative(topLevel, through.file);
  const file = inside.startsWith('..') ? through.file : inside.split(path.sep).join('/');
  return through.by === undefined ? file : `${through.by} (${file})`;
}

/** A check whose message is still without the events it is about. */
function say({ event, state, reach }: Firing, topLevel: string): Check {
  if (state === 'fires') {
    const through = reach.state === 'dead' ? 'git' : describeThrough(reach.through, topLevel);
    return well('hook-fires', `fires, through ${through}.`);
  }
  if (reach.state === 'dead') {
    const { why, fix, repair } = explainDead(reach.cause);
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
    const events = group.map(({ firing }) => firing.event).join(', ');
    const { said, firing } = first;
    const words = group.length === 1 ? said.message : withoutEvent(said.message, firing.event);
    return [{ ...said, message: `${events}: ${words}` }];
  });
}

/** Files of one directory differ by the event alone. */
function withoutEvent(words: string, event: string): string {
  return words.replaceAll(event, '<event>');
}
