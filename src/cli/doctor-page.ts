import { counted } from '../session/counted.ts';
import {
  bad,
  blank,
  caution,
  type Document,
  faint,
  good,
  type Line,
  lines,
  type Span,
} from './document.ts';

/** A check as it is shown. */
interface ShownCheck {
  readonly state: 'ok' | 'problem' | 'unknown';
  readonly message: string;
  readonly fix: string | undefined;
  readonly count?: number;
}

interface ShownRepair {
  readonly done: boolean;
  readonly message: string;
}

/** What `doctor` found, one line a check, with what to do below it. */
export function doctorPage(found: {
  readonly checks: readonly ShownCheck[];
  readonly fixed: readonly ShownRepair[];
}): Document {
  const { checks, fixed } = found;
  return lines(
    ...fixed.map(
      ({ done, message }): Line => [done ? good('fixed    ') : bad('not fixed'), ` ${message}`],
    ),
    ...(fixed.length === 0 ? [] : [blank]),
    ...checks.flatMap((check, at) => checkLines(check, checks[at + 1])),
    blank,
    summary(checks),
  );
}

/** What several checks in a row say to do is said once, below the last. */
function checkLines({ state, message, fix }: ShownCheck, next?: ShownCheck): readonly Line[] {
  const line: Line = [label(state), ` ${message}`];
  return fix === undefined || fix === next?.fix ? [line] : [line, [faint(`          ${fix}`)]];
}

function label(state: ShownCheck['state']): Span {
  switch (state) {
    case 'ok':
      return good('ok       ');
    case 'problem':
      return bad('problem  ');
    case 'unknown':
      return caution('unknown  ');
  }
}

function summary(checks: readonly ShownCheck[]): Line {
  const problems = checks.filter(({ state }) => state === 'problem');
  const unknowns = checks.filter(({ state }) => state === 'unknown');
  if (problems.length + unknowns.length === 0) return [good('All is well.')];
  const said = problems.length === 0 ? 'No problem' : counted(problems.length, 'problem');
  if (unknowns.length === 0) return [`${said}.`];
  const count = unknowns.reduce((sum, check) => sum + (check.count ?? 1), 0);
  const [fix, ...others] = new Set(unknowns.map((check) => check.fix));
  const how = fix === undefined || others.length > 0 ? '' : ` To find out: ${fix}`;
  return [`${said}; ${count} not known.${how}`];
}
