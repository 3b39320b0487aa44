import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisions } from '../../src/hooks/decisions.ts';
import { type OfferSettings, offerKeyOf, parseOffer, renderOffer } from '../../src/hooks/offer.ts';
import type { SessionRecord } from '../../src/session/record.ts';
import { anyRecord, emptyRecord, fullRecord, someOid } from '../helpers/records.ts';

const auto: OfferSettings = { mode: 'auto', ignoreBranches: [] };

const linesOf = (record: SessionRecord, settings = auto, names: readonly string[] = []) =>
  renderOffer(record, settings, names).split('\n');

/** A record of a branch with these words. */
function saying(conversation: Partial<SessionRecord['conversation']>, branch = 'main') {
  const { git_context: git } = fullRecord();
  return emptyRecord({
    git_context: { ...git, branch },
    conversation: { summary: '', accomplishments: [], next_steps: [], ...conversation },
  });
}

const localTime = /\d{4}-\d{2}-\d{2} \d{2}:\d{2}/;

describe('an offer', () => {
  it('says what is paused, what comes next and how to load it', () => {
    const [header, ...lines] = linesOf(fullRecord());
    expect(header).toBe('1 20261122141852 session-20261122-141852 ask -');
    expect(lines).toEqual([
      expect.stringMatching(
        /^mpm-session: paused on feature\/login, 2026-11-2[123] \d\d:\d\d: "about to test the login flow …"$/,
      ),
      '  Next step: "test expiry"',
      expect.stringMatching(/git mpm-resume/),
      '',
    ]);
  });

  it('takes the task where there is no message', () => {
    const [, line] = linesOf(saying({ primary_task: 'Login with passkeys' }));
    expect(line).toMatch(/: "Login with passkeys"$/);
  });

  it('is content with the next step', () => {
    const [, line, next, how] = linesOf(saying({ next_steps: ['', 'write docs'] }));
    expect(line).toMatch(/\d\d:\d\d$/);
    expect(next).toBe('  Next step: "write docs"');
    expect(how).toContain('git mpm-resume');
  });

  it('says so when nothing was said', () => {
    const lines = linesOf(saying({ summary: ' \u200b\n' }));
    expect(lines).toHaveLength(4);
    expect(lines[1]).toMatch(/, no message$/);
  });

  it('of a detached HEAD names the commit', () => {
    const { git_context: git } = fullRecord();
    const { branch_id: _identity, ...rest } = git;
    const detached = { ...rest, branch: null, head: someOid, detached: true };
    const record = fullRecord({ git_context: detached });
    expect(offerKeyOf(record)).toBe(someOid);
    expect(linesOf(record)[1]).toMatch(/^mpm-session: paused at 1f0b8a8d4a, /);
  });
});

describe('a message', () => {
  it('is cut at 120 columns', () => {
    const [, line = ''] = linesOf(saying({ summary: 'x'.repeat(1_000_000) }));
    expect(line).toHaveLength(120);
    expect(line).toMatch(/x…$/);
  });

  it.each([
    ['just fits', 0, /x"$/],
    ['is one character too long', 1, /x…$/],
  ])('that %s', (_, more, end) => {
    const [, empty = ''] = linesOf(saying({ summary: 'x' }));
    const [, line = ''] = linesOf(saying({ summary: 'x'.repeat(121 - empty.length + more) }));
    expect(line).toHaveLength(120);
    expect(line).toMatch(end);
  });

  it.each([
    ['CJK', '試', 2],
    ['Hangul', '한', 2],
    ['full width', 'Ａ', 2],
    ['emoji', '🚀', 2],
    ['half width', 'ｱ', 1],
    ['Greek', 'λ', 1],
    ['marks', 'e\u0301', 1],
  ])('of %s takes the columns it takes on a terminal', (_, character, width) => {
    const [, line = ''] = linesOf(saying({ summary: character.repeat(300) }));
    const shown = line.slice(line.indexOf('"') + 1, -1);
    const before = line.indexOf('"') + 1;
    const count = shown.split(character).length - 1;
    expect(shown).toBe(character.repeat(count));
    expect(before + count * width + 1).toBeGreaterThan(120 - width);
    expect(before + count * width + 1).toBeLessThanOrEqual(120);
  });

  it('with a thousand marks on one letter stays short', () => {
    const [, line = ''] = linesOf(saying({ summary: `a${'\u0301'.repeat(1000)}b` }));
    expect(line.length).toBeLessThan(500);
    expect(line).toMatch(/…$/);
  });

  it('cannot act on a terminal, turn the reading direction, or add a line', () => {
    const hostile =
      'a\u001b]0;title\u0007b\u202ec\u200bd\u0000e\u0085f\u2028g\r1 20990101000000 x ask -';
    const text = renderOffer(saying({ summary: hostile, next_steps: [hostile] }), auto, []);
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}|[\u200b\u2028\u2029]/u);
    expect(text.split('\n')).toHaveLength(5);
  });

  it('leaves room for itself beside a long branch', () => {
    const [, line = ''] = linesOf(saying({ summary: 'the message' }, 'b'.repeat(240)));
    expect(line).toMatch(localTime);
    expect(line).toMatch(/"the message"$/);
  });
});

describe('an offer is quiet', () => {
  const quiet = (record: SessionRecord, settings = auto, names: readonly string[] = []) => {
    const offer = parseOffer(renderOffer(record, settings, names));
    if (offer?.manner === 'quiet') expect(offer.lines).toEqual([]);
    return offer?.reason;
  };

  it.each(['resumed', 'dismissed'] as const)('once %s', (status) => {
    expect(quiet(fullRecord({ lifecycle: { status } }))).toBe(status);
  });

  it('when offers are off', () => {
    expect(quiet(fullRecord(), { ...auto, mode: 'off' })).toBe('offers-off');
  });

  it.each([
    ['feature/login', true],
    ['feature/*', true],
    ['*', false],
    ['**', true],
    ['feature/', true],
    ['feature/**', true],
    ['feature/**/login', true],
    ['**/login', true],
    ['**/logi', false],
    ['**/ogin', false],
    ['feat*/log?n', true],
    ['feature?login', false],
    ['feature/log', false],
    ['login', false],
    ['Feature/login', false],
    ['feat**', false],
    ['feature/\\login', true],
    ['feature/\\*', false],
    ['(feature/login|x)', false],
    ['feature.login', false],
  ])('on branches that %j names: %s', (pattern, isIgnored) => {
    const settings: OfferSettings = { mode: 'auto', ignoreBranches: ['other', pattern] };
    expect(quiet(fullRecord(), settings)).toBe(isIgnored ? 'ignored-branch' : undefined);
  });

  it('does not hang on a hostile pattern', () => {
    const settings: OfferSettings = { mode: 'auto', ignoreBranches: [`${'*a'.repeat(30_000)}b`] };
    expect(quiet(saying({}, 'a'.repeat(200)), settings)).toBeUndefined();
  });

  it('by what the branch is called now, and only when all that share the session are', () => {
    const settings: OfferSettings = { mode: 'auto', ignoreBranches: ['release/*'] };
    expect(quiet(fullRecord(), settings, ['release/1'])).toBe('ignored-branch');
    expect(quiet(fullRecord(), settings, ['release/1', 'copy'])).toBeUndefined();
    expect(quiet(saying({}, 'release/1'), settings, ['renamed'])).toBeUndefined();
  });

  it('never by a pattern when HEAD was detached', () => {
    const { branch_id: _identity, ...git } = fullRecord().git_context;
    const record = fullRecord({ git_context: { ...git, branch: null, detached: true } });
    expect(quiet(record, { mode: 'auto', ignoreBranches: ['**'] })).toBeUndefined();
  });

  it('for reasons that why can explain', () => {
    for (const reason of ['resumed', 'dismissed', 'ignored-branch', 'offers-off']) {
      expect(decisions).toContain(reason);
    }
  });
});

it('is only a hint when the configuration says so', () => {
  const offer = parseOffer(renderOffer(fullRecord(), { ...auto, mode: 'hint' }, []));
  expect(offer).toMatchObject({ manner: 'hint', reason: undefined });
  expect(offer?.lines).toHaveLength(3);
});

describe('the key', () => {
  const { git_context: git } = fullRecord();

  it('is the identity of the branch', () => {
    expect(offerKeyOf(fullRecord())).toBe(git.branch_id);
  });

  it.each(['', '..', '../../../etc/passwd', '0123456789ABCDEF0123', `${git.branch_id}0`])(
    'is no other text than an identity: %j',
    (identity) => {
      expect(offerKeyOf(fullRecord({ git_context: { ...git, branch_id: identity } }))).toBe(
        undefined,
      );
    },
  );

  it('is not there for a session of claude-mpm', () => {
    const { branch_id: _identity, ...rest } = git;
    expect(offerKeyOf(fullRecord({ git_context: rest }))).toBeUndefined();
    expect(offerKeyOf(emptyRecord())).toBeUndefined();
  });
});

describe('reading an offer', () => {
  it('gives what was rendered, whatever the session holds', () => {
    const mode = fc.constantFrom('auto' as const, 'hint' as const, 'off' as const);
    fc.assert(
      fc.property(anyRecord, mode, (record, chosen) => {
        const text = renderOffer(record, { mode: chosen, ignoreBranches: [] }, []);
        const offer = parseOffer(text);
        expect(offer?.id).toBe(record.session_id);
        expect(`${[text.split('\n')[0], ...(offer?.lines ?? [])].join('\n')}\n`).toBe(text);
        for (const line of offer?.lines ?? []) expect([...line].length).toBeLessThanOrEqual(480);
        expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
      }),
      { numRuns: 500 },
    );
  });

  const whole = renderOffer(fullRecord(), auto, []);
  const [header = ''] = whole.split('\n');

  it.each([
    '',
    '\n',
    whole.slice(0, -1),
    whole.slice(0, 20),
    `${whole}more\n`,
    whole.replace(/^1/, '2'),
    whole.replace('ask', 'shout'),
    whole.replace('ask -', 'ask resumed'),
    whole.replace('ask -', 'quiet -'),
    whole.replace('20261122141852', '20261122141853'),
    whole.replace('session-20261122-141852', 'session-../../x'),
    `${header} more\n`,
  ])('that is damaged: %j', (text) => {
    expect(parseOffer(text)).toBeUndefined();
  });
});
