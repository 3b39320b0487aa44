import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FileState } from '../../src/integrations/integration.ts';
import {
  readHeader,
  type VaultHeader,
  vaultScripts,
} from '../../src/integrations/vault-scripts.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const packageDirectory = fileURLToPath(new URL('../../', import.meta.url));
const vaultDirectory = '/repository/.git/mpm-session';

const header: VaultHeader = {
  version: '0.1.0',
  node: '/usr/bin/node',
  program: "/home/it's me/$(id)/mpm-session.js",
  since: 1_780_000_000,
};

/** Reads the package's files, and these in the place of all others. */
function reading(files: ReadonlyMap<string, FileState> = new Map()) {
  return (file: string): FileState =>
    file.startsWith(packageDirectory)
      ? { kind: 'file', content: readFileSync(file), mode: 0o644 }
      : files.get(file);
}

const planned = (files?: ReadonlyMap<string, FileState>, change: Partial<VaultHeader> = {}) =>
  vaultScripts(
    { packageDirectory, vaultDirectory, header: { ...header, ...change } },
    reading(files),
  );

const applied = () => new Map(planned().map((edit) => [edit.target, edit.after]));

describe('the scripts in the vault', () => {
  it('are both written, readable by nobody else, in place of what is there', () => {
    const there: FileState = { kind: 'file', content: Buffer.from('old'), mode: 0o600 };
    const guard = path.join(vaultDirectory, 'guard');
    const edits = planned(new Map([[guard, there]]));
    expect(edits.map((edit) => edit.target)).toEqual([
      path.join(vaultDirectory, 'post-checkout'),
      guard,
    ]);
    expect(edits.map((edit) => edit.before)).toEqual([undefined, there]);
    for (const { tracked, after } of edits) {
      expect(tracked).toBe(false);
      expect(after).toMatchObject({ kind: 'file', mode: 0o600 });
    }
  });

  it('are left alone when they are so already, and written anew when anything differs', () => {
    const files = applied();
    expect(planned(files)).toEqual([]);
    expect(planned(files, { version: '0.2.0' })).toHaveLength(2);
    expect(planned(files, { node: '/other/node' })).toHaveLength(2);
    const [target = '', after] = [...files][0] ?? [];
    expect(planned(new Map([...files, [target, undefined]]))).toHaveLength(1);
    const readable = { ...after, mode: 0o644 } as FileState;
    expect(planned(new Map([...files, [target, readable]]))).toHaveLength(1);
  });

  it('are missing from a package that was not built', () => {
    const directory = temporaryDirectory();
    const wanted = { packageDirectory: directory, vaultDirectory, header };
    expect(() => vaultScripts(wanted, () => undefined)).toThrow('is missing from the package');
  });

  it('say what they were given, to us and to a shell, whatever it holds', () => {
    const word = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .map((text) => text.replace(/\0/g, ''));
    fc.assert(
      fc.property(word, word, fc.nat(), (node, program, since) => {
        const given = { version: '1.2.3-rc.1', node, program, since };
        for (const { after } of planned(undefined, given)) {
          const text = after?.kind === 'file' ? after.content.toString('utf8') : '';
          expect(readHeader(text)).toEqual(given);
        }
      }),
    );
    const odd = `/a b/'"$(touch evil)\`x\`\\n*\n${'#'}ü/node`;
    const [edit] = planned(undefined, { node: odd });
    const text = edit?.after?.kind === 'file' ? edit.after.content.toString('utf8') : '';
    const script = path.join(temporaryDirectory(), 'script');
    writeFileSync(
      script,
      `${text.slice(0, text.indexOf('# shellcheck'))}\nprintf '%s' "$mpm_node"`,
    );
    expect(execFileSync('/bin/sh', [script], { encoding: 'utf8' })).toBe(odd);
  });

  it.each([
    ['nothing', ''],
    ['another script', '#!/bin/sh\necho hello\n'],
    ['half a header', "mpm_version='1'\nmpm_node=/x\n"],
    ['code', 'mpm_version=1\nmpm_node=$(id)\nmpm_program=x\nmpm_since=1\n'],
    ['no time', 'mpm_version=1\nmpm_node=a\nmpm_program=x\nmpm_since=soon\n'],
  ])('%s has no header', (_, text) => {
    expect(readHeader(text)).toBeUndefined();
  });
});
