/** A child process that indexes until it is ended. `argv`: shared folder, data folder. */
import pino from 'pino';
import { Library } from './library.ts';

const [shareDir = '', dataDir = ''] = process.argv.slice(2);
const library = await Library.open({ shareDir, dataDir, log: pino({ level: 'silent' }), stillMs: 50 });
await library.startWatching();
