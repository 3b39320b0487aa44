import { defineCommand } from '../cli/command.ts';
import { faint, type Line, lines, name } from '../cli/document.ts';
import { loadProjectConfig } from '../project.ts';

interface Setting {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
}

export const config = defineCommand({
  name: 'config',
  summary: 'Show the effective configuration, and where each value comes from',
  args: '',
  options: {},
  examples: [{ command: 'mpm-session config --json', does: 'For a script' }],
  run: async ({ io }) => {
    const { resolved, warnings } = await loadProjectConfig(io);
    const settings = Object.entries(resolved.config).map(
      ([key, value]): Setting => ({
        key,
        value,
        source: resolved.sources[key as keyof typeof resolved.sources],
      }),
    );
    return { data: settings, warnings };
  },
  toJson: (settings: readonly Setting[]) => ({
    values: Object.fromEntries(settings.map(({ key, value, source }) => [key, { value, source }])),
  }),
  print: (settings) => {
    const width = Math.max(...settings.map(({ key }) => key.length));
    return lines(
      ...settings.map(
        ({ key, value, source }): Line => [
          name(key.padEnd(width)),
          `  ${JSON.stringify(value)}  `,
          faint(source),
        ],
      ),
    );
  },
});
