/**
 * The thread in which scanning, comparing and cataloguing run. It lowers its own priority, and with it that of the hashing
 * threads it starts: a node that indexes 100,000 files still answers the ring at once.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { yieldToOthers } from '../storage/thread-priority.ts';
import { IndexLoop } from './index-loop.ts';
import type { FromIndex, IndexSetting, ToIndex } from './index-message.ts';

const port = parentPort;
if (port === null) throw new Error('the index runs in a worker thread');
const say = (message: FromIndex) => port.postMessage(message);

yieldToOthers();
const loop = await IndexLoop.open({
  ...(workerData as IndexSetting),
  log: (level, fields, message) => say({ type: 'log', level, fields, message }),
  onEvents: (events) => say({ type: 'events', events }),
});
port.on('message', (message: ToIndex) => {
  if (message.type === 'rescan') loop.rescan();
  else loop.stop();
});
say({ type: 'started' });
await loop.run();
port.close();
