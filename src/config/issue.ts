import { visibleName } from '../session/clean-text.ts';

/** What is wrong with a configuration file, as data. Nothing of its content but keys is in it. */
export interface ConfigIssue {
  /** `warning`: the configuration can be used as it is, but something in it has no effect. */
  readonly severity: 'error' | 'warning';
  /** Relative to the top level of the work tree, or absolute when it is the user's. */
  readonly file: string;
  /** 1-based; undefined when the whole file is meant, or the place is not known. */
  readonly line: number | undefined;
  /** Dotted name as written, undefined when the whole file is meant. Comes from the file: untrusted. */
  readonly key: string | undefined;
  /** Safe to print: a key in it is stripped of what a terminal would obey, and cut. */
  readonly what: string;
  /** The valid name or value that was probably meant. */
  readonly nearest?: string;
}

/** `.mpmrc line 3: unknown key 'ofer.mode' (did you mean 'offer.mode'?)` */
export function describeIssue(issue: ConfigIssue): string {
  const place = issue.line === undefined ? issue.file : `${issue.file} line ${issue.line}`;
  const advice = issue.nearest === undefined ? '' : ` (did you mean '${issue.nearest}'?)`;
  return `${place}: ${issue.what}${advice}`;
}

/** An issue of a whole file. */
export function aboutFile(
  severity: ConfigIssue['severity'],
  file: string,
  what: string,
): ConfigIssue {
  return { severity, file, line: undefined, key: undefined, what };
}

const longestQuotation = 60;

/** A key as it may be printed: without what a terminal would obey or nobody sees, and cut. */
export function quoteKey(key: string): string {
  const cut = key.length > longestQuotation ? `${key.slice(0, longestQuotation)}…` : key;
  const visible = visibleName(cut);
  return visible === cut ? `'${cut}'` : visible;
}
