import {
  type Brief,
  briefOf,
  type Fact,
  type FileGroup,
  type FileLine,
  type Intent,
  type Section,
  type TodoLine,
} from '../session/brief.ts';
import type { CommitLine } from '../session/commit-line.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Command } from '../session/ways-back.ts';
import { codeSpan, fenced, hanging, markdownBlock, markdownInline } from './markdown-text.ts';

/**
 * The brief as Markdown. Its labels `Session ID`, `Paused At`, `Project` and `Summary`, the newline
 * after `Summary`, and the headings `Accomplishments` and `Next Steps` are those that claude-mpm
 * finds a session by when only the `.md` is left.
 */
export function encodeMarkdown(record: SessionRecord): string {
  const brief = briefOf(record);
  return [
    `# ${title(brief)}`,
    facts(brief.session),
    ...brief.sections.flatMap((section) => [`## ${section.title}`, body(section)]),
  ]
    .join('\n\n')
    .concat('\n');
}

function title({ title: { text, name } }: Brief): string {
  return name === undefined ? text : `${text} ${codeSpan(name)}`;
}

function facts(lines: readonly Fact[]): string {
  return lines.map(factLine).join('\n');
}

function factLine({ label, name, text }: Fact): string {
  const parts = [
    ...(name === undefined ? [] : [codeSpan(name)]),
    ...(text === undefined ? [] : [markdownInline(text)]),
  ];
  return `- **${label}**: ${parts.join(', ')}`;
}

function body(section: Section): string {
  switch (section.kind) {
    case 'intent':
      return intent(section);
    case 'list':
      return section.items.map((text) => item('-', markdownBlock(text))).join('\n');
    case 'steps':
      return section.items
        .map((text, index) => item(`${index + 1}.`, markdownBlock(text)))
        .join('\n');
    case 'todos':
      return section.todos.map(todoLine).join('\n');
    case 'facts':
      return facts(section.facts);
    case 'files':
      return files(section.groups, section.note);
    case 'commits':
      return section.commits.map(commitItem).join('\n');
    case 'commands':
      return section.commands.map(commandLine).join('\n');
  }
}

/** claude-mpm takes for the summary what follows its label on the next lines. */
function intent({ task, phase, summary }: Intent): string {
  const lines = [
    ...(task === undefined ? [] : [{ label: 'Primary Task', text: task }]),
    ...(phase === undefined ? [] : [{ label: 'Current Phase', text: phase }]),
  ];
  const parts = [
    ...(lines.length === 0 ? [] : [facts(lines)]),
    ...(summary === undefined ? [] : [`**Summary**:\n${markdownBlock(summary)}`]),
  ];
  return parts.join('\n\n');
}

/** An item of a list. A box at its start would be a task's in GFM. */
function item(marker: string, text: string): string {
  const literal = text.replace(/^\[(?=[ xX]\])/, '\\[');
  return `${marker} ${hanging(literal, marker.length + 1)}`;
}

function todoLine({ text, status }: TodoLine): string {
  const box = status === 'completed' ? '[x]' : '[ ]';
  const prefix = status === 'in_progress' ? 'in progress: ' : '';
  return `- ${box} ${prefix}${hanging(markdownBlock(text), 2)}`;
}

function files(groups: readonly FileGroup[], note: string | undefined): string {
  return [...(note === undefined ? [] : [note]), ...groups.map(fileGroup)].join('\n\n');
}

function fileGroup({ title: heading, files: lines, more }: FileGroup): string {
  const list = [
    ...lines.map(fileLine),
    ...(more === 0 ? [] : [`- and ${more} more: the \`.json\` file names them all`]),
  ].join('\n');
  return heading === undefined ? list : `### ${heading}\n\n${list}`;
}

function fileLine({ name, from, what }: FileLine): string {
  const path = from === undefined ? codeSpan(name) : `${codeSpan(from)} → ${codeSpan(name)}`;
  return what === undefined ? `- ${path}` : `- ${path} (${what})`;
}

/** One commit as an item of a list. */
export function commitItem({ sha, subject, author, date }: CommitLine): string {
  const origin = [author, date].filter((part) => part !== undefined).join(', ');
  const words = [subject, origin === '' ? undefined : `(${origin})`];
  const known = words.filter((word) => word !== undefined).map(markdownInline);
  return ['-', codeSpan(sha), ...known].join(' ');
}

function commandLine({ label, command }: Command): string {
  const text = command.includes('\n') ? `\n\n${fenced(command)}` : ` ${codeSpan(command)}`;
  return `- ${hanging(`${markdownInline(label)}:${text}`, 2)}`;
}
