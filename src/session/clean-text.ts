/**
 * Text from sessions, commits and paths as it may be shown: without what a terminal would obey, what
 * turns the reading direction, or what nobody sees. The same for the screen and for Markdown.
 */

/** Unicode's mandatory line breaks (UAX #14) but for `\n` itself: VT, FF, NEL, LS and PS beside CR. */
const lineBreak = /\r\n|[\r\v\f\u0085\u2028\u2029]/g;

/**
 * C0, DEL and C1; everything Unicode calls ignorable (zero width, bidi controls, tags, variation
 * selectors, soft hyphen, byte order mark); interlinear annotation marks.
 */
const unseen = /[^\P{Cc}\n]|[\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu;

/** The text on one line: line breaks and tabs become spaces. */
export function cleanLine(text: string): string {
  return cleanText(text).replaceAll('\n', ' ');
}

/** The text with its lines kept, each ended by `\n`. A tab becomes a space, a lone surrogate U+FFFD. */
export function cleanText(text: string): string {
  return text.toWellFormed().replace(lineBreak, '\n').replaceAll('\t', ' ').replace(unseen, '');
}

/**
 * JSON with what nobody sees, or a terminal would obey, as `\uXXXX`: the same value. (C0 is escaped
 * in any JSON.)
 */
export function visibleJson(json: string): string {
  return json.replace(hiddenInJson, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}

const hiddenInJson = /[\u007f-\u009f\u2028\u2029\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB]/gu;

/** What {@link visibleName} writes as an escape; with the `u` flag only lone surrogates match. */
const hiddenInName =
  /["\\\p{Cc}\p{Default_Ignorable_Code_Point}\uFFF9-\uFFFB\u2028\u2029\uD800-\uDFFF]/gu;

/**
 * A path or ref name to show: as it is when all of it can be seen, else between double quotes with
 * the escapes of a JavaScript string. A name loses nothing, where cleaning would join two into one.
 */
export function visibleName(name: string): string {
  if (name !== '' && name.trim() === name && cleanLine(name) === name) return name;
  return `"${name.replace(hiddenInName, escapeCharacter)}"`;
}

const shortEscapes = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\r', '\\r'],
]);

function escapeCharacter(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}
