/**
 * Which module of src/ may import which: bin → main → commands → flows → project → {store, git, work,
 * formats, config, integrations, hooks} → session → errors. Run by scripts/layers.mjs, which first
 * proves every rule on an import that breaks it: a rule without such an import there fails.
 */

const inner = '^src/(?:store|git|work|formats|config|integrations|hooks)/';

/** They decide over values; what they decide about is read, and carried out, elsewhere. */
const pure = `^src/(?:${[
  'config/(?:config|issue|settings|values)',
  'formats/strict-json',
  'git/(?:hooks-path|status|version)',
  'hooks/(?:blocks|decisions|events|offer)',
  'integrations/(?:integration|managed-block)',
  'work/plan-restore',
].join('|')})\\.ts$`;

const npm = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-no-pkg', 'npm-unknown'];

const nodeModule = (name) => `^(?:node:)?${name}(?:/|$)`;
const npmPackage = (name) => `(?:^|/)node_modules/${name}/`;

/** `to` is imported by nobody but `importers`. */
const only = (name, importers, to) => ({
  name,
  severity: 'error',
  from: { path: '^src/', pathNot: importers },
  to: { path: to },
});

/** `from` imports nothing but `allowed`. */
const nothingBut = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: allowed.length === 0 ? {} : { pathNot: allowed },
});

/** `from` does not import `to`. */
const never = (name, from, to) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: typeof to === 'string' ? { path: to } : to,
});

export default {
  forbidden: [
    // Layers
    only('only-bin-imports-bin-and-main', ['^src/bin/'], '^src/(?:bin/|main\\.ts$)'),
    {
      ...never('command-imports-no-command', '^src/commands/', '^src/commands/'),
      from: { path: '^src/commands/', pathNot: '^src/commands/index\\.ts$' },
    },
    never('cli-is-below-commands', '^src/cli/', '^src/(?:commands|flows)/'),
    never('notes-are-below-commands', '^src/notes/', '^src/(?:commands|flows|cli)/'),
    never('flows-are-below-commands', '^src/flows/', '^src/(?:commands|cli|notes)/'),
    never('project-is-below-flows', '^src/project\\.ts$', '^src/(?:commands|cli|flows|notes)/'),
    never('inner-is-below-project', inner, '^src/(?:project\\.ts$|(?:commands|cli|flows|notes)/)'),
    never('git-is-below-hooks', '^src/git/', '^src/(?:integrations|hooks)/'),
    never('hooks-are-below-integrations', '^src/hooks/', '^src/integrations/'),
    nothingBut('programs-and-paths-are-low', '^src/(?:programs|paths)\\.ts$', [
      '^src/(?:io|paths)\\.ts$',
      nodeModule('(?:child_process|fs|path)'),
    ]),
    nothingBut('session-is-pure', '^src/session/', [
      '^src/session/',
      '^src/errors\\.ts$',
      npmPackage('valibot'),
    ]),
    nothingBut('decisions-are-pure', pure, [
      pure,
      nodeModule('buffer'),
      '^src/session/',
      '^src/errors\\.ts$',
      npmPackage('valibot'),
    ]),
    nothingBut('errors-and-io-import-nothing', '^src/(?:errors|io)\\.ts$', []),
    never('src-never-imports-test', '^src/', '^(?:test|scripts)/'),

    // One door for each thing outside
    only(
      'files-only-where-they-belong',
      ['^src/(?:store|work|integrations|bin)/', '^src/(?:git/layout|programs)\\.ts$'],
      nodeModule('fs'),
    ),
    only(
      'programs-are-started-in-three-places',
      ['^src/git/spawn\\.ts$', '^src/programs\\.ts$', '^src/notes/edit-notes\\.ts$'],
      nodeModule('child_process'),
    ),
    only('process-only-in-bin', ['^src/bin/'], nodeModule('process')),
    only('simple-git-only-in-porcelain', ['^src/git/porcelain\\.ts$'], npmPackage('simple-git')),
    only('cosmiconfig-only-in-search', ['^src/config/search\\.ts$'], npmPackage('cosmiconfig')),
    only(
      'yaml-only-where-yaml-is-read',
      ['^src/formats/yaml\\.ts$', '^src/integrations/'],
      npmPackage('yaml'),
    ),
    never('no-other-package', '^src/', {
      dependencyTypes: npm,
      pathNot: npmPackage('(?:simple-git|cosmiconfig|yaml|valibot)'),
    }),
    // A bundled CommonJS package that is loaded by import() loses its named exports.
    never('no-lazy-package', '^src/', { dynamic: true, dependencyTypes: npm }),

    // Shape
    never('no-circle', '^src/', { circular: true }),
    { name: 'no-orphan', severity: 'error', from: { path: '^src/', orphan: true }, to: {} },
    never('no-unresolvable', '^src/', { couldNotResolve: true }),
  ],
  options: {
    // Imports of types alone are arrows, too.
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node'] },
  },
};
