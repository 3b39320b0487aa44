/** What a command prints, as a value: lines of words with a meaning, not yet with colours. */
export interface Document {
  readonly kind: 'lines';
  readonly lines: readonly Line[];
}

/** Text that goes out as it is: a file's format, not a page for a terminal. */
export interface RawText {
  readonly kind: 'raw';
  readonly text: string;
}

export type Printed = Document | RawText;

export type Style = 'strong' | 'faint' | 'good' | 'caution' | 'bad' | 'name';

export interface Span {
  readonly style: Style;
  readonly text: string;
  /** Tabs stay, which otherwise become blanks: where text is shown for its bytes. */
  readonly hasTabs?: true;
}

export type Line = readonly (string | Span)[];

export const strong = (text: string): Span => ({ style: 'strong', text });
export const faint = (text: string): Span => ({ style: 'faint', text });
export const good = (text: string): Span => ({ style: 'good', text });
export const caution = (text: string): Span => ({ style: 'caution', text });
export const bad = (text: string): Span => ({ style: 'bad', text });
export const name = (text: string): Span => ({ style: 'name', text });

export const blank: Line = [];

export function lines(...content: readonly Line[]): Document {
  return { kind: 'lines', lines: content };
}

export function raw(text: string): RawText {
  return { kind: 'raw', text };
}
