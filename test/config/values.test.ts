import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultConfig } from '../../src/config/config.ts';
import { configKeys, type Setting, settings } from '../../src/config/settings.ts';
import {
  alwaysWith,
  between,
  count,
  duration,
  either,
  globs,
  type Kind,
  nearestName,
  oneOf,
  size,
  someOf,
  trueOrFalse,
} from '../../src/config/values.ts';

const value = <T>(kind: Kind<T>, written: unknown) => {
  const reading = kind.read(written);
  return reading.ok ? reading.value : 'refused';
};

describe('durations', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['12h', 43_200_000],
    ['30d', 2_592_000_000],
  ])('%s is %i milliseconds', (written, expected) => {
    expect(value(duration, written)).toBe(expected);
  });

  it.each([
    30,
    '30',
    '30 s',
    '-30s',
    '1.5s',
    '30S',
    's',
    '',
    '30sec',
    '1e3s',
    '9999999999999d',
    '30__proto__',
    '30constructor',
    null,
    ['30s'],
  ])('%j is none', (written) => {
    expect(value(duration, written)).toBe('refused');
  });
});

describe('sizes', () => {
  it.each([
    ['0B', 0],
    ['64B', 64],
    ['1KB', 1000],
    ['10MB', 10_000_000],
    ['1GB', 1_000_000_000],
    ['1KiB', 1024],
    ['1MiB', 1_048_576],
    ['1GiB', 1_073_741_824],
  ])('%s is %i bytes', (written, expected) => {
    expect(value(size, written)).toBe(expected);
  });

  it.each([10, '10', '10mb', '10 MB', '-1B', '0.5GB', '10s', '99999999999999GB', true])(
    '%j is none',
    (written) => {
      expect(value(size, written)).toBe('refused');
    },
  );
});

describe('lists of words', () => {
  const formats = someOf('md', 'json', 'yaml');

  it('are given without repetition and in one order', () => {
    expect(value(formats, ['yaml', 'md', 'yaml'])).toEqual(['md', 'yaml']);
  });

  it.each([[[]], ['md'], [null], [{ 0: 'md' }]])('are not %j', (written) => {
    expect(value(formats, written)).toBe('refused');
  });

  it('name the entry that is wrong, and what it was meant to be', () => {
    expect(formats.read(['md', 'html'])).toEqual({ ok: false, item: 1 });
    expect(formats.read(['md', 'jsno'])).toEqual({ ok: false, item: 1, nearest: 'json' });
  });

  it('complete the word that must be there, and say so', () => {
    const withJson = alwaysWith('json', formats);
    expect(withJson.read(['yaml'])).toEqual({
      ok: true,
      value: ['json', 'yaml'],
      remark: 'json cannot be left out',
    });
    expect(withJson.read(['json', 'yaml'])).toEqual({ ok: true, value: ['json', 'yaml'] });
  });
});

describe('patterns', () => {
  it('are texts of one line', () => {
    expect(value(globs, ['release/*', '.env*'])).toEqual(['release/*', '.env*']);
    expect(value(globs, [])).toEqual([]);
  });

  it.each([['main'], [['main', '']], [['a\nb']], [['a\u0000']], [[1]], [[['a']]]])(
    'are not %j',
    (written) => {
      expect(value(globs, written)).toBe('refused');
    },
  );
});

describe('bounded quantities', () => {
  const timeout = between('1s', '10m', duration);

  it.each([
    ['1s', 1000],
    ['1000ms', 1000],
    ['10m', 600_000],
    ['600s', 600_000],
  ])('%s is within', (written, expected) => {
    expect(value(timeout, written)).toBe(expected);
  });

  it.each(['0s', '999ms', '601s', '1h', 30])('%j is not', (written) => {
    expect(value(timeout, written)).toBe('refused');
  });
});

describe('values are written as one writes them', () => {
  it.each([
    [30_000, '30s'],
    [600_000, '10m'],
    [90_000, '90s'],
    [1500, '1500ms'],
    [86_400_000, '1d'],
    [0, '0ms'],
  ])('%i milliseconds: %s', (milliseconds, written) => {
    expect(duration.write(milliseconds)).toBe(written);
  });

  it.each([
    [10_000_000, '10MB'],
    [1_048_576, '1MiB'],
    [1536, '1536B'],
    [0, '0B'],
  ])('%i bytes: %s', (bytes, written) => {
    expect(size.write(bytes)).toBe(written);
  });

  it('and of two kinds by the one it is of', () => {
    const age = either(oneOf('forever'), duration);
    expect([age.write('forever'), age.write(86_400_000)]).toEqual(['forever', '1d']);
    expect(between('1s', '10m', duration).write(5000)).toBe('5s');
  });

  it('and read again, as they were', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e12 }), (quantity) => {
        for (const kind of [duration, size]) {
          expect(kind.read(kind.write(quantity))).toEqual({ ok: true, value: quantity });
        }
      }),
    );
  });

  it('in the default configuration too', () => {
    for (const key of configKeys) {
      const { kind }: Setting<unknown> = settings[key];
      const written = kind.write(defaultConfig[key]);
      expect(kind.read(written), key).toEqual({ ok: true, value: defaultConfig[key] });
    }
  });
});

describe('other kinds', () => {
  it.each([0, 7])('%i is a count', (written) => {
    expect(value(count, written)).toBe(written);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '7', null])(
    '%j is no count',
    (written) => {
      expect(value(count, written)).toBe('refused');
    },
  );

  it('takes only true and false for a boolean', () => {
    expect([true, false].map((written) => value(trueOrFalse, written))).toEqual([true, false]);
    for (const written of ['true', 'yes', 1, 0, null]) {
      expect(value(trueOrFalse, written)).toBe('refused');
    }
  });

  it('suggests the word that was probably meant', () => {
    expect(oneOf('auto', 'hint', 'off').read('hnt')).toEqual({ ok: false, nearest: 'hint' });
    expect(oneOf('auto', 'hint', 'off').read('never')).toEqual({ ok: false });
  });

  it('takes one of two kinds, and reports on the one that was tried', () => {
    const agents = either(oneOf('auto', 'off'), someOf('codex', 'gemini'));
    expect(agents.read('off')).toEqual({ ok: true, value: 'off' });
    expect(agents.read(['codex'])).toEqual({ ok: true, value: ['codex'] });
    expect(agents.read('aut')).toEqual({ ok: false, nearest: 'auto' });
    expect(agents.read(['codex', 'gemin'])).toEqual({ ok: false, item: 1, nearest: 'gemini' });
  });
});

it('does not compare a word of any length with every name', () => {
  expect(nearestName('x'.repeat(41), ['x'.repeat(42)])).toBeUndefined();
  expect(nearestName('x'.repeat(40), ['x'.repeat(42)])).toBe('x'.repeat(42));
});
