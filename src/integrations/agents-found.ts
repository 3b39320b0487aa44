import path from 'node:path';
import { agentNames } from '../session/record.ts';
import { whatIsAt } from '../store/read-files.ts';

type AgentName = (typeof agentNames)[number];

/** An agent that has left its traces: in this work tree, or in the user's home directory. */
export interface AgentFound {
  readonly name: AgentName;
  readonly where: 'work tree' | 'home';
}

/** What each agent keeps beside the code, and for its user; `reference/agents.md` has the sources. */
const traces: Readonly<
  Record<AgentName, { readonly workTree: readonly string[]; readonly home: readonly string[] }>
> = {
  'claude-code': { workTree: ['.claude', 'CLAUDE.md'], home: ['.claude'] },
  codex: { workTree: ['.codex'], home: ['.codex'] },
  gemini: { workTree: ['.gemini', 'GEMINI.md'], home: ['.gemini'] },
  copilot: { workTree: ['.github/copilot-instructions.md'], home: ['.copilot'] },
  opencode: { workTree: ['.opencode', 'opencode.json'], home: ['.config/opencode'] },
};

/** The agents that are used here, by what they leave; those of the work tree are named as such. */
export function findAgents(topLevel: string, home: string): readonly AgentFound[] {
  const holds = (directory: string, names: readonly string[]) =>
    names.some((name) => whatIsAt(path.join(directory, name)) !== 'nothing');
  return agentNames.flatMap((name): readonly AgentFound[] => {
    if (holds(topLevel, traces[name].workTree)) return [{ name, where: 'work tree' }];
    return holds(home, traces[name].home) ? [{ name, where: 'home' }] : [];
  });
}
