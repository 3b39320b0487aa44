import { type SimpleGit, simpleGit } from 'simple-git';
import { settings } from './settings.ts';
import type { GitProgram } from './spawn.ts';

/**
 * git's porcelain through simple-git, the only module to import it. For commands that always print:
 * a silent one costs simple-git 50 ms, and its text output loses bytes, so both go to `spawn.ts`.
 *
 * Its guards against injected options also refuse our own hardening, and the environment that our
 * gateway has cleaned already; each is opted out of by name, and no argument comes from a user
 * unchecked.
 */
export function openPorcelain(program: GitProgram, directory: string): SimpleGit {
  return simpleGit({
    baseDir: directory,
    binary: program.path,
    config: [...settings],
    allowEnvironment: Object.keys(program.env),
    completion: { onClose: true, onExit: false },
    errors: (error, result) =>
      error ??
      (result.exitCode === 0
        ? undefined
        : new Error(Buffer.concat(result.stdErr).toString('utf8').trim())),
    unsafe: {
      allowUnsafeCustomBinary: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeExec: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      // Off, it would put a variable into the environment of every hook git starts.
      allowAbbreviatedOptions: true,
    },
  }).env({ ...program.env });
}
