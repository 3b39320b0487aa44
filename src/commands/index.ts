import type { RunnableCommand } from '../cli/command.ts';

/** Every command, loaded only when it runs. In the order of the overview. */
const commands: Readonly<Record<string, () => Promise<RunnableCommand>>> = {
  init: async () => (await import('./init.ts')).init,
  pause: async () => (await import('./pause.ts')).pause,
  resume: async () => (await import('./resume.ts')).resume,
  list: async () => (await import('./list.ts')).list,
  show: async () => (await import('./show.ts')).show,
  dismiss: async () => (await import('./dismiss.ts')).dismiss,
  rm: async () => (await import('./rm.ts')).rm,
  status: async () => (await import('./status.ts')).status,
  doctor: async () => (await import('./doctor.ts')).doctor,
  why: async () => (await import('./why.ts')).why,
  config: async () => (await import('./config.ts')).config,
  uninstall: async () => (await import('./uninstall.ts')).uninstall,
};

/** Called by the hooks that 'init' installs, and by nobody else: not in the overview. */
const internalCommands: Readonly<Record<string, () => Promise<RunnableCommand>>> = {
  hook: async () => (await import('./hook.ts')).hook,
};

const otherNames: Readonly<Record<string, string>> = { ls: 'list' };

export const commandNames: readonly string[] = Object.keys(commands);

/** The command of that name, or undefined. */
export async function loadCommand(name: string): Promise<RunnableCommand | undefined> {
  const own = Object.hasOwn(otherNames, name) ? otherNames[name] : name;
  if (own === undefined) return undefined;
  if (Object.hasOwn(internalCommands, own)) return internalCommands[own]?.();
  return Object.hasOwn(commands, own) ? commands[own]?.() : undefined;
}
