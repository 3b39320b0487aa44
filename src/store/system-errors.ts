import { constants } from 'node:os';
import { errorCode } from '../errors.ts';

/** Whether an error is the file system's refusal, of any kind, rather than a bug. */
export function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && 'syscall' in error;
}

/** Whether an error says that this place cannot be written by this user at all. */
export function isUnwritable(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes(errorCode(error) ?? '');
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the device reported an error',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open on this machine',
  EFBIG: 'the file would be too large',
  ENAMETOOLONG: 'the path is too long',
  EISDIR: 'it is a directory',
  EEXIST: 'a file of that name is there already',
  ENOENT: 'there is no such file or directory',
};

/** A system error in words, with its code for those who search for it. */
export function describeError(error: unknown): string {
  const code = systemCode(error);
  if (code === undefined) return error instanceof Error ? error.message : String(error);
  return `${reasons[code] ?? 'the system refused'} (${code})`;
}

/**
 * libuv has no name for some errors (`EDQUOT`), which Node then calls `UNKNOWN`, or `Unknown system
 * error -122`; the system's table has one.
 */
function systemCode(error: unknown): string | undefined {
  const code = errorCode(error);
  if (code === undefined || !/^unknown/i.test(code)) return code;
  const number = error instanceof Error && 'errno' in error ? Math.abs(Number(error.errno)) : 0;
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? code;
}
