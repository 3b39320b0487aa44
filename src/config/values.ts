/**
 * The kinds of values that a setting can have: each says what it expects and reads what was written.
 * A written value is anything that JSON or YAML can hold; no kind ever throws.
 */

import { nearest } from '../session/nearest.ts';

/** `item` is the index of the list entry that is wrong; `nearest` the value that was probably meant. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T; readonly remark?: string }
  | { readonly ok: false; readonly item?: number; readonly nearest?: string };

export interface Kind<T> {
  /** Completes «must be …». */
  readonly expects: string;
  read(written: unknown): Reading<T>;
  /** A value of this kind as `read` takes it. */
  write(value: T): unknown;
}

const asItIs = <T>(value: T): T => value;

const wrong = { ok: false } as const;

export const trueOrFalse: Kind<boolean> = {
  expects: 'true or false',
  read: (written) => (typeof written === 'boolean' ? { ok: true, value: written } : wrong),
  write: asItIs,
};

/** One of fixed words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return {
    expects: words.length === 1 ? String(words[0]) : `one of ${words.join(', ')}`,
    read: (written) => {
      const word = words.find((candidate) => candidate === written);
      if (word !== undefined) return { ok: true, value: word };
      const near = typeof written === 'string' ? nearestName(written, words) : undefined;
      return near === undefined ? wrong : { ok: false, nearest: near };
    },
    write: asItIs,
  };
}

/** A list of some of `words`, without repetition and in the order of `words`. */
export function someOf<const Word extends string>(
  ...words: readonly Word[]
): Kind<readonly Word[]> {
  const word = oneOf(...words);
  return {
    expects: `a list of one or more of ${words.join(', ')}`,
    read: (written) => {
      const items = readItems(written, word);
      if (!items.ok) return items;
      if (items.value.length === 0) return wrong;
      return { ok: true, value: words.filter((candidate) => items.value.includes(candidate)) };
    },
    write: asItIs,
  };
}

/** As `kind`, but `word` is there whether it was written or not. */
export function alwaysWith<Word extends string>(
  word: NoInfer<Word>,
  kind: Kind<readonly Word[]>,
): Kind<readonly Word[]> {
  return {
    expects: kind.expects,
    read: (written) => {
      const reading = kind.read(written);
      if (!reading.ok || reading.value.includes(word)) return reading;
      const completed = kind.read([...reading.value, word]);
      return completed.ok ? { ...completed, remark: `${word} cannot be left out` } : completed;
    },
    write: (value) => kind.write(value),
  };
}

/** A quantity of `kind` that is at least `least` and at most `most`, as one writes them. */
export function between(least: string, most: string, kind: Kind<number>): Kind<number> {
  const bounds = { from: boundOf(least, kind), to: boundOf(most, kind) };
  const isWithin = (value: number) => value >= bounds.from && value <= bounds.to;
  return {
    expects: `${kind.expects}, from ${least} to ${most}`,
    read: (written) => {
      const reading = kind.read(written);
      return reading.ok && !isWithin(reading.value) ? wrong : reading;
    },
    write: (value) => kind.write(value),
  };
}

function boundOf(written: string, kind: Kind<number>): number {
  const bound = kind.read(written);
  if (!bound.ok) throw new Error(`${written} is not ${kind.expects}`);
  return bound.value;
}

/** What the first of two kinds makes of it that can read it; the first reads its own values. */
export function either<First, Second>(
  first: Kind<First>,
  second: Kind<Second>,
): Kind<First | Second> {
  return {
    expects: `${first.expects}, or ${second.expects}`,
    read: (written) => {
      const reading = first.read(written);
      if (reading.ok) return reading;
      const other = second.read(written);
      return other.ok || Array.isArray(written) ? other : reading;
    },
    write: (value) => {
      const isFirst = (given: First | Second): given is First => first.read(given).ok;
      return isFirst(value) ? first.write(value) : second.write(value as Second);
    },
  };
}

/** Patterns. Which characters are special is for those who match them. */
export const globs: Kind<readonly string[]> = {
  expects: 'a list of patterns, each a text of one line',
  read: (written) => readItems(written, glob),
  write: asItIs,
};

const glob: Kind<string> = {
  expects: 'a pattern',
  read: (written) =>
    typeof written === 'string' && written.trim() !== '' && !/\p{Cc}/u.test(written)
      ? { ok: true, value: written }
      : wrong,
  write: asItIs,
};

/** How many of something. */
export const count: Kind<number> = {
  expects: 'a whole number, 0 or more',
  read: (written) => wholeNumber(typeof written === 'number' ? written : Number.NaN),
  write: asItIs,
};

const milliseconds: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/** Milliseconds, written with a unit. */
export const duration: Kind<number> = {
  expects: 'a duration such as 30s (units: ms, s, m, h, d)',
  read: (written) => readQuantity(written, milliseconds),
  write: (value) => writeQuantity(value, milliseconds),
};

const bytes: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['KiB', 1024],
  ['MiB', 1024 ** 2],
  ['GiB', 1024 ** 3],
]);

/** Bytes, written with a unit: KB, MB and GB are powers of 1000, KiB, MiB and GiB powers of 1024. */
export const size: Kind<number> = {
  expects: 'a size such as 10MB (units: B, KB, MB, GB, or KiB, MiB, GiB)',
  read: (written) => readQuantity(written, bytes),
  write: (value) => writeQuantity(value, bytes),
};

/** Longer words are no slips of the finger, and comparing them with everything would take long. */
const longestWord = 40;

/** What `word`, taken from a file, was probably meant to be; undefined when nothing is near. */
export function nearestName(word: string, names: readonly string[]): string | undefined {
  return word.length > longestWord ? undefined : nearest(word, names);
}

function readItems<T>(written: unknown, kind: Kind<T>): Reading<readonly T[]> {
  if (!Array.isArray(written)) return wrong;
  const values: T[] = [];
  for (const [item, entry] of written.entries()) {
    const reading = kind.read(entry);
    if (!reading.ok) return { ...reading, item };
    values.push(reading.value);
  }
  return { ok: true, value: values };
}

function readQuantity(written: unknown, units: ReadonlyMap<string, number>): Reading<number> {
  const match = typeof written === 'string' ? /^(\d+)([A-Za-z]+)$/.exec(written) : null;
  const [, digits = '', unit = ''] = match ?? [];
  return wholeNumber(Number(digits) * (units.get(unit) ?? Number.NaN));
}

/** In the largest unit of which it is a whole number. */
function writeQuantity(value: number, units: ReadonlyMap<string, number>): string {
  const whole = [...units].filter(([, amount]) => value % amount === 0 && value >= amount);
  const [unit, amount] = whole.toSorted(([, a], [, b]) => b - a)[0] ?? [...units][0] ?? ['', 1];
  return `${value / amount}${unit}`;
}

function wholeNumber(value: number): Reading<number> {
  return Number.isSafeInteger(value) && value >= 0 ? { ok: true, value } : wrong;
}
