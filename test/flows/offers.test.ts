import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { dataOf, list, mpm, outsideGit, pause, repositoryWithCommit } from '../e2e/program.ts';
import { createRepository, repositoryAt, type TestRepository } from '../helpers/repository.ts';
import { temporaryDirectory } from '../helpers/temporary.ts';
import { identitiesOf, offerOn, offersIn, offersOf, vaultOf } from './offers.ts';

let repository: TestRepository;

beforeEach(() => {
  repository = repositoryWithCommit();
});

/** Runs commands that succeed. */
async function run(...lines: readonly string[]): Promise<void> {
  for (const line of lines) await dataOf(repository, line.split(' '));
}

async function paused(message: string): Promise<string> {
  return (await pause(repository, [message])).session.session_id;
}

describe('pausing', () => {
  it('leaves an offer of the branch, which a hook can print', async () => {
    const { session } = await pause(repository, ['about to test', '--next', 'run it']);
    expect(offerOn(repository, 'main')).toEqual({
      id: session.session_id,
      manner: 'ask',
      reason: undefined,
      lines: [
        expect.stringMatching(/^mpm-session: paused on main, .*: "about to test"$/),
        '  Next step: "run it"',
        expect.stringContaining('git mpm-resume'),
      ],
    });
    expect(Object.keys(offersOf(repository) ?? {})).toEqual(identitiesOf(repository, 'main'));
  });

  it('gives the time where the user is', async () => {
    const time = { ...repository.env, TZ: 'Asia/Tokyo' };
    const { session } = await pause(repository, ['x'], { env: time });
    const local = new Date(Date.parse(session.paused_at) + 9 * 3_600_000).toISOString();
    expect(offerOn(repository, 'main')?.lines[0]).toContain(
      `, ${local.slice(0, 10)} ${local.slice(11, 16)}: `,
    );
  });

  it('leaves files that only their owner reads', async () => {
    await paused('x');
    const [identity = ''] = identitiesOf(repository, 'main');
    expect(statSync(offersIn(repository)).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(offersIn(repository), identity)).mode & 0o777).toBe(0o600);
  });

  it('again replaces the offer', async () => {
    await paused('first');
    const id = await paused('second');
    expect(offerOn(repository, 'main')?.id).toBe(id);
    expect(Object.keys(offersOf(repository) ?? {})).toHaveLength(1);
  });

  it('on a branch without a commit offers there', async () => {
    const unborn = createRepository();
    await pause(unborn, ['before the first commit']);
    expect(offerOn(unborn, 'main')?.lines[0]).toContain('paused on main');
  });

  it('on a detached HEAD offers at the commit', async () => {
    repository.git('switch', '--quiet', '--detach');
    const id = await paused('bisecting by hand');
    const head = repository.git('rev-parse', 'HEAD').trim();
    expect(offersOf(repository)).toEqual({
      [head]: expect.objectContaining({ id, manner: 'ask' }),
    });
    expect(offersOf(repository)?.[head]?.lines[0]).toContain(`paused at ${head.slice(0, 10)}`);
  });

  it('in a linked work tree offers from the shared vault', async () => {
    const linked = createRepository({ layout: 'linked-worktree' });
    await pause(linked, ['there']);
    expect(offerOn(linked, 'linked')?.lines[0]).toContain('"there"');
  });

  it('in a repository of SHA-256 offers at its long ids', async () => {
    const sha256 = repositoryWithCommit({ objectFormat: 'sha256' });
    sha256.git('switch', '--quiet', '--detach');
    await pause(sha256, ['x']);
    expect(Object.keys(offersOf(sha256) ?? {})).toEqual([sha256.git('rev-parse', 'HEAD').trim()]);
  });

  it('outside git leaves nothing', async () => {
    const place = outsideGit();
    await pause(place, ['x']);
    expect(readdirSync(place.path)).toEqual(['.claude-mpm']);
  });

  it('succeeds when the offer cannot be written, and says so; the next command mends it', async () => {
    await paused('first');
    rmSync(offersIn(repository), { recursive: true });
    writeFileSync(offersIn(repository), 'in the way');
    const { session, warnings } = await pause(repository, ['second']);
    expect(warnings).toEqual([expect.stringMatching(/^What is offered .* not/)]);
    expect((await list(repository))[0]).toMatchObject({ id: session.session_id, where: 'vault' });
    rmSync(offersIn(repository));
    await list(repository);
    expect(offerOn(repository, 'main')?.id).toBe(session.session_id);
  });
});

describe('a session that is taken up', () => {
  it.each([
    ['resume', 'resumed'],
    ['dismiss', 'dismissed'],
  ])('by %s is offered no more', async (command, reason) => {
    const id = await paused('x');
    await run(command);
    expect(offerOn(repository, 'main')).toEqual({ id, manner: 'quiet', reason, lines: [] });
    await paused('again');
    expect(offerOn(repository, 'main')?.manner).toBe('ask');
  });

  it('is offered still when an older one of the branch is', async () => {
    await paused('older');
    const id = await paused('newer');
    await run('resume 2', 'dismiss 2');
    expect(offerOn(repository, 'main')).toMatchObject({ id, manner: 'ask' });
  });

  it('and whose branch has an older one that is paused does not offer that', async () => {
    await paused('older');
    await paused('newer');
    await run('resume 1');
    expect(offerOn(repository, 'main')).toMatchObject({ manner: 'quiet', reason: 'resumed' });
  });
});

describe('a deleted session', () => {
  it('gives way to the newest that is left', async () => {
    await paused('oldest');
    const id = await paused('older');
    await paused('newest');
    await run('rm 1');
    expect(offerOn(repository, 'main')).toMatchObject({ id, manner: 'ask' });
    await run('dismiss 1', 'rm 2');
    expect(offerOn(repository, 'main')).toMatchObject({ id, reason: 'dismissed' });
  });

  it('leaves other branches alone, and nothing when it was the last', async () => {
    await paused('on main');
    repository.git('switch', '--quiet', '-c', 'other');
    await paused('on other');
    await run('rm 2');
    expect(Object.keys(offersOf(repository) ?? {})).toEqual(identitiesOf(repository, 'other'));
    await run('rm 1');
    expect(existsSync(offersIn(repository))).toBe(false);
  });
});

describe('a branch', () => {
  it('keeps its offer when it is renamed', async () => {
    repository.git('switch', '--quiet', '-c', 'feature');
    const id = await paused('x');
    repository.git('branch', '-m', 'renamed');
    expect(offerOn(repository, 'renamed')?.id).toBe(id);
    await list(repository);
    expect(offerOn(repository, 'renamed')).toMatchObject({ id, manner: 'ask' });
  });

  it('that is moved over another has the offers of both', async () => {
    repository.git('switch', '--quiet', '-c', 'one');
    const first = await paused('on one');
    repository.git('switch', '--quiet', '-c', 'two', 'main');
    const second = await paused('on two');
    repository.git('branch', '-M', 'two', 'one');
    await list(repository);
    const identities = identitiesOf(repository, 'one');
    expect(identities).toHaveLength(2);
    const ids = identities.map((identity) => offersOf(repository)?.[identity]?.id);
    expect(ids.toSorted()).toEqual([first, second]);
  });

  it('shares its offer with a copy', async () => {
    const id = await paused('x');
    repository.git('branch', '-c', 'main', 'copy');
    await list(repository);
    expect(identitiesOf(repository, 'copy')).toEqual(identitiesOf(repository, 'main'));
    expect(offerOn(repository, 'copy')).toMatchObject({ id, manner: 'ask' });
  });

  it('made anew under an old name inherits nothing', async () => {
    repository.git('switch', '--quiet', '-c', 'feature');
    await paused('then');
    const [then = ''] = identitiesOf(repository, 'feature');
    repository.git('switch', '--quiet', 'main');
    repository.git('branch', '-D', 'feature');
    repository.git('switch', '--quiet', '-c', 'feature');
    const id = await paused('now');
    expect(offerOn(repository, 'feature')?.id).toBe(id);
    expect(identitiesOf(repository, 'feature')).not.toContain(then);
    expect(offersOf(repository)?.[then]?.lines[0]).toContain('"then"');
  });
});

describe('offer.ignoreBranches', () => {
  const ignore = (...patterns: string[]) =>
    repository.write('.mpmrc', `offer: {ignoreBranches: ${JSON.stringify(patterns)}}\n`);
  const ignored = { manner: 'quiet', reason: 'ignored-branch' };

  it('holds for a session that is paused then', async () => {
    ignore('release/*');
    repository.git('switch', '--quiet', '-c', 'release/1');
    await paused('x');
    expect(offerOn(repository, 'release/1')).toMatchObject(ignored);
    repository.git('switch', '--quiet', '-c', 'other');
    await paused('y');
    expect(offerOn(repository, 'other')).toMatchObject({ manner: 'ask' });
  });

  it.each(['list', 'pause later', 'show 1', 'resume --branch unrelated'])(
    'takes effect on what was paused before with: %s',
    async (line) => {
      repository.git('switch', '--quiet', '-c', 'unrelated');
      await paused('unrelated');
      repository.git('switch', '--quiet', '-c', 'feature');
      await paused('x');
      repository.git('switch', '--quiet', 'main');
      ignore('feature');
      await run(line);
      expect(offerOn(repository, 'feature')).toMatchObject(ignored);
      ignore('main');
      await run(line);
      expect(offerOn(repository, 'feature')).toMatchObject({ manner: 'ask' });
    },
  );

  it('goes by what the branch is called now', async () => {
    ignore('release/*');
    repository.git('switch', '--quiet', '-c', 'feature');
    await paused('x');
    repository.git('branch', '-m', 'release/2');
    await list(repository);
    expect(offerOn(repository, 'release/2')).toMatchObject(ignored);
    repository.git('branch', '-c', 'release/2', 'copy');
    await list(repository);
    expect(offerOn(repository, 'copy')).toMatchObject({ manner: 'ask' });
    repository.git('switch', '--quiet', 'copy');
    await paused('on the copy');
    await list(repository);
    expect(offerOn(repository, 'copy')).toMatchObject({ manner: 'ask' });
  });
});

describe('offer.mode', () => {
  const mode = (value: string) => repository.write('.mpmrc', `offer: {mode: ${value}}\n`);
  const settings = () => path.join(vaultOf(repository), 'offer-settings');

  it('takes effect with the next command, and back', async () => {
    await paused('x');
    const before = offersOf(repository);
    mode('hint');
    await list(repository);
    expect(offerOn(repository, 'main')).toMatchObject({ manner: 'hint', lines: expect.anything() });
    mode('off');
    await run('show 1');
    expect(offerOn(repository, 'main')).toMatchObject({ manner: 'quiet', reason: 'offers-off' });
    expect(existsSync(settings())).toBe(true);
    rmSync(path.join(repository.path, '.mpmrc'));
    await list(repository);
    expect(offersOf(repository)).toEqual(before);
    expect(existsSync(settings())).toBe(false);
  });

  it.each(['status', 'config', 'why', 'doctor'])('takes effect with %s', async (line) => {
    await paused('x');
    mode('off');
    await mpm(repository, [line]);
    expect(offerOn(repository, 'main')).toMatchObject({ manner: 'quiet', reason: 'offers-off' });
  });

  it('takes effect on all branches with a pause on one', async () => {
    await paused('x');
    repository.git('switch', '--quiet', '-c', 'other');
    mode('hint');
    await paused('y');
    expect(offerOn(repository, 'main')?.manner).toBe('hint');
    expect(offerOn(repository, 'other')?.manner).toBe('hint');
  });
});

describe('what else the hooks are told', () => {
  const user = () => path.join(repository.home, '.config/mpmrc');
  const configure = (text: string) => {
    mkdirSync(path.dirname(user()), { recursive: true });
    writeFileSync(user(), text);
  };
  const isThere = (name: string) => existsSync(path.join(vaultOf(repository), name));

  it.each(['list', 'pause x'])(
    'autoPause is marked by %s, and keeps the directory',
    async (line) => {
      await paused('x');
      expect(isThere('auto-pause')).toBe(false);
      configure('autoPause: switch\n');
      await run(line);
      expect(isThere('auto-pause')).toBe(true);
      while ((await list(repository)).length > 0) await run('rm 1');
      expect(offersOf(repository)).toEqual({});
      configure('autoPause: off\n');
      await list(repository);
      expect([isThere('auto-pause'), isThere('offers')]).toEqual([false, false]);
    },
  );

  it('guard is marked when the user switches it off, and not when a branch does', async () => {
    await paused('x');
    repository.write('.mpmrc', 'guard: off\n');
    await mpm(repository, ['list']);
    expect(isThere('guard-off')).toBe(false);
    configure('guard: off\n');
    await list(repository);
    expect(isThere('guard-off')).toBe(true);
    configure('guard: block\n');
    await paused('y');
    expect(isThere('guard-off')).toBe(false);
  });

  it('nothing where nobody has paused', async () => {
    configure('autoPause: switch\nguard: off\n');
    await list(repository);
    expect(existsSync(vaultOf(repository))).toBe(false);
  });
});

describe('sessions that others wrote', () => {
  const directory = () => path.join(repository.path, '.claude-mpm/sessions');
  const put = (id: string, record: object) => {
    mkdirSync(directory(), { recursive: true });
    writeFileSync(path.join(directory(), `${id}.json`), JSON.stringify(record));
  };

  it('of claude-mpm are not offered', async () => {
    put('session-20991231-235959', {
      session_id: 'session-20991231-235959',
      paused_at: '2099-12-31T23:59:59+00:00',
      conversation: { summary: 'theirs' },
      git_context: { is_git_repo: true, branch: 'main', recent_commits: [] },
    });
    await paused('ours');
    expect((await list(repository))[0]).toMatchObject({ message: 'theirs', problem: null });
    expect(offerOn(repository, 'main')?.lines[0]).toContain('"ours"');
    expect(Object.keys(offersOf(repository) ?? {})).toHaveLength(1);
  });

  it('that came with the repository are not offered', async () => {
    const { session } = await pause(repository, ['ours']);
    const id = 'session-20991231-235959';
    put(id, {
      ...session,
      session_id: id,
      conversation: { ...session.conversation, summary: 'evil' },
    });
    repository.git('add', '--force', '.claude-mpm');
    rmSync(offersIn(repository), { recursive: true });
    expect((await list(repository))[0]).toMatchObject({ id, foreign: true });
    expect(offerOn(repository, 'main')?.lines[0]).toContain('"ours"');
  });

  it('that were copied by hand are not offered', async () => {
    const { session } = await pause(repository, ['ours']);
    const id = 'session-20991231-235959';
    put(id, { ...session, session_id: id });
    rmSync(offersIn(repository), { recursive: true });
    expect((await list(repository))[0]).toMatchObject({ id, where: 'directory', foreign: false });
    expect(offerOn(repository, 'main')?.id).toBe(session.session_id);
  });
});

describe('what was harmed', () => {
  it.each<readonly [string, (file: string) => void]>([
    ['emptied', (file) => writeFileSync(file, '')],
    ['deleted', (file) => rmSync(file)],
    ['edited', (file) => writeFileSync(file, readFileSync(file, 'utf8').replace('"x"', '"y"'))],
  ])('an offer that was %s is rendered anew', async (_, harm) => {
    await paused('x');
    const before = offersOf(repository);
    const [identity = ''] = identitiesOf(repository, 'main');
    harm(path.join(offersIn(repository), identity));
    await list(repository);
    expect(offersOf(repository)).toEqual(before);
  });

  it('an offer of nothing goes, and a file that is none stays', async () => {
    await paused('x');
    const before = readdirSync(offersIn(repository));
    const [identity = ''] = before;
    const offer = readFileSync(path.join(offersIn(repository), identity));
    writeFileSync(path.join(offersIn(repository), 'f'.repeat(20)), offer);
    writeFileSync(path.join(offersIn(repository), 'f'.repeat(40)), 'nonsense');
    await list(repository);
    expect(readdirSync(offersIn(repository))).toEqual(before);
    writeFileSync(path.join(offersIn(repository), 'README'), 'mine');
    await run('rm 1');
    expect(readdirSync(offersIn(repository))).toEqual(['README']);
  });

  it('a damaged newest session gives way to the one before it', async () => {
    const id = await paused('whole');
    const newest = await paused('damaged');
    writeFileSync(path.join(vaultOf(repository), 'sessions', `${newest}.json`), 'nonsense');
    await list(repository);
    expect(offerOn(repository, 'main')?.id).toBe(id);
  });

  it('and nothing is written when all is as it should be', async () => {
    await paused('x');
    await list(repository);
    const [identity = ''] = identitiesOf(repository, 'main');
    const before = statSync(path.join(offersIn(repository), identity), { bigint: true });
    await run('list', 'show 1', 'status');
    const after = statSync(path.join(offersIn(repository), identity), { bigint: true });
    expect([after.ino, after.ctimeNs]).toEqual([before.ino, before.ctimeNs]);
  });
});

it('two that pause at the same time leave the offer of the newest', {
  timeout: 60_000,
}, async () => {
  await paused('first');
  const messages = ['a', 'b', 'c', 'd', 'e', 'f'];
  const all = await Promise.all(messages.map((message) => pause(repository, [message])));
  const ids = all.map(({ session }) => session.session_id as string).toSorted();
  expect(new Set(ids).size).toBe(messages.length);
  expect(all.flatMap(({ warnings }) => warnings)).toEqual([]);
  const offer = offerOn(repository, 'main');
  expect(offer?.id).toBe(ids.at(-1));
  const newest = all.find(({ session }) => session.session_id === ids.at(-1));
  expect(offer?.lines[0]).toContain(`"${newest?.session.conversation.summary}"`);
});

it('of two work trees the newest is offered on a branch that both had', async () => {
  await paused('in the main work tree');
  const linked = path.join(temporaryDirectory(), 'linked');
  repository.git('branch', '-c', 'main', 'copy');
  repository.git('worktree', 'add', '--quiet', linked, 'copy');
  const { session } = await pause(repositoryAt(linked, repository.home), ['in the linked one']);
  expect(offerOn(repository, 'main')?.id).toBe(session.session_id);
});
