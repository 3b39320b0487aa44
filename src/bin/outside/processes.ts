import { readFileSync, statSync } from 'node:fs';
import { errorCode } from '../../errors.ts';
import type { ProcessLook } from '../../io.ts';

/**
 * What Linux says of a process (proc_pid_stat(5)):
 *
 *     <pid> (<name>) <state> <parent> <group> <session> <terminal> <foreground group> …
 *
 * The name may hold anything, also `)`.
 */
export function lookAtProcess(pid: number): ProcessLook | undefined {
  const stat = existing(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  if (stat === undefined) return undefined;
  const nameEnd = stat.lastIndexOf(')');
  const [parent = 0, group = 0, , terminal = 0, foregroundGroup = 0] = stat
    .slice(nameEnd + ') S '.length)
    .split(' ')
    .map(Number);
  // The kernel writes a device's number as stat(2) gives it.
  const isTheTerminal = (descriptor: number) =>
    terminal !== 0 && existing(() => statSync(`/proc/${pid}/fd/${descriptor}`).rdev) === terminal;
  return {
    name: stat.slice(stat.indexOf('(') + 1, nameEnd),
    parent,
    group,
    foregroundGroup,
    speaksToTerminal: isTheTerminal(1) && isTheTerminal(2),
  };
}

/** Undefined for a process that is gone or somebody else's, and where there is no /proc. */
function existing<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}
