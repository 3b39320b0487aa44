import type { SessionRecord } from '../session/record.ts';
import { encodeJson } from './json.ts';
import { encodeMarkdown } from './markdown.ts';
import { encodeYaml } from './write-yaml.ts';

/** A format that a session's file is written in, as `formats` in the configuration names it. */
export type FormatName = 'json' | 'yaml' | 'md';

export interface Format {
  /** With its dot. */
  readonly extension: string;
  readonly encode: (record: SessionRecord) => string;
}

/**
 * Every file of a session, the record first. Reading is apart (`json.ts`, `yaml.ts`), because a pause
 * only writes, and loading the `yaml` library costs it 10 ms.
 */
export const formats: Readonly<Record<FormatName, Format>> = {
  json: { extension: '.json', encode: encodeJson },
  yaml: { extension: '.yaml', encode: encodeYaml },
  md: { extension: '.md', encode: encodeMarkdown },
};
