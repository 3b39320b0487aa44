/**
 * Scripts and signs that take two columns of a terminal (East Asian Width `W` and `F`, UAX #11, as
 * far as Unicode's properties in JavaScript tell them).
 */
const wide =
  /(?![\uff61-\uffdc])[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;

/** Marks that stand on the character before them. */
const standsOnAnother = /[\p{Mn}\p{Me}]/u;

/** A character may bear more marks than anybody can read. */
const unitsPerColumn = 4;

/**
 * The beginning of a clean line that fits into `columns` columns of a terminal; with `…` at its end
 * when that is not all of it. No character is cut from the marks it bears.
 */
export function cutToColumns(line: string, columns: number): string {
  let used = 0;
  let length = 0;
  let fitting = 0;
  for (const character of line) {
    used += widthOf(character);
    if (used > columns || length >= columns * unitsPerColumn) break;
    length += character.length;
    if (used < columns) fitting = length;
  }
  return length < line.length ? `${line.slice(0, fitting).trimEnd()}…` : line;
}

function widthOf(character: string): number {
  if (standsOnAnother.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
