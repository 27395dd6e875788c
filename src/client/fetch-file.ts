/** Brings a file from its holders, verified, as `src/transfer` does it. */
import { Problem } from '../problems/problem.ts';
import { type Downloaded, type DownloadOptions, download } from '../transfer/download.ts';
import type { ChosenFile } from './file-choice.ts';

export type { Downloaded, Target } from '../transfer/download.ts';

/** @throws Problem `no_provider`, `verification_failed`, `changed`, `no_space`, `interrupted` */
export async function fetchFile(file: ChosenFile, options: DownloadOptions): Promise<Downloaded> {
  if (file.providers.length === 0) throw new Problem('no_provider', { what: file.name });
  return download(file, options);
}
