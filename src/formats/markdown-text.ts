/**
 * Texts as CommonMark that shows exactly them, and that is pleasant to read as it stands: only what
 * would be taken for markup is escaped. All take clean text (`session/clean-text.ts`).
 */

/**
 * A text of several lines. Blank lines part paragraphs; within one, each line ends in two spaces, the
 * line break that cannot be seen. What is laid out with indentation stands in a fence.
 */
export function markdownBlock(text: string): string {
  return chunksOf(text)
    .map(({ lines, laidOut }) =>
      laidOut ? fenced(lines.join('\n')) : lines.map(markdownLine).join('  \n'),
    )
    .join('\n\n');
}

/** A text on one line that does not begin it. */
export function markdownInline(text: string): string {
  return text.replace(inlineMarkup, escapeAll);
}

/** A name without spaces at its ends as a code span, between more backticks than it has in a row. */
export function codeSpan(name: string): string {
  const ticks = '`'.repeat(longestRun(name) + 1);
  // One space at both ends is not shown: it keeps the backticks apart.
  const padded = /^`|`$/.test(name) ? ` ${name} ` : name;
  return `${ticks}${padded}${ticks}`;
}

/** Lines shown as they are. */
export function fenced(text: string, language = ''): string {
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** `text` with all lines but the first moved to the right, to belong to a list's item. */
export function hanging(text: string, width: number): string {
  return text.replace(/\n(?!\n|$)/g, `\n${' '.repeat(width)}`);
}

interface Chunk {
  readonly lines: string[];
  readonly laidOut: boolean;
}

/** Paragraphs; neighbours that are laid out are one, with a blank line between them. */
function chunksOf(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (const lines of paragraphsOf(text)) {
    const laidOut = lines.some((line) => line.startsWith(' '));
    const last = chunks.at(-1);
    if (laidOut && last?.laidOut) last.lines.push('', ...lines);
    else chunks.push({ lines, laidOut });
  }
  return chunks;
}

function paragraphsOf(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.split('\n').filter((line) => line !== ''))
    .filter((lines) => lines.length > 0);
}

function markdownLine(line: string): string {
  return markdownInline(line).replace(blockMarkup, '\\$&');
}

/** What would be markup anywhere in a line. */
const inlineMarkup = new RegExp(
  [
    // Backslash escapes and, at the end of the line, a hard break.
    /\\(?=[!-/:-@[-`{-~]|$)/,
    // Code spans and fences.
    /`+|~{2,}/,
    // Emphasis: an asterisk beside anything but spaces, an underscore unless inside a word.
    /\*+(?=\S)|(?<=\S)\*+/,
    /(?<![\p{L}\p{N}_])_+|(?<!_)_+(?![\p{L}\p{N}_])/u,
    // Links and their definitions.
    /\](?=[(:])/,
    // HTML and autolinks, also those of mail addresses.
    /<(?=[A-Za-z/!?]|[^\s<>]*@)/,
    // Entities.
    /&(?=#?[A-Za-z0-9]+;)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
);

function escapeAll(characters: string): string {
  return characters.replace(/./g, '\\$&');
}

/** The character that makes a line the start of something, where no spaces stand before it. */
const blockMarkup = new RegExp(
  [
    // A heading. The last `#`, so that claude-mpm's pattern for headings does not match either.
    /(?<=^#{0,5})#(?=\s|$)/,
    // A list, a quotation.
    /^[-+*](?=\s|$)/,
    /(?<=^\d{1,9})[.)](?=\s|$)/,
    /^>/,
    // A line across the page, the underline of a heading, the second row of a table (GFM).
    /^[-=:|](?=[-=:| ]*$)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'u',
);

function longestRun(text: string): number {
  return (text.match(/`+/g) ?? []).reduce((longest, run) => Math.max(longest, run.length), 0);
}
