import { defineCommand } from '../cli/command.ts';
import { type Line, lines, strong } from '../cli/document.ts';
import { fail } from '../errors.ts';
import { trusted } from '../flows/choose.ts';
import { deleteSessions } from '../flows/remove.ts';
import { loadSessions } from '../flows/sessions.ts';
import { openProject } from '../project.ts';
import { selectOne } from '../session/select.ts';

export const rm = defineCommand({
  name: 'rm',
  summary: 'Delete sessions for good',
  args: '<selector>…',
  options: {},
  examples: [
    { command: 'mpm-session rm 3', does: "The third of 'mpm-session list'" },
    { command: 'mpm-session rm 1 2 session-20261122-140211', does: 'Several at once' },
  ],
  run: async ({ io, args, invocation, warn }) => {
    if (args.length === 0) {
      const problem = 'Name at least one session to delete.';
      throw fail('wrong-usage', { problem, command: invocation });
    }
    const project = await openProject(io, 'refuse');
    warn(...project.warnings);
    const listing = await loadSessions(project);
    warn(...listing.warnings);
    // All of them are looked up first, so that a mistyped one deletes nothing.
    const ids = [
      ...new Set(args.map((selector) => trusted(selectOne(listing.entries, selector)).id)),
    ];
    const { removed, warnings } = await deleteSessions(project, ids);
    warn(...warnings);
    return { removed };
  },
  print: ({ removed }: { readonly removed: readonly string[] }) =>
    lines(...removed.map((id): Line => ['Deleted ', strong(id)])),
});
