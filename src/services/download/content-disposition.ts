/** `Content-Disposition` with a name that may hold anything UTF-8 (RFC 6266, RFC 5987). */

/** @param path the last component becomes the name to save under */
export function contentDisposition(type: 'attachment' | 'inline', path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  // Old clients read the plain form: what it cannot say becomes an underscore.
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const whole = encodeURIComponent(name).replace(/['()*]/g, percent);
  return plain === name
    ? `${type}; filename="${plain}"`
    : `${type}; filename="${plain}"; filename*=UTF-8''${whole}`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
