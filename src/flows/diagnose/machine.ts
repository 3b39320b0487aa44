import { runsConfiguredHooks } from '../../integrations/hook-managers/hooks-path.ts';
import { type Check, problem, well } from './check.ts';
import type { Examined } from './examined.ts';

const oldestGit = [2, 36] as const;

export async function checkGit({ scene }: Examined): Promise<readonly Check[]> {
  const { gitVersion } = scene.surroundings;
  const [major, minor] = gitVersion;
  const version = gitVersion.join('.');
  const needed = oldestGit.join('.');
  if (major < oldestGit[0] || (major === oldestGit[0] && minor < oldestGit[1])) {
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
