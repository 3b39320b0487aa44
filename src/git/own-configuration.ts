import { setTimeout as delay } from 'node:timers/promises';
import { isConfigLocked } from './layout.ts';
import { ask, type Repository } from './repository.ts';

/** Keys of the repository's own configuration (`git config --local`), with all their values. */

/** In their order; none when the key is not set. */
export async function readKey(repository: Repository, key: string): Promise<readonly string[]> {
  const answer = await ask(repository, ['config', '--local', '--null', '--get-all', '--', key], {
    answers: [1],
  });
  return answer.stdout.toString('utf8').split('\0').slice(0, -1);
}

/**
 * Gives a key these values and no others, one after the other. Waits while another git holds
 * `config.lock`.
 *
 * @throws Failure `git-failed` when the configuration cannot be written
 */
export async function writeKey(
  repository: Repository,
  key: string,
  values: readonly string[],
): Promise<void> {
  const [first, ...others] = values;
  if (first === undefined) {
    await config(repository, ['--unset-all', '--', key]);
    return;
  }
  await config(repository, ['--replace-all', '--', key, first]);
  for (const value of others) await config(repository, ['--add', '--', key, value]);
}

const looks = 40;
const pauseBetween = 50; // milliseconds; two seconds in all

async function config(repository: Repository, args: readonly string[]): Promise<void> {
  for (let look = 1; look < looks && isConfigLocked(repository.layout); look += 1) {
    await delay(pauseBetween);
  }
  // 5: there is nothing to unset (git-config(1)).
  await ask(repository, ['config', '--local', ...args], { answers: [5] });
}
