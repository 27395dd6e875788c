/** A body of text as its lines, each as soon as it is whole. */
import { Problem } from '../problems/problem.ts';

/** A search result with the longest path and tags, and hundreds of providers, is about 250 KiB. */
const LINE_MAX_CHARACTERS = 1024 * 1024;

/** @throws Problem `too_large` */
export async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length > LINE_MAX_CHARACTERS)
      throw new Problem('too_large', { what: 'the.line', limit: '1 MiB' });
  }
  if (rest !== '') yield rest;
}
