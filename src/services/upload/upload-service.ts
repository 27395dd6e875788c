/** The upload service: takes files in, by the older form, by a plain body, and in several steps. */
import type { HttpServer } from '../http/http-server.ts';
import { Intake, type UploadOptions } from './intake.ts';
import { serveOlderUpload } from './older-upload.ts';
import { servePutFile } from './put-file.ts';
import { serveTusUploads } from './tus-uploads.ts';

export async function serveUploads(server: HttpServer, options: UploadOptions): Promise<void> {
  const intake = new Intake(options);
  await serveOlderUpload(server, intake);
  await servePutFile(server, intake);
  await serveTusUploads(server, intake);
}
