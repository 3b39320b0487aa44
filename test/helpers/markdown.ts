import { type Node, Parser } from 'commonmark';

/** A document as CommonMark's reference parser understands it. */
export interface ReadMarkdown {
  /** `## Title`, in order. */
  readonly headings: readonly string[];
  /** The kinds of all nodes in it. */
  readonly kinds: ReadonlySet<string>;
  /** The blocks below a heading, up to the next one. */
  readonly below: (heading: string) => readonly Block[];
}

/** What a block shows: its text with markup resolved, or those of its items. */
export type Block =
  | { readonly kind: 'paragraph' | 'code_block'; readonly text: string }
  | { readonly kind: 'bullet' | 'ordered'; readonly items: readonly (readonly Block[])[] };

export function readMarkdown(markdown: string): ReadMarkdown {
  const nodes = childrenOf(new Parser().parse(markdown));
  const heading = (node: Node) => `${'#'.repeat(node.level)} ${textOf(node)}`;
  return {
    headings: nodes.filter(({ type }) => type === 'heading').map(heading),
    kinds: new Set(nodes.flatMap(kindsIn)),
    below: (title) => {
      const start = nodes.findIndex((node) => node.type === 'heading' && heading(node) === title);
      if (start === -1) throw new Error(`no heading '${title}'`);
      const rest = nodes.slice(start + 1);
      const end = rest.findIndex(({ type }) => type === 'heading');
      return (end === -1 ? rest : rest.slice(0, end)).map(blockOf);
    },
  };
}

/** The lines that blocks show, without blank ones and without spaces at their ends. */
export function linesOf(blocks: readonly Block[]): readonly string[] {
  return blocks.flatMap((block) =>
    'items' in block ? block.items.flatMap(linesOf) : visibleLines(block.text),
  );
}

export function visibleLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function blockOf(node: Node): Block {
  if (node.type === 'list') {
    return {
      kind: node.listType,
      items: childrenOf(node).map((item) => childrenOf(item).map(blockOf)),
    };
  }
  if (node.type === 'paragraph') return { kind: 'paragraph', text: textOf(node) };
  if (node.type === 'code_block') return { kind: 'code_block', text: node.literal ?? '' };
  throw new Error(`unexpected ${node.type}: ${textOf(node)}`);
}

function textOf(node: Node): string {
  if (node.type === 'linebreak' || node.type === 'softbreak') return '\n';
  return node.literal ?? childrenOf(node).map(textOf).join('');
}

function kindsIn(node: Node): string[] {
  return [node.type, ...childrenOf(node).flatMap(kindsIn)];
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (let child = node.firstChild; child !== null; child = child.next) children.push(child);
  return children;
}
