/** An upload service as a process of its own, to be killed. `argv`: shared folder, data folder, port; says its port on stdout. */
import { pino } from 'pino';
import { Library } from '../../library/library.ts';
import type { DhtApi } from '../dht/dht-api.ts';
import { listen } from '../http/listen.ts';
import { createHttpServer } from '../http/server.ts';
import { serveUploads } from './upload-service.ts';

const [shareDir = '', dataDir = '', port = '0'] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const library = await Library.open({ shareDir, dataDir, log, reserveBytes: 0 });
await library.recover();
const server = await createHttpServer({ log, title: 'Test', version: '1' });
const dht = { publish: async () => ({ pending: 0 }) } as unknown as DhtApi;
const self = () => ({ id: 'a'.repeat(64), address: `127.0.0.1:${port}` });
await serveUploads(server, { library, dht, self, log });
console.log(await listen(server, { host: '127.0.0.1', port: Number(port), insecure: false }));
