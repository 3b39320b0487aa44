import { execFileSync } from 'node:child_process';
import { runsConfiguredHooks } from '../../src/git/version.ts';
import { hermeticEnv } from '../helpers/temporary.ts';

/** Whether the git of the tests (`MPM_TEST_GIT`) runs hooks of its configuration. */
export const hasConfiguredHooks = runsConfiguredHooks(gitVersion());

function gitVersion(): readonly [number, number] {
  const version = execFileSync('git', ['version'], { env: hermeticEnv('/'), encoding: 'utf8' });
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(version) ?? [];
  return [Number(major), Number(minor)];
}
