import path from 'node:path';
import { errorCode } from '../errors.ts';
import { readRegularFile } from '../store/read-files.ts';
import { type ConfigLayer, type ResolvedConfig, resolveConfig } from './config.ts';
import { aboutFile, type ConfigIssue } from './issue.ts';
import { type ConfigPlaces, findSources, type Source, shownName } from './places.ts';

/**
 * Finds, reads and resolves the configuration. Runs no code, follows no link to a file, waits for
 * nothing, and never throws because of what files hold or are: that becomes an issue. Without any
 * file it costs about thirty `lstat`, and cosmiconfig is not even loaded.
 */
export async function loadConfig(places: ConfigPlaces): Promise<ResolvedConfig> {
  const sources = findSources(places);
  const issues = sources.flatMap((source) => source.issues);
  const layers: ConfigLayer[] = [];
  for (const source of sources) {
    const read = await readSource(source, places.packageDirectory);
    issues.push(...read.issues);
    if (read.layer !== undefined) layers.push(read.layer);
  }
  const resolved = resolveConfig(layers);
  return { ...resolved, issues: [...issues, ...resolved.issues] };
}

interface SourceReading {
  /** What the source says; undefined when it says nothing. */
  readonly layer?: ConfigLayer;
  readonly issues: readonly ConfigIssue[];
}

async function readSource(source: Source, packageDirectory: string): Promise<SourceReading> {
  if (source.files.length === 0) return { issues: [] };
  // Loaded before anything is read, so that little time passes between judging a file and its use.
  const { search } = await import('./search.ts');
  const { texts, refused } = readFiles(source);
  const { found, problems } = search({ directory: source.directory, packageDirectory, texts });
  const unparsable = problems.map(({ place, line, what }) => ({
    ...aboutFile('error', shownName(source, place), what),
    line,
  }));
  if (found === undefined) return { issues: [...refused, ...unparsable] };

  const { place, value, lineOf } = found;
  const layer = { from: source.from, file: shownName(source, place), value, lineOf };
  return { layer, issues: [...refused, ...unparsable, ...unused(source, place, texts)] };
}

interface FilesRead {
  readonly texts: ReadonlyMap<string, string>;
  readonly refused: readonly ConfigIssue[];
}

function readFiles(source: Source): FilesRead {
  const texts = new Map<string, string>();
  const refused: ConfigIssue[] = [];
  for (const place of source.files) {
    const file = readText(path.join(source.directory, place));
    if (file.ok) texts.set(place, file.text);
    else refused.push(aboutFile('error', shownName(source, place), file.problem));
  }
  return { texts, refused };
}

/** The largest configuration file that is read, in bytes. It also bounds the time to parse one. */
const largestFile = 64 * 1024;

type Text =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

function readText(file: string): Text {
  const read = readRegularFile(file, largestFile);
  if (read.kind === 'read') return decode(read.content);
  const reason = read.kind === 'absent' ? 'has just gone' : read.reason;
  return { ok: false, problem: `not read, because it ${reason}` };
}

/** A byte order mark is left out. */
function decode(bytes: Buffer): Text {
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (error) {
    if (errorCode(error) !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    return { ok: false, problem: 'not read, because it is not valid UTF-8' };
  }
}

/** The files that would say something, if one before them in the order did not. */
function unused(
  source: Source,
  used: string,
  texts: ReadonlyMap<string, string>,
): readonly ConfigIssue[] {
  const places = [...texts.keys()];
  const what = `has no effect, because ${shownName(source, used)} is used`;
  return places
    .slice(places.indexOf(used) + 1)
    .filter((place) => texts.get(place)?.trim() !== '')
    .map((place) => aboutFile('warning', shownName(source, place), what));
}
