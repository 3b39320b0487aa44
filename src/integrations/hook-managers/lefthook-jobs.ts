import { hookBlock } from '../../hooks/blocks.ts';
import type { HookEvent } from '../../hooks/events.ts';
import { byHand } from './hook-file.ts';
import { type EditedText, hasYamlJob, withoutYamlJob, withYamlJob } from './lefthook-yaml.ts';

/** The text of a YAML configuration with our job for an event in it. */
export function withJob(text: string, event: HookEvent): EditedText {
  return withYamlJob(text, yamlJob(event));
}

/** The text without it; unchanged when it is not there. */
export function withoutJob(text: string, event: HookEvent): EditedText {
  return withoutYamlJob(text, { event, name: ourName });
}

/** Whether it is there as this version writes it. */
export function hasJob(text: string, event: HookEvent): boolean {
  return hasYamlJob(text, yamlJob(event));
}

export type LefthookFormat = 'yaml' | 'json' | 'toml';

/** One line that does the same, for people to add: YAML and JSON, or TOML. */
export function jobByHand(format: LefthookFormat, event: HookEvent): string {
  const job = { ...jobSettings(event), run: runByHand(event) };
  if (format !== 'toml') return `"${event}": ${JSON.stringify({ jobs: [job] })}`;
  const pairs = Object.entries(job).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return `${event}.jobs = [{ ${pairs.join(', ')} }]`;
}

/** Whether somebody has added it, however the file is laid out. */
export function hasJobByHand(text: string, event: HookEvent): boolean {
  return text.includes(JSON.stringify(runByHand(event)));
}

function runByHand(event: HookEvent): string {
  const files = 'files' in jobSettings(event) ? ': {files}; ' : '';
  return files + byHand(event, givenByHand[event]);
}

const givenByHand: Readonly<Record<HookEvent, string>> = {
  'post-checkout': "'{1}' '{2}' '{3}'",
  'pre-commit': '',
  'pre-merge-commit': '',
  'pre-push': "'{1}'",
};

/** What our jobs are called. */
export const ourName = 'mpm-session';

type Settings = Readonly<Record<string, string | true>>;

/** In order. */
function jobSettings(event: HookEvent): Settings {
  const run = [...givenToHook(event), hookBlock(event).trimEnd()].join('\n');
  switch (event) {
    case 'post-checkout':
      // Any other job has a terminal of its own, in which a question would wait for ever.
      return { name: ourName, interactive: true, run };
    case 'pre-push':
      return { name: ourName, use_stdin: true, files: anyFile, run };
    case 'pre-commit':
      return { name: ourName, files: anyFile, run };
    case 'pre-merge-commit':
      return { name: ourName, run };
  }
}

/**
 * lefthook skips a job of these events when no file that is committed or pushed is in the work tree,
 * unless the job names files itself: here one that every git directory has.
 */
const anyFile = 'git rev-parse --git-path HEAD';

/** lefthook puts what the hook is given into the text as it stands; a URL may hold anything. */
function givenToHook(event: HookEvent): readonly string[] {
  switch (event) {
    case 'post-checkout':
      return ["set -- '{1}' '{2}' '{3}'"];
    case 'pre-merge-commit':
      return [];
    case 'pre-commit':
      return [': {files}'];
    case 'pre-push':
      return [
        ': {files}',
        ...readLine('mpm_remote', '{1}'),
        ...readLine('mpm_url', '{2}'),
        'set -- "$mpm_remote" "$mpm_url"',
      ];
  }
}

function readLine(variable: string, template: string): readonly string[] {
  return [`IFS= read -r ${variable} <<'mpm_given'`, template, 'mpm_given'];
}

function yamlJob(event: HookEvent) {
  const { run = '', ...settings } = jobSettings(event);
  const lines = [
    ...Object.entries(settings).map(([key, value]) => `${key}: ${value}`),
    // Without a last line end, which the file's last line may not have.
    'run: |-',
    ...indented(String(run).split('\n')),
  ];
  const [first = '', ...rest] = lines;
  return { event, name: ourName, lines: [`- ${first}`, ...indented(rest)] };
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => `  ${line}`);
}
