import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseStatus } from '../../src/git/status.ts';
import type { Change, Head, Oid, WorkTreeStatus } from '../../src/session/git-state.ts';
import {
  createRepository,
  layouts,
  repositoryAt,
  type TestRepository,
} from '../helpers/repository.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';

const oid = 'a'.repeat(40) as Oid;
const otherOid = 'b'.repeat(40) as Oid;
const onMain = `# branch.oid ${oid}\0# branch.head main\0`;
const fields1 = `N... 100644 100644 100644 ${oid} ${otherOid}`;
const fieldsU = `N... 100644 100644 100644 100644 ${oid} ${oid} ${oid}`;

/** One character a byte, so that a test can hold bytes that are no UTF-8. */
const bytes = (text: string) => Buffer.from(text, 'latin1');
const parse = (text: string) => parseStatus(bytes(text));
const changesIn = (text: string) => parse(onMain + text).changes;

describe('the output of git status, byte by byte', () => {
  it('is a clean branch when there are only headers', () => {
    expect(parse(onMain)).toEqual({
      head: { kind: 'branch', branch: 'main', oid },
      upstream: null,
      stashCount: 0,
      changes: [],
    });
  });

  it.each<[string, string, Head]>([
    ['(initial)', 'main', { kind: 'unborn', branch: 'main' as never }],
    ['(initial)', '(detached)', { kind: 'unborn', branch: '(detached)' as never }],
    [oid, '(detached)', { kind: 'detached', oid }],
    [oid, 'a/b', { kind: 'branch', branch: 'a/b' as never, oid }],
    [oid, '\u{c3}\u{a9}', { kind: 'branch', branch: 'é' as never, oid }],
    [oid, 'x\u{ff}', { kind: 'branch', branch: 'x\ufffd' as never, oid }],
  ])('says where HEAD is: %s %s', (commit, branch, head) => {
    expect(parse(`# branch.oid ${commit}\0# branch.head ${branch}\0`).head).toEqual(head);
  });

  it('takes ids of 64 digits', () => {
    const long = 'c'.repeat(64);
    const status = parse(
      `# branch.oid ${long}\0# branch.head main\0` +
        `1 M. N... 100644 100644 100644 ${long} ${long} a\0` +
        `u UU N... 100644 100644 100644 100644 ${long} ${long} ${long} b\0`,
    );
    expect(status.head).toEqual({ kind: 'branch', branch: 'main', oid: long });
    expect(status.changes.map((change) => change.path.text)).toEqual(['a', 'b']);
  });

  it.each([
    ['# branch.upstream origin/main\0# branch.ab +2 -13\0', 2, 13],
    ['# branch.upstream origin/main\0', null, null],
    ['# branch.upstream origin/main\0# branch.ab +? -?\0', null, null],
  ])('counts to the upstream, or does not: %s', (headers, ahead, behind) => {
    expect(parse(onMain + headers).upstream).toEqual({ name: 'origin/main', ahead, behind });
  });

  it('passes over headers it does not know', () => {
    expect(parse(`${onMain}# future.header some value\0# stash 3\0`).stashCount).toBe(3);
  });

  it.each([
    ['1 M.', 'staged'],
    ['1 A.', 'staged'],
    ['1 D.', 'staged'],
    ['1 T.', 'staged'],
    ['1 .M', 'unstaged'],
    ['1 .T', 'unstaged'],
    ['1 .D', 'unstaged'],
    ['1 .A', 'unstaged'],
    ['1 MM', 'both'],
    ['1 AD', 'both'],
  ])('tells staged, unstaged and both apart: %s', (start, kind) => {
    expect(changesIn(`${start} ${fields1} name\0`)).toEqual([
      { path: { text: 'name' }, index: start[2], worktree: start[3], kind },
    ]);
  });

  it.each([
    ['2 R. ', 'R100', 'staged'],
    ['2 RM ', 'R75', 'both'],
    ['2 C. ', 'C9', 'staged'],
    ['2 .R ', 'R100', 'unstaged'],
  ])('knows where a renamed path came from: %s', (start, score, kind) => {
    expect(changesIn(`${start}${fields1} ${score} new name\0old\nname\0? other\0`)).toEqual([
      {
        path: { text: 'new name' },
        from: { text: 'old\nname' },
        index: start[2],
        worktree: start[3],
        kind,
      },
      { path: { text: 'other' }, index: '?', worktree: '?', kind: 'untracked' },
    ]);
  });

  it.each(['DD', 'AU', 'UD', 'UA', 'DU', 'AA', 'UU'])('reads a conflict: %s', (letters) => {
    expect(changesIn(`u ${letters} ${fieldsU} name\0`)).toEqual([
      { path: { text: 'name' }, index: letters[0], worktree: letters[1], kind: 'conflicted' },
    ]);
  });

  it('leaves ignored entries out', () => {
    expect(changesIn('? new\0! node_modules/\0')).toHaveLength(1);
  });

  it.each([' leading', 'trailing ', '  ', 'a\tb', 'a\nb', '"quoted"', "'", '\\', 'a -> b', '# x'])(
    'takes a name as it is: %j',
    (name) => {
      const [changed, untracked] = changesIn(`1 M. ${fields1} ${name}\0? ${name}\0`);
      expect(changed?.path).toEqual({ text: name });
      expect(untracked?.path).toEqual({ text: name });
    },
  );

  it.each([
    ['invalid bytes', [0x61, 0xff, 0x62], { text: 'a\ufffdb', base64: 'Yf9i' }],
    ['a sequence cut off', [0x61, 0xc3], { text: 'a\ufffd', base64: 'YcM=' }],
    ['a surrogate', [0xed, 0xa0, 0x80], { text: '\ufffd\ufffd\ufffd', base64: '7aCA' }],
    ['U+FFFD itself', [0xef, 0xbf, 0xbd], { text: '\ufffd' }],
    ['a byte order mark', [0xef, 0xbb, 0xbf, 0x61], { text: '\ufeffa' }],
    ['a name beyond the BMP', [0xf0, 0x9f, 0x98, 0x80], { text: '😀' }],
  ])('keeps the bytes of a name that is not UTF-8: %s', (_, name, expected) => {
    const output = Buffer.concat([bytes(`${onMain}? `), Buffer.from(name), bytes('\0')]);
    expect(parseStatus(output).changes[0]?.path).toEqual(expected);
  });
});

describe('malformed output is never taken for a status', () => {
  const start = onMain.length;

  it.each<[string, string, number]>([
    ['nothing at all', '', 0],
    ['no branch.head', `# branch.oid ${oid}\0`, 54],
    ['no branch.oid', '# branch.head main\0', 19],
    ['branch.oid that is no id', '# branch.oid abc\0# branch.head main\0', 0],
    ['a second branch.head', `${onMain}# branch.head other\0`, start],
    ['a header without value', `${onMain}# stash\0`, start],
    ['a header with an empty value', `${onMain}# stash \0`, start],
    ['a header without blank', `${onMain}#stash 1\0`, start],
    ['a stash that is no number', `${onMain}# stash x\0`, start],
    ['a count that is no number', `${onMain}# branch.upstream o\0# branch.ab +1 -x\0`, start + 20],
    ['a count without upstream', `${onMain}# branch.ab +1 -1\0`, start],
    ['a record cut off', `${onMain}? untrack`, start],
    ['a record cut off, after others', `${onMain}? a\0? b`, start + 4],
    [
      'a rename without its old name',
      `${onMain}2 R. ${fields1} R100 new\0`,
      start + fields1.length + 15,
    ],
    [
      'a rename with an empty old name',
      `${onMain}2 R. ${fields1} R100 new\0\0`,
      start + fields1.length + 15,
    ],
    ['an unknown kind', `${onMain}3 M. ${fields1} a\0`, start],
    ['an empty record', `${onMain}\0`, start],
    ['version 1', `${onMain} M a\0`, start],
    ['an error message', 'fatal: not a git repository\n', 0],
    ['lines for NULs', onMain.replaceAll('\0', '\n'), 0],
    ['an unknown letter', `${onMain}1 X. ${fields1} a\0`, start],
    ['an unchanged entry', `${onMain}1 .. ${fields1} a\0`, start],
    ['a rename that is none', `${onMain}2 M. ${fields1} R100 a\0b\0`, start],
    ['a rename without score', `${onMain}2 R. ${fields1} a\0b\0`, start],
    ['a rename of kind 1', `${onMain}1 R. ${fields1} a\0`, start],
    ['an impossible conflict', `${onMain}u UM ${fieldsU} a\0`, start],
    ['a conflict with two ids', `${onMain}u UU ${fieldsU.slice(0, -41)} a\0`, start],
    ['a mode that is not octal', `${onMain}1 M. ${fields1.replace('100644', '100844')} a\0`, start],
    ['an id too short', `${onMain}1 M. ${fields1.slice(0, -1)} a\0`, start],
    ['ids of two lengths', `${onMain}1 M. ${fields1}${'b'.repeat(24)} a\0`, start],
    ['an unknown submodule state', `${onMain}1 M. ${fields1.replace('N...', 'SX..')} a\0`, start],
    ['an empty path', `${onMain}1 M. ${fields1} \0`, start + fields1.length + 6],
    ['an empty untracked path', `${onMain}? \0`, start + 2],
    ['an untracked path without blank', `${onMain}?a\0`, start],
    ['an empty ignored path', `${onMain}! \0`, start + 2],
  ])('%s', (_, output, offset) => {
    expect(() => parse(output)).toThrow(new RegExp(`at byte ${offset},`));
  });
});

const statusArgs = [
  'status',
  '--porcelain=v2',
  '--branch',
  '--show-stash',
  '-z',
  '--untracked-files=all',
];
const statusOf = (repository: TestRepository, ...before: string[]): WorkTreeStatus =>
  parseStatus(repository.gitBytes(...before, ...statusArgs));

/** `staged M. name`, sorted: all there is to know of a change on one line. */
const linesOf = (changes: readonly Change[]) =>
  changes
    .map(({ kind, index, worktree, path: { text }, from }) =>
      [kind, index + worktree, text, ...(from ? ['from', from.text] : [])].join(' '),
    )
    .sort();

describe('HEAD in real repositories', () => {
  it('is unborn before the first commit', () => {
    const repository = createRepository();
    repository.write('a', '');
    repository.git('add', 'a');
    const status = statusOf(repository);
    expect(status.head).toEqual({ kind: 'unborn', branch: 'main' });
    expect(linesOf(status.changes)).toEqual(['staged A. a']);
  });

  it.each(layouts.filter((layout) => layout !== 'bare'))('is a branch: %s', (layout) => {
    const repository = createRepository({ layout });
    const commit = repository.commit('first');
    expect(statusOf(repository).head).toEqual({
      kind: 'branch',
      branch: layout === 'linked-worktree' ? 'linked' : 'main',
      oid: commit,
    });
  });

  it('has 64 digits in a SHA-256 repository', () => {
    const repository = createRepository({ objectFormat: 'sha256' });
    const commit = repository.commit('first', { old: 'one\ntwo\nthree\n', changed: '1' });
    repository.git('mv', 'old', 'new');
    repository.write('changed', '2');
    const status = statusOf(repository);
    expect(status.head).toEqual({ kind: 'branch', branch: 'main', oid: commit });
    expect(linesOf(status.changes)).toEqual(['staged R. new from old', 'unstaged .M changed']);
  });

  it('is detached at a commit', () => {
    const repository = createRepository();
    const commit = repository.commit('first');
    repository.git('checkout', '--quiet', '--detach');
    expect(statusOf(repository).head).toEqual({ kind: 'detached', oid: commit });
  });

  it('can be a branch called (detached): told apart without a commit, not with one', () => {
    const repository = createRepository();
    repository.git('symbolic-ref', 'HEAD', 'refs/heads/(detached)');
    expect(statusOf(repository).head).toEqual({ kind: 'unborn', branch: '(detached)' });
    const commit = repository.commit('first');
    const onBranch = repository.gitBytes(...statusArgs);
    expect(repository.git('rev-parse', '--symbolic-full-name', 'HEAD')).toBe(
      'refs/heads/(detached)\n',
    );
    repository.git('checkout', '--quiet', '--detach');
    expect(repository.gitBytes(...statusArgs)).toEqual(onBranch);
    expect(repository.git('rev-parse', '--symbolic-full-name', 'HEAD')).toBe('HEAD\n');
    expect(parseStatus(onBranch).head).toEqual({ kind: 'detached', oid: commit });
  });

  it('can be a branch whose name is not UTF-8', () => {
    const repository = createRepository();
    const commit = repository.commit('first');
    // A loose ref by hand: the arguments of a process are text in Node.
    const refs = Buffer.from(`${repository.path}/.git/refs/heads/`);
    const name = Buffer.from([0x62, 0xff]);
    writeFileSync(Buffer.concat([refs, name]), `${commit}\n`);
    const head = Buffer.concat([Buffer.from('ref: refs/heads/'), name, Buffer.from('\n')]);
    writeFileSync(path.join(repository.path, '.git/HEAD'), head);
    expect(statusOf(repository).head).toMatchObject({ kind: 'branch', branch: 'b\ufffd' });
  });
});

describe('the upstream in real repositories', () => {
  const cloneOf = (origin: TestRepository) => {
    const target = path.join(temporaryDirectory(), 'clone');
    origin.git('clone', '--quiet', '.', target);
    return repositoryAt(target, origin.home);
  };
  const clonedPair = () => {
    const origin = createRepository();
    origin.commit('first');
    return { origin, clone: cloneOf(origin) };
  };

  it('is ahead and behind', () => {
    const { origin, clone } = clonedPair();
    expect(statusOf(clone).upstream).toEqual({ name: 'origin/main', ahead: 0, behind: 0 });
    clone.commit('ours');
    clone.commit('ours too');
    origin.commit('theirs');
    clone.git('fetch', '--quiet');
    expect(statusOf(clone).upstream).toEqual({ name: 'origin/main', ahead: 2, behind: 1 });
  });

  it('cannot be counted to when it is gone', () => {
    const { clone } = clonedPair();
    clone.git('update-ref', '-d', 'refs/remotes/origin/main');
    expect(statusOf(clone).upstream).toEqual({ name: 'origin/main', ahead: null, behind: null });
  });

  it('is there before the first commit', () => {
    const status = statusOf(cloneOf(createRepository()));
    expect(status.head).toEqual({ kind: 'unborn', branch: 'main' });
    expect(status.upstream).toEqual({ name: 'origin/main', ahead: null, behind: null });
  });

  it('is not that of a branch with the name of the tag that HEAD is detached at', () => {
    const { clone } = clonedPair();
    clone.git('branch', '--track', 'v1', 'origin/main');
    clone.git('tag', 'v1');
    clone.git('checkout', '--quiet', 'tags/v1');
    expect(clone.git(...statusArgs)).toContain('# branch.upstream origin/main\0');
    expect(statusOf(clone)).toMatchObject({ head: { kind: 'detached' }, upstream: null });
  });
});

describe('changes in real repositories', () => {
  it('tells staged, unstaged, both and untracked apart', () => {
    const repository = createRepository();
    const names = ['staged', 'unstaged', 'both', 'gone', 'removed', 'kept', 'mode', 'same'];
    repository.commit('first', Object.fromEntries(names.map((name) => [name, `${name}\n`])));
    repository.write('staged', '2\n');
    repository.write('both', '2\n');
    repository.git('add', 'staged', 'both');
    repository.write('both', '3\n');
    repository.write('unstaged', '2\n');
    rmSync(path.join(repository.path, 'gone'));
    repository.git('rm', '--quiet', 'removed');
    repository.git('rm', '--quiet', '--cached', 'kept');
    repository.write('mode', 'mode\n', 0o755);
    repository.write('dir/new', '');
    repository.write('intended', 'text\n');
    repository.git('add', '--intent-to-add', 'intended');
    expect(linesOf(statusOf(repository).changes)).toEqual([
      'both MM both',
      'staged D. kept',
      'staged D. removed',
      'staged M. staged',
      'unstaged .A intended',
      'unstaged .D gone',
      'unstaged .M mode',
      'unstaged .M unstaged',
      'untracked ?? dir/new',
      'untracked ?? kept',
    ]);
  });

  it('sees a file that became a symlink', () => {
    const repository = createRepository();
    repository.commit('first', { a: '1', b: '1' });
    for (const name of ['a', 'b']) {
      rmSync(path.join(repository.path, name));
      symlinkSync('target', path.join(repository.path, name));
    }
    repository.git('add', 'a');
    expect(linesOf(statusOf(repository).changes)).toEqual(['staged T. a', 'unstaged .T b']);
  });

  it('follows renames and copies, also of files only intended to be added', () => {
    const repository = createRepository();
    const text = (name: string) => `${name}\n`.repeat(20);
    repository.commit('first', {
      old: text('o'),
      edited: text('e'),
      model: text('m'),
      z: text('z'),
    });
    repository.git('mv', 'old', 'new');
    repository.git('mv', 'edited', 'moved and edited');
    repository.write('moved and edited', `${text('e')}more\n`);
    repository.write('model', `${text('m')}more\n`);
    repository.write('copy', text('m'));
    repository.git('add', 'model', 'copy');
    renameSync(path.join(repository.path, 'z'), path.join(repository.path, 'zz'));
    repository.git('add', '--intent-to-add', 'zz');
    expect(linesOf(statusOf(repository, '-c', 'status.renames=copies').changes)).toEqual([
      'both RM moved and edited from edited',
      'staged C. copy from model',
      'staged M. model',
      'staged R. new from old',
      'unstaged .R zz from z',
    ]);
  });

  it('reads all seven kinds of conflict', () => {
    const repository = createRepository();
    const commit = repository.commit('first', { file: 'text' });
    const blob = repository.git('rev-parse', `${commit}:file`).trim();
    const stages = { DD: [1], AU: [2], UD: [1, 2], UA: [3], DU: [1, 3], AA: [2, 3], UU: [1, 2, 3] };
    for (const [name, numbers] of Object.entries(stages)) {
      const entries = numbers.map((stage) => `100644 ${blob} ${stage}\t${name}\n`);
      repository.write('.git/entries', entries.join(''));
      repository.git('-c', 'alias.load=!git update-index --index-info <.git/entries', 'load');
    }
    const conflicts = statusOf(repository).changes.filter(({ kind }) => kind === 'conflicted');
    expect(linesOf(conflicts)).toEqual(
      Object.keys(stages)
        .map((letters) => `conflicted ${letters} ${letters}`)
        .sort(),
    );
  });

  it('sees new commits and changes inside a submodule', () => {
    const inner = createRepository({ layout: 'submodule' });
    const outer = repositoryAt(inner.outer, inner.home);
    expect(statusOf(outer).changes).toEqual([]);
    inner.write('untracked', '');
    expect(linesOf(statusOf(outer).changes)).toEqual(['unstaged .M a module']);
    inner.commit('more', { file: '' });
    outer.git('add', 'a module');
    expect(linesOf(statusOf(outer).changes)).toEqual(['both MM a module']);
  });

  it('lists a repository inside as a directory', () => {
    const repository = createRepository();
    mkdirSync(path.join(repository.path, 'nested'));
    repository.git('-C', 'nested', 'init', '--quiet');
    repository.git('-C', 'nested', 'commit', '--quiet', '--allow-empty', '-m', 'inner');
    expect(linesOf(statusOf(repository).changes)).toEqual(['untracked ?? nested/']);
  });

  it('counts stashes', () => {
    const repository = createRepository();
    repository.commit('first', { a: '1' });
    for (const content of ['2', '3']) {
      repository.write('a', content);
      repository.git('stash', '--quiet');
    }
    expect(statusOf(repository)).toMatchObject({ stashCount: 2, changes: [] });
  });

  it('is the same from a subdirectory and under configuration that changes how git prints', () => {
    const repository = createRepository();
    repository.commit('first', { 'dir/a ü': '1', b: '1' });
    repository.write('dir/a ü', '2');
    repository.write('new', '');
    repository.write('ignored', '');
    repository.write('.git/info/exclude', 'ignored\n');
    const expected = statusOf(repository);
    expect(linesOf(expected.changes)).toEqual(['unstaged .M dir/a ü', 'untracked ?? new']);
    const settings = [
      'color.ui=always',
      'color.status=always',
      'core.quotePath=true',
      'status.relativePaths=true',
      'status.short=true',
      'status.showUntrackedFiles=no',
      'status.aheadBehind=false',
      'status.submoduleSummary=true',
      'column.ui=always',
      'advice.statusHints=true',
    ];
    const options = settings.flatMap((setting) => ['-c', setting]);
    expect(statusOf(repository, '-C', 'dir', ...options)).toEqual(expected);
    expect(parseStatus(repository.gitBytes(...statusArgs, '--ignored'))).toEqual(expected);
  });

  it('takes names that a file system allows and people do not expect', () => {
    const names = [
      ' leading blank',
      'trailing blank ',
      'line\nfeed',
      'tab\tcarriage\rreturn',
      '"quotes" and \'quotes\'',
      'back\\slash',
      'old -> new',
      '-option',
      '# branch.oid (initial)',
      '? question',
      'ümlaut 漢字 😀',
      '\ufeffbyte order mark',
      'replacement \ufffd',
    ].map((name) => Buffer.from(name));
    names.push(Buffer.from([0x66, 0xff, 0xfe]), Buffer.from([0xc3]), Buffer.from([0x01, 0x7f]));

    const repository = createRepository();
    for (const name of names) repository.write(name, `content of ${name.toString('hex')}\n`);
    const seen = (kind: string) =>
      statusOf(repository)
        .changes.filter((change) => change.kind === kind)
        .map((change) => bytesOf(change.path).toString('hex'))
        .sort();
    const expected = names.map((name) => name.toString('hex')).sort();

    expect(seen('untracked')).toEqual(expected);
    repository.git('add', '--all');
    expect(seen('staged')).toEqual(expected);
    repository.git('commit', '--quiet', '-m', 'first');
    for (const name of names) {
      renameBytes(repository, name, Buffer.concat([Buffer.from('moved/'), name]));
    }
    repository.git('add', '--all');
    const renamed = statusOf(repository).changes;
    expect(renamed.map(({ from }) => from && bytesOf(from).toString('hex')).sort()).toEqual(
      expected,
    );
    expect(renamed.every(({ path: to, from }) => to.text === `moved/${from?.text}`)).toBe(true);
  });
});

function renameBytes(repository: TestRepository, from: Buffer, to: Buffer): void {
  const root = Buffer.from(`${repository.path}/`);
  mkdirSync(Buffer.concat([root, Buffer.from('moved')]), { recursive: true });
  renameSync(Buffer.concat([root, from]), Buffer.concat([root, to]));
}

function bytesOf({ text, base64 }: Change['path']): Buffer {
  return base64 === undefined ? Buffer.from(text) : Buffer.from(base64, 'base64');
}

describe('any status git could print', () => {
  const hex = (length: number) =>
    fc.string({
      unit: fc.constantFrom(...'0123456789abcdef'),
      minLength: length,
      maxLength: length,
    });
  const mode = fc.constantFrom('000000', '100644', '100755', '120000', '160000');
  const submodule = fc.constantFrom('N...', 'S...', 'SC..', 'S.M.', 'S..U', 'SCMU');
  const name = fc
    .uint8Array({ minLength: 1, maxLength: 12 })
    .map((array) => Buffer.from(array.map((byte) => byte || 0x20)));
  const path = name.map((raw) => ({
    raw,
    path: isUtf8(raw)
      ? { text: raw.toString() }
      : { text: raw.toString(), base64: raw.toString('base64') },
  }));
  const repeated = (part: string, count: number) => Array(count).fill(part).join(' ');

  interface Printed {
    readonly bytes: Buffer;
    readonly changes: readonly Change[];
  }
  const nul = Buffer.from([0]);

  const kindOf = (index: string, worktree: string) => {
    if (index === '.') return 'unstaged';
    return worktree === '.' ? 'staged' : 'both';
  };
  const changed = (length: number) =>
    fc
      .record({ index: letter, worktree: letter, submodule, mode, id: hex(length), path })
      .filter(({ index, worktree }) => index !== '.' || worktree !== '.')
      .map(({ index, worktree, path: { raw, path: at }, ...other }): Printed => {
        const modes = repeated(other.mode, 3);
        const before = `1 ${index}${worktree} ${other.submodule} ${modes} ${repeated(other.id, 2)} `;
        const kind = kindOf(index, worktree);
        return {
          bytes: Buffer.concat([Buffer.from(before), raw, nul]),
          changes: [{ path: at, index, worktree, kind }],
        };
      });
  const letter = fc.constantFrom('.', 'M', 'T', 'A', 'D');
  const renamed = (length: number) =>
    fc
      .record({
        letters: fc.constantFrom('R.', 'RM', 'RD', 'C.', 'CM', '.R', '.C', 'MR', 'AC'),
        score: fc.nat(100),
        submodule,
        mode,
        id: hex(length),
        path,
        from: path,
      })
      .map(({ letters, path: { raw, path: at }, from, ...other }): Printed => {
        const modes = repeated(other.mode, 3);
        const fields = `${other.submodule} ${modes} ${repeated(other.id, 2)} R${other.score}`;
        const [index = '', worktree = ''] = letters;
        return {
          bytes: Buffer.concat([Buffer.from(`2 ${letters} ${fields} `), raw, nul, from.raw, nul]),
          changes: [{ path: at, from: from.path, index, worktree, kind: kindOf(index, worktree) }],
        };
      });
  const conflicted = (length: number) =>
    fc
      .record({
        letters: fc.constantFrom('DD', 'AU', 'UD', 'UA', 'DU', 'AA', 'UU'),
        submodule,
        mode,
        id: hex(length),
        path,
      })
      .map(({ letters, path: { raw, path: at }, ...other }): Printed => {
        const modes = repeated(other.mode, 4);
        const before = `u ${letters} ${other.submodule} ${modes} ${repeated(other.id, 3)} `;
        const [index = '', worktree = ''] = letters;
        return {
          bytes: Buffer.concat([Buffer.from(before), raw, nul]),
          changes: [{ path: at, index, worktree, kind: 'conflicted' }],
        };
      });
  const other = fc.tuple(fc.constantFrom('?', '!'), path).map(
    ([mark, { raw, path: at }]): Printed => ({
      bytes: Buffer.concat([Buffer.from(`${mark} `), raw, nul]),
      changes:
        mark === '!' ? [] : [{ path: at, index: '?', worktree: '?', kind: 'untracked' as const }],
    }),
  );
  const branchName = fc.stringMatching(/^[a-z(][a-zé()/-]{0,9}$/).filter((x) => x !== '(detached)');
  const head = (length: number) =>
    fc.oneof(
      hex(length).map((id) => ({
        text: `# branch.oid ${id}\0# branch.head (detached)\0`,
        head: { kind: 'detached', oid: id as Oid },
      })),
      fc.tuple(hex(length), branchName).map(([id, branch]) => ({
        text: `# branch.oid ${id}\0# branch.head ${branch}\0`,
        head: { kind: 'branch', oid: id as Oid, branch },
      })),
      branchName.map((branch) => ({
        text: `# branch.oid (initial)\0# branch.head ${branch}\0`,
        head: { kind: 'unborn', branch },
      })),
    );
  const output = fc.constantFrom(40, 64).chain((length) =>
    fc.record({
      head: head(length),
      stash: fc.nat(1000),
      entries: fc.array(fc.oneof(changed(length), renamed(length), conflicted(length), other)),
    }),
  );
  const printed = output.map(({ head: { text, head: at }, stash, entries }) => ({
    bytes: Buffer.concat([
      Buffer.from(text),
      Buffer.from(stash === 0 ? '' : `# stash ${stash}\0`),
      ...entries.map((entry) => entry.bytes),
    ]),
    status: {
      head: at,
      upstream: null,
      stashCount: stash,
      changes: entries.flatMap((entry) => entry.changes),
    },
  }));

  it('is read back as it was meant', () => {
    fc.assert(
      fc.property(printed, ({ bytes: given, status }) => {
        expect(parseStatus(given)).toEqual(status);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused when it was cut off inside a record', () => {
    fc.assert(
      fc.property(printed, fc.nat(), ({ bytes: given }, at) => {
        const cut = given.subarray(0, at % given.length);
        fc.pre(cut.at(-1) !== 0);
        expect(() => parseStatus(cut)).toThrow(/at byte \d+,/);
      }),
    );
  });

  const isReadOrRefused = (given: Buffer) => {
    try {
      expect(parseStatus(given).changes).toBeInstanceOf(Array);
    } catch (error) {
      expect(String(error)).toMatch(
        /^Error: The output of git status cannot be read: at byte \d+, /,
      );
    }
  };

  it('is read or refused when bytes of it are changed', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(printed, edits, ({ bytes: given }, changes) => {
        for (const [at, byte] of changes) given[at % given.length] = byte;
        isReadOrRefused(given);
      }),
      { numRuns: 2000 },
    );
  });

  it('is read or refused when it is noise', () => {
    const noise = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
    const likely = fc
      .array(fc.constantFrom('#', '1', '2', 'u', '?', '!', ' ', '\0', 'M.', oid, 'N...', '100644'))
      .map((parts) => Buffer.from(onMain + parts.join('')));
    fc.assert(fc.property(fc.oneof(noise, likely), isReadOrRefused), { numRuns: 5000 });
  });
});

function isUtf8(raw: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(raw);
    return true;
  } catch {
    return false;
  }
}

describe('a very large work tree', () => {
  it('is read in a moment', () => {
    const large = Buffer.from(
      onMain +
        Array.from({ length: 100_000 }, (_, at) => {
          if (at % 3 === 0) return `1 .M ${fields1} dir/file ${at}\0`;
          return at % 3 === 1 ? `? dir/new ${at}\0` : `2 R. ${fields1} R100 to/${at}\0from/${at}\0`;
        }).join(''),
    );
    const started = performance.now();
    expect(parseStatus(large).changes).toHaveLength(100_000);
    // Measured: 0.2 s on a busy machine; 90 s when each entry costs a look at the whole output.
    expect(performance.now() - started).toBeLessThan(3000);
  });

  it('is refused as fast when a single path never ends', () => {
    const given = Buffer.alloc(20_000_000, 'a');
    given.write(`${onMain}? `);
    const started = performance.now();
    expect(() => parseStatus(given)).toThrow('ends inside a record');
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
