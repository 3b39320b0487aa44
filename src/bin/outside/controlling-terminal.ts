import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import type { SocketConstructorOpts } from 'node:net';
import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { ReadStream } from 'node:tty';
import { errorCode } from '../../errors.ts';
import type { ControllingTerminal } from '../../io.ts';

const name = '/dev/tty';

/**
 * Opens `/dev/tty` for itself, so that what is set on the descriptor (it never blocks) is not set on
 * the shell's. Undefined when this process has no terminal (ENXIO), or the system no such file.
 */
export function openControllingTerminal(): ControllingTerminal | undefined {
  const keys = openOrNothing(constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
  if (keys === undefined) return undefined;
  // One more, since Node has what it gives to other programs block again.
  const descriptor = openSync(name, constants.O_RDWR | constants.O_NOCTTY);
  let signals: Signals | undefined;
  return {
    descriptor,
    isInputWaiting,
    outliveSignals: () => {
      signals ??= outliveSignals();
    },
    readKey: () => (signals?.hasCome() === true ? 'end' : readByte(keys)),
    write: (bytes) => writeSome(keys, bytes),
    close: () => {
      signals?.obeyAgain();
      closeSync(keys);
      closeSync(descriptor);
    },
  };
}

function openOrNothing(flags: number): number | undefined {
  try {
    return openSync(name, flags);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return undefined;
  }
}

/**
 * Node has no poll(2), and a read would take the keys. A stream that is given no room to read into
 * fails with ENOBUFS as soon as there is something to read, and has read nothing then (libuv,
 * `uv_alloc_cb`).
 */
async function isInputWaiting(): Promise<boolean> {
  const descriptor = openSync(name, constants.O_RDWR | constants.O_NOCTTY);
  const noRoom = { onread: { buffer: new Uint8Array(0), callback: () => true } };
  const stream = new ReadStream(descriptor, noRoom as SocketConstructorOpts);
  let isWaiting = false;
  stream.on('error', (error) => {
    isWaiting ||= errorCode(error) === 'ENOBUFS';
  });
  stream.resume();
  // macOS looks at a terminal from another thread (libuv, `uv__stream_try_select`).
  if (process.platform === 'darwin') await delay(30);
  // Two turns of the loop hold one whole poll.
  await setImmediate();
  await setImmediate();
  stream.destroy();
  return isWaiting;
}

interface Signals {
  readonly hasCome: () => boolean;
  readonly obeyAgain: () => void;
}

/** What ends a process that says nothing else. */
const endings = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

function outliveSignals(): Signals {
  let hasCome = false;
  const note = () => {
    hasCome = true;
  };
  for (const signal of endings) process.on(signal, note);
  const obeyAgain = () => {
    for (const signal of endings) process.off(signal, note);
  };
  return { hasCome: () => hasCome, obeyAgain };
}

function readByte(descriptor: number): number | 'nothing' | 'end' {
  const byte = new Uint8Array(1);
  try {
    return readSync(descriptor, byte) === 0 ? 'end' : (byte[0] ?? 'end');
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return 'nothing';
    // EIO: the terminal has hung up, or listens to another process group.
    if (errorCode(error) === 'EIO') return 'end';
    throw error;
  }
}

function writeSome(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (errorCode(error) === 'EAGAIN') return 0;
    throw error;
  }
}
