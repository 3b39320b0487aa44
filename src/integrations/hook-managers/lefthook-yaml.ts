import { isDeepStrictEqual } from 'node:util';
import { decodeYaml } from '../../formats/yaml.ts';

/** `problem` completes «<file>: »; `line` counts from 1. */
export type EditedText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string; readonly line: number | undefined };

/** A job in `<hook>.jobs` of a lefthook configuration. */
export interface LefthookJob {
  readonly event: string;
  readonly name: string;
  /** Its lines as an item of a block sequence, the first with the dash, not indented. */
  readonly lines: readonly string[];
}

/**
 * The text of a YAML configuration with a job in it, as the first of its hook, in place of one of the
 * same name. Lines are put in between those that are there, and none of these changes; whether the
 * result means what it should is found out by reading it.
 */
export function withYamlJob(text: string, job: LefthookJob): EditedText {
  if (hasYamlJob(text, job)) return { ok: true, text };
  const cleared = withoutYamlJob(text, job);
  if (!cleared.ok) return cleared;
  const before = sectionsOf(cleared.text);
  if (!before.ok) return before;
  const { sections, lineOf } = before;
  const added = insertJob(cleared.text, { job, sections, lineOf });
  const after = sectionsOf(added);
  const jobs = [jobValue(job), ...jobsOf(sections, job.event)];
  const expected = { ...sections, [job.event]: { ...recordAt(sections, job.event), jobs } };
  if (after.ok && isDeepStrictEqual(after.sections, expected)) return { ok: true, text: added };
  return { ok: false, problem: notUnderstood, line: lineOf([job.event]) };
}

/** The text without the job, and without what is empty then; unchanged when the job is not in it. */
export function withoutYamlJob(
  text: string,
  { event, name }: Pick<LefthookJob, 'event' | 'name'>,
): EditedText {
  const before = sectionsOf(text);
  if (!before.ok) return before;
  const { sections, lineOf } = before;
  const jobs = jobsOf(sections, event);
  const position = jobs.findIndex((job) => isNamed(job, name));
  const line = position < 0 ? undefined : lineOf([event, 'jobs', position]);
  if (line === undefined) return { ok: true, text };
  const rest = { ...recordAt(sections, event), jobs: jobs.toSpliced(position, 1) };
  const lines = linesOf(text);
  lines.splice(line - 1, lengthOfItem(lines, line - 1));
  if (rest.jobs.length === 0) removeKey(lines, lineOf([event, 'jobs']), 'jobs');
  if (isDeepStrictEqual(rest, { jobs: [] })) removeKey(lines, lineOf([event]), event);
  const rejoined = lines.join('');
  const without = text.endsWith('\n') ? rejoined : rejoined.replace(/\r?\n$/, '');
  const after = sectionsOf(without);
  if (
    after.ok &&
    isDeepStrictEqual(pruned(after.sections), pruned({ ...sections, [event]: rest }))
  ) {
    return { ok: true, text: without };
  }
  return { ok: false, problem: notUnderstood, line };
}

/** Whether a YAML text has the job, exactly as it is given. */
export function hasYamlJob(text: string, job: LefthookJob): boolean {
  const read = sectionsOf(text);
  return read.ok && jobsOf(read.sections, job.event).some(isEqualTo(jobValue(job)));
}

const notUnderstood = 'its layout is not one that can be added to.';

type Sections = Readonly<Record<string, unknown>>;

interface Read {
  readonly ok: true;
  readonly sections: Sections;
  readonly lineOf: (path: readonly (string | number)[]) => number | undefined;
}

function sectionsOf(text: string): Read | Extract<EditedText, { ok: false }> {
  const decoded = decodeYaml(text);
  if (!decoded.ok) return { ok: false, problem: `${decoded.problem}.`, line: decoded.line };
  const sections = decoded.value ?? {};
  if (isRecord(sections)) return { ok: true, sections, lineOf: decoded.lineOf };
  return { ok: false, problem: 'it is no mapping of hooks.', line: 1 };
}

function isRecord(value: unknown): value is Sections {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function recordAt(sections: Sections, key: string): Sections {
  const value = sections[key];
  return isRecord(value) ? value : {};
}

function jobsOf(sections: Sections, event: string): readonly unknown[] {
  const { jobs } = recordAt(sections, event);
  return Array.isArray(jobs) ? jobs : [];
}

function isNamed(job: unknown, name: string): boolean {
  return isRecord(job) && job['name'] === name;
}

function isEqualTo(expected: unknown): (value: unknown) => boolean {
  return (value) => isDeepStrictEqual(value, expected);
}

function jobValue(job: LefthookJob): unknown {
  const decoded = decodeYaml(`${job.lines.join('\n')}\n`);
  if (!decoded.ok || !Array.isArray(decoded.value)) throw new Error('a job is not valid YAML');
  return decoded.value[0];
}

interface Insertion {
  readonly job: LefthookJob;
  readonly sections: Sections;
  readonly lineOf: Read['lineOf'];
}

/** Below the line of `jobs:`, or below that of the hook, or at the end. */
function insertJob(text: string, { job, sections, lineOf }: Insertion): string {
  const lines = linesOf(text);
  const end = text.includes('\r\n') ? '\r\n' : '\n';
  const put = (after: number, added: readonly string[]) => {
    const last = lines[after - 1];
    const lacksEnd = last !== undefined && !last.endsWith('\n');
    if (lacksEnd) lines[after - 1] = last + end;
    lines.splice(after, 0, ...added.map((line) => line + end));
    const result = lines.join('');
    return lacksEnd ? result.slice(0, -end.length) : result;
  };
  const section = sections[job.event];
  const eventLine = lineOf([job.event]);
  if (section === undefined || eventLine === undefined) {
    const margin = indentationOf(lines, lineOf([Object.keys(sections)[0] ?? '']));
    return put(lines.length, indent([`${job.event}:`, '  jobs:', ...indent(job.lines, 4)], margin));
  }
  const outside = indentationOf(lines, eventLine);
  const jobsLine = lineOf([job.event, 'jobs']);
  if (jobsLine !== undefined) {
    const first = lineOf([job.event, 'jobs', 0]);
    const inside =
      first === undefined ? indentationOf(lines, jobsLine) + 2 : indentationOf(lines, first);
    return put(jobsLine, indent(job.lines, inside));
  }
  const [firstKey] = isRecord(section) ? Object.keys(section) : [];
  const firstLine = firstKey === undefined ? undefined : lineOf([job.event, firstKey]);
  const inside = firstLine === undefined ? outside + 2 : indentationOf(lines, firstLine);
  return put(eventLine, indent(['jobs:', ...indent(job.lines, 2)], inside));
}

/** Each with its end. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function indent(lines: readonly string[], by: number): readonly string[] {
  return lines.map((line) => (line === '' ? line : ' '.repeat(by) + line));
}

function indentationOf(lines: readonly string[], line: number | undefined): number {
  const found = line === undefined ? undefined : lines[line - 1];
  return /^ */.exec(found ?? '')?.[0].length ?? 0;
}

/** How many lines an item of a block sequence has: those after its dash that stand further right. */
function lengthOfItem(lines: readonly string[], first: number): number {
  const margin = indentationOf(lines, first + 1);
  const after = lines
    .slice(first + 1)
    .findIndex((line) => line.trim() !== '' && indentationOf([line], 1) <= margin);
  const length = after < 0 ? lines.length - first : after + 1;
  const item = lines.slice(first, first + length);
  return item.findLastIndex((line) => line.trim() !== '') + 1;
}

/** A line that says more than the key stays. */
function removeKey(lines: string[], line: number | undefined, key: string): void {
  if (line === undefined) return;
  if (lines[line - 1]?.trim() === `${key}:`) lines.splice(line - 1, 1);
}

/** Hooks without jobs, keys without a value and hooks without keys are nothing. */
function pruned(sections: Sections): Sections {
  const isSomething = (value: unknown) =>
    value !== null && value !== undefined && !isDeepStrictEqual(value, []);
  const kept = Object.entries(sections).map(([key, value]) => {
    if (!isRecord(value)) return [key, value] as const;
    const entries = Object.entries(value).filter(([, inner]) => isSomething(inner));
    return [key, entries.length === 0 ? null : Object.fromEntries(entries)] as const;
  });
  return Object.fromEntries(kept.filter(([, value]) => isSomething(value)));
}
