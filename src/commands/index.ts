import type { RunnableCommand } from '../cli/command.ts';

/** Every command, loaded only when it runs. In the order of the overview. */
const commands: Readonly<Record<string, () => Promise<RunnableCommand>>> = {
  pause: async () => (await import('./pause.ts')).pause,
  resume: async () => (await import('./resume.ts')).resume,
  list: async () => (await import('./list.ts')).list,
  show: async () => (await import('./show.ts')).show,
  dismiss: async () => (await import('./dismiss.ts')).dismiss,
  rm: async () => (await import('./rm.ts')).rm,
  status: async () => (await import('./status.ts')).status,
  config: async () => (await import('./config.ts')).config,
};

const otherNames: Readonly<Record<string, string>> = { ls: 'list' };

export const commandNames: readonly string[] = Object.keys(commands);

/** The command of that name, or undefined. */
export async function loadCommand(name: string): Promise<RunnableCommand | undefined> {
  const own = Object.hasOwn(otherNames, name) ? otherNames[name] : name;
  return own !== undefined && Object.hasOwn(commands, own) ? commands[own]?.() : undefined;
}
