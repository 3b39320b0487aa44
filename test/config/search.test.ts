import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openExplorer, search } from '../../src/config/search.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

it('uses the text that was judged, not what lies there by now', () => {
  const directory = temporaryDirectory();
  writeFileSync(path.join(directory, '.mpmrc'), 'formats: [md]');
  const texts = new Map([['.mpmrc', 'formats: [json]']]);
  const { found } = search({ directory, packageDirectory: temporaryDirectory(), texts });
  expect(found).toMatchObject({ place: '.mpmrc', value: { formats: ['json'] } });
});

it('reads no file that was not judged', () => {
  const directory = temporaryDirectory();
  mkdirSync(path.join(directory, '.config'));
  for (const name of ['.mpmrc', '.mpmrc.json', '.config/mpmrc']) {
    writeFileSync(path.join(directory, name), '{"formats": ["md"]}');
  }
  const texts = new Map([['.mpmrc.yml', 'formats: [json]']]);
  const { found } = search({ directory, packageDirectory: temporaryDirectory(), texts });
  expect(found).toBeUndefined();
});

/** A second wall: no place that is searched ends so, and yet nothing would run. */
it.each(['js', 'cjs', 'mjs', 'ts', 'cts', 'mts', 'foo'])('an explorer refuses .%s', (ending) => {
  const directory = temporaryDirectory();
  const file = path.join(directory, `evil.${ending}`);
  writeFileSync(file, 'globalThis.evilHasRun = true;');
  const explorer = openExplorer({
    packageDirectory: temporaryDirectory(),
    places: ['.mpmrc'],
    load: () => 'loaded',
  });
  expect(() => explorer.load(file)).toThrow('is never loaded');
  expect('evilHasRun' in globalThis).toBe(false);
});

it('the current directory is itself again after an explorer was made, and after one was not', () => {
  const { cwd } = process;
  const packageDirectory = temporaryDirectory();
  openExplorer({ packageDirectory, places: [], load: () => undefined });
  expect(process.cwd).toBe(cwd);
  writeFileSync(path.join(packageDirectory, 'package.json'), '{"cosmiconfig": 1');
  expect(() => openExplorer({ packageDirectory, places: [], load: () => undefined })).toThrow();
  expect(process.cwd).toBe(cwd);
});
