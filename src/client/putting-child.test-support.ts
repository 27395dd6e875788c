/** A process that puts one file, to be killed. `argv`: `host:port` of an upload service, file, name, folder of the records. */
import { statSync } from 'node:fs';
import { HttpClient } from './http.ts';
import { putFile } from './put-file.ts';
import { UploadPlaces } from './upload-places.ts';
import { UploadRecords } from './upload-records.ts';

const [address = '', path = '', name = '', records = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const http = new HttpClient(signal);
const places = new UploadPlaces(http, [{ id: 'a'.repeat(64), address, upload: address }], signal);
const source = { type: 'file', path, size: statSync(path).size } as const;
let bytes = 0;
const onBytes = (more: number) => {
  bytes += more;
  console.log(bytes);
};
const options = { name, tags: [], limit: null, records: new UploadRecords(records), signal, onBytes };
const stored = await putFile(http, places, source, options);
console.log(JSON.stringify(stored));
await http.close();
