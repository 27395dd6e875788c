/** A process of its own that downloads, so that a test can kill it: ADDRESS CID PATH; prints the result as JSON. */
import { download } from './download.ts';

const [address = '', cid = '', path = ''] = process.argv.slice(2);
const wanted = { name: 'file', cid, providers: [{ id: 'holder', address }] };
const result = await download(wanted, { path, sync: false, signal: new AbortController().signal });
process.stdout.write(JSON.stringify(result));
