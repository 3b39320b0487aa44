import {
  type Brief,
  type Fact,
  type FileGroup,
  type Section,
  timeLabels,
} from '../session/brief.ts';
import type { CommitLine } from '../session/commit-line.ts';
import type { Command } from '../session/ways-back.ts';
import { blank, caution, faint, good, type Line, name, strong } from './document.ts';

/** The brief as lines for a terminal. */
export function briefLines(brief: Brief): readonly Line[] {
  return [...headLines(brief), ...brief.sections.flatMap(sectionLines)];
}

/**
 * The brief with what moved since in its middle: after what was on somebody's mind, before what git
 * said. How to resume is left out, since that is what is being done, and so are the times: this page
 * begins with how long ago they were.
 */
export function resumptionLines(brief: Brief, since: readonly Line[]): readonly Line[] {
  const sections = brief.sections.filter(({ kind }) => kind !== 'commands');
  const state = sections.findIndex(({ kind }) => kind === 'facts');
  const middle = state < 0 ? sections.length : state;
  return [
    ...headLines({ ...brief, session: brief.session.filter(({ label }) => !isTime(label)) }),
    ...sections.slice(0, middle).flatMap(sectionLines),
    ...(since.length === 0 ? [] : [blank, ...since]),
    ...sections.slice(middle).flatMap(sectionLines),
  ];
}

function isTime(label: string): boolean {
  return Object.values(timeLabels).some((time) => time === label);
}

function headLines({ title, session }: Brief): readonly Line[] {
  const where = title.name === undefined ? [] : [' ', name(title.name)];
  return [[strong(title.text), ...where], ...session.map(factLine)];
}

function sectionLines(section: Section): readonly Line[] {
  return [blank, [strong(section.title)], ...bodyOf(section)];
}

function bodyOf(section: Section): readonly Line[] {
  switch (section.kind) {
    case 'intent': {
      const { task, phase, summary } = section;
      return [
        ...(task === undefined ? [] : [factLine({ label: 'Task', text: task })]),
        ...(phase === undefined ? [] : [factLine({ label: 'Phase', text: phase })]),
        ...(summary === undefined ? [] : indented(summary, '  ')),
      ];
    }
    case 'list':
      return section.items.flatMap((item) => indented(item, '  - '));
    case 'steps':
      return section.items.flatMap((item, index) => indented(item, `  ${index + 1}. `));
    case 'todos':
      return section.todos.flatMap(({ text, status }) => indented(text, todoMarks[status]));
    case 'facts':
      return section.facts.map(factLine);
    case 'files':
      return [
        ...section.groups.flatMap(fileGroupLines),
        ...(section.note === undefined ? [] : [['  ', faint(section.note)]]),
      ];
    case 'commits':
      return section.commits.map((commit) => ['  ', ...commitSpans(commit)]);
    case 'commands':
      return section.commands.flatMap(commandLines);
  }
}

/** One commit, to be set behind an indentation. */
export function commitSpans({ sha, subject, author, date }: CommitLine): Line {
  const origin = [author, date].filter((part) => part !== undefined).join(', ');
  return [
    caution(sha.slice(0, 10)),
    ...(subject === undefined ? [] : [` ${subject}`]),
    ...(origin === '' ? [] : [' ', faint(`(${origin})`)]),
  ];
}

const todoMarks = { pending: '  [ ] ', in_progress: '  [~] ', completed: '  [x] ' } as const;

/** The text after a mark, its further lines below its first. */
function indented(text: string, mark: string): readonly Line[] {
  return text
    .split('\n')
    .map((line, index) => [index === 0 ? mark : ' '.repeat(mark.length), line]);
}

function factLine({ label, name: named, text }: Fact): Line {
  const apart = named !== undefined && text !== undefined ? ', ' : '';
  return [
    '  ',
    faint(`${label}: `),
    ...(named === undefined ? [] : [name(named)]),
    `${apart}${text ?? ''}`,
  ];
}

function fileGroupLines({ title, files, more }: FileGroup): readonly Line[] {
  return [
    ...(title === undefined ? [] : [['  ', faint(title)]]),
    ...files.map(
      ({ name: path, from, what }): Line => [
        '    ',
        from === undefined ? path : `${from} -> ${path}`,
        ...(what === undefined ? [] : [faint(` (${what})`)]),
      ],
    ),
    ...(more === 0 ? [] : [['    ', faint(`and ${more} more`)]]),
  ];
}

function commandLines({ label, command }: Command): readonly Line[] {
  const [first = '', ...more] = command.split('\n');
  return [
    ['  ', faint(`${label}: `), good(first)],
    ...more.map((line): Line => ['    ', good(line)]),
  ];
}
