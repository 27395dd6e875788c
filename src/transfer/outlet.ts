/** A device or FIFO that a download is written to: opened, never replaced. */
import { constants, createWriteStream, open } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { addAbortSignal, type Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Problem } from '../problems/problem.ts';

const openDescriptor = promisify(open);
const DEVICE_FLAGS = constants.O_WRONLY | constants.O_NOCTTY;
/** A thread that waited in the system for the reader could not be interrupted. */
const FIFO_FLAGS = constants.O_WRONLY | constants.O_NONBLOCK;
const READER_POLL_MS = 100;

/**
 * The signal destroys it, and ends the wait for the reader of a FIFO.
 * @throws Problem `cannot_write`; the signal's reason
 */
export async function openOutlet(path: string, signal: AbortSignal): Promise<Writable> {
  try {
    const stream = (await stat(path)).isFIFO() ? await openFifo(path, signal) : await openDevice(path);
    stream.on('error', () => {}); // Each write is told of it.
    return addAbortSignal(signal, stream);
  } catch (error) {
    signal.throwIfAborted();
    throw outletProblem(error, path);
  }
}

/** All of it was written, or given up: what is left is to let go. */
export async function closeOutlet(stream: Writable): Promise<void> {
  if (stream.closed) return;
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.destroy();
  });
}

/** What the system said, as a failure of `path`; a Problem stays what it is. */
export function outletProblem(error: unknown, path: string): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof Problem || code === undefined) return error;
  return new Problem('cannot_write', { path, reason: message }, error);
}

async function openDevice(path: string): Promise<Writable> {
  return createWriteStream(path, { fd: await openDescriptor(path, DEVICE_FLAGS) });
}

/** As a socket it is written to by events, and a reader that stops reading holds up no thread. */
async function openFifo(path: string, signal: AbortSignal): Promise<Writable> {
  for (;;) {
    try {
      return new Socket({ fd: await openDescriptor(path, FIFO_FLAGS), readable: false, writable: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      await delay(READER_POLL_MS, undefined, { signal });
    }
  }
}
