import { isDeepStrictEqual } from 'node:util';
import {
  addItem,
  addMember,
  type JsonArray,
  type JsonDialect,
  type JsonObject,
  jsonValue,
  memberOf,
  readJsonSource,
  removeAt,
  replaceValue,
} from './json-source.ts';
import type { EditedText } from './lefthook-yaml.ts';

/** A job in `<hook>.jobs` of a lefthook configuration in JSON; `settings` include its name. */
export interface JsonJob {
  readonly event: string;
  readonly name: string;
  readonly settings: unknown;
}

/** The text with the job in it, as the last of its hook, or in place of one of the same name. */
export function withJsonJob(text: string, dialect: JsonDialect, job: JsonJob): EditedText {
  const read = rootOf(text, dialect);
  if (!read.ok) return read;
  const { event, name, settings } = job;
  const add = (object: JsonObject, key: string, value: unknown): EditedText => ({
    ok: true,
    text: addMember(text, object, { key, value }),
  });
  const section = memberOf(read.root, event)?.value;
  if (section === undefined) return add(read.root, event, { jobs: [settings] });
  if (section.kind !== 'object') return notUnderstood(text, section.start);
  const jobs = memberOf(section, 'jobs')?.value;
  if (jobs === undefined) return add(section, 'jobs', [settings]);
  if (jobs.kind !== 'array') return notUnderstood(text, jobs.start);
  const existing = jobs.items.find((item) => isNamed(jsonValue(item), name));
  if (existing === undefined) return { ok: true, text: addItem(text, jobs, settings) };
  const isSame = isDeepStrictEqual(jsonValue(existing), settings);
  return { ok: true, text: isSame ? text : replaceValue(text, existing, settings) };
}

/** The text without the job, and without what is empty then; unchanged when the job is not in it. */
export function withoutJsonJob(
  text: string,
  dialect: JsonDialect,
  { event, name }: Pick<JsonJob, 'event' | 'name'>,
): EditedText {
  const read = rootOf(text, dialect);
  if (!read.ok) return read;
  const section = memberOf(read.root, event)?.value;
  const jobs = memberOf(section, 'jobs')?.value;
  if (section?.kind !== 'object' || jobs?.kind !== 'array') return { ok: true, text };
  const position = jobs.items.findIndex((item) => isNamed(jsonValue(item), name));
  if (position < 0) return { ok: true, text };
  const isOnlyJob = jobs.items.length === 1;
  const isOnlyKey = isOnlyJob && section.members.length === 1;
  const removed = (parent: JsonObject | JsonArray, at: number): EditedText => ({
    ok: true,
    text: removeAt(text, parent, at),
  });
  if (!isOnlyJob) return removed(jobs, position);
  return isOnlyKey
    ? removed(read.root, positionOf(read.root, event))
    : removed(section, positionOf(section, 'jobs'));
}

/** Whether the job is there exactly as it is given. */
export function hasJsonJob(text: string, dialect: JsonDialect, job: JsonJob): boolean {
  const edited = withJsonJob(text, dialect, job);
  return edited.ok && edited.text === text;
}

function rootOf(
  text: string,
  dialect: JsonDialect,
): { readonly ok: true; readonly root: JsonObject } | Extract<EditedText, { ok: false }> {
  const source = readJsonSource(text, dialect);
  if (!source.ok) return { ok: false, problem: 'not valid JSON.', line: source.line };
  if (source.root.kind === 'object') return { ok: true, root: source.root };
  return { ok: false, problem: 'it is no mapping of hooks.', line: 1 };
}

function notUnderstood(text: string, offset: number): EditedText {
  const line = text.slice(0, offset).split('\n').length;
  return { ok: false, problem: 'its layout is not one that can be added to.', line };
}

function isNamed(job: unknown, name: string): boolean {
  return typeof job === 'object' && job !== null && 'name' in job && job.name === name;
}

function positionOf(object: JsonObject, key: string): number {
  return object.members.findLastIndex((member) => member.key === key);
}
