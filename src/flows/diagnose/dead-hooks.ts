import type { Dead } from '../../integrations/integration.ts';
import { shellQuote } from '../../session/shell-quote.ts';
import type { Repair } from './check.ts';

/** Why a hook is silently dead, and what mends it: a command, or what `--fix` does. */
interface Explanation {
  /** Completes «post-checkout: …». */
  readonly why: string;
  readonly fix: string;
  readonly repair?: Repair;
}

const repairable = { fix: 'mpm-session doctor --fix', repair: 'setup' } as const;

type Catalogue = {
  readonly [Code in Dead['code']]: (d: Extract<Dead, { code: Code }>) => Explanation;
};

/** One way of being dead each; the codes are `doctor`'s. */
const catalogue: Catalogue = {
  'hook-missing': ({ file, by }) => ({
    why:
      by === undefined
        ? `our block is not in ${file}, where git looks for the hook.`
        : `${file} is ${by}'s, and our block is not in it.`,
    ...repairable,
  }),
  'hooks-switched-off': ({ origin, scope }) => ({
    why: `core.hooksPath is the null device (${origin}), which switches all hook files off.`,
    fix: `git config --${scope} --unset core.hooksPath`,
  }),
  'hooks-path-elsewhere': ({ value, scope, origin, block }) => ({
    why: `core.hooksPath is ${shellQuote(value)} (${origin}), so that git does not run ${block}, where our block is.`,
    ...(scope === 'local' || scope === 'worktree'
      ? repairable
      : {
          fix: 'git config --local core.hooksPath "$(git rev-parse --path-format=absolute --git-common-dir)/hooks"',
        }),
  }),
  'hooks-directory-missing': ({ directory, value, scope, elsewhere }) => ({
    why: `core.hooksPath is ${value}, and there is no ${directory}.`,
    fix:
      elsewhere === undefined
        ? `git config --${scope} --unset core.hooksPath`
        : `git config --${scope} core.hooksPath ${shellQuote(elsewhere)}`,
  }),
  'husky-not-installed': ({ directory }) => ({
    why: `husky is not set up in this work tree: its hooks below ${directory} are missing.`,
    fix: 'npx husky',
  }),
  'hook-manager-off': ({ by, variable }) => ({
    why: `${variable} in the environment has ${by} run no hook.`,
    fix: `unset ${variable}`,
  }),
  'hook-taken-over': ({ by, block }) => ({
    why: `${by} has taken the hook over and does not run ${block}, where our block is.`,
    ...repairable,
  }),
  'hook-not-executable': ({ file }) => ({
    why: `${file} is not executable, so that git passes over it.`,
    fix: `chmod +x ${shellQuote(file)}`,
  }),
  'hook-carriage-returns': ({ file }) => ({
    why: `${file} has Windows line ends, which the shell takes for part of its commands.`,
    fix: `perl -pi -e 's/\\r$//' ${shellQuote(file)}`,
  }),
  'hook-interpreter-missing': ({ file, program }) => ({
    why: `${file} is to be run by ${program}, which is not there.`,
    fix: `Install ${program}, or correct the first line of ${file}`,
  }),
  'block-edited': ({ file }) => ({
    why: `our block in ${file} was edited.`,
    fix: `Delete the lines of mpm-session from ${file}, then run: mpm-session init`,
  }),
  'configuration-hook-ignored': ({ version }) => ({
    why: `it is set in git's configuration, which git ${version} ignores: 2.54 is the first to read it.`,
    ...repairable,
  }),
  'configuration-hook-disabled': ({ key, scope }) => ({
    why: `${key} switches it off.`,
    fix: `git config --${scope} --unset-all ${shellQuote(key)}`,
  }),
  'configuration-hook-edited': ({ key }) => ({
    why: `${key} was edited.`,
    ...repairable,
  }),
};

export function explainDead(dead: Dead): Explanation {
  const explain = catalogue[dead.code] as (d: Dead) => Explanation;
  return explain(dead);
}
