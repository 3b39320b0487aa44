import type { Drift } from '../session/drift.ts';
import { type DriftLine, describeDrift } from '../session/drift-text.ts';
import type { SessionRecord } from '../session/record.ts';
import { encodeMarkdown } from './markdown.ts';
import { codeSpan, hanging, markdownInline } from './markdown-text.ts';

/** The brief as Markdown, followed by what moved since: what an agent takes the work up from. */
export function encodeResumption(record: SessionRecord, drift: Drift): string {
  const claims = describeDrift(drift).map(claimItem);
  return `${encodeMarkdown(record)}\n## Since Then\n\n${claims.join('\n')}\n`;
}

function claimItem({ state, text, commits, more }: DriftLine): string {
  const listed = commits.map(
    ({ sha, message, author }) => `- ${codeSpan(sha)} ${markdownInline(`${message} (${author})`)}`,
  );
  const rest = more > 0 ? [`- and ${more} more`] : [];
  const lines = [`**${state}**: ${markdownInline(text)}`, ...listed, ...rest];
  return `- ${hanging(lines.join('\n'), 2)}`;
}
