import path from 'node:path';

/** Whether a path is a directory or below it, by the names alone; both absolute. */
export function isInside(directory: string, place: string): boolean {
  const relative = path.relative(directory, place);
  return relative.split(path.sep)[0] !== '..' && !path.isAbsolute(relative);
}
