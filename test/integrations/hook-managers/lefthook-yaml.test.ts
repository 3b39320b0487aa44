import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeYaml } from '../../../src/formats/yaml.ts';
import {
  hasYamlJob,
  withoutYamlJob,
  withYamlJob,
} from '../../../src/integrations/hook-managers/lefthook-yaml.ts';

const job = {
  event: 'post-checkout',
  name: 'ours',
  lines: ['- name: ours', '  run: |-', '    first # no comment', '    ', '    "last"'],
};
const value = { name: 'ours', run: 'first # no comment\n\n"last"' };

/** Parts of a configuration, each of whole lines, as people write them. */
const sections = [
  '# a comment\n',
  '\n',
  'colors: false # at the end\n',
  'pre-push:\n  commands:\n    a:\n      run: |\n        one\n\n        two\n',
  '"commit-msg": {jobs: [{run: "x"}]}\n',
  'rc: |+\n  kept\n\n',
  'output:\n- meta\n-  success\n',
] as const;

const ownSections = [
  '',
  'post-checkout:\n',
  'post-checkout: # nothing yet\n',
  'post-checkout:\n  parallel: true\n',
  'post-checkout:\n    # four\n    piped: true\n    commands:\n        a: {run: b}\n',
  'post-checkout:\n  jobs:\n',
  'post-checkout:\n  jobs:\n    - run: a\n    - name: b\n      run: c\n',
  'post-checkout:\n  jobs:\n  # before\n  - run: a\n\n  # between\n  - run: b\n  parallel: true\n',
  '"post-checkout":\n  \'jobs\':\n  -   run: a\n',
] as const;

const configurations = fc
  .record({
    before: fc.uniqueArray(fc.constantFrom(...sections)),
    own: fc.constantFrom(...ownSections),
    after: fc.uniqueArray(fc.constantFrom(...sections)),
    lineEnd: fc.constantFrom('\n', '\r\n'),
    isEnded: fc.boolean(),
  })
  .map(({ before, own, after, lineEnd, isEnded }) => {
    const rest = after.filter((section) => !before.includes(section));
    const text = [...before, own, ...rest].join('');
    return (isEnded ? text : text.replace(/\n$/, '')).replaceAll('\n', lineEnd);
  });

describe('a job in a YAML configuration of lefthook', () => {
  it('is put between the lines that are there, and taken out to the byte', () => {
    fc.assert(
      fc.property(configurations, (text) => {
        const added = withYamlJob(text, job);
        if (!added.ok) throw new Error(`${added.problem} ${added.line}`);
        const before = read(text);
        const own = before[job.event] ?? {};
        const jobs = [value, ...((own['jobs'] as readonly unknown[] | null) ?? [])];
        expect(read(added.text)).toEqual({ ...before, [job.event]: { ...own, jobs } });
        expect(hasYamlJob(added.text, job)).toBe(true);
        expect(withYamlJob(added.text, job)).toEqual(added);
        // What is only the name of a key says nothing, and may go.
        if (/^"?post-checkout"?:[^\n]*\n(?: {2}'?jobs'?:\s*\n)?(?! )/m.test(`${text}\n`)) return;
        expect(withoutYamlJob(added.text, job)).toEqual({ ok: true, text });
      }),
      { numRuns: 500 },
    );
  });

  it('that was edited is taken out whole', () => {
    const text = 'post-checkout:\n  jobs:\n    - name: ours\n      run: |\n        mine\n\n# end\n';
    expect(withoutYamlJob(text, job)).toEqual({ ok: true, text: '\n# end\n' });
  });

  it.each([
    ['post-checkout: {}\n', 1],
    ['a: b\npost-checkout:\n  jobs: []\n', 2],
    ['post-checkout: some text\n', 1],
    ['post-checkout: |\n  some text\n', 1],
    ['- a\n', 1],
    ['a: 1\n---\nb: 2\n', 2],
    ['a: 1\na: 2\n', 2],
    ['{a: 1}\n', undefined],
    ['a: 1\n...\n', undefined],
    ['a: *b\n', 1],
  ])('is not put into %j', (text, line) => {
    expect(withYamlJob(text, job)).toMatchObject({ ok: false, line });
  });

  it('is not there when only a part of it is', () => {
    expect(hasYamlJob('post-checkout:\n  jobs:\n    - name: ours\n', job)).toBe(false);
    expect(hasYamlJob('# ours\n', job)).toBe(false);
    expect(hasYamlJob('a: [\n', job)).toBe(false);
  });
});

function read(text: string): Readonly<Record<string, Readonly<Record<string, unknown>> | null>> {
  const decoded = decodeYaml(text);
  if (!decoded.ok) throw new Error(`${decoded.problem} in ${text}`);
  return (decoded.value ?? {}) as ReturnType<typeof read>;
}
