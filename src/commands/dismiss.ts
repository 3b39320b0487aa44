import { defineCommand } from '../cli/command.ts';
import { lines, strong } from '../cli/document.ts';
import { fail } from '../errors.ts';
import { chooseSession, type Wish } from '../flows/choose.ts';
import { markDismissed } from '../flows/lifecycle.ts';
import { loadSessions } from '../flows/sessions.ts';
import { openProject } from '../project.ts';
import type { SessionRecord } from '../session/record.ts';

export const dismiss = defineCommand({
  name: 'dismiss',
  summary: 'Stop offering a session; it is kept',
  args: '[<selector>]',
  options: {},
  examples: [
    { command: 'mpm-session dismiss', does: "This branch's newest session" },
    { command: 'mpm-session dismiss 3', does: "The third of 'mpm-session list'" },
  ],
  run: async ({ io, args, invocation, warn }) => {
    const wish = wishFrom(args, invocation);
    const project = await openProject(io, 'refuse');
    warn(...project.warnings);
    const listing = await loadSessions(project);
    warn(...listing.warnings);
    const entry = await chooseSession(project, listing.entries, wish);
    const { record, warnings } = await markDismissed(project, entry, io.now());
    warn(...warnings);
    return record;
  },
  toJson: (record: SessionRecord) => ({ session: record }),
  print: ({ session_id: id }) => lines(['Dismissed ', strong(id), '; it is kept.']),
});

function wishFrom(args: readonly string[], invocation: string): Wish {
  const [selector, ...others] = args;
  if (others.length > 0) {
    throw fail('wrong-usage', { problem: 'Name one session to dismiss.', command: invocation });
  }
  return selector === undefined ? { kind: 'here' } : { kind: 'selector', selector };
}
