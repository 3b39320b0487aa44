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
  run: async ({ io, args }) => {
    const project = await openProject(io, 'refuse');
    const listing = await loadSessions(project);
    const entry = await chooseSession(project, listing.entries, wishFrom(args));
    const { record, warnings } = await markDismissed(project, entry, io.now());
    return { data: record, warnings: [...project.warnings, ...listing.warnings, ...warnings] };
  },
  toJson: (record: SessionRecord) => ({ session: record }),
  print: ({ session_id: id }) => lines(['Dismissed ', strong(id), '; it is kept.']),
});

function wishFrom(args: readonly string[]): Wish {
  const [selector, ...others] = args;
  if (others.length > 0) {
    throw fail('wrong-usage', {
      problem: 'Name one session to dismiss.',
      command: 'mpm-session dismiss',
    });
  }
  return selector === undefined ? { kind: 'here' } : { kind: 'selector', selector };
}
