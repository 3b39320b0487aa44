import { createHash } from 'node:crypto';
import path from 'node:path';
import * as v from 'valibot';
import { isInside } from '../../paths.ts';
import type { FileState } from '../integration.ts';

/**
 * What `init` keeps about itself, as JSON: contents of files in Base64, paths of the repository
 * relative, so that they hold when it is moved, and a checksum over it all, since what is written
 * back must be what was read.
 */

/** `{…, "checksum": "sha256:<hexadecimal>"}`, of the same value without it, without blanks. */
export function seal(value: object): string {
  return `${JSON.stringify({ ...value, checksum: checksumOf(value) }, null, 1)}\n`;
}

/** What was sealed; undefined when the text is not, to the byte, what {@link seal} made. */
export function unseal(text: string): unknown {
  const value = parse(text);
  if (typeof value !== 'object' || value === null || !('checksum' in value)) return undefined;
  const { checksum, ...rest } = value;
  return checksum === checksumOf(rest) ? rest : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function checksumOf(value: object): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(value), 'utf8').digest('hex')}`;
}

/** An edit as it is kept: what it is about was for people. */
export type AppliedEdit =
  | {
      readonly kind: 'file';
      readonly target: string;
      readonly before: FileState;
      readonly after: FileState;
    }
  | {
      readonly kind: 'config';
      readonly target: string;
      readonly before: readonly string[];
      readonly after: readonly string[];
    };

const stateSchema = v.nullable(
  v.variant('kind', [
    v.object({ kind: v.literal('file'), base64: v.string(), mode: v.number() }),
    v.object({ kind: v.literal('link'), target: v.string() }),
  ]),
);

export const editSchema = v.variant('kind', [
  v.object({
    kind: v.literal('file'),
    target: v.string(),
    before: stateSchema,
    after: stateSchema,
  }),
  v.object({
    kind: v.literal('config'),
    target: v.string(),
    before: v.array(v.string()),
    after: v.array(v.string()),
  }),
]);

type KeptEdit = v.InferOutput<typeof editSchema>;
type KeptState = v.InferOutput<typeof stateSchema>;

/** @param commonDir what is below its parent directory is kept relative to that */
export function keptEdit(edit: AppliedEdit, commonDir: string): KeptEdit {
  const { kind, target, before, after } = edit;
  if (kind === 'config') return { kind, target, before: [...before], after: [...after] };
  return {
    kind,
    target: keptPath(target, commonDir),
    before: keptState(before),
    after: keptState(after),
  };
}

export function editFrom(kept: KeptEdit, commonDir: string): AppliedEdit {
  const { kind, target, before, after } = kept;
  if (kind === 'config') return { kind, target, before, after };
  return {
    kind,
    target: pathFrom(target, commonDir),
    before: stateFrom(before),
    after: stateFrom(after),
  };
}

export function keptPath(place: string, commonDir: string): string {
  const directory = path.dirname(commonDir);
  return isInside(directory, place) ? path.relative(directory, place) : place;
}

export function pathFrom(kept: string, commonDir: string): string {
  return path.resolve(path.dirname(commonDir), kept);
}

function keptState(state: FileState): KeptState {
  if (state === undefined) return null;
  if (state.kind === 'link') return state;
  return { kind: 'file', base64: state.content.toString('base64'), mode: state.mode };
}

function stateFrom(kept: KeptState): FileState {
  if (kept === null) return undefined;
  if (kept.kind === 'link') return kept;
  return { kind: 'file', content: Buffer.from(kept.base64, 'base64'), mode: kept.mode };
}
