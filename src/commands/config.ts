import { defineCommand } from '../cli/command.ts';
import { faint, type Line, lines, name } from '../cli/document.ts';
import { configKeys, type Setting, settings } from '../config/settings.ts';
import { followConfiguration } from '../flows/offers.ts';
import { openProject } from '../project.ts';

interface InEffect {
  readonly key: string;
  /** As one writes it in a file; null when this version does not have what the key switches. */
  readonly value: unknown;
  readonly source: string;
  readonly about: string;
}

export const config = defineCommand({
  name: 'config',
  summary: 'Show the effective configuration, and where each value comes from',
  args: '',
  options: {},
  examples: [{ command: 'mpm-session config --json', does: 'For a script' }],
  run: async ({ io, warn }) => {
    const project = await openProject(io, 'refuse');
    warn(...project.warnings);
    await followConfiguration(project);
    return configKeys.map((key): InEffect => {
      const { supported, about, kind }: Setting<unknown> = settings[key];
      return supported
        ? { key, value: kind.write(project.config[key]), source: project.sources[key], about }
        : { key, value: null, source: unsupported, about };
    });
  },
  toJson: (values: readonly InEffect[]) => ({
    values: Object.fromEntries(values.map(({ key, value, source }) => [key, { value, source }])),
  }),
  print: (values) => {
    const width = Math.max(...values.map(({ key }) => key.length));
    return lines(
      ...values.map(
        ({ key, value, source, about }): Line => [
          name(key.padEnd(width)),
          '  ',
          ...(value === null
            ? [faint(`${unsupported}: ${about}`)]
            : [JSON.stringify(value), '  ', faint(source)]),
        ],
      ),
    );
  },
});

const unsupported = 'not supported yet';
