import { describe, expect, it } from 'vitest';
import { answerByKey } from '../../src/hooks/keys.ts';
import { isCooked, type OpenTerminal, readProcesses } from '../../src/hooks/terminal.ts';

describe('the settings of a terminal', () => {
  const linux = (local: string) =>
    `speed 38400 baud; rows 24; columns 80; line = 0;\nintr = ^C; quit = ^\\; erase = ^?;\n-parenb cs8\nopost onlcr\n${local}\n`;
  const bsd = (local: string) =>
    `speed 9600 baud; 24 rows; 80 columns;\nlflags: ${local}\niflags: -istrip icrnl\ncchars: eof = ^D;\n`;

  it.each([linux, bsd])('are those of a shell that waits for a command', (form) => {
    expect(isCooked(form('isig icanon iexten echo echoe -noflsh'))).toBe(true);
  });

  it.each([
    'isig -icanon iexten echo',
    '-isig icanon iexten echo',
    'isig icanon iexten -echo echoe',
    '',
  ])('are not: %s', (local) => {
    expect(isCooked(linux(local))).toBe(false);
    expect(isCooked(bsd(local))).toBe(false);
  });
});

describe('what ps says', () => {
  const output = [
    '    1     0     1    -1 /sbin/launchd',
    '  500     1   500   610 -zsh',
    '  610   500   610   610 /usr/bin/git',
    '  611   610   610   610 /bin/sh',
    '  612   611   610   610 /opt/with a blank/node',
    '  700     1   700     0 /usr/libexec/somed',
    'nonsense',
  ];

  it('is read line by line, programs without their paths', () => {
    const look = readProcesses(output.join('\n'));
    expect(look(612)).toMatchObject({
      name: 'node',
      parent: 611,
      group: 610,
      foregroundGroup: 610,
    });
    expect(look(610)).toMatchObject({ name: 'git', parent: 500, speaksToTerminal: true });
    expect(look(999)).toBeUndefined();
  });

  it('tells a pipeline, where something stands beside git that git did not start', () => {
    const look = readProcesses([...output, '  613   500   610   610 /usr/bin/less'].join('\n'));
    expect(look(610)?.speaksToTerminal).toBe(false);
  });

  it('may be in a circle, while processes come and go', () => {
    const look = readProcesses('2 3 2 2 a\n3 2 2 2 b\n4 3 2 2 c\n5 6 2 2 d\n6 5 2 2 e');
    expect(look(2)?.speaksToTerminal).toBe(false);
  });
});

describe('a key', () => {
  const meaning = (byte: number) =>
    new Map([
      [0x79, 'yes'],
      [0x1b, 'no'],
    ]).get(byte);

  function terminal(typed: string): { readonly asked: OpenTerminal; readonly rest: () => string } {
    const bytes = [...Buffer.from(typed)];
    const readKey = () => bytes.shift() ?? 'nothing';
    const line = { readKey } as OpenTerminal['line'];
    const asked = { line, isOurs: () => true } as OpenTerminal;
    return { asked, rest: () => Buffer.from(bytes).toString() };
  }

  async function answer(typed: string): Promise<readonly [string, string]> {
    const { asked, rest } = terminal(typed);
    const clock = { until: () => new Date(0), now: () => new Date(1) };
    return [await answerByKey(asked, meaning, clock), rest()];
  }

  it.each([
    ['the answer', 'yls\r', 'yes', 'ls\r'],
    ['one after keys that mean nothing', 'xyz', 'yes', 'z'],
    ['Escape', '\x1b', 'no', ''],
    ['one after an arrow', '\x1b[Ay', 'yes', ''],
    ['one after Ctrl with an arrow', '\x1b[1;5Cy', 'yes', ''],
    ['one after a function key', '\x1bOPy', 'yes', ''],
    ['none, but a letter with Alt', '\x1by', 'no-answer', ''],
    ['none', '', 'no-answer', ''],
  ])('is %s', async (_name, typed, answered, left) => {
    expect(await answer(typed)).toEqual([answered, left]);
  });

  it('is not read once the terminal is somebody else’s', async () => {
    const { asked, rest } = terminal('y');
    const clock = { until: () => new Date(0), now: () => new Date(1) };
    expect(await answerByKey({ ...asked, isOurs: () => false }, meaning, clock)).toBe('gone');
    expect(rest()).toBe('y');
  });
});
