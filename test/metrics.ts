/** Reads a process's `GET /metrics`. */
import { request } from 'undici';
import type { Part } from './network.ts';

/** @param name of a series: `name` or `name{label="value"}`, as it is written there; without labels, the first of the name */
export async function metric(part: Part, name: string): Promise<number> {
  const answer = await request(`${part.url}/metrics`);
  const text = await answer.body.text();
  for (const line of text.split('\n')) {
    const value = line.slice(line.lastIndexOf(' ') + 1);
    if (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) return Number(value);
  }
  throw new Error(`${part.name} has no metric ${name}`);
}
