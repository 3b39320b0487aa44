import type { Drift } from '../session/drift.ts';
import { type DriftLine, describeDrift } from '../session/drift-text.ts';
import type { SessionRecord } from '../session/record.ts';
import { commitItem, encodeMarkdown } from './markdown.ts';
import { hanging, markdownInline } from './markdown-text.ts';

/** The brief as Markdown, followed by what moved since, if anything can: what an agent starts from. */
export function encodeResumption(record: SessionRecord, drift: Drift): string {
  const claims = describeDrift(record, drift).map(claimItem);
  if (claims.length === 0) return encodeMarkdown(record);
  return `${encodeMarkdown(record)}\n## Since Then\n\n${claims.join('\n')}\n`;
}

function claimItem({ state, text, commits, more }: DriftLine): string {
  const rest = more > 0 ? [`- and ${more} more`] : [];
  const lines = [`**${state}**: ${markdownInline(text)}`, ...commits.map(commitItem), ...rest];
  return `- ${hanging(lines.join('\n'), 2)}`;
}
