import type { Buffer } from 'node:buffer';
import path from 'node:path';
import { Failure } from '../../errors.ts';
import type { FileState, HookSurroundings } from '../integration.ts';

/** A file by its name, or the one that links lead to. */
export interface Found {
  readonly content: Buffer;
  /** The same, byte for byte: what stands around our text need not be UTF-8. */
  readonly text: string;
  readonly isExecutable: boolean;
}

/** The file that has a name, or that links lead to; undefined when there is none. */
export function follow(surroundings: HookSurroundings, file: string): Found | undefined {
  let place = file;
  for (let links = 0; links <= mostLinks; links += 1) {
    const state = stateOf(surroundings, place);
    if (state === undefined) return undefined;
    if (state.kind === 'file') {
      return {
        content: state.content,
        text: state.content.toString('latin1'),
        isExecutable: isWindows || (state.mode & 0o111) !== 0,
      };
    }
    place = path.resolve(path.dirname(place), state.target);
  }
  return undefined;
}

const mostLinks = 8;

/** What cannot be read (a directory, another user's) is no hook of ours. */
export function stateOf(surroundings: HookSurroundings, file: string): FileState {
  try {
    return surroundings.read(file);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

const isWindows = path.sep === '\\';
