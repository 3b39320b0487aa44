import path from 'node:path';
import { cosmiconfigSync, type PublicExplorerSync } from 'cosmiconfig';
import type { LineOf } from './config.ts';
import { type Parsed, parseJson, parsePartOfJson, parseYaml } from './parse.ts';

/**
 * The part of loading that needs cosmiconfig and `yaml`. Imported only when there is a file to read,
 * because it takes longer to load than everything else together.
 */

const moduleName = 'mpm';
const packageFile = 'package.json';

export interface Search {
  readonly directory: string;
  readonly packageDirectory: string;
  /** The texts of the files that were judged safe, by their place in the directory, the first first. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface SearchResult {
  /** The first that says anything; undefined when none does. */
  readonly found: Found | undefined;
  /** Files that cannot be parsed; they are passed over. */
  readonly problems: readonly Problem[];
}

interface Found {
  readonly place: string;
  readonly value: unknown;
  readonly lineOf: LineOf;
}

interface Problem {
  readonly place: string;
  readonly line: number | undefined;
  readonly what: string;
}

/**
 * Has cosmiconfig choose which file is the configuration of a directory.
 *
 * cosmiconfig reads the files again, and what it reads is dropped: only the texts given here are
 * parsed. A file exchanged in between could at most make it wait or fail.
 */
export function search({ directory, packageDirectory, texts }: Search): SearchResult {
  const problems: Problem[] = [];
  const places = [...texts.keys()];
  const placeAt = new Map(places.map((place) => [path.join(directory, place), place]));
  const explorer = openExplorer({
    packageDirectory,
    places,
    load: (file) => {
      const place = placeAt.get(file);
      if (place === undefined) throw new Error(`cosmiconfig loads ${file}, which was not judged`);
      const parsed = parse(place, texts.get(place) ?? '');
      if (!parsed.ok) problems.push({ place, line: parsed.line, what: parsed.problem });
      return inShape(place, parsed.ok ? { ...parsed, place } : undefined);
    },
  });
  const found: Found | undefined = explorer.search(directory)?.config;
  return { found, problems };
}

export interface ExplorerOptions {
  readonly packageDirectory: string;
  /** Relative to the directory that will be searched. */
  readonly places: readonly string[];
  /** Gets an absolute path; undefined means that the file says nothing. */
  readonly load: (file: string) => unknown;
}

/**
 * A cosmiconfig that runs no code. What it does by itself, and what is done about it here:
 * - when constructed, it loads `.config/config.js` and the like of the current directory, and obeys
 *   `package.json#cosmiconfig` there, whatever it is told: so it is shown our own directory;
 * - it keeps its loaders for code beside those it is given: so each is replaced, and `default`;
 * - it follows `$import` in what a loader returns: ours return no mapping from a file.
 */
export function openExplorer(options: ExplorerOptions): PublicExplorerSync {
  const { packageDirectory, places, load } = options;
  const refuse = (file: string) => {
    throw new Error(`${file} is no JSON or YAML, and is never loaded`);
  };
  return inDirectory(packageDirectory, () =>
    cosmiconfigSync(moduleName, {
      searchPlaces: [...places],
      searchStrategy: 'none',
      cache: false,
      packageProp: moduleName,
      loaders: {
        ...{ noExt: load, '.json': load, '.yaml': load, '.yml': load },
        ...{ '.js': refuse, '.cjs': refuse, '.mjs': refuse },
        ...{ '.ts': refuse, '.cts': refuse, '.mts': refuse, default: refuse },
      },
    }),
  );
}

/** `make` must be synchronous: nobody else may see the replaced function. */
function inDirectory<T>(directory: string, make: () => T): T {
  // biome-ignore lint/style/noRestrictedGlobals: cosmiconfig asks it where we are, and runs what lies there.
  const running = process;
  const { cwd } = running;
  running.cwd = () => directory;
  try {
    return make();
  } finally {
    running.cwd = cwd;
  }
}

function parse(place: string, text: string): Parsed {
  if (place === packageFile) return partOfPackage(parsePartOfJson(text));
  return path.extname(place) === '.json' ? parseJson(text) : parseYaml(text);
}

/** What `package.json` says under our name. */
function partOfPackage(parsed: Parsed): Parsed {
  if (!parsed.ok) return parsed;
  const { value, lineOf } = parsed;
  // Neither a list nor a text has the key, and `__proto__` is a key like any other to JSON.parse.
  const holdsPart = typeof value === 'object' && value !== null && moduleName in value;
  const part: unknown = holdsPart ? value[moduleName] : undefined;
  return { ok: true, value: part, lineOf: (keys) => lineOf([moduleName, ...keys]) };
}

/** cosmiconfig looks for our name in what `package.json` holds, and takes undefined for «empty». */
function inShape(place: string, found: Found | undefined): unknown {
  const saysNothing = found?.value === null || found?.value === undefined;
  const says = saysNothing ? undefined : found;
  return place === packageFile ? { [moduleName]: says } : says;
}
