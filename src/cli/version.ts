/** The version of this package, as its own package.json says. */
import { existsSync, readFileSync } from 'node:fs';

/** In a checkout this file is in `src/cli`, in the compiled package in `dist/src/cli`. */
const PLACES = ['../../package.json', '../../../package.json'];

function readVersion(): string {
  const place = PLACES.map((path) => new URL(path, import.meta.url)).find((url) => existsSync(url));
  if (place === undefined) throw new Error('package.json is missing');
  return (JSON.parse(readFileSync(place, 'utf8')) as { readonly version: string }).version;
}

export const VERSION: string = readVersion();
