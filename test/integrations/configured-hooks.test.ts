import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { openRepository } from '../../src/git/repository.ts';
import { readConfiguredHooks } from '../../src/integrations/configured-hooks.ts';
import { createRepository } from '../helpers/repository.ts';

it('reads hooks of the configuration as git-hook(1) has them', async () => {
  const test = createRepository();
  test.git('config', '--global', 'hook.theirs.command', 'first');
  test.git('config', '--global', 'hook.theirs.event', 'pre-commit');
  const text = `[hook "theirs"]
\tevent = pre-push
\tcommand = "two\\nlines"
[hook "a.b"]
\tevent = pre-commit
\tevent =
\tevent = post-checkout
\tcommand = x
\tenabled = No
[hook "on"]
\tenabled
\tcommand = y
[hook "pre-push"]
\tenabled = false
`;
  appendFileSync(path.join(test.path, '.git/config'), text);
  const repository = await openRepository(test.path, test.env);
  if (repository === undefined) throw new Error('not found');
  expect(await readConfiguredHooks(repository)).toEqual({
    hooks: [
      {
        name: 'theirs',
        command: 'two\nlines',
        events: ['pre-commit', 'pre-push'],
        isEnabled: true,
        scope: 'local',
      },
      {
        name: 'a.b',
        command: 'x',
        events: ['post-checkout'],
        isEnabled: false,
        scope: 'local',
      },
      { name: 'on', command: 'y', events: [], isEnabled: true, scope: 'local' },
    ],
    disabledEvents: new Set(['a.b', 'pre-push']),
  });
});
