/** The upload service: takes files in, by the older form and by a plain body. */
import type { HttpServer } from '../http/http-server.ts';
import { Intake, type UploadOptions } from './intake.ts';
import { serveOlderUpload } from './older-upload.ts';
import { servePutFile } from './put-file.ts';

export async function serveUploads(server: HttpServer, options: UploadOptions): Promise<void> {
  const intake = new Intake(options);
  await serveOlderUpload(server, intake);
  await servePutFile(server, intake);
}
