/**
 * A process that downloads: `node bench/transfer/receiver.ts CID PATH sync|plain ADDRESS…`. Prints a line when half is there,
 * then the figures as JSON.
 */
import { download } from '../../src/transfer/download.ts';

const [cid = '', path = '', sync = '', half = '0', ...addresses] = process.argv.slice(2);
let left = Number(half);
const { ms, bytes } = await download(
  { name: 'file', cid, providers: addresses.map((address) => ({ id: address, address })) },
  {
    path,
    sync: sync === 'sync',
    signal: new AbortController().signal,
    onBytes: (more) => {
      if (left > 0 && left <= more) console.log('half');
      left -= more;
    },
  },
);
console.log(JSON.stringify({ ms, bytes }));
