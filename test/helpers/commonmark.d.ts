/** The reference parser has no types of its own; this is what the tests use of it. */
declare module 'commonmark' {
  export interface Node {
    readonly type: string;
    readonly literal: string | null;
    readonly level: number;
    readonly listType: 'bullet' | 'ordered';
    readonly firstChild: Node | null;
    readonly next: Node | null;
  }

  export class Parser {
    parse(text: string): Node;
  }
}
