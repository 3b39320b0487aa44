import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { parseYaml } from '../../src/config/parse.ts';
import { configKeys, settings } from '../../src/config/settings.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const example = fileURLToPath(new URL('../../.mpmrc.example', import.meta.url));
const lines = readFileSync(example, 'utf8').split('\n');

describe('.mpmrc.example', () => {
  it('documents every setting with its default, and no other', () => {
    expect(writtenValues()).toEqual(
      new Map<string, unknown>(configKeys.map((key) => [key, settings[key].default])),
    );
  });

  it.each(configKeys)('says who may set %s, and whether this version has it', (key) => {
    const about = commentsBefore(key);
    const setBy = {
      sets: 'Set by: repository, user.',
      adds: 'Set by: user; a repository may add.',
      never: 'Set by: user.',
    }[settings[key].repository];
    const availability = settings[key].supported ? '' : ' Not supported by this version yet.';
    expect(about.at(-1)).toBe(`${setBy}${availability}`);
    expect(about.length).toBeGreaterThan(1);
  });

  it.each(['.mpmrc', '.config/mpmrc'])('changes nothing when copied to %s', async (name) => {
    const topLevel = temporaryDirectory();
    const userDirectory = path.join(temporaryDirectory(), '.config');
    mkdirSync(path.join(topLevel, '.config'));
    mkdirSync(userDirectory);
    copyFileSync(example, path.join(topLevel, name));
    copyFileSync(example, path.join(userDirectory, 'mpmrc'));
    const packageDirectory = temporaryDirectory();
    const { config, issues, sources } = await loadConfig({
      ...{ topLevel, userDirectory, packageDirectory },
    });
    expect(issues).toEqual([]);
    expect(config).toEqual(defaultConfig);
    expect(new Set(Object.values(sources))).toEqual(new Set(['default']));
  });
});

/** A setting is commented out by a `#` alone; what people read follows `# `. */
function uncommented(): string {
  return lines.map((line) => line.replace(/^#(?=\S| {2})/, '')).join('\n');
}

function writtenValues(): ReadonlyMap<string, unknown> {
  const parsed = parseYaml(uncommented());
  if (!parsed.ok) throw new Error(`line ${parsed.line}: ${parsed.problem}`);
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(parsed.value as Record<string, unknown>)) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      values.set(name, value);
      continue;
    }
    for (const [member, memberValue] of Object.entries(value)) {
      values.set(`${name}.${member}`, memberValue);
    }
  }
  return values;
}

/** The lines for people right above the line of a setting, without their marks. */
function commentsBefore(key: string): readonly string[] {
  const parsed = parseYaml(uncommented());
  const line = parsed.ok ? parsed.lineOf(key.split('.')) : undefined;
  if (line === undefined) throw new Error(`there is no line for ${key}`);
  const comments: string[] = [];
  for (let index = line - 2; /^ *# /.test(lines[index] ?? ''); index -= 1) {
    comments.unshift((lines[index] ?? '').replace(/^ *# /, ''));
  }
  return comments;
}
