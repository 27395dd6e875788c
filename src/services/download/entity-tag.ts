/** The entity tag of a content is its CID in quotes: the same bytes have the same tag on every node. RFC 9110, 8.8.3 */

export function entityTagOf(cid: string): string {
  return `"${cid}"`;
}

/** `If-None-Match`: weak comparison with each tag of the list (section 13.1.2). */
export function matchesNone(header: string | undefined, tag: string): boolean {
  if (header === undefined) return true;
  if (header.trim() === '*') return false;
  return !header.split(',').some((candidate) => candidate.trim().replace(/^W\//, '') === tag);
}

/** `If-Range`: strong comparison; a date never matches, because nothing is promised by dates here (section 13.1.5). */
export function allowsRange(header: string | undefined, tag: string): boolean {
  return header === undefined || header.trim() === tag;
}
