/** The thread that checks, stores and signs records, so that the event loop that answers the ring stays free. */
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { NodeKey } from '../../../identity/node-key.ts';
import { yieldToOthers } from '../../../storage/thread-priority.ts';
import type { RecordWorkerData, TaskRequest } from './record-tasks.ts';
import { TaskRunner } from './task-runner.ts';

yieldToOthers();
const { dataDir, networkId, keyPem } = workerData as RecordWorkerData;
const runner = new TaskRunner({
  fileOf: (name) => join(dataDir, `${name}.db`),
  dataDir,
  networkId,
  key: NodeKey.fromPem(keyPem),
  wallMs: () => Date.now(),
});

parentPort?.on('message', (request: TaskRequest) => {
  parentPort?.postMessage(runner.answer(request));
  if (request.name === 'close') parentPort?.close();
});
