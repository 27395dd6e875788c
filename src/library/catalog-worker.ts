/** The thread behind `CatalogThread`: commits what has come since its last commit in one transaction. */
import { parentPort, workerData } from 'node:worker_threads';
import { Catalog } from './catalog.ts';
import { CatalogOrders, perform, STAGING } from './catalog-orders.ts';
import type { OrderMessage, OrderReply } from './catalog-thread.ts';
import { systemProblem } from './system-problem.ts';

/** Orders a transaction: the node's other processes wait meanwhile. */
const ORDERS_BATCH = 64;

const port = parentPort;
if (port === null) throw new Error('the catalog writer runs in a worker thread');
const catalog = Catalog.open(workerData as string, { synchronous: 'full' });
const orders = new CatalogOrders(catalog, Date.now);
const waiting: OrderMessage[] = [];
let closing = false;
let scheduled = false;

port.on('message', (message: OrderMessage | 'close') => {
  if (message === 'close') closing = true;
  else waiting.push(message);
  if (scheduled) return;
  scheduled = true;
  setImmediate(work);
});

function work(): void {
  scheduled = false;
  while (waiting.length > 0) port?.postMessage(commit(waiting.splice(0, ORDERS_BATCH)));
  if (!closing) return;
  catalog.close();
  port?.close();
}

function commit(batch: readonly OrderMessage[]): OrderReply[] {
  // Blocks are staged in transactions of their own, before the files that have them.
  const staged = batch.filter(({ name }) => STAGING.includes(name)).map(attempt);
  const others = batch.filter(({ name }) => !STAGING.includes(name));
  if (others.length === 0) return staged;
  try {
    return [...staged, ...catalog.transact(() => others.map((message) => attemptAlone(message)))];
  } catch (error) {
    return [...staged, ...others.map(({ id }) => failure(id, error))];
  }
}

/** One order that fails leaves the others of its transaction as they are. */
function attemptAlone(message: OrderMessage): OrderReply {
  catalog.execute('SAVEPOINT one');
  const reply = attempt(message);
  catalog.execute(reply.done ? 'RELEASE one' : 'ROLLBACK TO one; RELEASE one');
  return reply;
}

function attempt({ id, name, parameters }: OrderMessage): OrderReply {
  try {
    return { id, done: true, result: perform(orders, name, parameters) };
  } catch (error) {
    return failure(id, error);
  }
}

function failure(id: number, error: unknown): OrderReply {
  return { id, done: false, problem: systemProblem(error, 'the catalog').toDocument() };
}
