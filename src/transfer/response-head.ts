/** The head of an HTTP/1.1 response (RFC 9112, sections 4 and 5): what a transfer needs to know of it. */

export interface ResponseHead {
  readonly status: number;
  /** Names in lower case; of a name that comes twice, both values, parted by a comma. */
  readonly headers: ReadonlyMap<string, string>;
  /** Whether the connection may be used again (section 9.3). */
  readonly persists: boolean;
}

/** @param text all before the empty line. Null: it is no such head */
export function parseHead(text: string): ResponseHead | null {
  const [first = '', ...lines] = text.split('\r\n');
  const match = /^HTTP\/1\.([01]) (\d{3})(?: |$)/.exec(first);
  if (match === null) return null;
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = headers.get(name);
    headers.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const connection = headers.get('connection')?.toLowerCase();
  const persists = match[1] === '1' ? connection !== 'close' : connection === 'keep-alive';
  return { status: Number(match[2]), headers, persists };
}

/** Null: it is not there, or no plain number. */
export function headerNumber({ headers }: ResponseHead, name: string): number | null {
  const value = headers.get(name);
  return value !== undefined && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

/** How many bytes follow, or null where the head does not say it plainly (a transfer coding, lengths that differ). */
export function bodyLength(head: ResponseHead): number | null {
  return head.headers.has('transfer-encoding') ? null : headerNumber(head, 'content-length');
}
