/**
 * Checks which module imports which, by the rules of .dependency-cruiser.mjs. A check that reads
 * nothing finds nothing, so two things are made sure of: that each rule is broken by an import made
 * for it, and that every module under src/ has been read (dependency-cruiser with a TypeScript that
 * it does not know reads none, and says that all is well).
 */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import rules from '../.dependency-cruiser.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Importing module, what it imports, and the rules that this breaks. */
const proofs = [
  ['src/store/a.ts', 'src/main.ts', ['only-bin-imports-bin-and-main']],
  ['src/main.ts', 'src/bin/start.ts', ['only-bin-imports-bin-and-main']],
  ['src/bin/start.ts', 'src/project.ts', []],
  ['src/commands/a.ts', 'src/commands/b.ts', ['command-imports-no-command']],
  ['src/commands/index.ts', 'src/commands/a.ts', []],
  ['src/commands/a.ts', 'src/project.ts', []],
  ['src/commands/a.ts', 'src/flows/b.ts', []],
  ['src/cli/a.ts', 'src/commands/b.ts', ['cli-is-below-commands']],
  ['src/cli/a.ts', 'src/flows/b.ts', ['cli-is-below-commands']],
  ['src/flows/a.ts', 'src/commands/b.ts', ['flows-are-below-commands']],
  ['src/notes/a.ts', 'src/commands/b.ts', ['notes-are-below-commands']],
  ['src/notes/a.ts', 'src/flows/b.ts', ['notes-are-below-commands']],
  ['src/notes/a.ts', 'src/cli/b.ts', ['notes-are-below-commands']],
  ['src/flows/a.ts', 'src/cli/b.ts', ['flows-are-below-commands']],
  ['src/flows/a.ts', 'src/notes/b.ts', ['flows-are-below-commands']],
  ['src/project.ts', 'src/notes/b.ts', ['project-is-below-flows']],
  ['src/store/a.ts', 'src/notes/b.ts', ['inner-is-below-project']],
  ['src/flows/a.ts', 'src/project.ts', []],
  ['src/project.ts', 'src/commands/b.ts', ['project-is-below-flows']],
  ['src/project.ts', 'src/cli/b.ts', ['project-is-below-flows']],
  ['src/project.ts', 'src/flows/b.ts', ['project-is-below-flows']],
  ['src/project.ts', 'src/store/b.ts', []],
  ['src/store/a.ts', 'src/project.ts', ['inner-is-below-project']],
  ['src/git/a.ts', 'src/commands/b.ts', ['inner-is-below-project']],
  ['src/config/a.ts', 'src/flows/b.ts', ['inner-is-below-project']],
  ['src/work/a.ts', 'src/cli/b.ts', ['inner-is-below-project']],
  ['src/formats/a.ts', 'src/cli/b.ts', ['inner-is-below-project']],
  ['src/integrations/a.ts', 'src/cli/b.ts', ['inner-is-below-project']],
  ['src/hooks/a.ts', 'type src/cli/b.ts', ['inner-is-below-project']],
  ['src/git/e.ts', 'src/integrations/e.ts', ['git-is-below-hooks']],
  ['src/git/f.ts', 'type src/hooks/f.ts', ['git-is-below-hooks']],
  ['src/hooks/e.ts', 'type src/integrations/f.ts', ['hooks-are-below-integrations']],
  ['src/hooks/e.ts', 'src/git/g.ts', []],
  ['src/programs.ts', 'src/git/g.ts', ['programs-and-paths-are-low']],
  ['src/paths.ts', 'src/session/b.ts', ['programs-and-paths-are-low']],
  ['src/programs.ts', 'src/paths.ts', []],
  ['src/git/h.ts', 'src/programs.ts', []],
  ['src/store/a.ts', 'src/session/b.ts', []],
  ['src/session/a.ts', 'src/session/b.ts', []],
  ['src/session/a.ts', 'valibot', []],
  ['src/session/a.ts', 'src/store/b.ts', ['session-is-pure']],
  ['src/session/a.ts', 'type src/io.ts', ['session-is-pure']],
  ['src/session/a.ts', 'node:path', ['session-is-pure']],
  ['src/git/status.ts', 'src/session/b.ts', []],
  ['src/git/status.ts', 'node:path', ['decisions-are-pure']],
  ['src/git/status.ts', 'src/git/spawn.ts', ['decisions-are-pure']],
  ['src/config/config.ts', 'src/config/load.ts', ['decisions-are-pure']],
  ['src/config/config.ts', 'src/config/settings.ts', []],
  ['src/hooks/offer.ts', 'src/store/b.ts', ['decisions-are-pure']],
  ['src/hooks/decisions.ts', 'node:path', ['decisions-are-pure']],
  ['src/work/plan-restore.ts', 'node:os', ['decisions-are-pure']],
  ['src/hooks/blocks.ts', 'node:path', ['decisions-are-pure']],
  ['src/integrations/managed-block.ts', 'node:fs', ['decisions-are-pure']],
  ['src/integrations/managed-block.ts', 'src/hooks/blocks.ts', []],
  ['src/integrations/integration.ts', 'src/store/b.ts', ['decisions-are-pure']],
  ['src/git/version.ts', 'node:path', ['decisions-are-pure']],
  ['src/hooks/events.ts', 'node:path', ['decisions-are-pure']],
  ['src/errors.ts', 'src/session/b.ts', ['errors-and-io-import-nothing']],
  ['src/io.ts', 'node:path', ['errors-and-io-import-nothing']],
  ['src/work/a.ts', 'test/a.ts', ['src-never-imports-test']],

  ['src/git/a.ts', 'node:fs', ['files-only-where-they-belong']],
  ['src/cli/a.ts', 'node:fs/promises', ['files-only-where-they-belong']],
  ['src/commands/a.ts', 'fs', ['files-only-where-they-belong']],
  ['src/config/load.ts', 'node:fs', ['files-only-where-they-belong']],
  ['src/config/load.ts', 'src/store/b.ts', []],
  ['src/store/a.ts', 'node:fs', []],
  ['src/programs.ts', 'node:fs', []],
  ['src/work/a.ts', 'node:fs/promises', []],
  ['src/store/a.ts', 'node:child_process', ['programs-are-started-in-three-places']],
  ['src/git/spawn.ts', 'node:child_process', []],
  ['src/notes/edit-notes.ts', 'node:child_process', []],
  ['src/programs.ts', 'node:child_process', []],
  ['src/hooks/terminal.ts', 'node:child_process', ['programs-are-started-in-three-places']],
  ['src/hooks/terminal.ts', 'src/programs.ts', []],
  ['src/cli/a.ts', 'node:process', ['process-only-in-bin']],
  ['src/git/a.ts', 'simple-git', ['simple-git-only-in-porcelain']],
  ['src/git/porcelain.ts', 'simple-git', []],
  ['src/config/load.ts', 'cosmiconfig', ['cosmiconfig-only-in-search']],
  ['src/config/search.ts', 'cosmiconfig', []],
  ['src/cli/a.ts', 'yaml', ['yaml-only-where-yaml-is-read']],
  ['src/formats/yaml.ts', 'yaml', []],
  ['src/integrations/b.ts', 'yaml', []],
  ['src/config/parse.ts', 'yaml', ['yaml-only-where-yaml-is-read']],
  ['src/config/parse.ts', 'src/formats/yaml.ts', []],
  ['src/store/a.ts', 'left-pad', ['no-other-package']],
  ['src/integrations/a.ts', 'lazy yaml', ['no-lazy-package']],

  ['src/git/c.ts', 'src/store/d.ts', ['no-circle']],
  ['src/store/d.ts', 'src/git/c.ts', []],
  ['src/work/a.ts', './missing.ts', ['no-unresolvable']],
];

const unconnected = 'src/work/unconnected.ts';

const problems = [...(await provenRules()), ...(await checkedSource())];
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

/** What the rules do with the imports of `proofs`, where it is not what they are there for. */
async function provenRules() {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), 'mpm-session-layers-')));
  try {
    writeProofs(directory);
    const { violations } = await read(directory);
    return compare(violations.map(name));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function compare(found) {
  const expected = [
    `no-orphan: ${unconnected}`,
    ...proofs.flatMap(([from, to, broken]) =>
      broken.map((rule) => `${rule}: ${from} → ${plain(to)}`),
    ),
  ];
  const proven = new Set(expected.map((line) => line.slice(0, line.indexOf(':'))));
  return [
    ...expected
      .filter((line) => !found.includes(line))
      .map((line) => `layers: a rule is blind. Not found: ${line}`),
    ...found
      .filter((line) => !expected.includes(line))
      .map((line) => `layers: a rule is too strict, or a proof incomplete. Found: ${line}`),
    ...rules.forbidden
      .filter((rule) => !proven.has(rule.name))
      .map((rule) => `layers: no proof in scripts/layers.mjs breaks the rule ${rule.name}`),
  ];
}

async function checkedSource() {
  const { violations, modules } = await read(root);
  const files = readdirSync(path.join(root, 'src'), { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.posix.join('src', ...file.split(path.sep)));
  const unread = files.filter((file) => !modules.has(file));
  if (files.length === 0) return ['layers: there is no module under src'];
  console.log(`layers: ${files.length - unread.length} modules read, ${violations.length} wrong`);
  return [
    ...unread.map((file) => `layers: ${file} was not read`),
    ...violations.map((violation) => `layers: ${name(violation)}`),
  ];
}

async function read(baseDir) {
  const { output } = await cruise(['src'], {
    ...rules.options,
    baseDir,
    ruleSet: { forbidden: rules.forbidden },
    validate: true,
  });
  return {
    violations: output.summary.violations,
    modules: new Set(output.modules.map((module) => module.source)),
  };
}

function name({ rule, from, to }) {
  return `${rule.name}: ${from}${from === to ? '' : ` → ${plain(to)}`}`;
}

/** One spelling for what the proofs import and what dependency-cruiser resolves that to. */
function plain(target) {
  return target
    .replace(/^(?:type|lazy) /, '')
    .replace(/^node:/, '')
    .replace(/^.*node_modules\/([^/]+)\/.*$/, '$1');
}

function writeProofs(directory) {
  const write = (file, text) => {
    mkdirSync(path.dirname(path.join(directory, file)), { recursive: true });
    writeFileSync(path.join(directory, file), text);
  };
  const modules = new Map([[unconnected, 'export {};\n']]);
  const packages = new Set();
  for (const [from, to] of proofs) {
    modules.set(from, (modules.get(from) ?? '') + importLine(from, to));
    const target = plain(to);
    if (/^(?:src|test)\//.test(target)) modules.set(target, modules.get(target) ?? '');
    else if (!/^(?:node:|fs$|\.)/.test(to)) packages.add(target);
  }
  for (const [file, text] of modules) write(file, text || 'export {};\n');
  for (const one of packages) {
    write(`node_modules/${one}/package.json`, JSON.stringify({ name: one, main: 'index.js' }));
    write(`node_modules/${one}/index.js`, '');
  }
}

function importLine(from, to) {
  const [how, target] = to.includes(' ') ? to.split(' ') : ['', to];
  const specifier = /^(?:src|test)\//.test(target)
    ? path.posix.relative(path.posix.dirname(from), target).replace(/^(?!\.)/, './')
    : target;
  if (how === 'lazy') return `await import('${specifier}');\n`;
  if (how === 'type') return `import type { T } from '${specifier}';\n`;
  return `import '${specifier}';\n`;
}
