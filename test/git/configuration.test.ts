import { appendFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readConfiguration, valuesOf, writeKey } from '../../src/git/configuration.ts';
import { readHooksPath } from '../../src/git/hooks.ts';
import { openRepository, type Repository } from '../../src/git/repository.ts';
import { createRepository, type TestRepository } from '../helpers/repository.ts';

async function open({ path: top, env }: TestRepository): Promise<Repository> {
  const found = await openRepository(top, env);
  if (found === undefined) throw new Error('not found');
  return found;
}

function configure(test: TestRepository, text: string): void {
  appendFileSync(path.join(test.path, '.git/config'), text);
}

const odd = '[Demo "Sub Ject.x"]\n\tName = one\n\tname = "two\\nlines = 2"\n\tEMPTY =\n\talone\n';

it.each([
  ['the keys of a pattern', { keys: '^demo\\.' }],
  ['all of the repository’s own', 'own'],
] as const)('reads %s as git does, with scope and origin', async (_, wanted) => {
  const test = createRepository();
  configure(test, odd);
  const entries = await readConfiguration(await open(test), wanted);
  const from = { scope: 'local', origin: 'file:.git/config' };
  expect(entries.filter(({ key }) => key.startsWith('demo.'))).toEqual([
    { ...from, key: 'demo.Sub Ject.x.name', value: 'one' },
    { ...from, key: 'demo.Sub Ject.x.name', value: 'two\nlines = 2' },
    { ...from, key: 'demo.Sub Ject.x.empty', value: '' },
    { ...from, key: 'demo.Sub Ject.x.alone', value: 'true' },
  ]);
  expect(valuesOf(entries, 'DEMO.Sub Ject.x.NAME')).toEqual(['one', 'two\nlines = 2']);
  expect(valuesOf(entries, 'demo.sub ject.x.name')).toEqual([]);
});

it('takes for the repository’s own neither the user’s nor what a file of it includes', async () => {
  const test = createRepository();
  test.git('config', '--global', 'demo.key', 'global');
  writeFileSync(path.join(test.path, '.git/more'), '[demo]\n\tkey = included\n');
  configure(test, '[include]\n\tpath = more\n[demo]\n\tkey = own\n');
  const repository = await open(test);
  expect(valuesOf(await readConfiguration(repository, 'own'), 'demo.key')).toEqual(['own']);
  const all = await readConfiguration(repository, { keys: '^demo\\.' });
  expect(all.map(({ scope, value }) => `${scope} ${value}`)).toEqual([
    'global global',
    'local included',
    'local own',
  ]);
});

it('finds nothing where no key matches', async () => {
  const repository = await open(createRepository());
  expect(await readConfiguration(repository, { keys: '^demo\\.' })).toEqual([]);
  expect(await readHooksPath(repository)).toBeUndefined();
});

it('sees the core.hooksPath that git takes, and not the one our own gits are given', async () => {
  const test = createRepository();
  test.git('config', '--global', 'core.hooksPath', '/global');
  test.git('config', 'Core.HooksPath', 'own');
  expect(await readHooksPath(await open(test))).toMatchObject({
    scope: 'local',
    origin: 'file:.git/config',
    value: 'own',
  });
});

it.each([[[]], [['one']], [['two', 'one', 'two', '']]])(
  'gives a key the values %j',
  async (after) => {
    const test = createRepository();
    configure(test, '[demo]\n\tkey = a\n\tkey = b\n\tother = c\n');
    const repository = await open(test);
    await writeKey(repository, 'demo.key', after);
    const own = await readConfiguration(repository, 'own');
    expect(valuesOf(own, 'demo.key')).toEqual(after);
    expect(valuesOf(own, 'demo.other')).toEqual(['c']);
  },
);
