import * as v from 'valibot';
import { nearest } from './nearest.ts';

/** What a person (or the agent for them) says about the moment. Lists keep their order. */
export interface Notes {
  readonly message: string | undefined;
  readonly task: string | undefined;
  readonly phase: string | undefined;
  readonly done: readonly string[];
  readonly next: readonly string[];
  readonly todo: readonly string[];
  readonly question: readonly string[];
  readonly reminder: readonly string[];
  readonly file: readonly string[];
}

/** In bytes of UTF-8. */
export const messageLimit = 1024 * 1024;

export function isTooLong(message: string): boolean {
  return Buffer.byteLength(message, 'utf8') > messageLimit;
}

const list = v.pipe(
  v.union([v.array(v.string()), v.string()], 'must be a text or a list of texts'),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);
const text = v.string('must be a text');

const message = v.pipe(
  text,
  v.check((value) => !isTooLong(value), `must not be longer than ${messageLimit} bytes`),
);

const fields = {
  message: v.exactOptional(message),
  task: v.exactOptional(text),
  phase: v.exactOptional(text),
  done: v.exactOptional(list),
  next: v.exactOptional(list),
  todo: v.exactOptional(list),
  question: v.exactOptional(list),
  reminder: v.exactOptional(list),
  file: v.exactOptional(list),
};

const notesSchema = v.strictObject(fields, 'must be a mapping of fields');

export const noteFields: readonly string[] = Object.keys(fields);

export type ParsedNotes =
  | { readonly ok: true; readonly notes: Notes }
  /** `field` is the dotted path of what is wrong, for finding its line. */
  | { readonly ok: false; readonly field: readonly (string | number)[]; readonly problem: string };

/** Notes from decoded YAML or JSON whose keys are the long options' names. An empty file has none. */
export function parseNotes(value: unknown): ParsedNotes {
  const given = withoutEmpty(value ?? {});
  const unknown = unknownField(given);
  if (unknown !== undefined) return unknown;
  const result = v.safeParse(notesSchema, given, { abortEarly: true });
  if (result.success) return { ok: true, notes: { ...noNotes, ...result.output } };
  const [issue] = result.issues;
  const field = (issue.path ?? []).map((item) => item.key as string | number);
  return { ok: false, field, problem: `${field.join('.') || 'the file'} ${issue.message}.` };
}

/** `next:` with nothing after it is null in YAML: a field left empty rather than a mistake. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, field]) => field !== null));
}

function unknownField(value: unknown): ParsedNotes | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const name = Object.keys(value).find((key) => !noteFields.includes(key));
  if (name === undefined) return undefined;
  const meant = nearest(name, noteFields);
  const advice =
    meant === undefined ? `known are ${noteFields.join(', ')}` : `did you mean ${meant}`;
  return { ok: false, field: [name], problem: `unknown field '${name}' (${advice}).` };
}

export const noNotes: Notes = {
  message: undefined,
  task: undefined,
  phase: undefined,
  done: [],
  next: [],
  todo: [],
  question: [],
  reminder: [],
  file: [],
};

/** Both notes as one: `over`'s texts win, its list entries come after. */
export function combineNotes(under: Notes, over: Notes): Notes {
  return {
    message: over.message ?? under.message,
    task: over.task ?? under.task,
    phase: over.phase ?? under.phase,
    done: [...under.done, ...over.done],
    next: [...under.next, ...over.next],
    todo: [...under.todo, ...over.todo],
    question: [...under.question, ...over.question],
    reminder: [...under.reminder, ...over.reminder],
    file: [...under.file, ...over.file],
  };
}
