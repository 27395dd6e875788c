/** A child process that opens a library and writes many small transactions. `argv`: shared folder, data folder, its name. */
import pino from 'pino';
import { Library } from './library.ts';

const [shareDir = '', dataDir = '', name = ''] = process.argv.slice(2);
const library = await Library.open({ shareDir, dataDir, log: pino({ level: 'silent' }) });
for (let count = 1; count <= 300; count += 1) library.catalog.setState(name, String(count));
await library.close();
