/**
 * Settings for every git that is started here: none may run a program, change what is printed, or
 * start work in the background. `core.quotePath` matters only for messages, since everything that
 * is parsed is asked for with `-z`.
 */
export const settings = [
  'core.fsmonitor=false',
  'core.hooksPath=/dev/null',
  'safe.bareRepository=explicit',
  'log.showSignature=false',
  'core.quotePath=false',
  'submodule.recurse=false',
  'maintenance.auto=false',
  'gc.auto=0',
] as const;
