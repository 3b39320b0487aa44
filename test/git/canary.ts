/** A program that must not be run: it leaves a trace when it is. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../helpers/temporary.ts';

export interface Canary {
  /** Absolute path, without characters that a shell would take apart. */
  readonly program: string;
  readonly hasRun: () => boolean;
  /** What it was called with, one line for each time. */
  readonly calls: () => readonly string[];
}

/** @param name what the program is called, for the `git` that a checkout plants */
export function canary(name = 'canary'): Canary {
  const directory = temporaryDirectory();
  const program = path.join(directory, name);
  const trace = path.join(directory, 'trace');
  writeFileSync(program, script(trace));
  chmodSync(program, 0o755);
  return {
    program,
    hasRun: () => existsSync(trace),
    calls: () => (existsSync(trace) ? readFileSync(trace, 'utf8').split('\n').slice(0, -1) : []),
  };
}

/** The text of such a program, for those that have to lie somewhere in particular. */
export function script(trace: string): string {
  return `#!/bin/sh\necho "$0 $*" >>'${trace}'\n`;
}
