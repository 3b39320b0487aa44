import { isOlder, oldestGit, runsConfiguredHooks } from '../../git/version.ts';
import { type Check, problem, well } from './check.ts';
import type { Examined } from './examined.ts';

export async function checkGit({ scene }: Examined): Promise<readonly Check[]> {
  const { gitVersion } = scene.surroundings;
  const version = gitVersion.join('.');
  const needed = oldestGit.join('.');
  if (isOlder(gitVersion, oldestGit)) {
    return [problem('git-too-old', `git ${version} is too old.`, `Install git ${needed} or newer`)];
  }
  const hooks = runsConfiguredHooks(gitVersion) ? ', which runs hooks of its configuration' : '';
  return [well('git', `git ${version}${hooks}.`)];
}

/** What other commands refuse to run with is here one finding among others. */
export async function checkConfiguration({ project }: Examined): Promise<readonly Check[]> {
  const { warnings } = project;
  if (warnings.length === 0) return [well('configuration', 'The configuration can be used.')];
  return warnings.map((message) =>
    problem('configuration', message, 'Correct the file named; mpm-session config shows the rest'),
  );
}
